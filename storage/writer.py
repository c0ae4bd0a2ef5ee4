"""One thread that writes, so that choices which wait together share one commit.

A job is either committed or, within its deadline, claimed back: when :meth:`Writer.submit` raises
:class:`NotWritten`, the job will never be written.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import SQLAlchemyError

from storage.records import insert_rows

log = logging.getLogger(__name__)

DEADLINE = 2.0
"""Seconds in which a job is committed or claimed back."""
_BATCH = 64
_GATHER = 0.001
"""Seconds for which a commit waits for more jobs, where the one before it was shared. Who chooses alone never waits."""
_ROOM = 512

Rows = Sequence[tuple[Table, Mapping[str, Any]]]


class NotWritten(Exception):
    """The store did not take a job, and never will."""


class _State(Enum):
    WAITING = "waiting"
    TAKEN = "taken"
    WRITTEN = "written"
    FAILED = "failed"


class _Job:
    """Hold rows and what became of them. ``gate`` is locked until that is known."""

    __slots__ = ("gate", "rows", "state")

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.state = _State.WAITING
        self.gate = threading.Lock()
        self.gate.acquire()


class Writer:
    """Write rows in the order in which they came, as few commits as they need.

    Args:
        engine: where to write.
        deadline: seconds until a waiting job is claimed back.
    """

    def __init__(self, engine: Engine, deadline: float = DEADLINE) -> None:
        self._engine = engine
        self._deadline = deadline
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._claiming = threading.Lock()
        self._stopped = False
        self.commits = 0

    def submit(self, rows: Rows) -> None:
        """Write rows and return when they are on disk.

        Raises:
            NotWritten: when they are not, and never will be.
        """
        self._ensure_thread()
        if self._queue.qsize() >= _ROOM:
            raise NotWritten("too many choices wait")
        job = _Job(rows)
        self._queue.put(job)
        if not job.gate.acquire(timeout=self._deadline):
            with self._claiming:
                if job.state is _State.WAITING:
                    job.state = _State.FAILED
            if job.state is _State.FAILED:
                raise NotWritten("the store did not answer in time")
            # Taken: the commit is under way and bounded by the database's own timeouts. Its outcome is the truth.
            job.gate.acquire()
        if job.state is not _State.WRITTEN:
            raise NotWritten("the store refused")

    def stop(self) -> None:
        """Write what waits, then end the thread. Later jobs are refused."""
        with self._starting:
            self._stopped = True
            thread = self._thread
        if thread and thread.is_alive():
            self._queue.put(None)
            thread.join()

    def _ensure_thread(self) -> None:
        # Started late: a thread does not survive the fork of a worker.
        if self._stopped:
            raise NotWritten("the site is stopping")
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._stopped:
                    raise NotWritten("the site is stopping")
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        last, others = False, False
        while not last and (first := self._queue.get()) is not None:
            if others:
                time.sleep(_GATHER)
            batch = [first]
            while len(batch) < _BATCH and not self._queue.empty():
                job = self._queue.get()
                if job is None:
                    last = True
                    break
                batch.append(job)
            others = len(batch) > 1
            with self._claiming:
                batch = [job for job in batch if job.state is _State.WAITING]
                for job in batch:
                    job.state = _State.TAKEN
            self._write(batch)

    def _write(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        written: Sequence[_Job] = ()
        try:
            with self._engine.connect().execution_options(writes=True) as connection:
                written = self._commit(connection, jobs)
            self.commits += 1
        except (SQLAlchemyError, OSError) as error:
            log.error("the store refused %d choices: %s", len(jobs), type(error).__name__)
        finally:
            for job in jobs:
                job.state = _State.WRITTEN if job in written else _State.FAILED
                job.gate.release()

    def _commit(self, connection: Connection, jobs: list[_Job]) -> list[_Job]:
        """Commit jobs and return those that were written: all together, or each under a savepoint of its own."""
        transaction = connection.begin()
        try:
            insert_rows(connection, [row for job in jobs for row in job.rows])
        except SQLAlchemyError as error:
            transaction.rollback()
            if len(jobs) == 1:
                raise
            log.warning("a shared commit met %s; each choice has its own savepoint now", type(error).__name__)
        else:
            transaction.commit()
            return jobs
        written = []
        with connection.begin():
            for job in jobs:
                try:
                    with connection.begin_nested():
                        insert_rows(connection, job.rows)
                    written.append(job)
                except SQLAlchemyError as error:
                    log.error("one choice was refused: %s", type(error).__name__)
        return written
