"""The table of drafts, and its rows: one for each person, whose revision grows with each change and never goes back.

Beside it stand the snippets of drafts that are being previewed, for as long as a preview is looked at.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, Table, Text, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage import db
from storage.tables import UtcDateTime


class TagDraft(db.Model):
    """One person's open changes of tags and vendors. A closed one is empty: its revision is not given out again."""

    __tablename__ = "tag_draft"
    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    document: Mapped[str] = mapped_column(Text())
    note: Mapped[str] = mapped_column(String(500))
    submitted: Mapped[datetime | None] = mapped_column(UtcDateTime())
    approved_by: Mapped[str | None] = mapped_column(String(200))
    approved_print: Mapped[str | None] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(String(500))
    answered_by: Mapped[str | None] = mapped_column(String(200))


class DraftSnippet(db.Model):
    """A snippet that is not published, by the hash of its text: a preview's page asks any worker for it."""

    __tablename__ = "draft_snippet"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text())
    until: Mapped[datetime] = mapped_column(UtcDateTime())


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


DRAFT = _table(TagDraft)
SNIPPET = _table(DraftSnippet)


@dataclass(frozen=True)
class DraftRow:
    """Hold one row.

    Args:
        document: the changes as JSON, or nothing where there are none.
        approved_print: the hash of what was approved.
        answer, answered_by: what who approved it or sent it back said to its owner; gone with the next change.
    """

    owner: str
    revision: int
    at: datetime
    document: str = ""
    note: str = ""
    submitted: datetime | None = None
    approved_by: str | None = None
    approved_print: str | None = None
    answer: str | None = None
    answered_by: str | None = None


def draft(connection: Connection, owner: str) -> DraftRow | None:
    """Return a person's row, or None before the first change."""
    row = connection.execute(select(DRAFT).where(DRAFT.c.owner == owner)).first()
    return DraftRow(**row._mapping) if row else None


def drafts(connection: Connection) -> list[DraftRow]:
    """Return the rows of everybody who has open changes, the latest first."""
    rows = connection.execute(select(DRAFT).where(DRAFT.c.document != "").order_by(DRAFT.c.at.desc(), DRAFT.c.owner))
    return [DraftRow(**row._mapping) for row in rows]


def write_draft(connection: Connection, row: DraftRow, expected: int) -> bool:
    """Write a row over the one with the expected revision (0 before the first), and say whether it was that one.

    Raises:
        IntegrityError: when somebody else wrote the first.
    """
    if expected == 0:
        connection.execute(insert(DRAFT).values(**asdict(row)))
        return True
    wanted = update(DRAFT).where(DRAFT.c.owner == row.owner, DRAFT.c.revision == expected).values(**asdict(row))
    return connection.execute(wanted).rowcount == 1


def snippet(connection: Connection, digest: str, now: datetime) -> tuple[str, datetime] | None:
    """Return a previewed snippet's text and until when it is kept, or None."""
    row = connection.execute(
        select(SNIPPET.c.text, SNIPPET.c.until).where(SNIPPET.c.digest == digest, SNIPPET.c.until > now)
    ).first()
    return (row.text, row.until) if row else None


def keep_snippet(connection: Connection, digest: str, text: str, until: datetime, now: datetime) -> None:
    """Keep a previewed snippet for a time, and let those go whose time is over.

    Raises:
        IntegrityError: when somebody else wrote it at the same moment.
    """
    connection.execute(delete(SNIPPET).where((SNIPPET.c.until <= now) | (SNIPPET.c.digest == digest)))
    connection.execute(insert(SNIPPET).values(digest=digest, text=text, until=until))
