"""The whole table: place x choice x signal gives exactly these scripts and exactly this Content-Security-Policy.

What is expected is worked out here, from the strings of the data file alone and from origins that are written
out below: nothing of the decision is asked what it thinks.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rulebook import (
    ANALYTICS,
    COUNTER,
    DAY,
    FUNCTIONAL,
    GA4,
    GIVEN,
    LATER,
    MARKETING,
    NO_SIGNAL,
    NOW,
    REFUSED,
    REMEMBERED,
    SENT,
    TODAY,
    at,
    choice,
    custom,
    decided,
    everywhere,
    granted,
    law,
    registry,
    tag,
)

from privacy import jurisdictions
from privacy.admission import Element, admit
from privacy.categories import Category
from privacy.choice import Choice
from privacy.registry import Pair

ROWS: dict[str, dict[str, Any]] = {
    row["code"]: row
    for row in json.loads(Path(jurisdictions.__file__).parent.joinpath("data/jurisdictions.json").read_text("utf-8"))[
        "rows"
    ]
}

STATS = custom("Acme Stats", ANALYTICS, vendor_role="third_party")
ADS = custom(
    "Acme Ads", MARKETING, settings={"connect": "wss://live.acme-ads.example", "img": "https://*.acme.example"}
)
FOUR = registry(COUNTER, STATS, ADS, GA4)

SITE_PAIR: Pair = (ANALYTICS, "site")
STATS_PAIR: Pair = (ANALYTICS, "acme-stats")
ADS_PAIR: Pair = (MARKETING, "acme-ads")
GA_PAIR: Pair = (ANALYTICS, "google-analytics")
GA_ADS_PAIR: Pair = (MARKETING, "google-analytics")
PAIRS = (SITE_PAIR, STATS_PAIR, GA_PAIR, ADS_PAIR, GA_ADS_PAIR)

GTAG = "https://www.googletagmanager.com"
ORIGINS: dict[Pair, dict[str, tuple[str, ...]]] = {
    SITE_PAIR: {"connect-src": ("'self'",)},
    STATS_PAIR: {"script-src": ("https://acme-stats.example",)},
    ADS_PAIR: {
        "connect-src": ("wss://live.acme-ads.example",),
        "img-src": ("https://*.acme.example",),
        "script-src": ("https://acme-ads.example",),
    },
    GA_PAIR: {
        "connect-src": (
            GTAG,
            "https://*.google-analytics.com",
            "https://analytics.google.com",
            "https://*.analytics.google.com",
        ),
        "img-src": (GTAG, "https://*.google-analytics.com"),
        "script-src": (GTAG,),
    },
    GA_ADS_PAIR: {
        "connect-src": (
            "https://*.g.doubleclick.net",
            "https://www.google.com",
            "https://pagead2.googlesyndication.com",
        ),
        "frame-src": (GTAG, "https://td.doubleclick.net"),
        "img-src": ("https://*.g.doubleclick.net", "https://www.google.com", "https://pagead2.googlesyndication.com"),
        "script-src": (GTAG,),
    },
}
CSP_OF_NOTHING = (
    "default-src 'none'; base-uri 'none'; connect-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; frame-src 'none'; img-src 'self'; manifest-src 'self'; media-src 'none'; "
    "object-src 'none'; script-src 'self'; style-src 'self'; worker-src 'none'"
)

CHOICES = (
    "none",
    "reject",
    "accept",
    "analytics only",
    "marketing only",
    "expired accept",
    "expired reject",
    "accept during a signal",
)
SIGNALS = {"no signal": NO_SIGNAL, "sent": SENT, "remembered": REMEMBERED}

IN_FORCE = [code for code, row in ROWS.items() if (row["in_force_from"] or "") <= TODAY.isoformat()]
PENDING = [code for code in ROWS if code not in IN_FORCE]
PLACES = [
    *((code, TODAY) for code in ROWS),
    *((state["iso"], TODAY) for state in ROWS["EU"]["states"]),
    *((code, LATER) for code in PENDING),
]


def choice_named(name: str) -> Choice | None:
    """Return the choice that a column of the table is about."""
    long_ago = at(TODAY) - 900 * DAY
    accepts, rejects = everywhere(GIVEN), everywhere(REFUSED)
    match name:
        case "none":
            return None
        case "reject":
            return choice(FOUR, rejects)
        case "accept":
            return choice(FOUR, accepts)
        case "analytics only":
            return choice(FOUR, rejects | {ANALYTICS: GIVEN})
        case "marketing only":
            return choice(FOUR, rejects | {MARKETING: GIVEN})
        case "expired accept":
            return choice(FOUR, accepts, made=long_ago)
        case "expired reject":
            return choice(FOUR, rejects, made=long_ago)
        case "accept during a signal":
            return choice(FOUR, accepts, during_signal=True)
    raise AssertionError(name)


def row_of(code: str, day: date) -> dict[str, Any]:
    """Return the row that holds at a place: a state's is its group's, one that is not in force its parent's."""
    row = ROWS.get(code) or ROWS["EU"]
    while (row["in_force_from"] or "") > day.isoformat():
        row = ROWS[row["parent"]]
    return row


