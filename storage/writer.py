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
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import SQLAlchemyError

from storage.records import insert_rows

log = logging.getLogger(__name__)

DEADLINE = 2.0
"""Seconds in which a job is committed or claimed back."""
_BATCH = 64
_ROOM = 512

Rows = Sequence[tuple[Table, Mapping[str, Any]]]


class NotWritten(Exception):
    """The store did not take a job, and never will."""


class _State(Enum):
    WAITING = "waiting"
    TAKEN = "taken"
    WRITTEN = "written"
    FAILED = "failed"


@dataclass(eq=False)
class _Job:
    rows: Rows
    deadline: float
    state: _State = _State.WAITING
    done: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def move(self, from_: _State, to: _State) -> bool:
        """Change the state when it is still the expected one, and say whether it was."""
        with self.lock:
            if self.state is not from_:
                return False
            self.state = to
            return True


class Writer:
    """Write rows in the order in which they came, as few commits as they need.

    Args:
        engine: where to write.
        deadline: seconds until a waiting job is claimed back.
    """

    def __init__(self, engine: Engine, deadline: float = DEADLINE) -> None:
        self._engine = engine
        self._deadline = deadline
        self._queue: queue.Queue[_Job | None] = queue.Queue(maxsize=_ROOM)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = False
        self.commits = 0

    def submit(self, rows: Rows) -> None:
        """Write rows and return when they are on disk.

        Raises:
            NotWritten: when they are not, and never will be.
        """
        self._ensure_thread()
        job = _Job(rows, time.monotonic() + self._deadline)
        try:
            self._queue.put_nowait(job)
        except queue.Full as error:
            raise NotWritten("too many choices wait") from error
        if not job.done.wait(self._deadline) and job.move(_State.WAITING, _State.FAILED):
            raise NotWritten("the store did not answer in time")
        # Taken: the commit is under way and bounded by the database's own timeouts. Its outcome is the truth.
        job.done.wait()
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
        while (first := self._queue.get()) is not None:
            batch, last = [first], False
            while len(batch) < _BATCH:
                try:
                    job = self._queue.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    last = True
                    break
                batch.append(job)
            self._write([job for job in batch if job.move(_State.WAITING, _State.TAKEN)])
            if last:
                return

    def _write(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        written: list[_Job] = []
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                written = self._insert_together(connection, jobs)
            self.commits += 1
        except (SQLAlchemyError, OSError) as error:
            log.error("the store refused %d choices: %s", len(jobs), type(error).__name__)
            written = []
        finally:
            for job in jobs:
                job.move(_State.TAKEN, _State.WRITTEN if job in written else _State.FAILED)
                job.done.set()

    def _insert_together(self, connection: Connection, jobs: list[_Job]) -> list[_Job]:
        try:
            with connection.begin_nested():
                insert_rows(connection, [row for job in jobs for row in job.rows])
            return jobs
        except SQLAlchemyError as error:
            if len(jobs) == 1:
                raise
            log.warning("a shared commit met %s; each choice has its own savepoint now", type(error).__name__)
        written = []
        for job in jobs:
            try:
                with connection.begin_nested():
                    insert_rows(connection, job.rows)
                written.append(job)
            except SQLAlchemyError as error:
                log.error("one choice was refused: %s", type(error).__name__)
        return written
