"""How long an answer lasts, and what is left of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import (
    ANALYTICS,
    COUNTER,
    DAY,
    GA4,
    GIVEN,
    LATER,
    LAWS,
    MARKETING,
    NOW,
    PROPERTY,
    REFUSED,
    TODAY,
    at,
    choice,
    custom,
    decided,
    everywhere,
    granted,
    law,
    law_at,
    press,
    reason,
    registry,
)

from privacy.choice import BROWSER_MAX_DAYS, Intent
from privacy.decision import Event, cookie_max_age, expires_at, months_after

SITE = registry(COUNTER, GA4, custom("Acme Ads", MARKETING))
ADS = (MARKETING, "acme-ads")
COUNTED = (ANALYTICS, "site")


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31T10:20:30", 1, "2026-02-28T10:20:30"),
        ("2028-01-31T10:20:30", 1, "2028-02-29T10:20:30"),
        ("2026-08-31T23:59:59", 6, "2027-02-28T23:59:59"),
        ("2027-08-31T00:00:00", 6, "2028-02-29T00:00:00"),
        ("2026-12-31T12:00:00", 2, "2027-02-28T12:00:00"),
        ("2026-11-30T12:00:00", 1, "2026-12-30T12:00:00"),
        ("2028-02-29T12:00:00", 12, "2029-02-28T12:00:00"),
        ("2026-11-22T12:00:00", 12, "2027-11-22T12:00:00"),
        ("2026-11-22T12:00:00", 13, "2027-12-22T12:00:00"),
        ("2026-12-01T12:00:00", 24, "2028-12-01T12:00:00"),
    ],
)
def test_months_end_on_the_last_day_of_a_shorter_month(start: str, months: int, end: str) -> None:
    assert months_after(moment(start), months) == moment(end)


@PROPERTY
@given(st.integers(0, 4_000_000_000), st.integers(1, 36))
def test_months_are_never_longer_than_the_calendar_and_keep_the_time_of_day(start: int, months: int) -> None:
    end = months_after(start, months)
    assert 28 * DAY * months <= end - start <= 31 * DAY * months
    assert end % DAY == start % DAY


ALL = [*LAWS.codes, *(state["iso"] for state in LAWS.row("EU")["states"])]


@pytest.mark.parametrize("code", ALL)
def test_the_cookie_never_outlives_the_row_the_browser_or_the_answer(code: str) -> None:
    where = law(code, LATER)
    age = cookie_max_age(where, NOW, NOW)
    assert 0 < age <= BROWSER_MAX_DAYS * DAY
    if where.lifetimes.cookie_max_days is not None:
        assert age <= where.lifetimes.cookie_max_days * DAY
    ends = expires_at(where, NOW)
    if ends is not None:
        assert NOW + age <= ends


@pytest.mark.parametrize("code", ALL)
def test_nobody_is_asked_again_before_the_law_allows(code: str) -> None:
    where = law(code, LATER)
    wait = where.lifetimes.reject_min_months
    refused = choice(SITE, everywhere(REFUSED), made=NOW)
    assert wait is not None
    day_before = months_after(NOW, wait) - 1
    decision = decided(where, SITE, refused, now=day_before)
    assert decision.banner is None, f"{code} asks again before {wait} months have passed"
    assert granted(decision) == set()
    assert NOW + cookie_max_age(where, NOW, NOW) >= months_after(NOW, wait), "the cookie would be gone before"


def test_a_cookie_that_is_set_late_lives_only_for_the_rest() -> None:
    germany = law("de")
    ends = expires_at(germany, NOW)
    assert ends is not None
    assert cookie_max_age(germany, NOW, ends - 10) == 10
    assert cookie_max_age(germany, NOW, ends + 10) == 0


LIFE = [
    ("de", date(2027, 5, 22), "six months"),
    ("fr", date(2027, 5, 22), "CNIL 2020-092 § 39: six months"),
    ("cz", date(2027, 11, 22), "the Czech authority's twelve months"),
    ("it", date(2027, 5, 22), "the row's, for the Garante names no longest"),
    ("es", date(2027, 12, 22), "24 months, but no longer than 395 days of cookie"),
    ("br", date(2027, 11, 22), "twelve months"),
    ("row", date(2027, 5, 22), "six months"),
]


@pytest.mark.parametrize(("code", "day", "why"), LIFE)
def test_an_answer_ends_on_its_day(code: str, day: date, why: str) -> None:
    assert expires_at(law(code), NOW) == at(day), why


@pytest.mark.parametrize("answer", [GIVEN, REFUSED])
@pytest.mark.parametrize("code", ["de", "gb", "ch", "br", "row", "ca-qc"])
def test_a_refusal_lasts_as_long_as_an_acceptance(code: str, answer: str) -> None:
    where = law(code)
    chosen = choice(SITE, everywhere(GIVEN if answer == GIVEN else REFUSED), made=NOW)
    ends = expires_at(where, NOW)
    assert ends is not None
    assert not decided(where, SITE, chosen, now=ends - 1).expired
    assert decided(where, SITE, chosen, now=ends).expired


def test_what_ran_out_is_denied_and_asked_again_with_its_reason() -> None:
    old = choice(SITE, everywhere(GIVEN), made=at(date(2026, 1, 1)))
    decision = decided(law("de"), SITE, old)
    assert decision.expired
    assert not decision.chosen
    assert granted(decision) == set()
    assert {g.reason.value for g in decision.grants} == {"expired"}
    assert decision.open == SITE.asked_about
    assert decision.changed == (), "time passed; nothing changed"


@pytest.mark.parametrize("code", ["us-ca", "us-va", "us"])
def test_an_opt_out_in_the_united_states_does_not_run_out(code: str) -> None:
    # 11 CCR § 7026(k) and the like: an opt-out stands until the consumer takes it back.
    long_ago = choice(SITE, everywhere(REFUSED), made=at(date(2016, 1, 1)))
    decision = decided(law(code), SITE, long_ago)
    assert expires_at(law(code), long_ago.at) is None
    assert decision.chosen
    assert granted(decision) == set()


@pytest.mark.parametrize("code", ["au", "nz", "jp", "ca"])
def test_a_refusal_that_ran_out_is_still_no_grant_where_opt_outs_stand(code: str) -> None:
    where = law(code)
    old = choice(SITE, everywhere(REFUSED), made=at(date(2020, 1, 1)))
    decision = decided(where, SITE, old)
    assert decision.expired
    assert granted(decision) == set()
    assert reason(decision, ADS) == "refused"


def test_a_refusal_that_ran_out_speaks_for_a_vendor_that_came_since() -> None:
    before = registry(custom("First Ads", MARKETING))
    old = choice(before, {MARKETING: REFUSED}, made=at(date(2020, 1, 1)))
    after = registry(custom("First Ads", MARKETING), custom("Second Ads", MARKETING))
    assert granted(decided(law("au"), after, old)) == set()


def test_where_a_row_lets_refusals_run_out_its_default_returns() -> None:
    australia = law("au")
    lets_go = replace(australia, lifetimes=replace(australia.lifetimes, opt_out_expires=True))
    old = choice(SITE, everywhere(REFUSED), made=at(date(2020, 1, 1)))
    assert granted(decided(lets_go, SITE, old)) == set(SITE.pairs)


@pytest.mark.parametrize("code", ["de", "gb", "in", "row"])
def test_a_choice_from_the_future_grants_nothing(code: str) -> None:
    future = choice(SITE, everywhere(GIVEN), made=NOW + 2 * DAY)
    decision = decided(law(code), SITE, future)
    assert decision.expired
    assert granted(decision) == set()


def test_a_clock_that_is_a_little_ahead_is_forgiven() -> None:
    assert granted(decided(law("de"), SITE, choice(SITE, everywhere(GIVEN), made=NOW + 3600))) == set(SITE.pairs)


def test_answering_again_renews() -> None:
    old = choice(SITE, everywhere(GIVEN), made=at(date(2026, 1, 1)))
    outcome = press(Intent.ACCEPT, law("de"), SITE, previous=old)
    assert outcome.event is Event.RENEWED
    assert outcome.choice.at == NOW
    assert outcome.choice.id == old.id, "one visitor, one thread of proof"


def test_a_traveller_s_answer_ends_by_the_law_of_where_they_are() -> None:
    made = at(date(2026, 3, 1))
    chosen = choice(SITE, everywhere(GIVEN), made=made)
    assert granted(decided(law("br"), SITE, chosen)) == set(SITE.pairs), "twelve months in Brazil"
    assert granted(decided(law("de"), SITE, chosen)) == set(), "six in Germany"
    assert granted(decided(law("us-ca"), SITE, chosen)) == set(SITE.pairs), "no end in California"


def test_where_the_province_is_unknown_the_shortest_life_holds() -> None:
    assert law_at("CA").lifetimes.accept_max_months == 12
    assert law_at("CA").lifetimes.reject_min_months == 12
    assert law_at("US").lifetimes.accept_max_months is None


def test_every_row_says_how_long_answers_last_or_that_they_do_not_end() -> None:
    assert {code for code in LAWS.codes if law(code, LATER).lifetimes.months is None} == {
        code for code in LAWS.codes if code == "US" or code.startswith("US-")
    }
    assert at(TODAY) == NOW
