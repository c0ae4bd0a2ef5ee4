"""Make the visitor of a request: place, choice, signals, and the decision that follows. Free of Flask.

The same function serves the page store in front of Flask and Flask itself, so that they cannot disagree.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any, Generic, TypeVar

from privacy.admission import Admission, admit
from privacy.choice import Choice, Keyring, decode, only
from privacy.decision import DAY, Decision, Outcome, Signals, decide, next_expiry
from privacy.effects import Act, chosen
from privacy.jurisdictions import Jurisdiction, Jurisdictions, Place
from privacy.registry import Registry
from services.live import Live
from web.passes import CHECK, KEY, Passes
from web.place import PlaceFinder
from web.settings import Settings

K = TypeVar("K")
V = TypeVar("V")
_KEPT = 4096
_ALIKE = 64
_SIGNAL = "gpc"


@dataclass(frozen=True, slots=True)
class Shared:
    """Hold all that a stored page may depend on, and nothing of one visitor alone.

    Two visitors with equal values get the same bytes; no id, no time and no address can enter.
    """

    decision: Decision
    region: str
    jurisdiction: str
    is_merged: bool
    knows_place: bool
    snapshot: int
    withheld: frozenset[str]
    day: int


@dataclass(frozen=True)
class State:
    """Hold what was made of a request.

    Args:
        token: names the ``shared`` value within this process: equal values, equal tokens.
        until: when it has to be made anew, seconds since the epoch.
        closed: what the gate admits where no tag may load.
    """

    token: int
    shared: Shared
    jurisdiction: Jurisdiction
    place: Place
    choice: Choice | None
    signals: Signals
    registry: Registry
    until: float
    closed: Admission

    @property
    def decision(self) -> Decision:
        """Give the decision."""
        return self.shared.decision

    @property
    def is_check(self) -> bool:
        """Say whether this is the site's own checker, and nobody: it is counted nowhere."""
        return self.place.source == CHECK


