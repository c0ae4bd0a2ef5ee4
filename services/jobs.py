"""Keep account of work that takes longer than a request."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from services.store import reading, writing
from storage import jobs
from storage.jobs import Job

__all__ = ["STOPPED", "Busy", "Job", "Jobs"]

SILENT = timedelta(minutes=2)
"""A job of which nothing was heard for so long is over: its worker ended without a word."""
KEPT = timedelta(days=30)
STOPPED = "stopped"
"""The problem of a job whose worker ended."""


class Busy(Exception):
    """Another job of the kind is still open, and one at a time is what there is room for."""


class Jobs:
    """Begin, follow and end jobs. All workers see the same ones.

    Args:
        now: the server's time, aware.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def begin(self, kind: str, who: str, about: Any, total: int, *, alone: bool = True) -> Job:
        """Begin a job, and clear away what is long over.

        Args:
            about: to what it is done: plain values for JSON.
            total: how many steps it takes.
            alone: refuse it while another of its kind is open.

        Raises:
            Busy: when it was refused.
            StoreSilent: when the store does not answer.
        """
        now = self._now()
        job = Job(secrets.token_urlsafe(16), kind, who, about, now, now, total=total)
        try:
            with writing(self._engine) as connection:
                jobs.fail_silent_jobs(connection, now - SILENT, STOPPED)
                jobs.forget_jobs(connection, now - KEPT)
                jobs.insert_job(connection, job, alone=alone)
        except IntegrityError as error:
            raise Busy(kind) from error
        return job

    def step(self, key: str, done: int) -> bool:
        """Note how far a job is, and say whether anybody still waits for it.

        Raises:
            StoreSilent: when the store does not answer.
        """
        with writing(self._engine) as connection:
            return jobs.step_job(connection, key, self._now(), done)

    def finish(self, key: str, result: Any) -> bool:
        """End a job with its result. Says and raises what :meth:`step` does."""
        with writing(self._engine) as connection:
            return jobs.end_job(connection, key, self._now(), result=result)

    def fail(self, key: str, problem: str) -> bool:
        """End a job that cannot be done. Says and raises what :meth:`step` does."""
        with writing(self._engine) as connection:
            return jobs.end_job(connection, key, self._now(), problem=problem)

    def find(self, key: str) -> Job | None:
        """Return a job, or None where there is none (any more).

        Raises:
            StoreSilent: when the store does not answer.
        """
        with reading(self._engine) as connection:
            found = jobs.find_job(connection, key)
        return self._heard_of(found) if found else None

    def latest(self, kind: str, limit: int = 10) -> list[Job]:
        """List the jobs of a kind, newest first. Raises as :meth:`find` does."""
        with reading(self._engine) as connection:
            found = jobs.list_jobs(connection, kind, limit)
        return [self._heard_of(job) for job in found]

    def current(self, kind: str) -> Job | None:
        """Return the newest job of a kind that is still open, or None. Raises as :meth:`find` does."""
        return next((job for job in self.latest(kind) if job.is_open), None)

    def _heard_of(self, job: Job) -> Job:
        if job.is_open and self._now() - job.updated > SILENT:
            return replace(job, state="failed", problem=STOPPED)
        return job
