"""Turn a place and a day into the law that holds there: models per category, signals, lifetimes, ages.

The facts stand in ``data/jurisdictions.json``, each row with its source, its review date and the evidence
for each datum. Nothing here names a country: law is data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from privacy.categories import Category, Model, strictest

ADULT = 18
_REVIEW_MONTHS = 12
_FALLBACK = "row"


@dataclass(frozen=True, slots=True)
class Place:
    """Say where a visitor is, as far as it is known, and how that was found.

    Args:
        country: ISO 3166-1 alpha-2 code, or None where nothing is known.
        subdivision: ISO 3166-2 code such as ``US-CA``, or None.
        source: ``proxy``, ``database``, ``embedded``, ``setting``, ``check`` or ``unknown``.
    """

    country: str | None = None
    subdivision: str | None = None
    source: str = "unknown"

    @property
    def code(self) -> str:
        """Give the most exact code known, or an empty string."""
        return self.subdivision or self.country or ""


UNKNOWN = Place()


@dataclass(frozen=True, slots=True)
class Exemption:
    """Hold a statutory or guidance exemption: it applies only to a tag marked as meeting every condition."""

    id: str
    model: Model
    conditions: tuple[tuple[str, str], ...]
    basis: str | None
    statutory: bool
    in_force_from: date | None


@dataclass(frozen=True, slots=True)
class Tightening:
    """Hold a fact about a vendor that makes a category's model stricter."""

    when: str
    model: Model
    text: str


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """Hold the model of one category in one place."""

    model: Model
    floor: Model
    basis: str | None = None
    notes: str | None = None
    exemptions: tuple[Exemption, ...] = ()
    tightenings: tuple[Tightening, ...] = ()


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Hold what a minor of ``start`` to ``end`` years (``end`` excluded) can agree to in marketing."""

    start: int
    end: int
    model: Model
    by_parent: bool
    in_force_from: date | None = None

    @property
    def effective(self) -> Model:
        """Give the model as the site can honour it.

        A parent's consent cannot be verified by a cookie choice, so it is treated as missing
        (GDPR art. 8(2), 16 CFR 312.5): nothing can be granted until another way exists.
        """
        if self.by_parent and self.model.strictness >= Model.OPT_IN.strictness:
            return Model.PROHIBITED
        return self.model


@dataclass(frozen=True, slots=True)
class SignalRule:
    """Hold what the opt-out preference signal ``Sec-GPC: 1`` does in a place (W3C Global Privacy Control)."""

    binding: bool
    denies: frozenset[Category]
    suppress_banner: bool
    must_display: bool
    remembered: bool = False
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Hold how long an answer lasts."""

    accept_max_months: int | None
    reject_min_months: int | None
    opt_out_expires: bool
    cookie_max_days: int | None
    basis: str | None = None

    @property
    def months(self) -> int | None:
        """Give the months that any answer lasts: refusals last as acceptances do (CNIL 2020-092, § 39)."""
        return self.accept_max_months


@dataclass(frozen=True, slots=True)
class Law:
    """Name a law, in English and as the place itself names it."""

    name: str
    local: str
    abbr: str
    role: str
    abbr_local: tuple[tuple[str, str], ...] = ()
    in_force_from: date | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """Name a ground that the law gives, by its key in a closed list, with the article that gives it."""

    key: str
    cite: str


