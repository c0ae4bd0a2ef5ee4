"""A marketer's first hour at the console, without scripts and without a manual, counted press by press."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from browsers import Person, Served
from desks import Desk, a_console
from sites import TestSite
from staffers import Staffer

pytestmark = pytest.mark.browser

MAX = "max@example.com"
GTAG = "https://www.googletagmanager.com"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a site as it is out of the box, with one marketer."""

    def hire(made: TestSite) -> None:
        Staffer(made, MAX, "marketer").sets_password()

    with a_console(tmp_path_factory.mktemp("journey"), hire) as made:
        yield made


def test_a_tag_goes_live_and_comes_back_in_fewer_than_25_acts(meet: Callable[..., Person], site: Served) -> None:
    max_ = Desk(meet(site, scripts=False), MAX)
    max_.opens("/staff/")
    assert max_.path == "/staff/sign-in"
    max_.gives_password()

    max_.follows("Tags")
    max_.follows("Add a tag")
    max_.follows("Google Analytics 4")
    max_.fills("Measurement ID", "G-ABCD123456")
    max_.presses("Save in the draft")
    assert max_.path == "/staff/draft"
    assert "1 change" in max_.words
    assert GTAG not in policy_in_california(meet, site), "no visitor has anything of it yet"

    effect = {}
    for place in ("Germany", "California"):
        max_.picks("Place", place, within="#at")
        max_.picks("Visitor", "before a choice", within="#at")
        max_.presses("Show")
        effect[place] = max_.page.locator("#at").inner_text()
    assert "Nothing changes for this visitor." in effect["Germany"]
    assert "Nothing changes for this visitor." not in effect["California"]
    assert f"{GTAG}/gtag/js?id=G-ABCD123456" in effect["California"], "there it loads before a choice, and may"

    max_.fills("Why", "Marketing wants to know which pages are read.")
    max_.presses("Publish")
    assert "Published as version 2." in max_.words
    assert GTAG in policy_in_california(meet, site)

    max_.follows("Back to version 1")
    max_.presses("Roll back to version 1")
    assert "Version 1 is back, as version 3." in max_.words
    assert GTAG not in policy_in_california(meet, site)

    assert max_.acts < 25, f"it took {max_.acts} acts"
    max_.is_content()


def policy_in_california(meet: Callable[..., Person], site: Served) -> str:
    """Return the policy that a visitor in California gets with a page."""
    visitor = meet(site, "US-CA", scripts=False)
    response = visitor.goes_to("/")
    return response.headers["content-security-policy"]
