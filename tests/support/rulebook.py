"""What the tests of the rules share: the law, the templates, a clock that stands still, short ways to write both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, settings

from privacy import jurisdictions, templates
from privacy.categories import Category
from privacy.choice import Answer, Choice, Intent, Ticks
from privacy.decision import Decision, Outcome, Signals, choose, decide
from privacy.jurisdictions import Jurisdiction, Place
from privacy.registry import Pair, Registry, registry_from
from privacy.templates import TagConfig
from privacy.vendors import VendorEdit

LAWS = jurisdictions.load()
LIBRARY = templates.load()

TODAY = date(2026, 11, 22)
LATER = date(2028, 6, 1)
"""A day on which every row of the data is in force."""
DAY = 86_400

FUNCTIONAL, ANALYTICS, MARKETING = Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING
GIVEN, KEPT, REFUSED = Answer.GIVEN, Answer.KEPT, Answer.REFUSED
EVERYTHING = (FUNCTIONAL, ANALYTICS, MARKETING)
ID = "AAAAAAAAAAAAAAAAAAAAAA"
NO_SIGNAL, SENT, REMEMBERED = Signals(), Signals(sent=True), Signals(remembered=True)

PROPERTY = settings(
    max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)


def at(day: date, hour: int = 12) -> int:
    """Return a time on a day, in seconds since the epoch."""
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp())


NOW = at(TODAY)


def law(code: str, day: date = TODAY) -> Jurisdiction:
    """Return the law of a region, without what a merge with its subdivisions adds."""
    found = LAWS.region(code, day)
    assert found is not None, f"there is no region {code}"
    return found


def law_at(country: str | None, subdivision: str | None = None, day: date = TODAY, **options: Any) -> Jurisdiction:
    """Return the law that a visitor at a place meets."""
    return LAWS.resolve(Place(country, subdivision, "setting"), day, **options)


def documents(*configs: TagConfig, former: Iterable[str] = (), edits: Iterable[VendorEdit] = ()) -> dict[str, Any]:
    """Return the registry document of some configured tags."""
    return LIBRARY.document(configs, tuple(edits), tuple(former), loopback_http=True)


def registry(*configs: TagConfig, former: Iterable[str] = (), edits: Iterable[VendorEdit] = ()) -> Registry:
    """Return a registry with some configured tags."""
    return registry_from(documents(*configs, former=former, edits=edits), 1, "digest")


def tag(template: str, tag_id: str | None = None, **fields: Any) -> TagConfig:
    """Return an enabled tag of the library with the examples as its settings."""
    given: Mapping[str, Any] = fields.pop("settings", {})
    examples = {p["name"]: (str(p["example"]),) for p in LIBRARY.templates[template]["parameters"] if p["required"]}
    values = {**examples, **{name: (v,) if isinstance(v, str) else tuple(v) for name, v in given.items()}}
    fields.setdefault("enabled", True)
    return TagConfig(id=tag_id or template, template=template, settings=values, **fields)


def custom(vendor: str, category: Category, **fields: Any) -> TagConfig:
    """Return an enabled custom script of a vendor, on an origin of its own."""
    slug = vendor.lower().replace(" ", "-")
    given = {"src": f"https://{slug}.example/t.js", **fields.pop("settings", {})}
    tag_id = fields.pop("id", slug)
    return tag("custom", tag_id, vendor=vendor, category=category, settings=given, **fields)


def snippet(vendor: str, category: Category, text: str = "go();", **fields: Any) -> TagConfig:
    """Return an enabled snippet of a vendor."""
    tag_id = fields.pop("id", vendor.lower().replace(" ", "-"))
    return tag("snippet", tag_id, vendor=vendor, category=category, snippet=text, **fields)


def example(template: str) -> TagConfig:
    """Return an enabled tag of any template."""
    if template == "custom":
        return custom("Acme", ANALYTICS)
    return snippet("Acme", ANALYTICS) if template == "snippet" else tag(template)


COUNTER = tag("site-counter")
GA4 = tag("ga4")


def choice(
    known: Registry,
    categories: Mapping[Category, Answer],
    *,
    made: int = NOW - DAY,
    vendors: Mapping[Pair, Answer] | None = None,
    during_signal: bool = False,
    age: tuple[int, int] | None = None,
) -> Choice:
    """Return a choice per category in which every active vendor is answered as its category, or as ``vendors`` say."""
    answered = {pair: categories[pair[0]] for pair in known.pairs if pair[0] in categories} | dict(vendors or {})
    return Choice(
        id=ID,
        at=made,
        categories=tuple((c, categories[c]) for c in EVERYTHING if c in categories),
        answers=tuple((pair, answer, known.purposes(pair)) for pair, answer in sorted(answered.items())),
        during_signal=during_signal,
        age=age,
    )


def everywhere(answer: Answer) -> dict[Category, Answer]:
    """Return one answer for every category."""
    return dict.fromkeys(EVERYTHING, answer)


def press(
    intent: Intent,
    where: Jurisdiction,
    known: Registry,
    *,
    previous: Choice | None = None,
    signals: Signals = NO_SIGNAL,
    now: int = NOW,
    ticks: Ticks | None = None,
    about: tuple[Category, ...] = EVERYTHING,
    age: tuple[int, int] | None = None,
) -> Outcome:
    """Press a button of the banner or of the preferences."""
    return choose(
        where, previous, signals, known, now, intent=intent, ticks=ticks or Ticks(), about=about, age=age, fresh_id=ID
    )


def decided(
    where: Jurisdiction, known: Registry, chosen: Choice | None = None, signals: Signals = NO_SIGNAL, now: int = NOW
) -> Decision:
    """Decide, with nothing chosen and no signal unless said otherwise."""
    return decide(where, chosen, signals, known, now)


def granted(decision: Decision) -> set[Pair]:
    """Return the pairs that a decision grants."""
    return {g.pair for g in decision.grants if g.granted}


def reason(decision: Decision, pair: Pair) -> str:
    """Return why a pair is granted or denied."""
    return next(g.reason.value for g in decision.grants if g.pair == pair)
