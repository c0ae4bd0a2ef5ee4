"""A script that is called strictly necessary: what it takes, and that the gate then always carries it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rulebook import (
    ANALYTICS,
    EVERYTHING,
    LATER,
    LAWS,
    LIBRARY,
    MARKETING,
    NO_SIGNAL,
    REFUSED,
    SENT,
    choice,
    custom,
    decided,
    everywhere,
    law,
    press,
    registry,
    snippet,
)

from privacy.admission import admit
from privacy.categories import Category, Model
from privacy.choice import Intent
from privacy.decision import Reason, Signals
from privacy.fields import BadTag
from privacy.jurisdictions import Jurisdiction
from privacy.templates import TagConfig, choosable
from privacy.vendors import VendorCookie, VendorEdit

NECESSARY = Category.NECESSARY
PAIR = (NECESSARY, "guard")
GUARD = custom(
    "Guard",
    NECESSARY,
    purposes=("security",),
    storage=(),
    cookies=("_guard",),
    reason="Without it the forms drown in what robots send.",
)
KNOWN = registry(GUARD, custom("Acme", MARKETING, cookies=("_acme",)))
HELD = [law(code, LATER) for code, _ in LAWS.regions(LATER)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": None}, "reason"),
        ({"reason": "It is."}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "Without it the forms\x00 drown in robots."}, "reason"),
        ({"purposes": ()}, "purposes"),
        ({"purposes": ("security", "statistics")}, "purposes"),
        ({"purposes": ("preferences",)}, "purposes"),
        ({"vendor_role": "third_party"}, "vendor_role"),
        ({"links_identity": True}, "links_identity"),
        ({"storage": None}, "storage"),
        ({"exemptions": ("uk-statistics",)}, "exemptions"),
    ],
)
def test_what_is_not_strictly_necessary_is_refused(fields: dict[str, Any], field: str) -> None:
    LIBRARY.materialise(GUARD, loopback_http=False)
    with pytest.raises(BadTag) as caught:
        LIBRARY.materialise(replace(GUARD, **fields), loopback_http=False)
    assert caught.value.field == field


@pytest.mark.parametrize("said", [{"role": "third_party"}, {"links_identity": True}])
def test_a_vendor_of_which_more_is_said_elsewhere_does_not_slip_through(said: dict[str, Any]) -> None:
    with pytest.raises(BadTag):
        LIBRARY.document([GUARD], [replace(VendorEdit("guard"), **said)], loopback_http=False)


@pytest.mark.parametrize("name", [n for n in LIBRARY.templates if n not in ("custom", "snippet", "gtm")])
def test_no_template_of_the_library_is_necessary(name: str) -> None:
    config = TagConfig("x", name, NECESSARY, purposes=("security",), storage=(), reason="x" * 30)
    examples = {p["name"]: (str(p["example"]),) for p in LIBRARY.templates[name]["parameters"] if p["required"]}
    with pytest.raises(BadTag, match="category"):
        LIBRARY.materialise(replace(config, settings=examples), loopback_http=False)


def test_it_is_not_one_of_the_categories_that_are_open_to_tags() -> None:
    with pytest.raises(BadTag):
        choosable("necessary")


@pytest.mark.parametrize("here", HELD, ids=[each.region for each in HELD])
@pytest.mark.parametrize("sent", [NO_SIGNAL, SENT])
def test_it_is_always_granted_and_never_asked_about(here: Jurisdiction, sent: Signals) -> None:
    for age in (None, *((band.start, band.end) for band in here.bands)):
        refused = choice(KNOWN, everywhere(REFUSED), age=age)
        for chosen in (None, refused, press(Intent.REJECT, here, KNOWN, signals=sent, age=age).choice):
            decision = decided(here, KNOWN, chosen, sent)
            (grant,) = decision.of(NECESSARY)
            assert (grant.granted, grant.reason, grant.model) == (True, Reason.EXEMPT, Model.EXEMPT)
            assert NECESSARY not in (*decision.open, *decision.changed)
            admission = admit(KNOWN, decision, path="/")
            assert "guard" in {element.tag for element in admission.elements}
            assert "https://guard.example" in admission.csp
            assert admission.to_expire("_guard=1; _acme=1") in ((), ("_acme",))


def test_alone_it_asks_nobody_anything() -> None:
    alone = registry(GUARD)
    for here in HELD:
        assert decided(here, alone).banner is None and alone.asked_about == ()


def test_no_act_withdraws_it_and_no_choice_names_it() -> None:
    for intent in Intent:
        outcome = press(intent, law("de"), KNOWN, about=EVERYTHING)
        assert PAIR not in outcome.withdrawn
        assert PAIR not in {pair for pair, _, _ in outcome.choice.answers}


def test_it_lends_nothing_to_what_its_vendor_does_besides() -> None:
    other = custom(
        "Guard", ANALYTICS, id="stats", settings={"src": "https://stats.guard.example/t.js"}, cookies=("_stats",)
    )
    known = registry(GUARD, other)
    admission = admit(known, decided(law("de"), known), path="/")
    assert [element.tag for element in admission.elements] == ["guard"]
    assert "stats.guard.example" not in admission.csp and admission.to_expire("_stats=1") == ("_stats",)


def test_switched_off_it_is_expired_like_any_other() -> None:
    known = registry(replace(GUARD, enabled=False))
    admission = admit(known, decided(law("de"), known), path="/")
    assert not admission.elements and admission.to_expire("_guard=1") == ("_guard",)


def test_its_cookies_are_said_more_of_and_listed() -> None:
    edit = VendorEdit("guard", cookies=(VendorCookie(NECESSARY, "_guard", "security", 0),))
    listed = {(category, c.name, c.purpose) for category, _, c in registry(GUARD, edits=[edit]).cookies()}
    assert listed == {(NECESSARY, "_guard", "security")}


def test_a_snippet_can_be_necessary_too() -> None:
    config = snippet(
        "Guard", NECESSARY, "guard();", purposes=("load_balancing",), storage=(), reason="It picks the nearest server."
    )
    admission = admit(registry(config), decided(law("de"), registry(config)), path="/")
    assert [element.first_party for element in admission.elements] == [True]
