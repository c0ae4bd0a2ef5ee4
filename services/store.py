"""Ask the store, and say in one word when it does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

STORE_ERRORS = (SQLAlchemyError, OSError)
"""What the store raises when it does not answer."""


class StoreSilent(Exception):
    """The store does not answer. Nothing was changed."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection to read from.

    Raises:
        StoreSilent: when the store does not answer.
    """
    try:
        with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise StoreSilent from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction to write in: all of it is kept, or nothing.

    Raises:
        IntegrityError: when somebody else was first.
        StoreSilent: when the store does not answer.
    """
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise StoreSilent from error
