"""Look at the layers that a draft would show: refusing is as easy as accepting, and nothing is ticked beforehand.

The pages themselves are looked at, as visitors of every place would get them (EDPB Guidelines 05/2020, 3.1.1 and 86;
CNIL 2020-092, § 30 and 31).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from flask import current_app

from privacy.categories import CHOOSABLE, Model
from privacy.decision import Decision
from privacy.effects import ACTS
from privacy.jurisdictions import Place
from privacy.registry import Registry
from web.preview import preview
from web.site import Site


class Unfair(StrEnum):
    """Name what is wrong with a layer."""

    NO_REFUSAL = "no-refusal"
    UNEQUAL = "unequal"
    TICKED = "ticked"


@dataclass(frozen=True, slots=True)
class Slant:
    """Hold what is wrong, and in which places."""

    what: Unfair
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one way to answer: its value, and all that makes it look and work as it does."""

    value: str
    looks: tuple[str, tuple[tuple[str, str | None], ...], tuple[str, ...]]


class Layers(HTMLParser):
    """Read the answers of the first layer, and what is ticked on the page."""

    def __init__(self) -> None:
        super().__init__()
        self.has_banner = False
        self.answers: list[Answer] = []
        self.ticked: set[tuple[str, str]] = set()
        self._open: list[tuple[str, str]] = []
        self._banner_at: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        found = dict(attrs)
        if "data-banner" in found:
            self.has_banner, self._banner_at = True, len(self._open)
        if self._banner_at is not None and found.get("name") == "choice" and found.get("class") != "close":
            rest = tuple(sorted((k, v) for k, v in attrs if k != "value"))
            around = tuple(name for _tag, name in self._open if name)
            self.answers.append(Answer(found.get("value") or "", (tag, rest, around)))
        if found.get("name") in ("category", "vendor") and "checked" in found:
            self.ticked.add((str(found["name"]), found.get("value") or ""))
        if tag not in ("input", "img", "link", "meta", "br", "hr"):
            self._open.append((tag, found.get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        while self._open:
            if self._open.pop()[0] == tag:
                break
        if self._banner_at is not None and len(self._open) <= self._banner_at:
            self._banner_at = None


def of_banner(html: str) -> Unfair | None:
    """Return what is wrong with a first layer, or None: also where there is none."""
    seen = Layers()
    seen.feed(html)
    if not seen.has_banner:
        return None
    by_value = {answer.value: answer.looks for answer in seen.answers}
    if "reject" not in by_value:
        return Unfair.NO_REFUSAL
    return None if by_value["reject"] == by_value.get("accept") else Unfair.UNEQUAL


def of_preferences(html: str, decision: Decision) -> Unfair | None:
    """Return what is wrong with a second layer for somebody who has not chosen, or None."""
    seen = Layers()
    seen.feed(html)
    asked = [grant for grant in decision.grants if grant.model is Model.OPT_IN and not grant.granted]
    boxes = {("vendor", f"{grant.category}:{grant.vendor}") for grant in asked}
    boxes |= {
        ("category", category.value)
        for category in CHOOSABLE
        if any(g.category is category for g in asked) and all(g in asked for g in decision.of(category))
    }
    return Unfair.TICKED if boxes & seen.ticked else None


def slants(site: Site, registry: Registry, places: tuple[tuple[str, Place], ...]) -> tuple[Slant, ...]:
    """Return what is wrong with the layers that a registry leads to, looked at once for the same tags on a day.

    Args:
        places: region codes with their places.
    """
    kept: OrderedDict[tuple[str, str], tuple[Slant, ...]]
    kept = current_app.extensions.setdefault("slants", OrderedDict())
    key = (registry.digest, site.today().isoformat())
    if key not in kept:
        kept[key] = _look(site, registry, places)
        while len(kept) > 16:
            kept.popitem(last=False)
    return kept[key]


def _look(site: Site, registry: Registry, places: tuple[tuple[str, Place], ...]) -> tuple[Slant, ...]:
    found: dict[Unfair, list[str]] = {}
    seen: dict[object, tuple[Unfair | None, Unfair | None]] = {}
    for code, place in places:
        state = site.reader.imagine(place, ACTS[0], False, registry)
        # Places under alike laws get alike layers: one of each kind is looked at.
        alike = (state.jurisdiction.elements, state.decision.banner, state.decision.grants, state.decision.open)
        if alike not in seen:
            first = preview(site, "/en/", state).body.decode()
            second = preview(site, "/en/preferences", state).body.decode()
            seen[alike] = of_banner(first), of_preferences(second, state.decision)
        for what in seen[alike]:
            if what:
                found.setdefault(what, []).append(code)
    return tuple(Slant(what, tuple(codes)) for what, codes in found.items())
