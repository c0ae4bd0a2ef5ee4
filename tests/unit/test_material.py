"""Which changes ask again, and what an answer is worth after one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rulebook import (
    ANALYTICS,
    COUNTER,
    DAY,
    FUNCTIONAL,
    GA4,
    GIVEN,
    KEPT,
    MARKETING,
    NOW,
    REFUSED,
    SENT,
    choice,
    custom,
    decided,
    documents,
    everywhere,
    granted,
    law,
    press,
    reason,
    registry,
)

from privacy.categories import Category
from privacy.choice import Answer, Intent, Ticks
from privacy.decision import Event
from privacy.registry import Registry, registry_from
from privacy.templates import TagConfig

STATS = custom("Acme Stats", ANALYTICS)
ADS = custom("Acme Ads", MARKETING)
CHAT = custom("Acme Chat", FUNCTIONAL)
BEFORE = registry(STATS, ADS, CHAT)
ACCEPTED = choice(BEFORE, everywhere(GIVEN))
GERMANY, AUSTRALIA = law("de"), law("au")

NOT_MATERIAL: list[tuple[str, Registry]] = [
    ("nothing", BEFORE),
    ("a tag was switched off", registry(STATS, replace(ADS, enabled=False), CHAT)),
    ("a vendor was removed", registry(STATS, CHAT)),
    ("the order of the tags", registry(CHAT, ADS, STATS)),
    ("page rules", registry(replace(STATS, include=("/privacy",)), ADS, CHAT)),
    ("the position", registry(replace(STATS, position="body"), ADS, CHAT)),
    ("a second tag of the same vendor for the same purpose", registry(STATS, replace(STATS, id="again"), ADS, CHAT)),
    (
        "the address of the script",
        registry(custom("Acme Stats", ANALYTICS, settings={"src": "https://new.example/t.js"}), ADS, CHAT),
    ),
]


@pytest.mark.parametrize(("what", "after"), NOT_MATERIAL, ids=[row[0] for row in NOT_MATERIAL])
@pytest.mark.parametrize("answer", [GIVEN, REFUSED])
def test_nobody_is_asked_again_when_what_changed_was(what: str, after: Registry, answer: Answer) -> None:
    decision = decided(GERMANY, after, choice(BEFORE, everywhere(answer)))
    assert decision.open == (), f"{what} changed, and visitors are asked again"
    assert granted(decision) == (set(after.pairs) if answer is GIVEN else set())


def test_a_typo_in_a_vendor_s_name_asks_nobody() -> None:
    document: dict[str, Any] = documents(STATS, ADS, CHAT)
    document["vendors"]["acme-ads"] = document["vendors"]["acme-ads"] | {"name": "Acme Advertising", "country": "US"}
    after = registry_from(document, 2, "other")
    assert decided(GERMANY, after, ACCEPTED).open == ()
    assert granted(decided(GERMANY, after, ACCEPTED)) == set(BEFORE.pairs)


MATERIAL: list[tuple[str, tuple[TagConfig, ...], Category]] = [
    ("a new vendor in analytics", (STATS, ADS, CHAT, COUNTER), ANALYTICS),
    ("a new vendor in marketing", (STATS, ADS, CHAT, custom("Other Ads", MARKETING)), MARKETING),
    ("a new vendor in functional", (STATS, ADS, CHAT, custom("Film", FUNCTIONAL)), FUNCTIONAL),
    (
        "a new purpose of a known vendor",
        (replace(STATS, purposes=("statistics", "session_replay")), ADS, CHAT),
        ANALYTICS,
    ),
    ("a known vendor in another category", (STATS, ADS, CHAT, custom("Acme Stats", MARKETING, id="x")), MARKETING),
]


@pytest.mark.parametrize(("what", "tags", "category"), MATERIAL, ids=[row[0] for row in MATERIAL])
def test_a_material_change_asks_again_for_that_category_alone(
    what: str, tags: tuple[TagConfig, ...], category: Category
) -> None:
    after = registry(*tags)
    decision = decided(GERMANY, after, ACCEPTED)
    assert decision.open == (category,)
    assert decision.changed == (category,), "the banner says that something changed"
    assert {reason(decision, g.pair) for g in decision.grants if not g.granted} == {"changed"}
    untouched = {pair for pair in BEFORE.pairs if after.purposes(pair) == BEFORE.purposes(pair)}
    assert granted(decision) == untouched, "what was agreed to stays"


@pytest.mark.parametrize(("what", "tags", "category"), MATERIAL, ids=[row[0] for row in MATERIAL])
def test_who_refused_is_asked_again_too_and_gets_nothing_meanwhile(
    what: str, tags: tuple[TagConfig, ...], category: Category
) -> None:
    decision = decided(GERMANY, registry(*tags), choice(BEFORE, everywhere(REFUSED)))
    assert decision.open == (category,)
    assert granted(decision) == set()


def test_a_vendor_that_comes_to_a_refused_category_under_opt_out_stays_denied() -> None:
    after = registry(STATS, ADS, CHAT, custom("Other Ads", MARKETING))
    refused = choice(BEFORE, everywhere(REFUSED))
    for code in ("au", "nz", "us-ca", "ca"):
        decision = decided(law(code), after, refused)
        assert (MARKETING, "other-ads") not in granted(decision), f"an objection ends with a new vendor in {code}"
        assert decision.open == (), "and nobody is asked about what they objected to"


def test_a_new_purpose_of_a_refused_vendor_does_not_switch_it_on_anywhere() -> None:
    after = registry(replace(ADS, purposes=("advertising", "profiling")))
    refused = choice(registry(ADS), {MARKETING: REFUSED})
    for code in ("de", "au", "us-ca", "us", "jp", "row"):
        assert granted(decided(law(code), after, refused)) == set()


def test_a_vendor_that_comes_to_an_accepted_category_under_opt_out_is_on_and_said() -> None:
    after = registry(STATS, ADS, CHAT, custom("Other Ads", MARKETING))
    decision = decided(AUSTRALIA, after, ACCEPTED)
    assert (MARKETING, "other-ads") in granted(decision)
    assert decision.open == (MARKETING,)


def test_what_was_left_on_is_no_consent_where_consent_is_asked_for() -> None:
    # CJEU C-673/17 (Planet49): a box that was ticked for the visitor is no consent.
    ticks = Ticks(
        categories=frozenset({ANALYTICS, MARKETING, FUNCTIONAL}),
        vendors=frozenset(BEFORE.pairs),
        shown_categories=frozenset({ANALYTICS, MARKETING, FUNCTIONAL}),
        shown_vendors=frozenset(BEFORE.pairs),
    )
    saved = press(Intent.SAVE, AUSTRALIA, BEFORE, ticks=ticks)
    assert {answer for _, answer, _ in saved.choice.answers} == {KEPT}
    assert granted(saved.decision) == set(BEFORE.pairs)
    at_home = decided(GERMANY, BEFORE, saved.choice)
    assert granted(at_home) == set(), "in Germany the same cookie grants nothing"
    assert at_home.open == (FUNCTIONAL, ANALYTICS, MARKETING), "and the question stands open"


def test_a_box_that_was_ticked_by_hand_is_consent_everywhere() -> None:
    ticks = Ticks(categories=frozenset({ANALYTICS}))
    saved = press(Intent.SAVE, GERMANY, BEFORE, ticks=ticks)
    assert saved.choice.category(ANALYTICS) is GIVEN
    assert saved.choice.category(MARKETING) is REFUSED
    assert saved.event is Event.PARTLY
    for code in ("de", "au", "us-ca", "row"):
        assert granted(decided(law(code), BEFORE, saved.choice)) == {(ANALYTICS, "acme-stats")}


def test_accepting_is_an_act_even_where_everything_was_on() -> None:
    accepted = press(Intent.ACCEPT, AUSTRALIA, BEFORE)
    assert {answer for _, answer, _ in accepted.choice.answers} == {GIVEN}
    assert granted(decided(GERMANY, BEFORE, accepted.choice)) == set(BEFORE.pairs)


def test_saving_again_does_not_turn_consent_into_something_that_was_left_on() -> None:
    shown = frozenset(BEFORE.pairs)
    everything = frozenset({ANALYTICS, MARKETING, FUNCTIONAL})
    ticks = Ticks(categories=everything, vendors=shown, shown_categories=everything, shown_vendors=shown)
    saved = press(Intent.SAVE, AUSTRALIA, BEFORE, previous=ACCEPTED, ticks=ticks)
    assert {answer for _, answer, _ in saved.choice.answers} == {GIVEN}


def test_an_answer_about_one_category_leaves_the_others_as_they_were() -> None:
    after = registry(STATS, ADS, CHAT, custom("Other Ads", MARKETING))
    refused = press(Intent.REJECT, GERMANY, after, previous=ACCEPTED, about=(MARKETING,))
    assert refused.choice.category(ANALYTICS) is GIVEN
    assert refused.choice.category(MARKETING) is REFUSED
    assert granted(refused.decision) == {(ANALYTICS, "acme-stats"), (FUNCTIONAL, "acme-chat")}
    assert refused.withdrawn == ((MARKETING, "acme-ads"),)
    assert refused.event is Event.WITHDRAWN
    accepted = press(Intent.ACCEPT, GERMANY, after, previous=ACCEPTED, about=(MARKETING,))
    assert granted(accepted.decision) == set(after.pairs)
    assert accepted.decision.open == ()


def test_a_first_answer_about_one_category_leaves_the_others_unasked() -> None:
    outcome = press(Intent.ACCEPT, GERMANY, BEFORE, about=(ANALYTICS,))
    assert outcome.choice.category(MARKETING) is None
    assert outcome.decision.open == (FUNCTIONAL, MARKETING)
    assert outcome.decision.changed == ()


def test_a_vendor_that_left_and_came_back_is_asked_about_only_if_the_answer_was_lost() -> None:
    without = registry(STATS, CHAT)
    assert decided(GERMANY, without, ACCEPTED).open == ()
    assert granted(decided(GERMANY, BEFORE, ACCEPTED)) == set(BEFORE.pairs), "its answer was kept all the while"


def test_an_answer_about_a_category_without_vendors_is_no_consent_to_a_later_one() -> None:
    empty = registry(COUNTER)
    accepted = press(Intent.ACCEPT, GERMANY, empty)
    assert accepted.choice.category(MARKETING) is GIVEN
    later = registry(COUNTER, ADS)
    decision = decided(GERMANY, later, accepted.choice)
    assert granted(decision) == {(ANALYTICS, "site")}
    assert decision.open == decision.changed == (MARKETING,)


def test_a_signal_is_no_answer() -> None:
    decision = decided(GERMANY, BEFORE, None, SENT)
    assert not decision.chosen
    assert decision.open == (FUNCTIONAL, ANALYTICS, MARKETING), "Europe still asks"
    assert decided(law("us-ca"), BEFORE, None, SENT).open == ()


def test_a_choice_made_while_the_signal_was_sent_beats_it_and_no_earlier_one_does() -> None:
    earlier = press(Intent.ACCEPT, GERMANY, BEFORE).choice
    assert (MARKETING, "acme-ads") not in granted(decided(GERMANY, BEFORE, earlier, SENT))
    informed = press(Intent.ACCEPT, GERMANY, BEFORE, signals=SENT)
    assert informed.choice.during_signal
    assert granted(decided(GERMANY, BEFORE, informed.choice, SENT)) == set(BEFORE.pairs)
    assert not decided(GERMANY, BEFORE, informed.choice, SENT).signal


EVENTS = [
    ("accepts at first", None, Intent.ACCEPT, Event.GIVEN),
    ("refuses at first", None, Intent.REJECT, Event.REFUSED),
    ("refuses after accepting", GIVEN, Intent.REJECT, Event.WITHDRAWN),
    ("accepts after refusing", REFUSED, Intent.ACCEPT, Event.GIVEN),
    ("accepts again", GIVEN, Intent.ACCEPT, Event.RENEWED),
    ("refuses again", REFUSED, Intent.REJECT, Event.RENEWED),
]


@pytest.mark.parametrize(("what", "before", "intent", "event"), EVENTS, ids=[row[0] for row in EVENTS])
def test_the_ledger_names_what_a_visitor_did(what: str, before: Answer | None, intent: Intent, event: Event) -> None:
    previous = choice(BEFORE, everywhere(before), made=NOW - DAY) if before else None
    assert press(intent, GERMANY, BEFORE, previous=previous).event is event, f"a visitor {what}"


def test_ga4_is_asked_about_in_both_of_its_categories() -> None:
    both = registry(GA4)
    assert both.asked_about == (ANALYTICS, MARKETING)
    only_statistics = choice(both, {ANALYTICS: GIVEN, MARKETING: REFUSED})
    assert granted(decided(GERMANY, both, only_statistics)) == {(ANALYTICS, "google-analytics")}
