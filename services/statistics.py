"""Roll the ledger up into counts, beside requests, and report what came of the banner.

The ledger is the source of truth: a choice is one commit, and the counts follow later. One mark says up to which
entry it is counted; it moves in the same commit as the counts, from where it stood, so no entry counts twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from privacy.statistics import act_of, roll, settled
from services import reporting
from services.counters import KEPT_DAYS
from services.reports import Filter, Report, last_days
from services.store import StoreSilent, reading, writing
from storage import statistics as counts

__all__ = ["Filter", "Progress", "Report", "Statistics", "last_days"]

log = logging.getLogger(__name__)

BATCH = 500
"""The most entries that one commit counts: more would be held in memory at once."""
TICK_BATCHES = 4
TICK_SECONDS = 3.0


@dataclass(frozen=True)
class Progress:
    """Hold how far counting came.

    Args:
        done: entries that were counted now, by this worker.
        left: entries that wait.
    """

    done: int
    left: int


class Statistics:
    """Count choices and say what came of them.

    Args:
        now: the server's time, aware.
        clock: seconds that never run backwards.
    """

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._now = now
        self._clock = clock
        self._next = 0.0

    def tick(self) -> None:
        """Count some batches when it is time again. What cannot be counted waits. For the polling thread."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + TICK_SECONDS
        try:
            self.catch_up(TICK_BATCHES * BATCH)
        except StoreSilent:
            log.warning("the statistics wait: the store does not answer")

    def catch_up(self, limit: int = 40 * BATCH, batch: int = BATCH) -> Progress:
        """Count entries of the ledger that are not counted yet, in commits of a batch at most.

        Several workers may do so at once: each entry is counted by one of them.

        Args:
            limit: the most entries to look at.

        Raises:
            StoreSilent: when the store does not answer. Whole batches that were counted stay so.
        """
        done = seen = 0
        while seen < limit:
            counted, looked = self._count(min(batch, limit - seen))
            done, seen = done + counted, seen + looked
            if not looked:
                break
        with reading(self._engine) as connection:
            return Progress(done, max(0, counts.newest(connection) - counts.rolled_up(connection)))

    def _count(self, most: int) -> tuple[int, int]:
        """Count a batch; return how many entries were counted here, and how many were looked at."""
        with reading(self._engine) as connection:
            before = counts.rolled_up(connection)
            entries = counts.entries_after(connection, before, most)
        now = self._now()
        entries = entries[: settled(before, [(seq, entry_id) for seq, entry_id, _ in entries], now)]
        if not entries:
            return 0, 0
        # Read and added up before the store is locked: whoever chooses meanwhile is not kept waiting.
        since = now.date() - timedelta(days=KEPT_DAYS)
        rolled = roll((act_of(entry_id, body) for _, entry_id, body in entries), since)
        try:
            with writing(self._engine) as connection:
                if not counts.move_on(connection, before, entries[-1][0]):
                    return 0, len(entries)
                counts.add_rolled(connection, rolled)
        except IntegrityError:
            return 0, len(entries)  # Another worker's first batch: the mark is there now.
        return len(entries), len(entries)

    def report(self, wanted: Filter) -> Report:
        """Report what came of the banner. Nothing in it stands for a group of one to nine.

        Raises:
            StoreSilent: when the store does not answer.
        """
        with reading(self._engine) as connection:
            return reporting.make(connection, wanted)

    def today(self) -> date:
        """Give the server's day, on which reports end at the latest."""
        return self._now().date()