@dataclass(frozen=True, slots=True)
class Span:
    """Hold a length of time.

    Args:
        unit: ``year``, ``month``, ``calendar_day``, ``business_day`` or ``working_day_nz``.
    """

    value: int
    unit: str


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Hold how long an answer to a request may take. None where the place sets no such time.

    ``initial`` counts from receipt, ``extension`` is added once where there is reason for it, ``opt_out`` is the
    time in which a no has to take effect, ``complaint`` the one in which a complaint is confirmed.
    """

    acknowledgement: Span | None
    initial: Span | None
    extension: Span | None
    opt_out: Span | None
    appeal: Span | None
    complaint: Span | None


@dataclass(frozen=True, slots=True)
class Authority:
    """Name a supervisory authority."""

    name: str | None
    name_local: str | None
    abbr: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Hold the law of one place on one day. Equal when region, day-dependent rules and merge are equal.

    Args:
        names: the regions that the place belongs to, nearest first, itself included.
        merged: the codes of the rows that it was made from, where only a country with parts is known.
    """

    code: str
    region: str
    name: str
    kind: str
    source: str
    reviewed: date
    rules: tuple[tuple[Category, CategoryRule], ...]
    bands: tuple[AgeBand, ...]
    signal: SignalRule
    lifetimes: Lifetimes
    shows_banner: bool
    elements: frozenset[str]
    laws: tuple[Law, ...]
    authority: Authority
    languages: tuple[str, ...]
    sensitive: Model
    rights: tuple[str, ...]
    bases: tuple[Ground, ...]
    transfers: tuple[Ground, ...]
    officers: tuple[str, ...]
    deadlines: Deadlines
    proof_months: int | None
    names: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    unconfirmed: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def rule(self, category: Category) -> CategoryRule:
        """Return the rule of a category."""
        return dict(self.rules)[category]

    def requires(self, element: str) -> bool:
        """Say whether the law (or its guidance) asks for a banner or page element."""
        return element in self.elements

    def band_of(self, age: tuple[int, int]) -> Model:
        """Return the strictest marketing model for a visitor whose age lies in ``[start, end)``."""
        models = [band.effective for band in self.bands if band.start < age[1] and age[0] < band.end]
        return strictest(*models) if models else Model.EXEMPT

    def is_confirmed(self, path: str) -> bool:
        """Say whether a datum (dotted path) was confirmed; general words stand in for one that was not."""
        return not any(path == p or path.startswith(p + ".") for p in self.unconfirmed)

    def is_law(self, path: str) -> bool:
        """Say whether a datum (dotted path) is the place's law, and not what the operator chose to keep to."""
        return self.is_confirmed(path) and not any(path == p or path.startswith(p + ".") for p in self.chosen)