def expected_grants(code: str, day: date, chosen: str, signal: str) -> set[Pair]:
    """Work out from the strings of the data file what may be granted."""
    row = row_of(code, day)
    third_party = {STATS_PAIR}
    known_by_name = {GA_ADS_PAIR}
    granted_pairs = set()
    for pair in PAIRS:
        category = pair[0].value
        document = row["categories"][category]
        model, tightening = document["model"], document["tightening"]
        sale = bool(tightening) and tightening["when"] == "sale_or_share" and pair in third_party
        linked = bool(tightening) and tightening["when"] == "links_identity" and pair in known_by_name
        if sale or linked:
            model = tightening["model"]

        gpc = row["gpc"]
        binds = gpc["binding"] and (gpc["from"] or "") <= day.isoformat()
        objected = category in [*gpc["deny"], *gpc["object"]] or (binds and sale)
        if signal != "no signal" and objected and chosen != "accept during a signal":
            continue

        life = row["lifetimes"]
        never_ends = life["accept_max_months"] is None and life["cookie_max_days"] is None
        answer = {
            "none": None,
            "reject": "no",
            "accept": "yes",
            "analytics only": "yes" if category == "analytics" else "no",
            "marketing only": "yes" if category == "marketing" else "no",
            "expired accept": "yes" if never_ends else None,
            # A refusal outlives the day on which the site may ask again, where refusals do not expire.
            "expired reject": "no" if never_ends or not life["opt_out_expires"] else None,
            "accept during a signal": "yes",
        }[chosen]
        if answer == "yes" or (answer is None and model in ("exempt", "notice", "opt-out")):
            granted_pairs.add(pair)
    return granted_pairs


def expected_csp(pairs: set[Pair]) -> str:
    """Write out the policy of what is granted: each tag's pairs, in the order of the tags."""
    policy = {part.split()[0]: part.split()[1:] for part in CSP_OF_NOTHING.split("; ")}
    for pair in (SITE_PAIR, STATS_PAIR, ADS_PAIR, GA_PAIR, GA_ADS_PAIR):
        if pair == GA_ADS_PAIR and GA_PAIR not in pairs:
            continue  # Analytics is what the tag needs; its marketing only joins it.
        for directive, origins in ORIGINS[pair].items() if pair in pairs else ():
            present = [source for source in policy[directive] if source != "'none'"]
            policy[directive] = [*present, *(origin for origin in origins if origin not in present)]
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


def expected_elements(pairs: set[Pair]) -> tuple[Element, ...]:
    """Write out the script elements of what is granted."""
    elements = []
    if SITE_PAIR in pairs:
        elements.append(Element("site-counter", "tags/site-counter.js", (("to", "/s/view"),), True, None, "head"))
    if STATS_PAIR in pairs:
        elements.append(Element("acme-stats", "https://acme-stats.example/t.js", (), False, None, "head"))
    if ADS_PAIR in pairs:
        elements.append(Element("acme-ads", "https://acme-ads.example/t.js", (), False, None, "head"))
    if GA_PAIR in pairs:
        said = (
            ("analytics", "granted"),
            ("functional", "denied"),
            ("id", "G-ABCD123456"),
            ("marketing", "granted" if GA_ADS_PAIR in pairs else "denied"),
        )
        elements.append(Element("ga4", "tags/ga4.js", said, True, None, "head"))
        elements.append(Element("ga4", f"{GTAG}/gtag/js?id=G-ABCD123456", (), False, None, "head"))
    return tuple(elements)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("chosen", CHOICES)
@pytest.mark.parametrize(("code", "day"), PLACES, ids=[f"{code} on {day}" for code, day in PLACES])
def test_place_choice_and_signal_give_the_exact_scripts_and_the_exact_policy(
    code: str, day: date, chosen: str, signal: str
) -> None:
    now = at(day)
    made = choice_named(chosen)
    if made and day != TODAY:
        made = Choice(made.id, made.at + now - NOW, made.categories, made.answers, made.during_signal)
    decision = decided(law(code, day), FOUR, made, SIGNALS[signal], now)
    expected = expected_grants(code, day, chosen, signal)
    assert granted(decision) == expected, (
        f"{code} on {day}, choice {chosen!r}, {signal!r}: the data file grants {sorted(expected)}; "
        f"the decision says {[(g.pair, g.granted, g.reason.value) for g in decision.grants]}"
    )
    admission = admit(FOUR, decision, path="/")
    assert admission.elements == expected_elements(expected), "other scripts than what is granted"
    assert admission.csp == expected_csp(expected), "the policy admits other origins than what is granted"


