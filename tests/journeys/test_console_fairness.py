"""The check looks at the very layers that visitors would get, in every place, and stops what is not fair."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import ChoiceLoader, DictLoader
from sites import TestSite
from staffers import Staffer


@pytest.fixture
def marketer(own_site: TestSite) -> Staffer:
    person = Staffer(own_site, "max@example.com", "marketer").comes_in()
    person.goes_to("/staff/tags/new/ga4")
    person.sends({"set_id": "G-ABCD123456"})
    return person


def test_our_own_layers_are_fair_everywhere(marketer: Staffer) -> None:
    page = marketer.goes_to("/staff/draft")
    assert "The check found nothing" in page.words("main")
    assert not page.has("li[@class='bad']")


@pytest.mark.parametrize(
    ("template", "before", "after", "said"),
    [
        ("notice", '<button name="choice" value="reject">{{ banner.reject }}</button>', "", "no way to refuse"),
        ("notice", '<button name="choice" value="accept">', '<button name="choice" value="accept" class="x">', "look"),
        ("layer", "{% if card.checked %} checked{% endif %}", " checked", "ticked before anybody chose"),
    ],
)
def test_a_slanted_layer_stops_the_publication(
    own_site: TestSite, marketer: Staffer, template: str, before: str, after: str, said: str
) -> None:
    name = f"parts/{template}.html"
    text = (Path(own_site.app.root_path) / "templates" / name).read_text("utf-8")
    assert before in text
    environment = own_site.app.jinja_env
    environment.loader = ChoiceLoader([DictLoader({name: text.replace(before, after)}), environment.loader])  # type: ignore[list-item]
    environment.cache.clear()  # type: ignore[union-attr]
    own_site.site.console.app.extensions.pop("slants")  # A release with other templates starts afresh.
    page = marketer.goes_to("/staff/draft")
    assert said in page.words("main")
    assert "disabled" in next(b for b in page.all("button") if b.text == "Publish").attrib
    fields = {"note": "numbers", "act": "publish", "csrf_token": marketer.token(), "revision": "1", "live": "1"}
    marketer.posts("/staff/draft/publish", fields, status=422)
    assert own_site.site.tags.published().version == 1

    own_site.turn_on("hotjar", "hotjar", settings={"id": "1234567"})
    page = marketer.goes_to("/staff/versions/1")
    assert said in page.words("section[@id='back']") and not page.has("section[@id='back']//form")
    fields = {"csrf_token": marketer.token(), "live": "2", "note": "back"}
    page = marketer.posts("/staff/versions/1", fields, status=422)
    assert "the check found what stops it" in page.words("p[@role='alert']")
    assert own_site.site.tags.published().version == 2, "a way back is a publication"