class Kept(Generic[K, V]):
    """Keep the most recently used values, and no more than so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return a value, or None."""
        value = self._values.get(key)
        # While there is room to spare, nothing is dropped and the order does not matter.
        if value is not None and len(self._values) * 2 > self._most:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> V:
        """Keep a value and return it."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


class Reader:
    """Read visitors from requests.

    Args:
        clock: seconds since the epoch, UTC.
    """

    def __init__(
        self,
        settings: Settings,
        jurisdictions: Jurisdictions,
        live: Live,
        clock: Callable[[], float],
    ) -> None:
        self.choice_cookie = settings.cookie_name("choice")
        self.signal_cookie = settings.cookie_name("signal")
        self.choices = Keyring(settings.SECRET_KEYS, "choice cookie 1")
        self._signals = Keyring(settings.SECRET_KEYS, "signal cookie 1")
        self.places = PlaceFinder(settings)
        self.passes = Passes(settings.SECRET_KEYS)
        self.jurisdictions = jurisdictions
        self._relax = settings.UNKNOWN_SUBDIVISION == "country"
        self._live = live
        self._clock = clock
        self._states: Kept[tuple[Any, ...], State] = Kept(_KEPT)
        self._tokens: Kept[Shared, int] = Kept(_KEPT)
        self._laws: Kept[tuple[Place, int], Jurisdiction] = Kept(_KEPT)
        self._closed: Kept[int, Admission] = Kept(_KEPT)
        self._ahead: Kept[tuple[int, int], tuple[Outcome, State]] = Kept(_ALIKE)
        self._last_token = 0
        self._imagined = count(1)
        self._lock = threading.Lock()

    def signal_value(self) -> str:
        """Return the value of the cookie that records a signal: the same for everybody, and signed."""
        return f"{_SIGNAL}.{self._signals.sign(_SIGNAL)}"

    def now(self) -> float:
        """Give the server's time, seconds since the epoch."""
        return self._clock()

    def state(self, environ: Mapping[str, Any]) -> State:
        """Return what a request's place, cookies and signals make of it. Never raises."""
        now = self._clock()
        header = environ.get("HTTP_COOKIE")
        chosen = only(header, self.choice_cookie) if header else None
        noted = only(header, self.signal_cookie) if header else None
        snapshot = self._live.snapshot
        shown = environ.get(KEY)
        place = (self.passes.read(shown, now) if shown else None) or self.places.find(environ)
        sent = environ.get("HTTP_SEC_GPC") == "1"
        rest = (place, sent, snapshot.number, int(now // DAY))
        state = self._states.get((chosen, noted, *rest))
        if state is not None and now < state.until:
            return state
        # What this site did not write is as if absent, and is not remembered either: anybody can send anything.
        choice = decode(chosen, self.choices)
        remembered = self._is_signal(noted)
        key = (chosen if choice else None, noted if remembered else None, *rest)
        state = self._states.get(key)
        if state is None or now >= state.until:
            signals = Signals(sent=sent, remembered=remembered)
            state = self._make(now, place, choice, signals, snapshot.number, snapshot.registry)
            self._states.put(key, state)
        return state

    def adopt(self, before: State, value: str, identifier: str, outcome: Outcome) -> State:
        """Return the state that a choice leads to, and keep it for the page that comes next.

        Args:
            before: the state of the request that made it.
            value: the value of its cookie.
            identifier: whose it is.
            outcome: what it came to, for whoever did alike, by the same law, signals and registry.
        """
        shared, noted = before.shared, self.signal_value() if before.signals.remembered else None
        # The outcome is kept along, so that its identity stays its own.
        alike = self._ahead.get((before.token, id(outcome)))
        if alike is None:
            alike = self._ahead.put((before.token, id(outcome)), (outcome, self._following(before, outcome)))
        choice = replace(outcome.choice, id=identifier)
        state = replace(alike[1], place=before.place, signals=before.signals, choice=choice)
        return self._states.put((value, noted, before.place, before.signals.sent, shared.snapshot, shared.day), state)

    def imagine(self, place: Place, act: Act, signal: bool, registry: Registry) -> State:
        """Return the state of a visitor who is not there: at a place, having chosen, under a registry of one's own.

        Args:
            act: what they chose, or that they did not.
            signal: whether their browser sends the opt-out signal.
        """
        now = self._clock()
        jurisdiction = self.law(place, int(now // DAY))
        signals = Signals(sent=signal)
        choice = chosen(registry.at(jurisdiction, int(now)), jurisdiction, act, signals, int(now))
        # No published registry has such a number: nothing that is made here can be taken for what is live.
        return self._make(now, place, choice, signals, -next(self._imagined), registry)

    def law(self, place: Place, day: int) -> Jurisdiction:
        """Return the law of a place on a day (days since the epoch)."""
        found = self._laws.get((place, day))
        if found is None:
            found = self.jurisdictions.resolve(place, day_of(day), relax_unknown_subdivision=self._relax)
            self._laws.put((place, day), found)
        return found

    def _make(
        self,
        now: float,
        place: Place,
        choice: Choice | None,
        signals: Signals,
        number: int,
        registry: Registry,
    ) -> State:
        day = int(now // DAY)
        jurisdiction = self.law(place, day)
        until = self._until(jurisdiction, choice, int(now), registry.next_change(int(now)))
        registry = registry.at(jurisdiction, int(now))
        decision = decide(jurisdiction, choice, signals, registry, int(now))
        shared = Shared(
            decision=decision,
            region=jurisdiction.region,
            jurisdiction=jurisdiction.code,
            is_merged=bool(jurisdiction.merged),
            knows_place=place.country is not None,
            snapshot=number,
            withheld=registry.withheld,
            day=day,
        )
        token = self._token(shared)
        closed = self._admitted(token, registry, decision)
        return State(token, shared, jurisdiction, place, choice, signals, registry, until, closed)

    def _following(self, before: State, outcome: Outcome) -> State:
        shared = replace(before.shared, decision=outcome.decision)
        until = min(before.until, self._until(before.jurisdiction, outcome.choice, outcome.choice.at))
        token = self._token(shared)
        closed = self._admitted(token, before.registry, outcome.decision)
        return replace(before, token=token, shared=shared, choice=outcome.choice, until=until, closed=closed)

    def _admitted(self, token: int, registry: Registry, decision: Decision) -> Admission:
        found = self._closed.get(token)
        return found or self._closed.put(token, admit(registry, decision, path="", tags_allowed=False))

    @staticmethod
    def _until(jurisdiction: Jurisdiction, choice: Choice | None, now: int, change: int | None = None) -> float:
        tomorrow = (now // DAY + 1) * DAY
        ends = next_expiry(jurisdiction, choice, now) if choice else None
        return float(min(moment for moment in (tomorrow, ends, change) if moment is not None))

    def _is_signal(self, value: str | None) -> bool:
        if not value or len(value) > 100 or not value.isascii():
            return False
        payload, _, signature = value.partition(".")
        return payload == _SIGNAL and self._signals.verifies(payload, signature)

    def _token(self, shared: Shared) -> int:
        with self._lock:
            token = self._tokens.get(shared)
            if token is None:
                self._last_token += 1
                token = self._tokens.put(shared, self._last_token)
            return token


def day_of(day: int) -> date:
    """Return the date of a day since the epoch."""
    return datetime.fromtimestamp(day * DAY, UTC).date()
