"""A visitor says that they are under age: marketing follows their place's rule for minors."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from pages import Page
from sites import TestSite

FORM = "main//form"

BANDS: dict[str | None, list[str]] = {
    "DE": ["0-16", "16-18"],
    "FR": ["0-15", "15-18"],
    "ES": ["0-14", "14-18"],
    "GB": ["0-13", "13-18"],
    "BR": ["0-18"],
    "IN": ["0-18"],
    "TR": ["0-18"],
    "AU": ["0-15", "15-18"],
    "CA-QC": ["0-14", "14-18"],
    "US-CA": ["0-13", "13-16", "16-18"],
    "US-CT": ["0-18"],
    "US-OR": ["0-16", "16-18"],
    "US-TX": ["0-13", "13-18"],
    None: ["0-16", "16-18"],
}

NEVER = [
    ("DE", "0-16"), ("FR", "0-15"), ("GB", "0-13"), ("BR", "0-18"), ("IN", "0-18"), ("TR", "0-18"), ("AU", "0-15"),
    ("CA-QC", "0-14"), ("US-CA", "0-13"), ("US-CT", "0-18"), ("US-OR", "0-16"), ("US-MD", "0-18"), (None, "0-16"),
]  # fmt: skip
"""Places and bands where a parent would have to consent, or nobody can."""

ALONE = [("DE", "16-18"), ("GB", "13-18"), ("CA-QC", "14-18"), ("US-CA", "13-16"), ("US-CO", "13-18"), (None, "16-18")]
"""Places and bands where they can consent themselves, and are asked first."""


def ages(page: Page) -> dict[str, bool]:
    """Return the answers about age, and which one stands."""
    return {e.attrib["value"]: "checked" in e.attrib for e in page.all("input[@name='age']")}


@pytest.mark.parametrize("place", BANDS, ids=lambda p: p or "unknown")
def test_the_bands_are_those_of_the_place(busy_site: TestSite, place: str | None) -> None:
    offered = ages(busy_site.visitor(place).goes_to("/preferences"))
    assert offered == {"adult": True, **dict.fromkeys(BANDS[place], False)}


@pytest.mark.parametrize(("place", "age"), NEVER)
def test_marketing_is_denied_even_to_who_accepts(busy_site: TestSite, place: str | None, age: str) -> None:
    visitor = busy_site.visitor(place)
    page = visitor.saves(age=age)
    assert ages(page)[age]
    assert "ads" not in visitor.goes_to("/").scripts
    visitor.accepts()
    page = visitor.goes_to("/")
    assert "ads" not in page.scripts and {"measure", "videos"} <= set(page.scripts)
    assert "adver" not in page.response.headers["Content-Security-Policy"]
    assert not page.shows_banner, "nobody is asked what they cannot answer"
    page = visitor.goes_to("/preferences")
    assert ages(page)[age] and "disabled" in page.one("input[@name='category'][@value='marketing']").attrib


@pytest.mark.parametrize(("place", "age"), ALONE)
def test_who_can_consent_alone_is_asked_first(busy_site: TestSite, place: str | None, age: str) -> None:
    visitor = busy_site.visitor(place)
    visitor.saves(age=age)
    assert "ads" not in visitor.goes_to("/").scripts
    visitor.saves(tick=("marketing",))
    assert "ads" in visitor.goes_to("/").scripts


@pytest.mark.parametrize("place", ["DE", "BR", "US-CT"])
def test_accepting_in_the_same_breath_grants_nothing_to_a_minor(busy_site: TestSite, place: str) -> None:
    visitor = busy_site.visitor(place)
    page = visitor.goes_to("/preferences")
    fields = [f for f in page.fields(FORM) if f[0] != "age"]
    band = next(b for b in BANDS[place])
    assert visitor.post([*fields, ("age", band), ("choice", "accept")]).status_code == 303
    assert "ads" not in visitor.goes_to("/").scripts and "measure" in visitor.goes_to("/").scripts


def test_a_later_answer_in_the_banner_keeps_the_age(own_busy_site: TestSite) -> None:
    visitor = own_busy_site.visitor("BR")
    visitor.saves(age="0-18", tick=("analytics",))
    own_busy_site.changes("measure", purposes=("statistics", "heatmaps"))
    own_busy_site.site.live.refresh()
    assert visitor.goes_to("/").shows_banner
    visitor.accepts()
    assert "ads" not in visitor.goes_to("/").scripts and "measure" in visitor.goes_to("/").scripts
    assert ages(visitor.goes_to("/preferences"))["0-18"]


def test_an_age_that_was_said_elsewhere_goes_on_to_hold(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("BR")
    visitor.saves(age="0-18")
    visitor.place = "US-CA"
    visitor.accepts()
    assert "ads" not in visitor.goes_to("/").scripts
    page = visitor.goes_to("/preferences")
    assert ages(page)[""], "it is shown, and can be taken back"
    visitor.saves(age="adult")
    visitor.accepts()
    assert "ads" in visitor.goes_to("/").scripts


def test_a_law_for_minors_holds_from_its_day_on(busy_site: TestSite) -> None:
    for moment, denied in ((datetime(2026, 6, 30, tzinfo=UTC), False), (datetime(2026, 7, 1, tzinfo=UTC), True)):
        with time_machine.travel(moment, tick=False):
            visitor = busy_site.visitor("US-CT")
            visitor.saves(age="0-18")
            visitor.accepts()
            assert ("ads" not in visitor.goes_to("/").scripts) is denied


def test_nothing_but_the_band_is_written_down(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("DE")
    visitor.saves(age="16-18")
    (entry,) = busy_site.site.ledger.of(visitor.cookies["choice"].split(".")[1])
    assert '"age":[16,18]' in entry.body and "birth" not in entry.body
