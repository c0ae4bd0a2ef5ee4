"""What somebody who says that they are under 18 can agree to."""

from __future__ import annotations

from datetime import date

import pytest
from rulebook import (
    ANALYTICS,
    COUNTER,
    GIVEN,
    LAWS,
    MARKETING,
    REFUSED,
    SENT,
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
    tag,
)

from privacy.categories import Model
from privacy.choice import Intent, Ticks
from privacy.jurisdictions import AgeBand

ADS = (MARKETING, "acme-ads")
SITE = registry(COUNTER, custom("Acme Ads", MARKETING))

BANDS = [
    # place, ages in [from, below), what the site can honour: why
    ("us-ca", (0, 13), "prohibited", "a parent opts in, which a cookie choice cannot verify (§ 1798.120(c))"),
    ("us-ca", (13, 16), "opt-in", "the minor opts in"),
    ("us-ca", (16, 18), "opt-out", "as an adult"),
    ("us-ct", (0, 18), "prohibited", "SB 1295: consent does not cure"),
    ("us-md", (0, 18), "prohibited", "no targeted advertising below 18"),
    ("us-or", (0, 16), "prohibited", "from 2026 on"),
    ("us-or", (16, 18), "opt-out", "as an adult"),
    ("us-mn", (13, 17), "opt-in", "consent from 13 to 16"),
    ("us-mn", (17, 18), "opt-out", "as an adult"),
    ("in", (0, 18), "prohibited", "DPDP Act s. 9"),
    ("br", (0, 18), "prohibited", "ECA Digital"),
    ("de", (0, 16), "prohibited", "GDPR art. 8: a parent, whom nobody can verify here"),
    ("de", (16, 18), "opt-in", "the minor"),
    ("gb", (0, 13), "prohibited", "a parent"),
    ("gb", (13, 18), "opt-in", "the minor"),
    ("ca-qc", (0, 14), "prohibited", "a parent"),
    ("ca-qc", (14, 18), "opt-in", "the minor"),
    ("au", (0, 15), "prohibited", "a parent"),
    ("au", (15, 18), "opt-out", "as an adult"),
    ("nz", (0, 18), "notice", "no rule of its own"),
    ("za", (0, 18), "prohibited", "a competent person"),
    ("kr", (0, 14), "prohibited", "a legal representative"),
]


@pytest.mark.parametrize(("code", "age", "model", "why"), BANDS, ids=[f"{r[0]} {r[1]}" for r in BANDS])
def test_each_band_has_its_model(code: str, age: tuple[int, int], model: str, why: str) -> None:
    assert law(code).band_of(age).value == model, why


@pytest.mark.parametrize(("code", "age", "model", "why"), BANDS, ids=[f"{r[0]} {r[1]}" for r in BANDS])
def test_a_minor_gets_marketing_only_as_the_band_lets_it(code: str, age: tuple[int, int], model: str, why: str) -> None:
    where = law(code)
    silent = choice(SITE, {}, age=age)
    loose = model in ("notice", "opt-out") and where.rule(MARKETING).model in (Model.NOTICE, Model.OPT_OUT)
    assert (ADS in granted(decided(where, SITE, silent))) is loose
    accepted = press(Intent.ACCEPT, where, SITE, age=age)
    assert (ADS in granted(accepted.decision)) is (model != "prohibited"), why
    if model == "prohibited":
        assert reason(accepted.decision, ADS) == "minor"
        answered = accepted.choice.answer(ADS)
        assert answered is not None
        assert answered[0] is REFUSED, "a consent that cannot be given is not recorded as given"


@pytest.mark.parametrize("code", ["us-ct", "us-md", "us-or", "in", "br"])
def test_what_is_prohibited_stays_off_whatever_was_given(code: str) -> None:
    where = law(code)
    for during in (False, True):
        forged = choice(SITE, everywhere(GIVEN), age=(13, 16), during_signal=during)
        assert ADS not in granted(decided(where, SITE, forged))
        assert ADS not in granted(decided(where, SITE, forged, SENT))
    every_box = Ticks(categories=frozenset({MARKETING}), vendors=frozenset({ADS}))
    assert ADS not in granted(press(Intent.SAVE, where, SITE, age=(13, 16), ticks=every_box).decision)


def test_what_is_prohibited_is_not_asked_about() -> None:
    brazil = law("br")
    decision = decided(brazil, SITE, choice(SITE, {}, age=(0, 18)))
    assert decision.open == (ANALYTICS,)


def test_saying_that_one_is_a_minor_takes_back_what_was_given_as_an_adult() -> None:
    brazil = law("br")
    adult = press(Intent.ACCEPT, brazil, SITE)
    assert ADS in granted(adult.decision)
    minor = press(Intent.ACCEPT, brazil, SITE, previous=adult.choice, age=(0, 18))
    assert ADS not in granted(minor.decision)
    assert ADS in minor.withdrawn


def test_an_age_only_tightens() -> None:
    accepted = everywhere(GIVEN)
    for code in LAWS.codes:
        where = law(code)
        adult = granted(decided(where, SITE, choice(SITE, accepted)))
        for start in range(18):
            minor = granted(decided(where, SITE, choice(SITE, accepted, age=(start, start + 1))))
            assert minor <= adult, f"{code}: more is granted at {start} than to an adult"


def test_an_age_says_nothing_about_statistics() -> None:
    assert (ANALYTICS, "site") in granted(decided(law("br"), SITE, choice(SITE, everywhere(GIVEN), age=(0, 18))))


def test_an_age_across_bands_takes_the_strictest_of_them() -> None:
    california = law("us-ca")
    assert california.band_of((0, 18)) is Model.PROHIBITED
    assert california.band_of((13, 18)) is Model.OPT_IN
    assert california.band_of((12, 14)) is Model.PROHIBITED
    assert california.band_of((18, 19)) is Model.EXEMPT, "an adult has no band"


@pytest.mark.parametrize(
    ("code", "day", "age", "before", "after"),
    [
        ("us-ct", date(2026, 7, 1), (13, 18), "opt-out", "prohibited"),
        ("us-or", date(2026, 1, 1), (0, 16), "opt-out", "prohibited"),
        ("br", date(2026, 3, 17), (0, 18), "opt-in", "prohibited"),
    ],
)
def test_a_rule_for_minors_holds_from_its_day_on(
    code: str, day: date, age: tuple[int, int], before: str, after: str
) -> None:
    assert law(code, date.fromordinal(day.toordinal() - 1)).band_of(age).value == before
    assert law(code, day).band_of(age).value == after


def test_a_minor_in_an_unknown_state_has_the_protection_of_the_strictest() -> None:
    assert law_at("US").band_of((16, 18)) is Model.PROHIBITED, "Connecticut and Maryland, to 18"
    assert ADS not in granted(press(Intent.ACCEPT, law_at("US"), SITE, age=(16, 18)).decision)


def test_a_parent_s_consent_counts_as_missing_where_one_is_needed() -> None:
    assert AgeBand(0, 13, Model.OPT_IN, by_parent=True).effective is Model.PROHIBITED
    assert AgeBand(0, 13, Model.OPT_OUT, by_parent=True).effective is Model.OPT_OUT
    assert AgeBand(13, 16, Model.OPT_IN, by_parent=False).effective is Model.OPT_IN


def test_ga4_keeps_its_statistics_and_loses_its_advertising() -> None:
    ga = registry(tag("ga4"))
    accepted = press(Intent.ACCEPT, law("in"), ga, age=(0, 18))
    assert granted(accepted.decision) == {(ANALYTICS, "google-analytics")}