def test_the_table_covers_every_row_and_every_state() -> None:
    codes = {code for code, _ in PLACES}
    assert codes == set(ROWS) | {state["iso"] for state in ROWS["EU"]["states"]}
    assert len(ROWS["EU"]["states"]) == 30, "27 states of the Union, and Iceland, Liechtenstein and Norway"


@pytest.mark.parametrize("code", [c for c in ROWS if ROWS[c]["categories"]["marketing"]["model"] == "opt-in"])
def test_before_a_choice_an_opt_in_place_gets_the_policy_of_nothing_for_marketing(code: str) -> None:
    only_marketing = registry(ADS, tag("meta-pixel"), tag("linkedin-insight"))
    admission = admit(only_marketing, decided(law(code), only_marketing), path="/")
    assert admission.elements == ()
    assert admission.csp == CSP_OF_NOTHING


EXEMPTIONS = [
    # place, category, exemption, what the law makes of a tag that is marked as meeting its conditions
    ("gb", ANALYTICS, "uk-statistics", "opt-out"),
    ("gb", FUNCTIONAL, "uk-appearance", "opt-out"),
    ("ch", ANALYTICS, "ch-statistics", "opt-out"),
    ("ch", FUNCTIONAL, "ch-function", "opt-out"),
    ("br", ANALYTICS, "br-legitimate-interest", "opt-out"),
    ("fr", ANALYTICS, "fr-audience-measurement", "exempt"),
    ("it", ANALYTICS, "it-statistics", "exempt"),
    ("es", ANALYTICS, "es-audience-measurement", "exempt"),
    ("nl", ANALYTICS, "nl-service-quality", "exempt"),
    ("de", FUNCTIONAL, "eu-user-requested", "exempt"),
]


@pytest.mark.parametrize(("code", "category", "exemption", "model"), EXEMPTIONS)
def test_an_exemption_applies_only_to_a_tag_that_is_marked_as_meeting_it(
    code: str, category: Category, exemption: str, model: str
) -> None:
    plain = registry(custom("Acme", category))
    marked = registry(custom("Acme", category, exemptions=(exemption,)))
    pair = (category, "acme")
    assert granted(decided(law(code), plain)) == set(), "out of the box no tag is marked: it has to ask"
    decision = decided(law(code), marked)
    assert granted(decision) == {pair}
    assert decision.grants[0].model.value == model
    assert granted(decided(law(code), marked, choice(marked, {category: REFUSED}))) == set(), "an objection holds"


@pytest.mark.parametrize(("code", "category", "exemption", "model"), EXEMPTIONS)
@pytest.mark.parametrize("elsewhere", ["pt", "ie", "row", "in", "tr"])
def test_an_exemption_is_worth_nothing_where_another_law_holds(
    elsewhere: str, code: str, category: Category, exemption: str, model: str
) -> None:
    marked = registry(custom("Acme", category, exemptions=(exemption,)))
    same_law = exemption == "eu-user-requested" and elsewhere in ("pt", "ie")
    assert (granted(decided(law(elsewhere), marked)) == {(category, "acme")}) is same_law


def test_an_exemption_needs_every_tag_of_the_vendor_to_be_marked() -> None:
    both = registry(
        custom("Acme", ANALYTICS, id="one", exemptions=("fr-audience-measurement",)),
        custom("Acme", ANALYTICS, id="two"),
    )
    assert granted(decided(law("fr"), both)) == set()


@pytest.mark.parametrize("template", ["meta-pixel", "linkedin-insight", "clarity", "hotjar"])
@pytest.mark.parametrize("code", ["us-ca", "us", "au", "nz", "ca", "jp", "za", "row", "de"])
def test_pixels_and_recorders_ask_first_in_every_place(template: str, code: str) -> None:
    recorders = registry(tag(template))
    assert granted(decided(law(code), recorders)) == set(), f"{template} is sent unasked in {code}"
    assert granted(decided(law(code), recorders, choice(recorders, everywhere(GIVEN)))) == set(recorders.pairs)


def test_what_is_named_as_sale_or_sharing_is_denied_by_a_signal_that_binds_even_in_analytics() -> None:
    california = law("us-ca")
    assert granted(decided(california, FOUR, None, SENT)) == {SITE_PAIR, GA_PAIR}
    assert granted(decided(law("us-va"), FOUR, None, SENT)) == {SITE_PAIR, STATS_PAIR, GA_PAIR}


def test_in_japan_a_vendor_that_links_visits_with_people_asks_first() -> None:
    # APPI art. 31: Google's advertising links, its statistics do not.
    assert granted(decided(law("jp"), FOUR)) == {SITE_PAIR, STATS_PAIR, GA_PAIR, ADS_PAIR}
