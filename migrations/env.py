"""Run migrations on the application's own connection."""

from __future__ import annotations

from alembic import context
from flask import current_app

import storage.drafts
import storage.jobs
import storage.staff
import storage.statistics
import storage.tables  # noqa: F401 - these fill the metadata
from storage import db


def _run() -> None:
    with db.engine.connect().execution_options(writes=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


_run()
