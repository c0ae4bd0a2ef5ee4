"""Work that takes longer than a request: who began it, how far it is, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, Table, Text, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage import db
from storage.tables import UtcDateTime

OPEN = ("waiting", "running")


class StaffJob(db.Model):
    """A long piece of work that a person of the staff began.

    ``slot`` is the kind of a job of which one may be open at a time, and empty once it is over: of two that begin
    at the same moment, in whichever workers, the table lets one in.
    """

    __tablename__ = "staff_job"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    who: Mapped[str] = mapped_column(String(255))
    about: Mapped[str] = mapped_column(Text())
    began: Mapped[datetime] = mapped_column(UtcDateTime())
    updated: Mapped[datetime] = mapped_column(UtcDateTime())
    done: Mapped[int]
    total: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    slot: Mapped[str | None] = mapped_column(String(40), unique=True)
    result: Mapped[str] = mapped_column(Text())
    problem: Mapped[str] = mapped_column(Text())


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


JOB = _table(StaffJob)


@dataclass(frozen=True, slots=True)
class Job:
    """Hold a long piece of work.

    Args:
        kind: what is done: a short key.
        about: to what: plain values for JSON.
        done, total: steps.
        state: ``waiting``, ``running``, ``done`` or ``failed``.
        result: plain values for JSON; None before it is done.
        problem: why it failed: a short key, then, parted by a line, what a machine said.
    """

    id: str
    kind: str
    who: str
    about: Any
    began: datetime
    updated: datetime
    done: int = 0
    total: int = 1
    state: str = "waiting"
    result: Any = None
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Say whether it still goes on."""
        return self.state in OPEN


def insert_job(connection: Connection, job: Job, *, alone: bool) -> None:
    """Store a job that begins.

    Args:
        alone: refuse it while another of its kind is open.

    Raises:
        IntegrityError: when it was refused.
    """
    connection.execute(
        insert(JOB).values(
            id=job.id,
            kind=job.kind,
            who=job.who[:255],
            about=_text(job.about),
            began=job.began,
            updated=job.updated,
            done=job.done,
            total=job.total,
            state=job.state,
            slot=job.kind if alone else None,
            result="",
            problem="",
        )
    )


def step_job(connection: Connection, key: str, at: datetime, done: int) -> bool:
    """Note how far an open job is, and say whether it was still open."""
    wanted = update(JOB).where(JOB.c.id == key, JOB.c.state.in_(OPEN))
    return connection.execute(wanted.values(state="running", updated=at, done=done)).rowcount > 0


def end_job(connection: Connection, key: str, at: datetime, *, result: Any = None, problem: str = "") -> bool:
    """End an open job, well or with a problem, and say whether it was still open."""
    wanted = update(JOB).where(JOB.c.id == key, JOB.c.state.in_(OPEN))
    values: dict[str, Any] = {"updated": at, "slot": None, "problem": problem[:2000]}
    if problem:
        values["state"] = "failed"
    else:
        values |= {"state": "done", "done": JOB.c.total, "result": _text(result)}
    return connection.execute(wanted.values(**values)).rowcount > 0


def fail_silent_jobs(connection: Connection, before: datetime, problem: str) -> None:
    """End the open jobs of which nothing was heard since a moment."""
    wanted = update(JOB).where(JOB.c.state.in_(OPEN), JOB.c.updated < before)
    connection.execute(wanted.values(state="failed", slot=None, problem=problem))


def forget_jobs(connection: Connection, before: datetime) -> None:
    """Delete the jobs that ended before a moment."""
    connection.execute(delete(JOB).where(JOB.c.state.not_in(OPEN), JOB.c.updated < before))


def find_job(connection: Connection, key: str) -> Job | None:
    """Return a job, or None."""
    row = connection.execute(select(JOB).where(JOB.c.id == key)).first()
    return _job(row) if row else None


def list_jobs(connection: Connection, kind: str, limit: int) -> list[Job]:
    """List the jobs of a kind, newest first."""
    wanted = select(JOB).where(JOB.c.kind == kind).order_by(JOB.c.began.desc(), JOB.c.id).limit(limit)
    return [_job(row) for row in connection.execute(wanted)]


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        who=row.who,
        about=json.loads(row.about),
        began=row.began,
        updated=row.updated,
        done=row.done,
        total=row.total,
        state=row.state,
        result=json.loads(row.result) if row.result else None,
        problem=row.problem,
    )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
