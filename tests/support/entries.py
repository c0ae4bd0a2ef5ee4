"""Fill a ledger with what many visitors would have left, without their pages."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sites import TestSite
from sqlalchemy import Connection, Engine, delete

from privacy.ledger import Entry, uuid7
from storage import db, records
from storage import statistics as counts

_NUMBERS = count()


def engine(site: TestSite) -> Engine:
    """Return a site's store."""
    with site.app.app_context():
        return db.engine


def entry(at: datetime | None = None, **changes: Any) -> Entry:
    """Return an entry as the site writes it, now unless a time is named; changes go into its body."""
    at = at or datetime.now(UTC)
    document = {
        "event": "given",
        "method": "banner:accept",
        "locale": "en",
        "jurisdiction": {"region": "de"},
        "categories": {"functional": "never-asked", "analytics": "granted", "marketing": "never-asked"},
        "signals": {"gpc": "none"},
        "policy": "cookies-1.privacy-1.tags-1.texts-0123456789ab",
    }
    number = next(_NUMBERS)
    entry_id = uuid7(int(at.timestamp() * 1000), number.to_bytes(4, "big") + os.urandom(6))
    return Entry(entry_id, f"{number:022d}", "00" * 16, json.dumps(document | changes))


def write(site: TestSite, *entries: Entry) -> None:
    """Append entries to the ledger."""
    with engine(site).connect().execution_options(writes=True) as connection, connection.begin():
        for each in entries:
            records.insert_rows(connection, records.entry_rows(each))


def refusal(at: datetime | None = None, **changes: Any) -> Entry:
    """Return an entry by which everything was refused."""
    categories = {"functional": "never-asked", "analytics": "denied", "marketing": "never-asked"}
    return entry(at, **{"event": "refused", "method": "banner:reject", "categories": categories, **changes})


def erase_bodies(site: TestSite) -> None:
    """Erase what the ledger's hashes were made of, as retention does."""
    with engine(site).connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(delete(records.SUBJECT))
        connection.execute(delete(records.BODY))


def _all(connection: Connection, table: Any, *by: str) -> Counter[tuple[Any, ...]]:
    within = counts.Within(datetime(2000, 1, 1, tzinfo=UTC).date(), datetime.now(UTC).date())
    return Counter(counts.sums(connection, table, within, by))


def counted(site: TestSite, *by: str) -> dict[Any, int]:
    """Return exactly what is counted of choices, by columns; a single column's values stand alone."""
    with engine(site).connect() as connection:
        found = _all(connection, counts.CHOICES, *by)
    return {key if len(by) > 1 else key[0]: number for key, number in found.items()}


def banners(site: TestSite) -> dict[tuple[str, str], int]:
    """Flush, and return exactly how many pages showed the banner, by region and language."""
    site.site.counters.flush()
    with engine(site).connect() as connection:
        return {(key[0], key[1]): n for key, n in _all(connection, counts.BANNERS, "region", "locale").items()}
