"""Nobody is asked twice without a reason: expiry, or something material that is new, and then for that alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pages import Page, squeeze
from sites import TestSite

from privacy.categories import Category

START = datetime(2026, 12, 2, 12, tzinfo=UTC)
PLACES = ("DE", "IT", "GB", "CH", "BR", "CA-QC", "TR", None)


def custom(vendor: str, category: Category, **more: object) -> dict[str, object]:
    """Return the configuration of a script of somebody's."""
    return {
        "vendor": vendor,
        "category": category,
        "settings": {"src": f"https://{vendor.lower()}.example/t.js"},
        **more,
    }


def about(page: Page) -> list[str]:
    """Return the categories that the banner asks about."""
    return [value for name, value in page.fields("*[@data-banner]/form") if name == "about"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("answer", ["accept", "reject"])
def test_a_new_vendor_asks_again_for_its_category_alone(
    own_busy_site: TestSite, place: str | None, answer: str
) -> None:
    visitor = own_busy_site.visitor(place)
    before = set((visitor.accepts() if answer == "accept" else visitor.rejects()).scripts)
    own_busy_site.turn_on("more", **custom("More", Category.MARKETING))
    page = visitor.goes_to("/")
    assert about(page) == ["marketing"]
    words = squeeze("".join(page.one("*[@data-banner]//strong").itertext()))
    assert "Marketing" in words and "stay as they are" in words and "Statistics" not in words
    assert set(page.scripts) == before, "meanwhile nothing new runs, and nothing that was chosen stops"
    page = visitor.accepts()
    assert not page.shows_banner and set(page.scripts) == before | {"ads", "more"}


@pytest.mark.parametrize("place", PLACES)
def test_a_new_purpose_asks_again(own_busy_site: TestSite, place: str | None) -> None:
    visitor = own_busy_site.visitor(place)
    visitor.accepts()
    own_busy_site.changes("measure", purposes=("statistics", "session_replay"))
    own_busy_site.site.live.refresh()
    page = visitor.goes_to("/")
    assert about(page) == ["analytics"] and "measure" not in page.scripts and "ads" in page.scripts
    assert "measure" not in visitor.rejects().scripts
    assert "ads" in visitor.goes_to("/").scripts, "the answer is about what was asked"


@pytest.mark.parametrize("place", PLACES)
def test_what_is_not_material_asks_nobody(own_busy_site: TestSite, place: str | None) -> None:
    visitor = own_busy_site.visitor(place)
    visitor.accepts()
    own_busy_site.turn_off("ads")
    assert not visitor.goes_to("/").shows_banner
    own_busy_site.changes("ads", enabled=True)
    own_busy_site.changes("measure", exclude=("/privacy",))
    own_busy_site.changes("videos", settings={"src": ("https://videos.example/v2.js",)})
    own_busy_site.site.live.refresh()
    page = visitor.goes_to("/")
    assert not page.shows_banner
    assert set(page.scripts) == {"site-counter", "ads", "measure", "videos"}


def test_a_category_that_was_not_in_use_is_asked_about_when_it_is(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    visitor.accepts()
    own_site.turn_on("ads", **custom("Adver", Category.MARKETING))
    page = visitor.goes_to("/")
    assert page.shows_banner and page.scripts == ["site-counter"], "a yes to statistics was none to advertising"


def test_saving_leaves_alone_what_was_not_shown(own_site: TestSite) -> None:
    visitor = own_site.visitor("AU")
    visitor.saves()
    own_site.turn_on("videos", **custom("Videos", Category.FUNCTIONAL))
    page = visitor.goes_to("/")
    assert page.scripts == ["site-counter", "videos"], "nobody refused a kind that had no switch on the page"


def test_after_expiry_everything_is_asked_again_with_a_line_that_says_why(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("DE")
    with time_machine.travel(START, tick=False) as clock:
        visitor.accepts()
        clock.move_to(START + timedelta(days=190))
        page = visitor.goes_to("/")
        assert page.shows_banner and about(page) == [] and page.scripts == []
        assert "has run out" in visitor.goes_to("/preferences").words("main")
        assert "ads" in visitor.accepts().scripts
        clock.move_to(START + timedelta(days=191))
        assert not visitor.goes_to("/").shows_banner


def test_a_refusal_outlives_its_term_where_the_law_says_so(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("AU")
    with time_machine.travel(START, tick=False) as clock:
        visitor.rejects()
        clock.move_to(START + timedelta(days=380))
        assert visitor.goes_to("/").scripts == [], "being asked again is no grant"


def test_the_preferences_say_when_it_was_chosen_and_until_when_it_holds(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("DE")
    with time_machine.travel(START, tick=False):
        words = visitor.rejects().words("main")
        assert "You chose on" not in words, "the home page is for everybody"
        words = visitor.goes_to("/preferences").words("main")
    assert "You chose on December 2, 2026." in words and "We ask again after June 2, 2027." in words
