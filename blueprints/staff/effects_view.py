"""What a change does to whom, in words and to the byte."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from blueprints.staff import words
from privacy.admission import Admission, admit
from privacy.effects import ACTS, Act, AskedAgain, Effect, Sent, asked_again, effects
from privacy.jurisdictions import Place
from privacy.registry import Registry
from web.markup import rendered
from web.page import ScriptView
from web.scripts import address
from web.site import site
from web.visitor import State


@dataclass(frozen=True)
class Reach:
    """Hold for whom a tag begins or ends to load: who they are, in how many places, and which."""

    who: str
    places: str
    count: int
    everywhere: bool


@dataclass(frozen=True)
class TagReach:
    """Hold what becomes of a tag."""

    tag: str
    gains: tuple[Reach, ...]
    loses: tuple[Reach, ...]


@dataclass(frozen=True)
class Exact:
    """Hold what a browser would get, to the byte."""

    scripts: tuple[Markup, ...]
    csp: str


@dataclass(frozen=True)
class AtPlace:
    """Hold what one imagined visitor gets, before and after."""

    before: Exact
    after: Exact
    sources: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    changes: bool


_KEPT: OrderedDict[tuple[object, ...], tuple[tuple[Effect, ...], tuple[AskedAgain, ...]]] = OrderedDict()
_LOCK = threading.Lock()
_MOST = 16


def worked_out(old: Registry, new: Registry) -> tuple[tuple[Effect, ...], tuple[AskedAgain, ...]]:
    """Return what a change does, worked out once for the same change on the same day, until a tag starts or ends."""
    now = int(site().reader.now())
    key = (old.digest, new.digest, site().today(), old.next_change(now), new.next_change(now))
    with _LOCK:
        found = _KEPT.get(key)
    if found is None:
        laws = words.laws_today()
        found = effects(old, new, laws, now), asked_again(old, new, laws, now)
        with _LOCK:
            _KEPT[key] = found
            while len(_KEPT) > _MOST:
                _KEPT.popitem(last=False)
    return found


def reaches(found: Iterable[Effect]) -> tuple[TagReach, ...]:
    """Return per tag for whom it begins or ends to load."""
    gains: dict[str, dict[tuple[str, bool], list[str]]] = {}
    loses: dict[str, dict[tuple[str, bool], list[str]]] = {}
    for effect in found:
        before, after = _tags(effect.before), _tags(effect.after)
        for side, tags in ((gains, after - before), (loses, before - after)):
            for tag in tags:
                side.setdefault(tag, {}).setdefault((effect.act, effect.signal), []).extend(effect.regions)
    total = len(words.laws_today())
    return tuple(
        TagReach(tag, _reach(gains.get(tag, {}), total), _reach(loses.get(tag, {}), total))
        for tag in sorted({*gains, *loses})
    )


def _tags(sent: Sent) -> set[str]:
    return {script.partition(" ")[0] for script in sent.scripts}


def _reach(found: dict[tuple[str, bool], list[str]], total: int) -> tuple[Reach, ...]:
    made = []
    for act in ACTS:
        for signal in (False, True):
            codes = tuple(dict.fromkeys(found.get((act.key, signal), ())))
            # With the signal the same holds in the same places, mostly: only where it differs is it worth a line.
            if codes and not (signal and set(codes) == set(found.get((act.key, False), ()))):
                everywhere = len(codes) == total
                made.append(Reach(words.act_name(act.key, signal), words.regions(codes, 8), len(codes), everywhere))
    return tuple(made)


def act_of(key: str) -> Act:
    """Return an act by its key; nothing chosen where there is none by that name."""
    return next((act for act in ACTS if act.key == key), ACTS[0])


def place_of(code: str) -> Place | None:
    """Return a place by a region's code, the unknown one for the rest of the world, or None where there is none."""
    law = site().jurisdictions.region(code, site().today())
    if law is None or law.region != code or (law.kind == "group" and law.code.lower() == code):
        return None  # Nobody is in a group as such: they are in one of its states.
    upper = code.upper()
    if law.code == "ROW":
        return Place()
    country, _dash, part = upper.partition("-")
    return Place(country, upper if part else None, "setting")


def imagined(place: Place, act: Act, signal: bool, registry: Registry) -> State:
    """Return the state of a visitor who is not there."""
    return site().reader.imagine(place, act, signal, registry)


def at_place(old: Registry, new: Registry, place: Place, act: Act, signal: bool, path: str) -> AtPlace:
    """Return what one visitor gets on a page, before and after, to the byte."""
    one, other = (_admitted(imagined(place, act, signal, registry), path) for registry in (old, new))
    before, after = _exact(one), _exact(other)
    return AtPlace(before, after, _sources(one.csp, other.csp), before != after)


def _admitted(state: State, path: str) -> Admission:
    return admit(state.registry, state.decision, path=path)


def _exact(found: Admission) -> Exact:
    scripts = tuple(
        rendered("parts/script.html", script=ScriptView(e.tag, address(site(), e), e.data, e.integrity)).strip()
        for e in found.elements
    )
    return Exact(scripts, found.csp)


def _sources(one: str, other: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return both policies as one: per directive each source with whether it goes, comes or stays."""
    before, after = _parsed(one), _parsed(other)
    made = []
    for name in {**before, **after}:
        old, new = before.get(name, []), after.get(name, [])
        both = dict.fromkeys([*old, *new])
        made.append((name, tuple((s, "comes" if s not in old else "goes" if s not in new else "stays") for s in both)))
    return tuple(made)


def _parsed(csp: str) -> dict[str, list[str]]:
    return {part.split(" ")[0]: part.split(" ")[1:] for part in csp.split("; ")}
