"""Read and write the stored things that services deal in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from privacy.categories import Category
from privacy.ledger import Entry, canonical
from privacy.policies import Kind, Section, Version
from storage.tables import (
    LedgerBody,
    LedgerEntry,
    LedgerSubject,
    LiveVersion,
    Notice,
    PageCount,
    PolicySection,
    PolicyText,
    PolicyVersion,
    SignalCount,
    TagVersion,
)

TAGS = "tags"


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


TAG_VERSION, LIVE, NOTICE = _table(TagVersion), _table(LiveVersion), _table(Notice)
ENTRY, BODY, SUBJECT = _table(LedgerEntry), _table(LedgerBody), _table(LedgerSubject)
POLICY, POLICY_TEXT, POLICY_SECTION = _table(PolicyVersion), _table(PolicyText), _table(PolicySection)
PAGES, SIGNALS = _table(PageCount), _table(SignalCount)


def live_version(connection: Connection, name: str, *, hold: bool = False) -> int | None:
    """Return the version of a published thing that is live, or None before the first.

    Args:
        hold: let nobody else change it before this transaction ends.
    """
    wanted = select(LIVE.c.version).where(LIVE.c.name == name)
    return connection.scalar(wanted.with_for_update() if hold else wanted)


def live_versions(connection: Connection) -> dict[str, int]:
    """Return the live version of everything that is published, by name."""
    return {row.name: row.version for row in connection.execute(select(LIVE))}


def _go_live(connection: Connection, name: str, version: int, *, first: bool) -> None:
    if first:
        connection.execute(insert(LIVE).values(name=name, version=version))
    else:
        connection.execute(update(LIVE).where(LIVE.c.name == name).values(version=version))


def tag_document(connection: Connection, version: int) -> tuple[str, str] | None:
    """Return the document and digest of a version of the tags, or None."""
    row = connection.execute(
        select(TAG_VERSION.c.document, TAG_VERSION.c.digest).where(TAG_VERSION.c.version == version)
    ).first()
    return (row[0], row[1]) if row else None


def publish_tags(
    connection: Connection, *, expected: int | None, at: datetime, author: str, note: str, digest: str, document: str
) -> int | None:
    """Add a version and make it live, unless another was published since ``expected``; return its number or None."""
    version = (connection.scalar(select(func.max(TAG_VERSION.c.version))) or 0) + 1
    if live_version(connection, TAGS) != expected:
        return None
    connection.execute(
        insert(TAG_VERSION).values(version=version, at=at, author=author, note=note, digest=digest, document=document)
    )
    _go_live(connection, TAGS, version, first=expected is None)
    return version


def publish_policy(
    connection: Connection, version: Version, texts: Mapping[str, str], sections: Iterable[Section]
) -> None:
    """Add a version of a text with its documents and the sections that are not there yet, and name it the newest.

    Args:
        texts: per locale, which sections make the document of each region, as JSON.
    """
    kind, number = version.kind.value, version.number
    rows: list[tuple[Table, Mapping[str, Any]]] = [
        (
            POLICY,
            {
                "kind": kind,
                "number": number,
                "published": version.published,
                "effective": version.effective,
                "author": version.author,
                "note": canonical(version.note),
                "material": ",".join(sorted(version.material)),
                "named": ",".join(sorted(version.named)),
                "digest": version.digest,
            },
        )
    ]
    rows += [
        (POLICY_TEXT, {"kind": kind, "number": number, "locale": slug, "document": d}) for slug, d in texts.items()
    ]
    rows += [(POLICY_SECTION, {"key": s.key, "anchor": s.anchor, "title": s.title, "html": s.html}) for s in sections]
    insert_rows(connection, rows)
    _go_live(connection, kind, number, first=number == 1)


def policy_versions(connection: Connection, kind: Kind) -> list[Version]:
    """List the versions of a text, newest first."""
    rows = connection.execute(select(POLICY).where(POLICY.c.kind == kind.value).order_by(POLICY.c.number.desc()))
    return [
        Version(
            kind=kind,
            number=row.number,
            published=row.published,
            effective=row.effective,
            author=row.author,
            note=json.loads(row.note),
            material=frozenset(Category(c) for c in row.material.split(",") if c),
            named=frozenset(v for v in row.named.split(",") if v),
            digest=row.digest,
        )
        for row in rows
    ]


def policy_texts(connection: Connection, kind: Kind, number: int, locale: str | None = None) -> dict[str, str]:
    """Return per locale which sections make the document of each region, as JSON; of one locale, or of all."""
    chosen = select(POLICY_TEXT.c.locale, POLICY_TEXT.c.document).where(
        POLICY_TEXT.c.kind == kind.value, POLICY_TEXT.c.number == number
    )
    if locale is not None:
        chosen = chosen.where(POLICY_TEXT.c.locale == locale)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def policy_sections(connection: Connection, keys: Iterable[str]) -> Iterator[tuple[str, Section]]:
    """Iterate over stored sections by their keys."""
    wanted = sorted(keys)
    for start in range(0, len(wanted), 500):  # SQLite takes no more than 999 parameters in old releases.
        part = wanted[start : start + 500]
        for row in connection.execute(select(POLICY_SECTION).where(POLICY_SECTION.c.key.in_(part))):
            yield row.key, Section(row.anchor, row.title, row.html)


def tag_history(connection: Connection) -> list[tuple[int, datetime, str, str]]:
    """List version, time, author and note of every published version, newest first."""
    rows = connection.execute(
        select(TAG_VERSION.c.version, TAG_VERSION.c.at, TAG_VERSION.c.author, TAG_VERSION.c.note).order_by(
            TAG_VERSION.c.version.desc()
        )
    )
    return [(r[0], r[1], r[2], r[3]) for r in rows]


def entry_rows(entry: Entry) -> list[tuple[Table, Mapping[str, Any]]]:
    """Return the rows that an entry of the ledger becomes."""
    return [
        (ENTRY, {"id": entry.id, "hash": entry.hash}),
        (BODY, {"entry_id": entry.id, "salt": entry.salt, "body": entry.body}),
        (SUBJECT, {"entry_id": entry.id, "consent_id": entry.consent_id}),
    ]


def entries(connection: Connection) -> Iterator[tuple[str, str, Entry | None]]:
    """Iterate over id, hash and, where it was not erased, the whole entry, in the order of the ledger."""
    rows = connection.execute(
        select(ENTRY.c.id, ENTRY.c.hash, SUBJECT.c.consent_id, BODY.c.salt, BODY.c.body)
        .outerjoin(BODY, BODY.c.entry_id == ENTRY.c.id)
        .outerjoin(SUBJECT, SUBJECT.c.entry_id == ENTRY.c.id)
        .order_by(ENTRY.c.seq)
    )
    for row in rows:
        whole = row[2] is not None and row[4] is not None
        yield row[0], row[1], Entry(row[0], row[2], row[3], row[4]) if whole else None


def entries_of(connection: Connection, consent_id: str, limit: int = 50) -> list[Entry]:
    """Return the entries of a consent id, newest first."""
    rows = connection.execute(
        select(ENTRY.c.id, SUBJECT.c.consent_id, BODY.c.salt, BODY.c.body)
        .join(SUBJECT, SUBJECT.c.entry_id == ENTRY.c.id)
        .join(BODY, BODY.c.entry_id == ENTRY.c.id)
        .where(SUBJECT.c.consent_id == consent_id)
        .order_by(ENTRY.c.seq.desc())
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


def notice(connection: Connection, digest: str) -> tuple[str, str, str] | None:
    """Return locale, region and body of a stored notice, or None."""
    row = connection.execute(select(NOTICE.c.locale, NOTICE.c.region, NOTICE.c.body).where(NOTICE.c.hash == digest))
    found = row.first()
    return (found[0], found[1], found[2]) if found else None


def insert_rows(connection: Connection, rows: Iterable[tuple[Table, Mapping[str, Any]]]) -> None:
    """Insert rows, table by table. In a table whose first row stays, one that is there already is left alone."""
    by_table: dict[Table, list[dict[str, Any]]] = {}
    for table, row in rows:
        by_table.setdefault(table, []).append(dict(row))
    for table, values in by_table.items():
        if table.info.get("first_stays"):
            connection.execute(_insert(connection, table).on_conflict_do_nothing(), values)
        elif connection.dialect.name == "sqlite" and table.info.get("plain"):
            _insert_at_once(connection, table, values)
        else:
            connection.execute(insert(table), values)


def _insert_at_once(connection: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    """Insert rows by one statement: SQLite's driver lets other threads in for each row of many, and waits for them."""
    names = tuple(values[0])
    row = f"({', '.join('?' * len(names))})"
    # Only names of our own tables and columns are in the text; every value is a parameter.
    head = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES "  # noqa: S608  # nosec B608
    statement = head + ", ".join([row] * len(values))
    connection.exec_driver_sql(statement, tuple(value[name] for value in values for name in names))


def add_counts(connection: Connection, table: Table, counts: Mapping[tuple[date, str], int]) -> None:
    """Add to the counters of a day."""
    key, amount = [c.name for c in table.columns if c.name != "day"]
    for (day, name), number in counts.items():
        statement = _insert(connection, table).values({"day": day, key: name, amount: number})
        statement = statement.on_conflict_do_update(
            index_elements=["day", key], set_={amount: table.c[amount] + number}
        )
        connection.execute(statement)


def counts(connection: Connection, table: Table, since: date) -> list[tuple[date, str, int]]:
    """List day, name and number since a day, newest day first."""
    key, amount = [c for c in table.columns if c.name != "day"]
    rows = connection.execute(
        select(table.c.day, key, amount).where(table.c.day >= since).order_by(table.c.day.desc(), amount.desc(), key)
    )
    return [(r[0], r[1], r[2]) for r in rows]


def forget_counts(connection: Connection, table: Table, before: date) -> None:
    """Delete the counters of the days before a day."""
    connection.execute(delete(table).where(table.c.day < before))


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
