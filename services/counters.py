"""Count pages, banners and signals per day. Nothing is kept that could tell one visitor from another."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, Table

from storage import records
from storage import statistics as counts

Shown = tuple[date, str, str]
"""A day, a region and a locale in which the banner is shown."""

_MOST = 10_000
KEPT_DAYS = 760
"""How long counters are kept: 25 months at most (CNIL, audience measurement, 4 July 2025)."""


class Counters:
    """Add up in memory; the polling thread adds to the store."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._lock = threading.Lock()
        self._pages: Counter[tuple[date, str]] = Counter()
        self._signals: Counter[tuple[date, str]] = Counter()
        self._shown: Counter[Shown] = Counter()
        self._forgotten: date | None = None

    def page(self, path: str) -> None:
        """Count a view of a page."""
        self._add(self._pages, path[:200])

    def signal(self, region: str) -> None:
        """Count a page that was asked for under an opt-out signal without a choice."""
        self._add(self._signals, region)

    def shown(self, where: Shown) -> None:
        """Count a page that was served with the banner. Pages come from memory: the key was made with the page."""
        with self._lock:
            if where in self._shown or len(self._shown) < _MOST:
                self._shown[where] += 1

    def flush(self) -> None:
        """Add what was counted to the store, in one commit. What cannot be stored waits for the next time."""
        self._forget()
        with self._lock:
            pages, signals, shown = self._pages, self._signals, self._shown
            self._pages, self._signals, self._shown = Counter(), Counter(), Counter()
        if not pages and not signals and not shown:
            return
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                records.add_counts(connection, records.PAGES, pages)
                records.add_counts(connection, records.SIGNALS, signals)
                counts.add_up(connection, counts.BANNERS, shown)
        except Exception:
            with self._lock:
                self._pages.update(pages)
                self._signals.update(signals)
                self._shown.update(shown)
            raise

    def _forget(self) -> None:
        """Delete what is too old, once a day."""
        today = self._now().date()
        if self._forgotten == today:
            return
        before = today - timedelta(days=KEPT_DAYS)
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            for table in counts.COUNTS:
                records.forget_counts(connection, table, before)
        self._forgotten = today

    def pages(self, days: int) -> list[tuple[date, str, int]]:
        """List day, path and views of the last days."""
        return self._list(records.PAGES, days)

    def signals(self, days: int) -> list[tuple[date, str, int]]:
        """List day, region and pages under a signal of the last days."""
        return self._list(records.SIGNALS, days)

    def _add(self, counter: Counter[tuple[date, str]], name: str) -> None:
        key = (self._now().date(), name)
        with self._lock:
            if key in counter or len(counter) < _MOST:
                counter[key] += 1

    def _list(self, table: Table, days: int) -> list[tuple[date, str, int]]:
        since = self._now().date() - timedelta(days=days - 1)
        with self._engine.connect() as connection:
            return records.counts(connection, table, since)
