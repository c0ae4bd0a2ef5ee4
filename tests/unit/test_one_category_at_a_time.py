"""To answer about one category makes no other answer younger, and lends it no signal."""

from __future__ import annotations

from rulebook import (
    ANALYTICS,
    COUNTER,
    DAY,
    EVERYTHING,
    GIVEN,
    MARKETING,
    NOW,
    SENT,
    choice,
    custom,
    decided,
    everywhere,
    granted,
    law,
    press,
    reason,
    registry,
)

from privacy.choice import Choice, Intent, Keyring, decode, encode
from privacy.decision import Event, months_after, next_expiry

ADS = custom("Ads", MARKETING)
KNOWN = registry(COUNTER, ADS)
ADS_PAIR, COUNTER_PAIR = (MARKETING, "ads"), (ANALYTICS, "site")
MADE = months_after(NOW, -5)


def answered_later() -> tuple[Choice, Choice]:
    old = choice(KNOWN, everywhere(GIVEN), made=MADE)
    new = press(Intent.ACCEPT, law("de"), KNOWN, previous=old, about=(ANALYTICS,)).choice
    return old, new


def test_the_other_answers_keep_their_own_time() -> None:
    _, new = answered_later()
    assert new.at == NOW
    assert new.moment(ANALYTICS) == NOW
    assert new.moment(MARKETING) == MADE, "an answer about statistics is none about marketing"


def test_each_answer_runs_out_at_its_own_time_and_is_asked_about_alone() -> None:
    _, new = answered_later()
    later = months_after(MADE, 6) + DAY
    decision = decided(law("de"), KNOWN, new, now=later)
    assert granted(decision) == {COUNTER_PAIR}
    assert reason(decision, ADS_PAIR) == "expired"
    assert decision.open == (MARKETING,)
    assert next_expiry(law("de"), new, NOW) == months_after(MADE, 6)


def test_an_answer_under_a_signal_lends_it_to_no_other() -> None:
    old = choice(KNOWN, everywhere(GIVEN), made=MADE)
    new = press(Intent.ACCEPT, law("de"), KNOWN, previous=old, signals=SENT, about=(ANALYTICS,)).choice
    decision = decided(law("de"), KNOWN, new, SENT)
    assert reason(decision, ADS_PAIR) == "signal", "marketing was allowed before the signal, and not again under it"
    assert granted(decision) == {COUNTER_PAIR}


def test_what_is_older_goes_round_through_the_cookie() -> None:
    _, new = answered_later()
    keys = Keyring(["k" * 16], "test")
    assert decode(encode(new, keys), keys) == new


def test_what_only_a_signal_kept_off_is_withdrawn_too() -> None:
    given = choice(KNOWN, everywhere(GIVEN), made=MADE)
    outcome = press(Intent.REJECT, law("de"), KNOWN, previous=given, signals=SENT)
    assert set(outcome.withdrawn) == {ADS_PAIR, COUNTER_PAIR}
    assert outcome.event is Event.WITHDRAWN
    assert outcome.choice.earlier == ()


def test_a_signal_grants_nothing_to_a_vendor_that_a_choice_under_it_did_not_name() -> None:
    before = registry(COUNTER)
    chosen = press(Intent.REJECT, law("us-ca"), before, signals=SENT, about=(ANALYTICS,)).choice
    decision = decided(law("us-ca"), KNOWN, chosen, SENT)
    assert reason(decision, ADS_PAIR) == "signal"
    assert decision.signal
    assert decision.signal_shown


def test_an_answer_to_all_makes_all_new() -> None:
    _, partial = answered_later()
    new = press(Intent.ACCEPT, law("de"), KNOWN, previous=partial, now=NOW + DAY, about=EVERYTHING).choice
    assert new.earlier == ()
    assert new.moment(MARKETING) == NOW + DAY
