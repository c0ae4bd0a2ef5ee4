"""Keep each distinct notice that was shown, once, so that a record can lead back to its exact bytes."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Table
from sqlalchemy.exc import SQLAlchemyError

from storage import records

_KNOWN = 4096


class Notices:
    """Hold notices between the page that shows them and the store.

    A page is made once and shown often, and reads no database: it leaves its notice here. The polling thread
    stores it; a choice that comes earlier brings it along in its own commit.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._lock = threading.Lock()
        self._known: OrderedDict[str, dict[str, Any] | None] = OrderedDict()

    def show(self, locale: str, region: str, body: str) -> str:
        """Remember a notice that is shown and return its hash (SHA-256 of its bytes, hex)."""
        digest = hashlib.sha256(body.encode()).hexdigest()
        with self._lock:
            if digest not in self._known:
                self._known[digest] = {
                    "hash": digest,
                    "locale": locale,
                    "region": region,
                    "body": body,
                    "first_at": self._now(),
                }
                while len(self._known) > _KNOWN:
                    self._known.popitem(last=False)
        return digest

    def rows_for(self, digest: str) -> list[tuple[Table, Mapping[str, Any]]]:
        """Return the row that a choice has to bring along for its notice to be stored; none when it is."""
        with self._lock:
            row = self._known.get(digest)
        return [(records.NOTICE, row)] if row else []

    def is_known(self, digest: str) -> bool:
        """Say whether a notice was shown: by this worker, or by another that stored it."""
        with self._lock:
            if digest in self._known:
                return True
        try:
            with self._engine.connect() as connection:
                found = records.notice(connection, digest) is not None
        except (SQLAlchemyError, OSError):
            return False  # The choice is about to find out for itself that the store is silent.
        if found:
            self.stored([digest])
        return found

    def stored(self, digests: list[str]) -> None:
        """Note that notices are on disk."""
        with self._lock:
            for digest in digests:
                self._known[digest] = None

    def flush(self) -> None:
        """Store what waits, in one commit."""
        with self._lock:
            waiting = {digest: row for digest, row in self._known.items() if row}
        if not waiting:
            return
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            records.insert_rows(connection, [(records.NOTICE, row) for row in waiting.values()])
        self.stored(list(waiting))
