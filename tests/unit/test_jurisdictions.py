"""Which law holds where, and from when."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from rulebook import ANALYTICS, EVERYTHING, FUNCTIONAL, LATER, LAWS, MARKETING, TODAY, law, law_at

from privacy.categories import Category, Model, strictest
from privacy.jurisdictions import Jurisdictions, Place, is_stale

STATES = LAWS.row("EU")["states"]
US_ROWS = [code for code in LAWS.codes if code.startswith("US-")]

PLACES = [
    # country, subdivision, row, region: why
    ("US", "US-CA", "US-CA", "us-ca", "a subdivision comes before its country"),
    ("CA", "CA-QC", "CA-QC", "ca-qc", "a subdivision comes before its country"),
    ("US", "US-WY", "US", "us", "a subdivision without a row is its country"),
    ("CA", "CA-ON", "CA", "ca", "a subdivision without a row is its country"),
    ("DE", "DE-BY", "EU", "de", "a subdivision without a row is its country"),
    ("DE", None, "EU", "de", "a state of a group has a region of its own"),
    ("IT", None, "EU", "it", "a state of a group has a region of its own"),
    ("IS", None, "EU", "is", "the EEA is more than the Union"),
    ("CO", None, "ROW", "row", "Colombia is not Colorado"),
    ("GA", None, "ROW", "row", "Gabon is not Georgia"),
    ("GP", None, "EU", "fr", "Guadeloupe is France"),
    ("RE", None, "EU", "fr", "Réunion is France"),
    ("AX", None, "EU", "fi", "Åland is Finland"),
    ("SJ", None, "EU", "no", "Svalbard is Norway"),
    ("GG", None, "GB", "gb", "Guernsey's law follows the United Kingdom's"),
    ("NF", None, "AU", "au", "Norfolk Island is Australia"),
    ("XK", None, "ROW", "row", "a place without a row is the rest of the world"),
    ("QQ", None, "ROW", "row", "a code that nobody assigned is the rest of the world"),
    (None, None, "ROW", "row", "an unknown place is the strictest"),
]


@pytest.mark.parametrize(
    ("country", "subdivision", "code", "region", "why"), PLACES, ids=[row[4] + f" ({row[0]})" for row in PLACES]
)
def test_a_place_resolves_to(country: str | None, subdivision: str | None, code: str, region: str, why: str) -> None:
    found = law_at(country, subdivision)
    assert (found.code, found.region) == (code, region), why


def test_french_departments_overseas_have_the_exemptions_of_france() -> None:
    assert [e.id for e in law_at("GP").rule(ANALYTICS).exemptions] == ["fr-audience-measurement"]
    assert law_at("GP") == law_at("FR")


@pytest.mark.parametrize("island", ["GG", "JE", "IM", "GI"])
def test_the_crown_dependencies_have_no_exemption_of_the_united_kingdom(island: str) -> None:
    # The Data (Use and Access) Act 2025 does not extend to them.
    assert law("gb").rule(ANALYTICS).exemptions
    assert all(rule.exemptions == () for _, rule in law_at(island).rules)


EFFECTIVE = [
    # place, the last day before, the first day of, what it was and what it is
    (("CL", None), date(2026, 11, 30), date(2026, 12, 1), "row", "cl"),
    (("US", "US-OK"), date(2026, 12, 31), date(2027, 1, 1), "us", "us-ok"),
    (("US", "US-LA"), date(2026, 12, 31), date(2027, 1, 1), "us", "us-la"),
    (("US", "US-AL"), date(2027, 4, 30), date(2027, 5, 1), "us", "us-al"),
    (("US", "US-VT"), date(2027, 12, 31), date(2028, 1, 1), "us", "us-vt"),
    (("US", "US-MD"), date(2025, 9, 30), date(2025, 10, 1), "us", "us-md"),
]


@pytest.mark.parametrize(("place", "eve", "day", "before", "after"), EFFECTIVE)
def test_a_law_holds_from_its_day_on(
    place: tuple[str, str | None], eve: date, day: date, before: str, after: str
) -> None:
    assert day - eve == timedelta(days=1)
    assert law_at(*place, day=eve).region == before
    assert law_at(*place, day=day).region == after


def test_a_region_that_is_not_in_force_is_not_listed_and_leads_to_its_parent() -> None:
    assert "us-ok" not in dict(LAWS.regions(TODAY))
    assert "us-ok" in dict(LAWS.regions(date(2027, 1, 1)))
    assert law("us-ok").region == "us"
    assert law("cl").region == "row"


def test_each_region_that_is_listed_can_be_asked_for() -> None:
    for day in (TODAY, LATER):
        for region, name in LAWS.regions(day):
            assert name
            assert law(region, day).region == region
    assert LAWS.region("atlantis", TODAY) is None
    assert LAWS.region("", TODAY) is None


@pytest.mark.parametrize(("category", "exemption"), [(ANALYTICS, "uk-statistics"), (FUNCTIONAL, "uk-appearance")])
def test_the_exemptions_of_the_united_kingdom_began_on_5_february_2026(category: Category, exemption: str) -> None:
    assert law("gb", date(2026, 2, 4)).rule(category).exemptions == ()
    assert [e.id for e in law("gb", date(2026, 2, 5)).rule(category).exemptions] == [exemption]


SIGNAL_BINDS = {
    "us-ca": date(2023, 3, 29),
    "us-co": date(2024, 7, 1),
    "us-ct": date(2025, 1, 1),
    "us-de": date(2026, 1, 1),
    "us-md": date(2025, 10, 1),
    "us-mn": date(2025, 7, 31),
    "us-mt": date(2025, 1, 1),
    "us-ne": date(2025, 1, 1),
    "us-nh": date(2025, 1, 1),
    "us-nj": date(2025, 7, 15),
    "us-or": date(2026, 1, 1),
    "us-tx": date(2025, 1, 1),
    "us-la": date(2027, 1, 1),
    "us-vt": date(2028, 1, 1),
}


@pytest.mark.parametrize(("code", "day"), SIGNAL_BINDS.items())
def test_the_signal_binds_from_the_day_of_each_state(code: str, day: date) -> None:
    assert law(code, day).signal.binding
    assert not law(code, day - timedelta(days=1)).signal.binding


@pytest.mark.parametrize("code", [c for c in LAWS.codes if c.lower() not in SIGNAL_BINDS])
def test_elsewhere_the_signal_does_not_bind_but_is_honoured_in_marketing(code: str) -> None:
    signal = law(code, LATER).signal
    assert not signal.binding
    assert MARKETING in signal.denies, "no place may send marketing to a browser that says no"


def test_california_shows_the_signal_from_2026_on() -> None:
    assert not law("us-ca", date(2025, 12, 31)).signal.must_display
    assert law("us-ca", date(2026, 1, 1)).signal.must_display
    assert not law("us-co").signal.must_display


def test_the_united_kingdom_reads_the_signal_as_an_objection_to_statistics_too() -> None:
    assert law("gb").signal.denies == {MARKETING, ANALYTICS}
    assert law("de").signal.denies == {MARKETING}


def test_where_only_the_united_states_are_known_each_category_takes_the_strictest_row_in_force() -> None:
    merged = law_at("US")
    rows = [law("us"), *(law(code.lower()) for code in US_ROWS)]
    for category in EVERYTHING:
        assert merged.rule(category).model is strictest(*(row.rule(category).model for row in rows))
    assert merged.region == "us"
    assert merged.signal.binding, "some state binds"
    assert merged.signal.must_display, "California shows it"
    assert merged.lifetimes.opt_out_expires is False
    assert merged.band_of((13, 16)) is Model.PROHIBITED, "Connecticut, Maryland and Oregon prohibit it"
    assert merged.band_of((0, 18)) is Model.PROHIBITED
    assert "US-CA" in merged.merged
    assert "US-OK" not in merged.merged, "a row that is not in force yet says nothing"
    assert "US-OK" in law_at("US", day=LATER).merged


def test_where_only_canada_is_known_quebec_decides() -> None:
    merged = law_at("CA")
    assert merged.rule(ANALYTICS).model is Model.OPT_IN
    assert merged.rule(MARKETING).model is Model.OPT_IN
    assert merged.rule(FUNCTIONAL).model is Model.NOTICE
    assert merged.shows_banner
    assert set(merged.merged) == {"CA", "CA-QC"}


def test_a_setting_relaxes_a_country_whose_subdivision_is_unknown() -> None:
    assert law_at("CA", relax_unknown_subdivision=True) == law("ca")
    assert law_at("US", relax_unknown_subdivision=True) == law("us")
    assert law_at("CA", relax_unknown_subdivision=True).rule(ANALYTICS).model is Model.OPT_OUT


def test_the_setting_does_not_relax_an_unknown_place() -> None:
    assert law_at(None, relax_unknown_subdivision=True) == law("row")


def test_a_known_subdivision_is_not_merged() -> None:
    assert law_at("CA", "CA-ON").rule(ANALYTICS).model is Model.OPT_OUT
    assert law_at("US", "US-WY").merged == ()
    assert law_at("DE").merged == ()


def test_a_merge_is_never_looser_than_any_of_its_parts() -> None:
    for country in ("US", "CA"):
        for day in (TODAY, LATER):
            merged = law_at(country, day=day)
            for code in merged.merged:
                part = law(code.lower(), day)
                for category in EVERYTHING:
                    assert merged.rule(category).model.strictness >= part.rule(category).model.strictness
                for age in range(18):
                    band = (age, age + 1)
                    assert merged.band_of(band).strictness >= part.band_of(band).strictness, f"{code} at {age}"
                assert part.signal.denies <= merged.signal.denies
                assert part.elements <= merged.elements


@pytest.mark.parametrize("code", ["row", "eu", *(state["iso"].lower() for state in STATES)])
def test_an_unknown_place_is_never_looser_than_a_known_one_of_europe(code: str) -> None:
    for category in EVERYTHING:
        assert law("row").rule(category).model.strictness >= law(code).rule(category).model.strictness


@pytest.mark.parametrize("code", LAWS.codes)
def test_no_place_is_stricter_than_an_unknown_one(code: str) -> None:
    unknown = law_at(None)
    for category in EVERYTHING:
        assert law(code).rule(category).model.strictness <= unknown.rule(category).model.strictness


AGES = {
    "AT": 14, "BE": 13, "BG": 14, "HR": 16, "CY": 14, "CZ": 15, "DK": 15, "EE": 13, "FI": 13, "FR": 15,
    "DE": 16, "GR": 15, "HU": 16, "IE": 16, "IT": 14, "LV": 13, "LT": 14, "LU": 16, "MT": 13, "NL": 16,
    "PL": 16, "PT": 13, "RO": 16, "SK": 16, "SI": 15, "ES": 14, "SE": 13, "IS": 13, "LI": 16, "NO": 13,
}  # fmt: skip


@pytest.mark.parametrize(("state", "age"), AGES.items())
def test_a_state_has_its_own_age_of_digital_consent(state: str, age: int) -> None:
    # GDPR art. 8(1): 16, or lower by law, not below 13.
    bands = law(state.lower()).bands
    assert [(band.start, band.end) for band in bands] == [(0, age), (age, 18)]
    assert law(state.lower()).band_of((0, age)) is Model.PROHIBITED, "a parent's consent cannot be verified here"
    assert law(state.lower()).band_of((age, 18)) is Model.OPT_IN


def test_every_state_of_the_group_has_an_age() -> None:
    assert set(AGES) == {state["iso"] for state in STATES} == set(LAWS.row("EU")["countries"])


@pytest.mark.parametrize("day", [date(2025, 1, 1), TODAY, LATER])
@pytest.mark.parametrize("code", LAWS.codes)
def test_the_age_bands_of_a_row_cover_childhood_without_gap_or_overlap(code: str, day: date) -> None:
    bands = law(code.lower(), day).bands
    assert bands[0].start == 0
    assert bands[-1].end == 18
    assert all(one.end == other.start for one, other in pairwise(bands)), f"{code}: {bands}"
    assert all(band.start < band.end for band in bands)


@pytest.mark.parametrize("code", LAWS.codes)
def test_every_row_names_its_source_and_the_day_of_its_review(code: str) -> None:
    row = LAWS.row(code)
    assert row["source"].strip()
    reviewed = date.fromisoformat(row["reviewed"])
    assert date(2026, 1, 1) <= reviewed <= TODAY
    assert row["evidence"], f"{code} has no evidence for any datum"


@pytest.mark.parametrize("code", LAWS.codes)
def test_every_piece_of_evidence_says_what_it_proves_and_how_sure_it_is(code: str) -> None:
    for proof in LAWS.row(code)["evidence"]:
        assert proof["claim"].strip()
        assert proof["paths"]
        assert proof["status"] in {"reviewed", "secondary", "default", "unconfirmed"}
        if proof["status"] in ("reviewed", "secondary"):
            assert proof["ref"].strip(), f"{code}: {proof['claim']} was reviewed, but against what?"
            assert date.fromisoformat(proof["date"]) <= TODAY


@pytest.mark.parametrize("code", LAWS.codes)
def test_no_row_is_looser_than_the_floor_of_its_law(code: str) -> None:
    for category, rule in law(code, LATER).rules:
        assert rule.model.strictness >= rule.floor.strictness, f"{code} {category.value}"


@pytest.mark.parametrize("code", LAWS.codes)
def test_what_is_strictly_necessary_is_exempt_everywhere(code: str) -> None:
    assert law(code, LATER).rule(Category.NECESSARY).model is Model.EXEMPT


@pytest.mark.parametrize("code", LAWS.codes)
def test_every_exemption_states_each_of_its_conditions(code: str) -> None:
    row = LAWS.row(code)
    written = [document.get("exemption") for document in row["categories"].values()]
    written += [state.get("exemption") for state in row.get("states", ())]
    for exemption in filter(None, written):
        assert exemption["conditions"], f"{exemption['id']} could be had for nothing"
        assert all(condition["id"] and condition["text"] for condition in exemption["conditions"])
        assert re.fullmatch(r"[a-z]{2}-[a-z-]+", exemption["id"])


def test_each_country_and_alias_stands_in_one_row_alone() -> None:
    seen: dict[str, str] = {}
    for code in LAWS.codes:
        for country in [*LAWS.row(code)["countries"], *LAWS.row(code)["aliases"]]:
            assert country not in seen, f"{country} stands in {seen.get(country)} and in {code}"
            seen[country] = code


def test_each_parent_exists_and_the_chain_ends_with_the_rest_of_the_world() -> None:
    for code in LAWS.codes:
        steps = [code]
        while (parent := LAWS.row(steps[-1])["parent"]) is not None:
            assert parent in LAWS.codes
            assert parent not in steps
            steps.append(parent)
        assert steps[-1] == "ROW"


@pytest.mark.parametrize(
    ("reviewed", "today", "stale"),
    [
        (date(2026, 11, 22), date(2026, 11, 22), False),
        (date(2026, 11, 22), date(2027, 11, 22), False),
        (date(2026, 11, 22), date(2027, 11, 23), True),
        (date(2026, 11, 22), date(2027, 12, 1), True),
        (date(2028, 2, 29), date(2029, 2, 28), False),
        (date(2028, 2, 29), date(2029, 3, 1), True),
        (date(2026, 11, 22), date(2026, 1, 1), False),
    ],
)
def test_a_review_is_stale_after_twelve_months(reviewed: date, today: date, stale: bool) -> None:
    assert is_stale(reviewed, today) is stale


def test_stale_rows_are_named() -> None:
    assert LAWS.stale(TODAY) == ()
    assert LAWS.stale(date(2028, 1, 1)) == LAWS.codes


def test_general_words_stand_in_for_what_was_not_confirmed() -> None:
    for code in LAWS.codes:
        row = LAWS.row(code)
        found = law(code, LATER)
        for proof in row["evidence"]:
            for path in proof["paths"]:
                if proof["status"] == "unconfirmed" and not path.startswith("states."):
                    assert not found.is_confirmed(path), f"{code}: {path} passes for confirmed"
                    assert not found.is_confirmed(path + ".name"), "what is below it is no surer"


def test_what_is_unconfirmed_for_one_state_says_nothing_about_another() -> None:
    document: dict[str, Any] = {"rows": [{**LAWS.row(code)} for code in ("EU", "ROW")]}
    document["rows"][0]["evidence"] = [
        {"claim": "x", "paths": ["states.AT.authority"], "status": "unconfirmed", "ref": "", "date": None},
        {"claim": "y", "paths": ["deadlines.initial"], "status": "unconfirmed", "ref": "", "date": None},
    ]
    laws = Jurisdictions(document)
    austria, belgium = (laws.resolve(Place(code), TODAY) for code in ("AT", "BE"))
    assert not austria.is_confirmed("authority.name")
    assert belgium.is_confirmed("authority.name")
    assert not belgium.is_confirmed("deadlines.initial")
    assert belgium.is_confirmed("deadlines"), "a part that is unsure does not spoil the whole"
    assert belgium.is_confirmed("deadlines.initially")


def test_a_jurisdiction_is_equal_to_itself_on_another_day_unless_its_rules_changed() -> None:
    assert law("de", TODAY) == law("de", LATER)
    assert law("us-ct", date(2026, 6, 30)) != law("us-ct", date(2026, 7, 1))


def test_the_strictest_of_no_models_is_nobody() -> None:
    with pytest.raises(ValueError, match="empty"):
        strictest()
    assert [model.value for model in sorted(Model, key=lambda m: m.strictness)] == [
        "exempt",
        "notice",
        "opt-out",
        "opt-in",
        "prohibited",
    ]


def test_a_place_gives_its_most_exact_code() -> None:
    assert Place("US", "US-CA").code == "US-CA"
    assert Place("DE").code == "DE"
    assert Place().code == ""


def test_a_banner_asks_wherever_something_is_opt_in() -> None:
    for code in LAWS.codes:
        found = law(code, LATER)
        if any(found.rule(category).model is Model.OPT_IN for category in EVERYTHING):
            assert found.shows_banner, f"{code} asks for consent and has no place to give it"
            assert found.elements, f"{code} names no element of its banner"
