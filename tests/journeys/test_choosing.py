"""A visitor reads, chooses, changes their mind; only what was chosen is sent."""

from __future__ import annotations

import json

import pytest
from sites import TestSite

OPT_IN = ["DE", "GB", "CH", "BR", "CA-QC", "CA", "TR", "IN", None]


@pytest.mark.parametrize("place", OPT_IN)
def test_before_a_choice_nothing_is_sent_where_consent_is_asked_for(site: TestSite, place: str | None) -> None:
    page = site.visitor(place).goes_to("/privacy")
    assert page.shows_banner
    assert page.scripts == [] and page.set_cookies == []
    assert page.csp["script-src"] == ["'self'"] and page.csp["connect-src"] == ["'none'"]


@pytest.mark.parametrize("place", OPT_IN)
def test_accepting_sends_it_and_rejecting_takes_it_back(site: TestSite, place: str | None) -> None:
    visitor = site.visitor(place)
    page = visitor.accepts()
    assert page.scripts == ["site-counter"] and not page.shows_banner
    assert page.csp["connect-src"] == ["'self'"]
    page = visitor.rejects()
    assert page.scripts == [] and not page.shows_banner
    assert visitor.goes_to("/").scripts == []


def test_a_choice_is_recorded_with_its_notice_before_the_answer(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE", language="de")
    visitor.rejects("/privacy")
    consent_id = visitor.cookies["choice"].split(".")[1]
    (entry,) = own_site.site.ledger.of(consent_id)
    body = json.loads(entry.body)
    assert body["event"] == "refused" and body["method"] == "banner:reject" and body["locale"] == "de"
    assert body["jurisdiction"]["region"] == "de" and body["jurisdiction"]["found_by"] == "proxy"
    assert body["categories"]["analytics"] == "denied"
    assert body["vendors"][0]["vendor"] == "site" and body["vendors"][0]["granted"] is False
    notice = own_site.site.ledger.notice(body["notice"])
    assert notice and notice[0] == "de" and 'value="reject"' in notice[2]
    assert "127.0.0.1" not in entry.body and "werkzeug" not in entry.body.lower()
    assert own_site.site.ledger.check().sound


def test_the_confirmation_stands_where_the_choice_was_made(site: TestSite) -> None:
    visitor = site.visitor("FR")
    page = visitor.accepts("/cookies")
    assert page.url == "/en/cookies"
    assert "Statistics" in page.words("*[@id='choice-state']")


def test_saving_stores_exactly_what_is_ticked(own_site: TestSite) -> None:
    own_site.turn_on("ads", **custom("Adver", "marketing"))
    visitor = own_site.visitor("DE")
    page = visitor.saves(tick=("analytics",))
    assert page.is_ticked("analytics") and page.is_ticked("analytics:site")
    assert not page.is_ticked("marketing")
    assert visitor.goes_to("/").scripts == ["site-counter"]
    visitor.saves(untick=("analytics:site",))
    assert visitor.goes_to("/").scripts == [], "a vendor's own switch beats the switch of its category"


def custom(name: str, category: str) -> dict[str, object]:
    from privacy.categories import Category

    return {
        "vendor": name,
        "category": Category(category),
        "settings": {"src": f"https://{name.lower()}.example/t.js"},
        "cookies": (f"_{name.lower()}_*",),
    }
