"""What makes a tag run with less consent is approved, or it is not published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import (
    ANALYTICS,
    COUNTER,
    FUNCTIONAL,
    GA4,
    LIBRARY,
    MARKETING,
    PROPERTY,
    custom,
    example,
    snippet,
    tag,
)

from privacy.approvals import Approval, Ground, Stood, approvals_needed, fitting, looser, stood_in
from privacy.categories import CHOOSABLE, Category
from privacy.choice import PURPOSES
from privacy.configs import Kind, TagConfig
from privacy.fields import BadTag
from privacy.registry import registry_from
from privacy.vendors import VendorCookie, VendorEdit, VendorOrigin

NECESSARY = Category.NECESSARY
MATOMO = tag("matomo")
ACME = custom("Acme", MARKETING)
GUARD = custom(
    "Guard",
    NECESSARY,
    purposes=("security",),
    storage=(),
    reason="Without it the forms drown in what robots send.",
)
REACH: dict[str, Any] = {
    "include": ("/contact",),
    "exclude": ("/contact",),
    "places": ("de",),
    "not_places": ("de",),
    "starts": "2027-01-01T00:00:00+00:00",
    "ends": "2027-01-01T00:00:00+00:00",
}
"""Where and when a script loads."""


def needed(
    before: list[TagConfig],
    after: list[TagConfig],
    before_edits: list[VendorEdit] | None = None,
    after_edits: list[VendorEdit] | None = None,
) -> list[tuple[str, Ground]]:
    found = approvals_needed(before, after, LIBRARY, before_edits or [], after_edits or [])
    return [(each.id, each.reason) for each in found]


def exempt(config: TagConfig) -> TagConfig:
    return replace(config, exemptions=("uk-statistics",))


@pytest.mark.parametrize("name", LIBRARY.templates)
def test_a_plain_tag_needs_no_approval(name: str) -> None:
    assert needed([], [example(name)]) == []


CASES: list[tuple[str, list[TagConfig], list[TagConfig], list[tuple[str, Ground]]]] = [
    ("a new exemption", [MATOMO], [exempt(MATOMO)], [("matomo", Ground.EXEMPTION)]),
    ("an exemption of a new tag", [], [exempt(COUNTER)], [("site-counter", Ground.EXEMPTION)]),
    ("one on a tag that is off", [], [replace(exempt(MATOMO), enabled=False)], [("matomo", Ground.EXEMPTION)]),
    (
        "a second exemption",
        [exempt(MATOMO)],
        [replace(MATOMO, exemptions=("uk-statistics", "fr-audience-measurement"))],
        [("matomo", Ground.EXEMPTION)],
    ),
    ("an exemption that is live", [exempt(MATOMO)], [exempt(MATOMO)], []),
    ("one that goes", [exempt(MATOMO)], [MATOMO], []),
    ("one that is switched on again", [replace(exempt(MATOMO), enabled=False)], [exempt(MATOMO)], []),
    ("where an exempt tag loads", [exempt(MATOMO)], [replace(exempt(MATOMO), include=("/",), priority=3)], []),
    (
        "what an exempt tag does",
        [exempt(tag("matomo", settings={"cookies": "off"}))],
        [exempt(tag("matomo", settings={"cookies": "on"}))],
        [("matomo", Ground.EXEMPTION)],
    ),
    (
        "another template under the same id",
        [exempt(MATOMO)],
        [exempt(tag("plausible", "matomo"))],
        [("matomo", Ground.EXEMPTION)],
    ),
    (
        "advertising called statistics",
        [],
        [custom("Acme", ANALYTICS, purposes=("advertising",))],
        [("acme", Ground.LOOSER_CATEGORY)],
    ),
    (
        "statistics called functional",
        [],
        [custom("Acme", FUNCTIONAL, purposes=("statistics", "chat"))],
        [("acme", Ground.LOOSER_CATEGORY)],
    ),
    (
        "marketing that becomes statistics",
        [ACME],
        [replace(ACME, category=ANALYTICS)],
        [("acme", Ground.LOOSER_CATEGORY)],
    ),
    (
        "the same script under another id",
        [ACME],
        [replace(ACME, id="other", category=ANALYTICS)],
        [("other", Ground.LOOSER_CATEGORY)],
    ),
    (
        "the same script under another id, with a query",
        [ACME],
        [custom("Else", ANALYTICS, id="other", settings={"src": "https://acme.example/t.js?v=2"})],
        [("other", Ground.LOOSER_CATEGORY)],
    ),
    (
        "the same vendor with another script",
        [ACME],
        [custom("ACME", ANALYTICS, id="other", vendor_id="else", settings={"src": "https://else.example/t.js"})],
        [("other", Ground.LOOSER_CATEGORY)],
    ),
    (
        "the same vendor under another name",
        [replace(ACME, vendor_id="acme")],
        [custom("Else", ANALYTICS, id="other", vendor_id="acme")],
        [("other", Ground.LOOSER_CATEGORY)],
    ),
    ("another vendor beside it", [ACME], [ACME, custom("Else", ANALYTICS)], []),
    (
        "statistics that become functional",
        [custom("Acme", ANALYTICS)],
        [custom("Acme", FUNCTIONAL)],
        [("acme", Ground.LOOSER_CATEGORY)],
    ),
    ("statistics that become marketing", [custom("Acme", ANALYTICS)], [custom("Acme", MARKETING)], []),
    (
        "a looser one that is live",
        [custom("Acme", ANALYTICS, purposes=("advertising",))],
        [custom("Acme", ANALYTICS, purposes=("advertising",), enabled=False)],
        [],
    ),
    (
        "a looser one with another script",
        [custom("Acme", ANALYTICS, purposes=("advertising",))],
        [custom("Acme", ANALYTICS, purposes=("advertising",), settings={"src": "https://acme.example/2.js"})],
        [("acme", Ground.LOOSER_CATEGORY)],
    ),
    ("a necessary script", [], [GUARD], [("guard", Ground.NECESSARY)]),
    *(
        (
            f"a necessary script with other {name}",
            [GUARD],
            [replace(GUARD, **{name: value})],
            [("guard", Ground.NECESSARY)],
        )
        for name, value in REACH.items()
    ),
    ("a necessary script that is live", [GUARD], [replace(GUARD, enabled=False)], []),
    (
        "a necessary script for another reason",
        [GUARD],
        [replace(GUARD, reason="Without it nobody could reach the server at all.")],
        [("guard", Ground.NECESSARY)],
    ),
    (
        "a necessary script from elsewhere",
        [GUARD],
        [replace(GUARD, settings={"src": ("https://guard.example/2.js",)})],
        [("guard", Ground.NECESSARY)],
    ),
    (
        "a vendor that is milder than it was",
        [replace(ACME, vendor_role="third_party", links_identity=True)],
        [ACME],
        [("acme", Ground.LOOSER_VENDOR), ("acme", Ground.LOOSER_VENDOR)],
    ),
    ("a vendor that is stricter than it was", [ACME], [replace(ACME, vendor_role="third_party")], []),
]


@pytest.mark.parametrize(("before", "after", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_to_be_approved(
    before: list[TagConfig], after: list[TagConfig], expected: list[tuple[str, Ground]]
) -> None:
    assert needed(before, after) == expected


@pytest.mark.parametrize(
    "after",
    [
        ACME,
        custom("Else", MARKETING, settings={"src": "https://acme.example/other.js?v=2"}),
        snippet("Else", MARKETING, settings={"script": ("https://acme.example",)}),
        snippet("Acme", MARKETING),
    ],
    ids=["the same", "another script of its origin", "a snippet that loads from its origin", "the same vendor"],
)
def test_what_stood_in_a_stricter_category_is_known_again_in_a_later_version(after: TagConfig) -> None:
    def published(*configs: TagConfig) -> Stood:
        return stood_in(registry_from(LIBRARY.document(configs, loopback_http=False), 1, ""))

    was = [published(), published(ACME), published()]
    for category in (FUNCTIONAL, ANALYTICS):
        now = replace(after, category=category)
        (one,) = approvals_needed([], [now], LIBRARY, earlier=was)
        assert (one.id, one.reason, one.detail) == (now.id, Ground.LOOSER_CATEGORY, "marketing")
        assert approvals_needed([], [now], LIBRARY, earlier=[published()]) == ()
        assert approvals_needed([now], [now], LIBRARY, earlier=was) == (), "it was approved"
    assert approvals_needed([], [after], LIBRARY, earlier=was) == ()


def test_a_snippet_that_is_exempt_is_approved_as_it_stands() -> None:
    one = exempt(snippet("Pasted", ANALYTICS, "one();"))
    assert needed([one], [replace(one, snippet="<script>one();</script>")]) == [], "the same script"
    assert needed([one], [replace(one, snippet="two();")]) == [("pasted", Ground.EXEMPTION)]


def test_what_is_said_of_a_vendor_counts_for_its_exempt_tags() -> None:
    one = exempt(MATOMO)
    edit = VendorEdit("matomo", origins=(VendorOrigin(ANALYTICS, "connect-src", "https://else.example"),))
    assert needed([one], [one], [], [edit]) == [("matomo", Ground.EXEMPTION)]
    assert needed([one], [one], [edit], [edit]) == []
    assert needed([MATOMO], [MATOMO], [], [edit]) == []


@pytest.mark.parametrize(("field", "value"), [("role", "processor"), ("links_identity", False)])
def test_a_vendor_of_the_library_is_made_milder_with_an_approval_alone(field: str, value: object) -> None:
    meta, edit = tag("meta-pixel"), replace(VendorEdit("meta"), **{field: value})  # type: ignore[arg-type]
    assert needed([meta], [meta], [], [edit]) == [("meta", Ground.LOOSER_VENDOR)]
    assert needed([], [meta], [edit], [edit]) == [("meta", Ground.LOOSER_VENDOR)], "said before a tag used it"
    assert needed([meta], [meta], [edit], [edit]) == []
    assert needed([GA4], [GA4], [], [edit]) == [], "it does nothing yet"


def test_a_cookie_that_a_person_calls_necessary_is_approved() -> None:
    edit = VendorEdit("guard", cookies=(VendorCookie(NECESSARY, "_guard", "security", 0),))
    assert needed([GUARD], [GUARD], [], [edit]) == [("guard", Ground.NECESSARY), ("guard", Ground.NECESSARY)]
    assert needed([GUARD], [GUARD], [edit], [edit]) == []


@pytest.mark.parametrize("name", ["ga4", "gtm", "meta-pixel", "linkedin-insight", "clarity", "hotjar"])
def test_a_vendor_that_uses_what_it_collects_is_neither_exempt_nor_looser_whoever_approves(name: str) -> None:
    config = tag(name)
    with pytest.raises(BadTag, match="can have no exemption") as caught:
        needed([], [exempt(config)])
    assert caught.value.field == "exemptions"
    if LIBRARY.templates[name].get("container"):
        made = LIBRARY.materialise(replace(config, category=FUNCTIONAL), loopback_http=False)[0]
        assert made["needs"] == LIBRARY.materialise(config, loopback_http=False)[0]["needs"], "its vendors' own"
        return
    own = Category(LIBRARY.templates[name]["category"])
    for category in Category:
        if looser(category, own):
            with pytest.raises(BadTag, match="category") as caught:
                needed([], [replace(config, category=category, purposes=("security",))])
            assert caught.value.field == "category"


def test_what_is_live_and_cannot_be_read_any_more_is_approved_afresh() -> None:
    old = replace(exempt(MATOMO), include=("no-path",))
    assert needed([old], [exempt(MATOMO)]) == [("matomo", Ground.EXEMPTION)]


def test_every_purpose_fits_somewhere_and_what_nobody_knows_fits_marketing() -> None:
    assert {fitting([purpose]) for purpose in PURPOSES} == set(Category)
    assert fitting(["security", "unheard-of"]) is MARKETING
    for vendor in LIBRARY.vendors.values():
        for category, use in vendor["uses"].items():
            assert not looser(Category(category), fitting(use["purposes"])), "the library calls things what they are"


def test_an_approval_says_what_it_is_given_to() -> None:
    (one,) = approvals_needed([], [exempt(MATOMO)], LIBRARY)
    (other,) = approvals_needed([], [exempt(tag("matomo", settings={"cookies": "off"}))], LIBRARY)
    assert replace(one, print="") == Approval(Kind.TAG, "matomo", Ground.EXEMPTION, "uk-statistics")
    assert one.print and one.print != other.print


IDS = ("one", "two")
EXEMPTIONS = ("uk-statistics", "fr-audience-measurement")


@st.composite
def tags(draw: st.DrawFn, tag_id: str) -> TagConfig:
    """Draw a custom script, or Matomo."""
    fields: dict[str, Any] = {
        "exemptions": tuple(sorted(draw(st.sets(st.sampled_from(EXEMPTIONS))))),
        "enabled": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return tag("matomo", tag_id, settings={"cookies": draw(st.sampled_from(["on", "off"]))}, **fields)
    return custom(
        draw(st.sampled_from(["Acme", "Beta"])),
        draw(st.sampled_from(CHOOSABLE)),
        id=tag_id,
        purposes=tuple(sorted(draw(st.sets(st.sampled_from(["chat", "statistics", "advertising"]))))),
        **fields,
    )


@st.composite
def sites(draw: st.DrawFn) -> list[TagConfig]:
    """Draw what a version holds."""
    return [draw(tags(tag_id)) for tag_id in IDS if draw(st.booleans())]


@PROPERTY
@given(sites(), sites())
def test_every_change_that_exempts_or_loosens_needs_an_approval(
    before: list[TagConfig], after: list[TagConfig]
) -> None:
    found = needed(before, after)
    live = {config.id: config for config in before}
    for config in after:
        old = live.get(config.id)
        if set(config.exemptions) - set(old.exemptions if old else ()):
            assert (config.id, Ground.EXEMPTION) in found
        if old and config.category and old.category and looser(config.category, old.category):
            assert (config.id, Ground.LOOSER_CATEGORY) in found
        changed = old is None or old != config
        if changed and config.category and (old is None or replace(old, enabled=config.enabled) != config):
            same_but_exemptions = (
                old is not None and replace(old, enabled=config.enabled, exemptions=config.exemptions) == config
            )
            if looser(config.category, fitting(config.purposes)) and not same_but_exemptions:
                assert (config.id, Ground.LOOSER_CATEGORY) in found


@PROPERTY
@given(sites())
def test_what_is_live_needs_no_approval_again_and_taking_away_needs_none(configs: list[TagConfig]) -> None:
    assert needed(configs, configs) == []
    assert needed(configs, [replace(c, exemptions=(), enabled=False) for c in configs]) == []
    assert needed(configs, []) == []
