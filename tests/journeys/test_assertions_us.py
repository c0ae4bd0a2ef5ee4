"""United States and Global Privacy Control: US01 to US13."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from pages import Page, squeeze
from sites import TestSite

from privacy.categories import Category

PAGES = ("/", "/privacy", "/cookies", "/contact", "/preferences")
FORM = "main//form"
START = datetime(2026, 12, 2, 12, tzinfo=UTC)
HONOURED = "Opt-Out Request Honored"


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """Give a clock that stands still until it is moved."""
    with time_machine.travel(START, tick=False) as moved:
        yield moved


def has_ads(page: Page) -> bool:
    """Say whether marketing is in a page, by script or by policy; the two agree."""
    script, policy = "ads" in page.scripts, "adver.example" in page.response.headers["Content-Security-Policy"]
    assert script == policy
    return script


def values(page: Page) -> list[str]:
    """Return the values of the buttons that answer."""
    return [e.attrib["value"] for e in page.all("button[@name='choice']")]


def test_us01_with_the_signal_marketing_is_denied_on_the_very_first_response(busy_site: TestSite) -> None:
    page = busy_site.visitor("US-CA", gpc="1").goes_to("/")
    assert not has_ads(page) and "site-counter" in page.scripts
    assert all("adver" not in source for source in page.sources)
    assert has_ads(busy_site.visitor("US-CA").goes_to("/")), "without it, marketing runs until somebody says no"


def test_us02_the_page_says_that_the_signal_was_honoured_and_the_switch_shows_it(busy_site: TestSite) -> None:
    sending, silent = busy_site.visitor("US-CA", gpc="1"), busy_site.visitor("US-CA")
    for path in PAGES:
        assert HONOURED in sending.goes_to(path).words("*[@data-signal='gpc']")
        page = silent.goes_to(path)
        assert not page.has("*[@data-signal]") and HONOURED not in page.text
    assert not sending.goes_to("/preferences").is_ticked("marketing")
    assert silent.goes_to("/preferences").is_ticked("marketing")


@pytest.mark.parametrize("path", PAGES)
def test_us03_the_footer_has_the_official_link_with_its_icon(busy_site: TestSite, path: str) -> None:
    page = busy_site.visitor("US-CA").goes_to(path)
    link = page.one("footer//a[@data-opt-out]")
    assert squeeze("".join(link.itertext())) == "Your Privacy Choices"
    (icon,) = (e for e in link.iter() if e.tag.endswith("svg"))
    assert icon.attrib["aria-label"] == "California Consumer Privacy Act (CCPA) Opt-Out Icon"
    assert icon.attrib["role"] == "img" and (icon.attrib["width"], icon.attrib["height"]) == ("30", "14")
    assert any(squeeze("".join(e.itertext())) == "Notice at Collection" for e in page.all("footer//a"))


def test_us04_opting_out_takes_no_more_steps_than_opting_in_from_the_link(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("US-CA")
    target, _, anchor = visitor.goes_to("/").one("a[@data-opt-out]").attrib["href"].partition("#")
    page = visitor.goes_to(target.removeprefix("/en"))
    assert page.has(f"*[@id='{anchor}']")
    form = [e.attrib["value"] for e in page.one(FORM).iter("button")]
    assert form.count("reject") == form.count("accept") == 1, "one click each, no account, no form to fill"
    assert not [
        e for e in page.one(FORM).iter("input") if e.attrib.get("type") in ("text", "email") or "required" in e.attrib
    ]
    visitor.saves(untick=("marketing",))
    assert not has_ads(visitor.goes_to("/")), "its switch and *Save* do it too"
    visitor.saves(tick=("marketing",))
    assert has_ads(visitor.goes_to("/"))


def test_us05_nothing_offers_accept_without_an_equal_refusal(own_busy_site: TestSite) -> None:
    # A vendor that asks first everywhere is the nearest that California comes to a banner.
    own_busy_site.turn_on("pixel", "meta-pixel", settings={"id": "123456789012345"})
    for signal in (None, "1"):
        visitor = own_busy_site.visitor("US-CA", gpc=signal)
        for path in PAGES:
            page = visitor.goes_to(path)
            for form in page.all("form"):
                kinds = [e.attrib["value"] for e in form.iter("button")]
                assert ("accept" in kinds) <= ("reject" in kinds)
            words = " ".join(squeeze("".join(e.itertext())) for e in page.all("button")).lower()
            assert not re.search(r"later|not now|yes|more information", words)


def test_us06_nobody_is_asked_to_opt_in_for_twelve_months_after_an_opt_out(
    own_busy_site: TestSite, clock: time_machine.Coordinates
) -> None:
    visitor = own_busy_site.visitor("US-CA")
    visitor.rejects()
    own_busy_site.turn_on(
        "more", vendor="More", category=Category.MARKETING, settings={"src": "https://more.example/t.js"}
    )
    for days in (0, 1, 90, 180, 270, 364):
        clock.move_to(START + timedelta(days=days))
        for path in PAGES[:-1]:
            page = visitor.goes_to(path)
            assert not page.shows_banner and "accept" not in values(page) and not has_ads(page)
            assert "more" not in page.scripts
    clock.move_to(START + timedelta(days=399))
    assert not has_ads(visitor.goes_to("/")), "an opt-out does not run out"


@pytest.mark.parametrize("age", ["0-13", "13-16"])
def test_us07_under_sixteen_nothing_is_sold_or_shared_without_a_stored_opt_in(busy_site: TestSite, age: str) -> None:
    visitor = busy_site.visitor("US-CA")
    assert has_ads(visitor.goes_to("/"))
    visitor.saves(age=age)  # Saying the age and nothing else: the box of marketing stood ticked by the law for adults.
    assert not has_ads(visitor.goes_to("/")), "a box that stood ticked is no opt-in"
    assert not visitor.goes_to("/preferences").is_ticked("marketing")
    visitor.accepts()
    granted = has_ads(visitor.goes_to("/"))
    assert granted is (age == "13-16"), "from 13 they can opt in themselves, below that a parent would have to"
    entry = json.loads(busy_site.site.ledger.of(visitor.cookies["choice"].split(".")[1])[0].body)
    (stored,) = [v["granted"] for v in entry["vendors"] if v["vendor"] == "adver"]
    assert stored is granted and entry["age"] == [int(n) for n in age.split("-")]


@pytest.mark.parametrize(("place", "age"), [("US-CT", "0-18"), ("US-OR", "0-16"), ("US-MD", "0-18")])
def test_us08_minors_get_no_marketing_even_when_they_press_accept(busy_site: TestSite, place: str, age: str) -> None:
    visitor = busy_site.visitor(place)
    visitor.saves(age=age)
    assert not has_ads(visitor.goes_to("/"))
    visitor.accepts()
    page = visitor.goes_to("/")
    assert not has_ads(page) and "site-counter" in page.scripts
    page = visitor.goes_to("/preferences")
    assert not page.is_ticked("marketing")
    assert "disabled" in page.one("input[@name='category'][@value='marketing']").attrib
    visitor.post([*page.fields(FORM), ("category", "marketing"), ("vendor", "marketing:adver"), ("choice", "save")])
    assert not has_ads(visitor.goes_to("/")), "nor by a form of their own make"


def test_us09_a_later_visit_without_the_signal_does_not_switch_marketing_on(busy_site: TestSite, us_place: str) -> None:
    visitor = busy_site.visitor(us_place, gpc="1")
    assert not has_ads(visitor.goes_to("/"))
    visitor.gpc = None
    for path in PAGES:
        assert not has_ads(visitor.goes_to(path))
    other = busy_site.visitor(us_place, gpc="1")
    other.goes_to("/")
    assert other.cookies == visitor.cookies, "what is remembered is the same for everybody"


@pytest.mark.parametrize("place", ["US", None])
def test_us10_the_signal_is_honoured_where_the_state_is_unknown(busy_site: TestSite, place: str | None) -> None:
    visitor = busy_site.visitor(place, gpc="1")
    for path in PAGES:
        assert not has_ads(visitor.goes_to(path))
    assert has_ads(busy_site.visitor("US").goes_to("/")), "which is the signal's doing"


@pytest.mark.parametrize("value", ["0", "1 ", " 1", "true", "01", "1.0", "", "1,1", "1;", "yes", "１"])
def test_us11_only_the_exact_value_1_is_the_signal(busy_site: TestSite, any_place: str | None, value: str) -> None:
    for path in ("/", "/preferences"):
        sent = value.encode().decode("latin-1")  # As a WSGI server hands it on.
        page = busy_site.visitor(any_place, gpc=sent).goes_to(path)
        assert page.set_cookies == [] and not page.has("*[@data-signal]")
        assert busy_site.visitor(any_place).goes_to(path).text == page.text


def test_us12_the_signal_is_never_a_grant(busy_site: TestSite, any_place: str | None) -> None:
    sending, silent = busy_site.visitor(any_place, gpc="1"), busy_site.visitor(any_place)
    before = busy_site.site.ledger.check().size
    for path in PAGES:
        assert set(sending.goes_to(path).scripts) <= set(silent.goes_to(path).scripts)
    assert busy_site.site.ledger.check().size == before, "by itself it is no choice"
    assert "choice" not in sending.cookies
    sending.saves()
    entry = json.loads(busy_site.site.ledger.of(sending.cookies["choice"].split(".")[1])[0].body)
    assert entry["signals"] == {"gpc": "sent"} and entry["categories"]["marketing"] == "denied"
    assert not [v for v in entry["vendors"] if v["granted"] and v["category"] == "marketing"]
    assert entry["method"] == "preferences:save", "a record names the act, and a signal is none"


def test_us13_gpc_json_states_that_the_site_abides(busy_site: TestSite, any_place: str | None) -> None:
    response = busy_site.visitor(any_place).get("/.well-known/gpc.json")
    assert response.status_code == 200 and response.mimetype == "application/json"
    document = response.get_json()
    assert document["gpc"] is True and isinstance(document["gpc"], bool)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", document["lastUpdate"])
    assert date.fromisoformat(document["lastUpdate"][:10]) <= datetime.now(UTC).date()
    assert "Set-Cookie" not in response.headers
