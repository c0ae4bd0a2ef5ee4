"""Counts of pages with the banner and of choices: the tables, and what reads and writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, String, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from privacy.statistics import Rolled, Situation
from storage import db
from storage.records import BODY, ENTRY, PAGES, SIGNALS


class BannerCount(db.Model):
    """Pages that were served with the banner, per day, region and language: pages, not people."""

    __tablename__ = "banner_count"
    day: Mapped[date] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(String(12), primary_key=True)
    locale: Mapped[str] = mapped_column(String(12), primary_key=True)
    pages: Mapped[int]


class ChoiceCount(db.Model):
    """Entries of the ledger, added up by what came of them. Empty texts and 0 stand for what is not known."""

    __tablename__ = "choice_count"
    day: Mapped[date] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(String(12), primary_key=True)
    locale: Mapped[str] = mapped_column(String(12), primary_key=True)
    tags: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    texts: Mapped[str] = mapped_column(String(60), primary_key=True)
    signal: Mapped[bool] = mapped_column(primary_key=True)
    result: Mapped[str] = mapped_column(String(12), primary_key=True)
    layer: Mapped[str] = mapped_column(String(12), primary_key=True)
    entries: Mapped[int]


class CategoryCount(db.Model):
    """The same entries by how each category stood afterwards."""

    __tablename__ = "category_count"
    day: Mapped[date] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(String(12), primary_key=True)
    locale: Mapped[str] = mapped_column(String(12), primary_key=True)
    tags: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    texts: Mapped[str] = mapped_column(String(60), primary_key=True)
    signal: Mapped[bool] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(String(12), primary_key=True)
    result: Mapped[str] = mapped_column(String(12), primary_key=True)
    entries: Mapped[int]


class RolledUp(db.Model):
    """Up to which entry the ledger is counted: one row, moved on in the same commit as the counts."""

    __tablename__ = "rolled_up"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    seq: Mapped[int]


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


BANNERS, CHOICES, CATEGORIES = _table(BannerCount), _table(ChoiceCount), _table(CategoryCount)
CURSOR = _table(RolledUp)
COUNTS = (PAGES, SIGNALS, BANNERS, CHOICES, CATEGORIES)
"""Every table of counters: what is too old is deleted from all alike."""

_LEDGER = "ledger"
_PARAMETERS = 900


def add_up(connection: Connection, table: Table, amounts: Mapping[tuple[Any, ...], int]) -> None:
    """Add to counters. The keys hold the table's columns in their order; the last column is the amount."""
    rows = [(*key, amount) for key, amount in sorted(amounts.items())]  # In one order, so that nobody waits in a ring.
    if not rows:
        return
    names = [column.name for column in table.columns]
    if connection.dialect.name == "sqlite":
        _add_up_at_once(connection, table.name, names, rows)
        return
    statement = postgresql.insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=names[:-1], set_={names[-1]: table.c[names[-1]] + statement.excluded[names[-1]]}
    )
    connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def _add_up_at_once(connection: Connection, name: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add by few statements: SQLite's driver lets other threads in after each, and the store's lock is held."""
    size = _PARAMETERS // len(names)
    amount = names[-1]
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        row = f"({', '.join('?' * len(names))})"
        # Only names of our own tables and columns are in the text; every value is a parameter.
        statement = (
            f"INSERT INTO {name} ({', '.join(names)}) VALUES {', '.join([row] * len(part))} "  # noqa: S608  # nosec B608
            f"ON CONFLICT ({', '.join(names[:-1])}) DO UPDATE SET {amount} = {name}.{amount} + excluded.{amount}"
        )
        values = (value.isoformat() if isinstance(value, date) else value for line in part for value in line)
        connection.exec_driver_sql(statement, tuple(values))


def rolled_up(connection: Connection) -> int:
    """Return the number of the last entry that is counted, 0 before the first."""
    return connection.scalar(select(CURSOR.c.seq).where(CURSOR.c.name == _LEDGER)) or 0


def newest(connection: Connection) -> int:
    """Return the number of the ledger's last entry, 0 before the first."""
    return connection.scalar(select(func.max(ENTRY.c.seq))) or 0


def move_on(connection: Connection, before: int, after: int) -> bool:
    """Move the mark from one entry to another, and say whether it stood there: else somebody else was first."""
    if before == 0:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(CURSOR).values(name=_LEDGER, seq=0).on_conflict_do_nothing())
    moved = connection.execute(update(CURSOR).where(CURSOR.c.name == _LEDGER, CURSOR.c.seq == before).values(seq=after))
    return moved.rowcount == 1


def entries_after(connection: Connection, seq: int, limit: int) -> list[tuple[int, str, str | None]]:
    """List number, id and body of the entries that follow one. An erased body is None."""
    rows = connection.execute(
        select(ENTRY.c.seq, ENTRY.c.id, BODY.c.body)
        .outerjoin(BODY, BODY.c.entry_id == ENTRY.c.id)
        .where(ENTRY.c.seq > seq)
        .order_by(ENTRY.c.seq)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def add_rolled(connection: Connection, rolled: Rolled) -> None:
    """Add what entries came to."""
    add_up(connection, CHOICES, {(*_key(s), r.value, layer): n for (s, r, layer), n in rolled.choices.items()})
    add_up(connection, CATEGORIES, {(*_key(s), c.value, r.value): n for (s, c, r), n in rolled.categories.items()})


def _key(situation: Situation) -> tuple[date, str, str, int, str, bool]:
    s = situation
    return s.day, s.region, s.locale, s.tags, s.texts, s.signal


@dataclass(frozen=True)
class Within:
    """Hold which counts are meant: those of some days, where the named columns hold the named values."""

    first: date
    last: date
    equal: Mapping[str, Any] = field(default_factory=dict)


def sums(connection: Connection, table: Table, within: Within, by: Sequence[str]) -> dict[tuple[Any, ...], int]:
    """Return the sums of a table's counts by the values of some columns."""
    columns = [table.c[name] for name in by]
    amount = list(table.columns)[-1]
    chosen = select(*columns, func.sum(amount)).where(table.c.day >= within.first, table.c.day <= within.last)
    for name, value in within.equal.items():
        chosen = chosen.where(table.c[name] == value)
    if columns:
        chosen = chosen.group_by(*columns)
    return {tuple(row[:-1]): int(row[-1] or 0) for row in connection.execute(chosen)}


def seen(connection: Connection, tables: Iterable[Table], within: Within, name: str) -> list[Any]:
    """List the values that a column of some tables takes within some days, in order."""
    found: set[Any] = set()
    for table in tables:
        chosen = select(table.c[name]).where(table.c.day >= within.first, table.c.day <= within.last).distinct()
        found.update(connection.scalars(chosen))
    return sorted(found)
