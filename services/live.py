"""What every worker serves: an immutable snapshot, swapped when a new version was published.

One thread a worker polls one row. A page reads the snapshot and no database. When the store has not answered
for a minute, nobody can know what was switched off meanwhile: no third party's tag is sent until it answers.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from privacy.policies import Kind, Version, announced, asks_since, in_force
from privacy.registry import EMPTY, Registry, registry_from
from services.editions import Edition
from services.policies import edition
from storage import records

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
SILENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Snapshot:
    """Hold one state of what is live. ``number`` grows with each swap and names the state within the process.

    Args:
        editions: the texts in force.
        announced: the versions that are still to take effect.
    """

    number: int
    registry: Registry
    degraded: bool = False
    editions: Mapping[Kind, Edition] = field(default_factory=dict)
    announced: Mapping[Kind, tuple[Version, ...]] = field(default_factory=dict)

    @property
    def texts(self) -> str:
        """Name the versions in force, for the record of a choice: ``cookies-7.privacy-2``."""
        return ".".join(f"{kind.value}-{each.version.number}" for kind, each in sorted(self.editions.items()))


class Live:
    """Keep the snapshot current.

    Args:
        engine: the store to poll.
        clock: seconds that never run backwards.
        on_tick: called after each poll that the store answered, in the polling thread.
        now: the server's time, aware: a version takes effect by itself.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.monotonic,
        on_tick: Callable[[], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._on_tick = on_tick
        self._now = now
        self._versions: dict[Kind, list[Version]] = {}
        self._editions: dict[Kind, Edition] = {}
        self._announced: dict[Kind, tuple[Version, ...]] = {}
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._whole: Registry = EMPTY
        self._snapshot = Snapshot(0, EMPTY, degraded=True)
        self._answered: float | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def snapshot(self) -> Snapshot:
        """Give the current snapshot; degraded while the store is silent."""
        if self._answered is None and self._thread is None:
            self.start()  # Whatever server runs this: the first request finds out what is live.
        silent = self._answered is None or self._clock() - self._answered > SILENCE_SECONDS
        if silent != self._snapshot.degraded:
            self._swap(self._whole, degraded=silent)
        return self._snapshot

    def with_questions(self, registry: Registry) -> Registry:
        """Return a registry with what the texts in force ask again about, as a live one has it."""
        versions = [v for those in self._versions.values() for v in those]
        return replace(registry, asks_since=asks_since(versions, self._now()))

    def refresh(self) -> bool:
        """Ask the store once, swap when something new is live, and say whether it answered."""
        try:
            with self._engine.connect() as connection:
                live = records.live_versions(connection)
                registry = self._registry(connection, live.get(records.TAGS))
                texts_changed = self._read_texts(connection, live)
            if texts_changed or registry is not self._whole:
                self._swap(self.with_questions(registry), degraded=False)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the store did not answer the poll: %s", type(error).__name__)
            return False
        except (KeyError, ValueError):
            # A document of a newer release, while an old worker still runs: keep serving what is understood,
            # and count as silent, so that after a minute no third party is sent.
            log.exception("the live version cannot be read by this release")
            return False
        self._answered = self._clock()
        return True

    def _registry(self, connection: Connection, version: int | None) -> Registry:
        if version is None or version == self._whole.version:
            return self._whole
        found = records.tag_document(connection, version)
        return registry_from(json.loads(found[0]), version, found[1]) if found else self._whole

    def _read_texts(self, connection: Connection, live: Mapping[str, int]) -> bool:
        """Bring the texts up to what is published and what time it is, and say whether anything changed."""
        now = self._now()
        editions, coming = dict(self._editions), {}
        for kind in Kind:
            newest = self._versions.get(kind)
            if live.get(kind.value) != (newest[0].number if newest else None):
                self._versions[kind] = records.policy_versions(connection, kind)
            versions = self._versions.get(kind, [])
            holds, held = in_force(versions, now), editions.get(kind)
            if holds and (held is None or held.version.number != holds.number):
                editions[kind] = edition(connection, holds)
            coming[kind] = announced(versions, now)
        changed = editions != self._editions or coming != self._announced
        self._editions, self._announced = editions, coming
        return changed

    def start(self) -> None:
        """Begin to poll, once; a second call does nothing."""
        with self._starting:
            if self._thread and self._thread.is_alive():
                return
            if self._thread is None:
                self.refresh()
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="live", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the polling thread and run its last tick."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=5)
            self._thread = None

    def _run(self) -> None:
        while True:
            stopping = self._stop.wait(POLL_SECONDS)
            if self.refresh() and self._on_tick:
                try:
                    self._on_tick()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("the counters wait: %s", type(error).__name__)
            if stopping:
                return

    def _swap(self, registry: Registry, *, degraded: bool) -> None:
        with self._lock:
            self._whole = registry
            shown = registry.without_vendors() if degraded else registry
            self._snapshot = Snapshot(
                self._snapshot.number + 1, shown, degraded, dict(self._editions), dict(self._announced)
            )