class Jurisdictions:
    """Hold all rows and resolve places against them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._rows: dict[str, Mapping[str, Any]] = {row["code"]: row for row in document["rows"]}
        self._countries: dict[str, str] = {}
        self._aliases: dict[str, tuple[str, bool]] = {}
        self._subdivided: dict[str, tuple[str, ...]] = {}
        for code, row in self._rows.items():
            for country in row["countries"]:
                if country != "*":
                    self._countries[country] = code
            without = set(row.get("aliases_without_exemptions", ()))
            for alias, target in row.get("aliases", {}).items():
                self._aliases[alias] = (target, alias not in without)
            if row["kind"] == "subdivision":
                parent = str(row["parent"])
                self._subdivided[parent] = (*self._subdivided.get(parent, ()), code)

    @property
    def codes(self) -> tuple[str, ...]:
        """Give the codes of all rows."""
        return tuple(self._rows)

    @property
    def exemptions(self) -> dict[str, int | None]:
        """Give the ids of all exemptions that tags can be marked with, each with the most days its cookies may live."""
        holders = [h for row in self._rows.values() for h in (*row["categories"].values(), *row.get("states", ()))]
        found = [h["exemption"] for h in holders if h.get("exemption")]
        return {exemption["id"]: exemption.get("cookie_max_days") for exemption in found}

    def row(self, code: str) -> Mapping[str, Any]:
        """Return a row's document.

        Raises:
            KeyError: when there is no such row.
        """
        return self._rows[code]

    def resolve(self, place: Place, today: date, *, relax_unknown_subdivision: bool = False) -> Jurisdiction:
        """Return the law that holds at a place on a day.

        A subdivision comes before its country, a country before an alias, an alias before the rest of the
        world. A row that is not yet in force gives way to its parent. Where only a country is known and some
        of its subdivisions have rows, each category takes the strictest of them all.

        Args:
            place: where the visitor is.
            today: the day, in UTC.
            relax_unknown_subdivision: take the country's own row alone when the subdivision is not known.
        """
        if place.subdivision and place.subdivision in self._rows:
            return self._in_force(place.subdivision, today)
        country = place.country
        if country is None:
            return self._in_force("ROW", today)
        exemptions = True
        if country not in self._countries and country in self._aliases:
            country, exemptions = self._aliases[country]
        code = self._countries.get(country, "ROW")
        found = self._in_force(code, today, state=country)
        if not exemptions:
            bare = tuple((c, replace(rule, exemptions=())) for c, rule in found.rules)
            found = replace(found, rules=bare)
        subdivisions = self._subdivided.get(code, ())
        if subdivisions and country == code and not place.subdivision and not relax_unknown_subdivision:
            rows = [self._in_force(s, today) for s in subdivisions]
            others = [row for row in rows if row.code != code]
            return _strictest_of(found, others)
        return found

    def region(self, code: str, today: date) -> Jurisdiction | None:
        """Return the law of a region by its lower-case code (``de``, ``us-ca``, ``eu``, ``row``), or None."""
        upper = code.upper()
        if upper in self._rows:
            return self._in_force(upper, today)
        if upper in self._countries:
            return self._in_force(self._countries[upper], today, state=upper)
        return None

    def above(self, code: str) -> tuple[str, ...]:
        """Return the regions that a row belongs to, nearest first, itself included, in the form of addresses."""
        found, row = [code.lower()], self._rows[code]
        while row.get("parent"):
            found.append(str(row["parent"]).lower())
            row = self._rows[row["parent"]]
        return tuple(found)

    def regions(self, today: date) -> tuple[tuple[str, str], ...]:
        """List ``(region code, English name)`` for each row and each state within a group, in force on a day."""
        found: list[tuple[str, str]] = []
        for code, row in self._rows.items():
            if _holds(self._starts(row), today):
                found.append((code.lower(), str(row["name"])))
                found.extend((state["iso"].lower(), state["name"]) for state in row.get("states", ()))
        return tuple(found)

    def stale(self, today: date) -> tuple[str, ...]:
        """Name the rows that nobody reviewed in the last twelve months."""
        return tuple(code for code, row in self._rows.items() if is_stale(date.fromisoformat(row["reviewed"]), today))

    @staticmethod
    def _starts(row: Mapping[str, Any]) -> date | None:
        return _day(row.get("in_force_from"))

    def _in_force(self, code: str, today: date, state: str | None = None) -> Jurisdiction:
        row = self._rows[code]
        while (starts := self._starts(row)) is not None and starts > today:
            row, state = self._rows[row["parent"]], None
        found = _build(row, today, state)
        # The strictest law stands for an unknown place: nothing is "in" it but itself.
        above = tuple(name for name in self.above(row["code"]) if name != _FALLBACK or found.region == _FALLBACK)
        return replace(found, names=tuple(dict.fromkeys((found.region, *above))))


def load() -> Jurisdictions:
    """Read the rows that are kept beside this module (a constant of the release, read once at start)."""
    return Jurisdictions(json.loads((Path(__file__).parent / "data" / "jurisdictions.json").read_text("utf-8")))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _holds(starts: date | None, today: date) -> bool:
    return starts is None or starts <= today


def _exemption(document: Mapping[str, Any]) -> Exemption:
    return Exemption(
        id=document["id"],
        model=Model(document["model"]),
        conditions=tuple((c["id"], c["text"]) for c in document["conditions"]),
        basis=document.get("basis"),
        statutory=bool(document.get("statutory")),
        in_force_from=_day(document.get("in_force_from")),
    )


def _grounds(documents: Iterable[Mapping[str, str]]) -> tuple[Ground, ...]:
    return tuple(Ground(document["key"], document["cite"]) for document in documents)


def _span(document: Mapping[str, Any] | None) -> Span | None:
    # A time without a number is one that the law leaves open.
    return Span(document["value"], document["unit"]) if document and document["value"] is not None else None


def _deadlines(document: Mapping[str, Any]) -> Deadlines:
    return Deadlines(
        acknowledgement=_span(document["ack"]),
        initial=_span(document["initial"]),
        extension=_span(document["extension"]),
        opt_out=_span(document["opt_out"]),
        appeal=_span(document["appeal_response"]),
        complaint=_span(document.get("complaint_ack")),
    )


def _rule(document: Mapping[str, Any], extra: tuple[Exemption, ...], today: date) -> CategoryRule:
    own = (_exemption(document["exemption"]),) if document.get("exemption") else ()
    tight = document.get("tightening")
    return CategoryRule(
        model=Model(document["model"]),
        floor=Model(document["floor"]),
        basis=document.get("basis"),
        notes=document.get("notes"),
        exemptions=tuple(e for e in own + extra if _holds(e.in_force_from, today)),
        tightenings=(Tightening(tight["when"], Model(tight["model"]), tight["text"]),) if tight else (),
    )


def _bands(row: Mapping[str, Any], age: int | None, marketing: Model, today: date) -> tuple[AgeBand, ...]:
    bands = [
        AgeBand(b["from"], b["to"], Model(b["model"]), b.get("consent_by") == "parent", _day(b.get("in_force_from")))
        for b in row["minors"]["bands"]
    ]
    if age is not None and len(bands) > 1:
        # One boundary of the group's row moves to the state's own age of digital consent (GDPR art. 8(1)).
        bands = [replace(bands[0], end=age), replace(bands[1], start=age), *bands[2:]]
    return tuple(b if _holds(b.in_force_from, today) else AgeBand(b.start, b.end, marketing, False) for b in bands)


def _build(row: Mapping[str, Any], today: date, state_code: str | None) -> Jurisdiction:
    state = next((s for s in row.get("states", ()) if s["iso"] == state_code), None)
    extra: dict[str, tuple[Exemption, ...]] = {}
    if state and state.get("exemption"):
        extra[state["exemption"]["category"]] = (_exemption(state["exemption"]),)
    rules = tuple(
        (Category(name), _rule(document, extra.get(name, ()), today)) for name, document in row["categories"].items()
    )
    marketing = dict(rules)[Category.MARKETING].model
    gpc, life = row["gpc"], row["lifetimes"]
    binding = bool(gpc["binding"]) and _holds(_day(gpc.get("from")), today)
    own_life = (state or {}).get("lifetimes") or {}
    prefix = f"states.{state['iso']}." if state else ""
    unconfirmed = _paths(row, "unconfirmed", prefix)
    authority = (state or row)["authority"]
    return Jurisdiction(
        code=row["code"],
        region=(state["iso"] if state else row["code"]).lower(),
        name=(state or row)["name"],
        kind=row["kind"],
        source=row["source"],
        reviewed=date.fromisoformat(row["reviewed"]),
        rules=rules,
        bands=_bands(row, (state or {}).get("age"), marketing, today),
        signal=SignalRule(
            binding=binding,
            denies=frozenset(Category(c) for c in [*gpc["deny"], *gpc.get("object", [])]),
            suppress_banner=bool(gpc["suppress_banner"]),
            must_display=bool(gpc["must_display"]) and _holds(_day(gpc.get("must_display_from")), today),
            remembered=binding or bool(gpc.get("remember")),
            basis=gpc.get("basis"),
        ),
        lifetimes=Lifetimes(
            accept_max_months=own_life.get("accept_max_months") or life["accept_max_months"],
            reject_min_months=own_life.get("reject_min_months") or life["reject_min_months"],
            opt_out_expires=bool(life.get("opt_out_expires", True)),
            cookie_max_days=life["cookie_max_days"],
            basis=own_life.get("basis") or life.get("basis"),
        ),
        shows_banner=bool(row["banner"]["show"]),
        elements=frozenset([*row["banner"]["elements"], *(state or {}).get("elements", ())]),
        laws=_own_laws(state or {}, unconfirmed, prefix)
        + tuple(
            Law(
                name=law["name"],
                local=law["local"],
                abbr=law["abbr"],
                role=law["role"],
                abbr_local=tuple(sorted((law.get("abbr_local") or {}).items())),
                in_force_from=_day(law.get("in_force_from")),
            )
            for law in row["laws"]
            if _holds(_day(law.get("in_force_from")), today)
        ),
        authority=Authority(
            authority.get("name"), authority.get("name_local"), authority.get("abbr"), authority.get("url")
        ),
        languages=tuple((state or {}).get("languages") or row["languages"]["official"]),
        sensitive=Model(row["sensitive"]["model"]),
        rights=tuple(row["rights"]),
        bases=_grounds(row["bases"]),
        transfers=_grounds(row["transfers"]),
        officers=tuple(row["officers"]),
        deadlines=_deadlines(row["deadlines"]),
        proof_months=row["record"]["retention"]["months_after_end"],
        unconfirmed=frozenset(path.removeprefix(prefix) for path in unconfirmed),
        chosen=frozenset(path.removeprefix(prefix) for path in _paths(row, "default", prefix)),
        raw=row,
    )


def _paths(row: Mapping[str, Any], status: str, prefix: str) -> set[str]:
    """Return the data of a row whose evidence has a status: of the row itself, and of one state within it."""
    return {
        path
        for proof in row["evidence"]
        if proof["status"] == status
        for path in proof["paths"]
        if not path.startswith("states.") or (prefix and path.startswith(prefix))
    }


def _own_laws(state: Mapping[str, Any], unconfirmed: set[str], prefix: str) -> tuple[Law, ...]:
    """Return what a state within a group has made of its own, as far as it was confirmed."""
    found = [("act", "national"), ("eprivacy", "eprivacy")]
    return tuple(
        Law(name=state[key], local=state[key], abbr="", role=role)
        for key, role in found
        if state.get(key) and f"{prefix}{key}" not in unconfirmed
    )


def _strictest_of(country: Jurisdiction, others: list[Jurisdiction]) -> Jurisdiction:
    """Merge a country with its subdivisions: in doubt about where in it, the visitor has the best protection."""
    everyone = [country, *others]
    rules = []
    for category, own in country.rules:
        theirs = [j.rule(category) for j in everyone]
        shared = [e for e in own.exemptions if all(e in rule.exemptions for rule in theirs)]
        rules.append(
            (
                category,
                replace(
                    own,
                    model=strictest(*(rule.model for rule in theirs)),
                    exemptions=tuple(shared),
                    tightenings=tuple(dict.fromkeys(t for rule in theirs for t in rule.tightenings)),
                ),
            )
        )
    edges = sorted({edge for j in everyone for band in j.bands for edge in (band.start, band.end)})
    bands = _joined(AgeBand(a, b, strictest(*(j.band_of((a, b)) for j in everyone)), False) for a, b in pairwise(edges))
    months = [j.lifetimes.accept_max_months for j in everyone if j.lifetimes.accept_max_months is not None]
    days = [j.lifetimes.cookie_max_days for j in everyone if j.lifetimes.cookie_max_days is not None]
    waits = [j.lifetimes.reject_min_months for j in everyone if j.lifetimes.reject_min_months is not None]
    return replace(
        country,
        rules=tuple(rules),
        bands=bands,
        signal=SignalRule(
            binding=any(j.signal.binding for j in everyone),
            denies=frozenset(c for j in everyone for c in j.signal.denies),
            suppress_banner=all(j.signal.suppress_banner for j in everyone),
            must_display=any(j.signal.must_display for j in everyone),
            remembered=any(j.signal.remembered for j in everyone),
            basis=country.signal.basis,
        ),
        lifetimes=Lifetimes(
            accept_max_months=min(months, default=None),
            reject_min_months=max(waits, default=None),
            opt_out_expires=all(j.lifetimes.opt_out_expires for j in everyone),
            cookie_max_days=min(days, default=None),
            basis=country.lifetimes.basis,
        ),
        shows_banner=any(j.shows_banner for j in everyone),
        elements=frozenset(e for j in everyone for e in j.elements),
        sensitive=strictest(*(j.sensitive for j in everyone)),
        merged=tuple(j.code for j in everyone),
    )


def _joined(bands: Iterable[AgeBand]) -> tuple[AgeBand, ...]:
    """Join neighbours with the same rule: a minor is asked for no finer an age than the rules need."""
    found: list[AgeBand] = []
    for band in bands:
        if found and found[-1].model is band.model:
            found[-1] = replace(found[-1], end=band.end)
        else:
            found.append(band)
    return tuple(found)


def is_stale(reviewed: date, today: date) -> bool:
    """Say whether a review is more than twelve months old."""
    months = (today.year - reviewed.year) * 12 + today.month - reviewed.month
    return months > _REVIEW_MONTHS or (months == _REVIEW_MONTHS and today.day > reviewed.day)
