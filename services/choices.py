"""Record a visitor's choice: the entry is on disk before the visitor's browser hears of it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from privacy.categories import Category
from privacy.choice import Choice, Intent, Ticks
from privacy.decision import Outcome, Signals, choose, expires_at
from privacy.jurisdictions import Jurisdiction, Place
from privacy.ledger import Entry, Frame, body_of, uuid7
from privacy.registry import Registry
from services.notices import Notices
from storage import records
from storage.writer import NotWritten, Writer

__all__ = ["Choices", "NotWritten"]


class _Act(NamedTuple):
    """Hold all that decides what an act comes to, but for the time and whose it is."""

    law: int
    previous: Choice | None
    signals: Signals
    registry: int
    intent: Intent
    ticks: Ticks
    about: tuple[Category, ...]
    age: tuple[int, int] | None


class Choices:
    """Turn acts into choices and ledger entries.

    Args:
        random: returns so many random bytes.
    """

    def __init__(self, writer: Writer, notices: Notices, random: Callable[[int], bytes]) -> None:
        self._writer = writer
        self._notices = notices
        self._random = random
        self._kept: tuple[int, dict[_Act, tuple[Jurisdiction, Registry, Outcome]]] = (0, {})

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
        seal: Callable[[Choice], str],
    ) -> tuple[Outcome, str]:
        """Decide what an act means, append it to the ledger, and return it once it is on disk.

        Args:
            seal: makes the cookie's value. It is called before anything is written, so that a choice which no
                cookie could carry leaves no trace.

        Returns:
            What the act came to, and the cookie's value.

        Raises:
            NotWritten: when it was not recorded, and never will be: nothing may be granted on it.
            ValueError: when no cookie could carry it.
        """
        seconds = int(now.timestamp())
        act = _Act(
            id(jurisdiction), previous and replace(previous, id=""), signals, id(registry), intent, ticks, about, age
        )
        outcome = self._outcome(act, jurisdiction, registry, seconds)
        identifier = previous.id if previous else urlsafe_b64encode(self._random(16)).rstrip(b"=").decode()
        outcome = replace(outcome, choice=replace(outcome.choice, id=identifier))
        value = seal(outcome.choice)
        frame = Frame(
            at=now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            locale=locale,
            place=place,
            method=method,
            notice=notice,
            policy=policy,
            expires=expires_at(jurisdiction, seconds),
        )
        entry = Entry(
            id=uuid7(int(now.timestamp() * 1000), self._random(10)),
            consent_id=outcome.choice.id,
            salt=self._random(16).hex(),
            body=body_of(frame, outcome, jurisdiction, signals, registry),
        )
        brought = self._notices.rows_for(notice)
        self._writer.submit([*brought, *records.entry_rows(entry)])
        if brought:
            self._notices.stored([notice])
        return outcome, value

    def _outcome(self, act: _Act, jurisdiction: Jurisdiction, registry: Registry, now: int) -> Outcome:
        """Return what an act comes to, for nobody in particular. Alike acts of one second are worked out once."""
        second, kept = self._kept
        if second != now:
            kept = {}
            self._kept = (now, kept)
        found = kept.get(act)
        if found is None:
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
            # Law and registry are kept along, so that their identities stay their own.
            found = kept[act] = (jurisdiction, registry, outcome)
        return found[2]
