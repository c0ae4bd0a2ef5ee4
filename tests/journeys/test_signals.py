"""Global Privacy Control, as a visitor meets it."""

from __future__ import annotations

import json

import pytest
from sites import TestSite

PAGES = ("/", "/privacy", "/cookies", "/contact", "/preferences")
BINDING = ("US-CA", "US-CO", "US-CT", "US-TX", "US")
ELSEWHERE = ("DE", "GB", "BR", "CA", "AU", "NZ", "JP", None)


@pytest.mark.parametrize("place", BINDING)
def test_where_the_signal_binds_one_constant_cookie_remembers_it(busy_site: TestSite, place: str) -> None:
    one, other = busy_site.visitor(place, gpc="1"), busy_site.visitor(place, gpc="1")
    (cookie,) = one.goes_to("/").set_cookies
    assert cookie.startswith("signal=gpc.") and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert f"Max-Age={400 * 86_400}" in cookie
    assert "signal=gpc." in other.goes_to("/").set_cookies[0]
    assert one.cookies == other.cookies, "it holds nothing of anybody's"
    assert one.goes_to("/privacy").set_cookies == [], "it is set once"


@pytest.mark.parametrize("place", ELSEWHERE)
def test_elsewhere_it_is_honoured_while_it_is_sent_and_sets_nothing(busy_site: TestSite, place: str | None) -> None:
    visitor = busy_site.visitor(place, gpc="1")
    for path in PAGES:
        page = visitor.goes_to(path)
        assert page.set_cookies == [] and "ads" not in page.scripts
        assert page.has("*[@data-signal='gpc']")
    assert visitor.cookies == {}


@pytest.mark.parametrize("value", ["gpc", "gpc.", "gpc.AAAA", "1", "gpc.x.y", "no.AAAA", "\xff"])
def test_a_forged_reminder_counts_as_absent(busy_site: TestSite, value: str) -> None:
    client = busy_site.app.test_client(use_cookies=False)
    sent = {"HTTP_X_PLACE": "US-CA"}
    forged = client.get("/en/", environ_overrides={**sent, "HTTP_COOKIE": f"signal={value}"})
    assert forged.status_code == 200 and forged.data == client.get("/en/", environ_overrides=sent).data


@pytest.mark.parametrize("place", ["US-CA", "DE", "BR", None])
def test_a_choice_made_while_it_is_sent_goes_before_it(busy_site: TestSite, place: str | None) -> None:
    visitor = busy_site.visitor(place, gpc="1")
    visitor.goes_to("/")
    visitor.accepts()
    page = visitor.goes_to("/")
    assert "ads" in page.scripts and not page.has("*[@data-signal]")
    entry = json.loads(busy_site.site.ledger.of(visitor.cookies["choice"].split(".")[1])[0].body)
    assert entry["signals"] == {"gpc": "sent"} and entry["categories"]["marketing"] == "granted"


@pytest.mark.parametrize("place", ["US-CA", "DE", "BR", None])
def test_it_goes_before_an_earlier_choice(busy_site: TestSite, place: str | None) -> None:
    visitor = busy_site.visitor(place)
    visitor.accepts()
    assert "ads" in visitor.goes_to("/").scripts
    visitor.gpc = "1"
    page = visitor.goes_to("/")
    assert "ads" not in page.scripts and "measure" in page.scripts
    visitor.gpc = None
    assert ("ads" in visitor.goes_to("/").scripts) is (place != "US-CA"), "where it binds it is remembered"


@pytest.mark.parametrize("place", ["US-CA", "US-VA"])
def test_it_asks_nobody_anything_where_the_law_says_so(busy_site: TestSite, place: str) -> None:
    assert not busy_site.visitor(place, gpc="1").goes_to("/").shows_banner


def test_in_britain_it_objects_to_exempt_statistics_too(own_site: TestSite) -> None:
    own_site.changes("site-counter", exemptions=("uk-statistics",))
    own_site.site.live.refresh()
    assert own_site.visitor("GB").goes_to("/").scripts == ["site-counter"]
    assert own_site.visitor("GB", gpc="1").goes_to("/").scripts == []


def test_signals_are_counted_per_region_and_nothing_more(own_site: TestSite) -> None:
    for place in ("DE", "DE", "BR"):
        own_site.visitor(place, gpc="1").goes_to("/")
    own_site.visitor("DE").goes_to("/")
    chosen = own_site.visitor("FR", gpc="1")
    chosen.rejects()
    own_site.site.counters.flush()
    counted = {region: pages for _, region, pages in own_site.site.counters.signals(1)}
    assert counted["de"] == 2 and counted["br"] == 1
    before = counted["fr"]
    chosen.goes_to("/privacy")
    own_site.site.counters.flush()
    assert {r: n for _, r, n in own_site.site.counters.signals(1)}["fr"] == before, "who has chosen is not counted"
