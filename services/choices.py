"""Record a visitor's choice: the entry is on disk before the visitor's browser hears of it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from privacy.categories import Category
from privacy.choice import Choice, Intent, Ticks, said_by
from privacy.decision import Outcome, Signals, choose, expires_at
from privacy.jurisdictions import Jurisdiction, Place
from privacy.ledger import Entry, Frame, body_of, dated, uuid7
from privacy.registry import Registry
from services.notices import Notices
from storage import records
from storage.writer import NotWritten, Writer

__all__ = ["Choices", "NotWritten"]


class _Act(NamedTuple):
    """Hold all that decides what an act comes to and what is written of it, but for the time and whose it is."""

    law: int
    previous: Choice | None
    signals: Signals
    registry: int
    intent: Intent
    ticks: Ticks
    about: tuple[Category, ...]
    age: tuple[int, int] | None
    place: Place
    locale: str
    method: str
    notice: str
    policy: str


@dataclass(frozen=True, slots=True)
class _Alike:
    """Hold what an act comes to within a second, for nobody in particular.

    Args:
        outcome: its choice has no id.
        said: what the cookie says of it.
        body: of the entry, without its time.
    """

    outcome: Outcome
    said: str
    body: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """Hold what was recorded.

    Args:
        outcome: what the act came to. Its choice has no id: the outcome is one for all who did alike.
        id: whose choice it is.
        cookie: the cookie's value.
    """

    outcome: Outcome
    id: str
    cookie: str


class Choices:
    """Turn acts into choices and ledger entries.

    Args:
        random: returns so many random bytes.
    """

    def __init__(self, writer: Writer, notices: Notices, random: Callable[[int], bytes]) -> None:
        self._writer = writer
        self._notices = notices
        self._random = random
        self._kept: tuple[int, dict[_Act, tuple[Jurisdiction, Registry, _Alike]]] = (0, {})

    def record(
        self,
        *,
        jurisdiction: Jurisdiction,
        place: Place,
        locale: str,
        previous: Choice | None,
        signals: Signals,
        registry: Registry,
        now: datetime,
        intent: Intent,
        ticks: Ticks,
        about: tuple[Category, ...],
        age: tuple[int, int] | None,
        method: str,
        notice: str,
        policy: str,
        seal: Callable[[str, str], str],
    ) -> Recorded:
        """Decide what an act means, append it to the ledger, and return it once it is on disk.

        Args:
            seal: makes the cookie's value of an id and what is said for it. It is called before anything is
                written, so that a choice which no cookie could carry leaves no trace.

        Raises:
            NotWritten: when it was not recorded, and never will be: nothing may be granted on it.
            ValueError: when no cookie could carry it.
        """
        moment = now.timestamp()
        act = _Act(
            id(jurisdiction),
            previous and replace(previous, id=""),
            signals,
            id(registry),
            intent,
            ticks,
            about,
            age,
            place,
            locale,
            method,
            notice,
            policy,
        )
        alike = self._alike(act, jurisdiction, registry, int(moment))
        identifier = previous.id if previous else urlsafe_b64encode(self._random(16)).rstrip(b"=").decode()
        cookie = seal(identifier, alike.said)
        entry = Entry(
            id=uuid7(int(moment * 1000), self._random(10)),
            consent_id=identifier,
            salt=self._random(16).hex(),
            body=dated(alike.body, now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")),
        )
        brought = self._notices.rows_for(notice)
        self._writer.submit([*brought, *records.entry_rows(entry)])
        if brought:
            self._notices.stored([notice])
        return Recorded(alike.outcome, identifier, cookie)

    def _alike(self, act: _Act, jurisdiction: Jurisdiction, registry: Registry, now: int) -> _Alike:
        """Return what an act comes to. Alike acts of one second are worked out once; with the second all go."""
        second, kept = self._kept
        if second != now:
            kept = {}
            self._kept = (now, kept)
        found = kept.get(act)
        if found is None:
            # Law and registry are kept along, so that their identities stay their own.
            found = kept[act] = (jurisdiction, registry, _work_out(act, jurisdiction, registry, now))
        return found[2]


def _work_out(act: _Act, jurisdiction: Jurisdiction, registry: Registry, now: int) -> _Alike:
    outcome = choose(
        jurisdiction,
        act.previous,
        act.signals,
        registry,
        now,
        intent=act.intent,
        ticks=act.ticks,
        about=act.about,
        age=act.age,
        fresh_id="",
    )
    frame = Frame(
        at="",
        locale=act.locale,
        place=act.place,
        method=act.method,
        notice=act.notice,
        policy=act.policy,
        expires=expires_at(jurisdiction, now),
    )
    return _Alike(outcome, said_by(outcome.choice), body_of(frame, outcome, jurisdiction, act.signals, registry))
