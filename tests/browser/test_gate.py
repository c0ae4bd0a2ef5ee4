"""Only what was chosen is sent: a real tracker, a real browser, each place, each way to choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from browsers import Person, Served, a_site, start_chromium
from vendors import Vendor

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Place:
    """Say what may be sent at a place before anybody chose, and what the opt-out signal stops there."""

    code: str | None
    before: frozenset[str] = frozenset()
    signal_stops: frozenset[str] = frozenset({"marketing"})
    signal_binds: bool = False


BOTH = frozenset({"analytics", "marketing"})

# Expected from the legal data, by hand: in the first five nothing runs without consent.
PLACES = [
    Place("DE"),
    Place("GB", signal_stops=BOTH),
    Place("BR"),
    Place("CA-QC"),
    Place(None),
    Place("US-CA", before=BOTH, signal_binds=True),
    Place("AU", before=BOTH),
    Place("NZ", before=BOTH),
]
OPT_IN = [place for place in PLACES if not place.before]
NOTICE = [place for place in PLACES if place.before]


def name_of(place: Place) -> str:
    return place.code or "unknown"


everywhere = pytest.mark.parametrize("place", PLACES, ids=name_of)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, vendor: Vendor, advertiser: Vendor) -> Iterator[Served]:
    """Give a site with a tracker for statistics and one for advertising, set up as an operator would."""
    posthog = ["tags", "add", "posthog", "--template", "custom", "--category", "analytics"]
    posthog += ["--vendor", "PostHog (test)", "--cookie", "ph_*"]
    posthog += ["--set", f"src={vendor.origin}/array.js", "--set", f"connect={vendor.origin}"]
    adv = ["tags", "add", "adv", "--template", "custom", "--category", "marketing"]
    adv += ["--vendor", "Advertiser (test)", "--vendor-role", "third_party", "--cookie", "_adv_id"]
    adv += ["--set", f"src={advertiser.origin}/adv.js"]
    adv += ["--set", f"connect={advertiser.origin}", "--set", f"img={advertiser.origin}"]
    commands = [tuple(posthog), tuple(adv), ("tags", "enable", "posthog"), ("tags", "enable", "adv")]
    with a_site(tmp_path_factory.mktemp("gate"), commands) as made:
        yield made


class Watch:
    """Say of one person what reached the vendors and what their browser keeps."""

    def __init__(self, person: Person, vendor: Vendor, advertiser: Vendor) -> None:
        self.person = person
        self.vendors = {"analytics": vendor, "marketing": advertiser}

    def is_sent(self, *categories: str) -> None:
        """Assert that exactly these vendors' scripts ran here, sent, and set their cookies; nobody else's did."""
        person, origins = self.person, {c: v.origin for c, v in self.vendors.items()}
        if "analytics" in categories:
            self.vendors["analytics"].await_hits(person.agent, "/e/")
        if "marketing" in categories:
            self.vendors["marketing"].await_hits(person.agent, "/event")
            self.vendors["marketing"].await_hits(person.agent, "/pixel")
        expected = {origins[c] for c in categories}
        assert person.foreign_origins == expected, (
            f"foreign requests go to {expected} alone, not {person.foreign_origins}"
        )
        assert set(person.tags) - {"site-counter"} == {
            {"analytics": "posthog", "marketing": "adv"}[c] for c in categories
        }
        for category, received in self.vendors.items():
            if category not in categories:
                hits = received.hits(person.agent)
                assert not hits, f"{category} was not granted, yet its vendor received {[h.path for h in hits]}"
        self.keeps(*categories)
        assert not person.refused, f"what is granted also works under the policy: {person.refused}"
        assert not person.errors, f"scripts ran without errors: {person.errors}"

    def keeps(self, *categories: str) -> None:
        """Assert that the browser keeps exactly what these vendors set."""
        cookies = set(self.person.cookies) - {"choice", "signal"}
        kept = self.person.storage
        keys = set(kept["local"]) | set(kept["session"])
        for category, cookie, key in (("analytics", "ph_phc_test_posthog", "ph_"), ("marketing", "_adv_id", "adv")):
            if category in categories:
                assert cookie in cookies, f"{category} was granted: its script sets {cookie}, there is {cookies}"
                assert any(k.startswith(key) for k in keys), f"{category} was granted: its script keeps {key}*: {keys}"
            else:
                cookies_of_it = {c for c in cookies if c.startswith(cookie[:3])}
                assert not cookies_of_it, f"{category} is not granted, yet there are cookies of it: {cookies_of_it}"
                assert not any(k.startswith(key) for k in keys), f"{category} is not granted, yet it keeps {keys}"
        if not categories:
            assert kept == {"local": [], "session": [], "databases": []}, f"storage is empty, not {kept}"
            assert not cookies, f"no vendor's cookies, not {cookies}"


@pytest.fixture
def watch(vendor: Vendor, advertiser: Vendor):
    return lambda person: Watch(person, vendor, advertiser)


# --- The gate is off: the tracker does what trackers do -------------------------------------------------------------


def test_without_a_gate_the_tracker_tracks(meet, site, vendor) -> None:
    person = meet(site, "DE")
    person.page.goto(vendor.ungated, wait_until="load")
    vendor.await_hits(person.agent, "/e/")
    vendor.await_hits(person.agent, "/event")
    cookies, storage = person.cookies, person.storage
    assert [name for name in cookies if name.startswith("ph_")], f"PostHog sets ph_* cookies, there are {cookies}"
    assert [key for key in storage["local"] if key.startswith("ph_")], f"and fills localStorage, there is {storage}"
    assert [key for key in storage["session"] if key.startswith("ph_")], f"and sessionStorage, there is {storage}"
    assert "_adv_id" in cookies and "adv" in storage["local"]
    beacons = [hit for hit in vendor.hits(person.agent, "/e/") if hit.method == "POST"]
    assert beacons, "and sends what it saw"


# --- Before a choice ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", OPT_IN, ids=name_of)
def test_before_a_choice_nothing_is_sent_and_nothing_is_kept(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code)
    for path in ("/", "/privacy", "/cookies", "/contact", "/preferences"):
        response = person.goes_to(path)
        assert response.header_value("set-cookie") is None, f"{path} sets no cookie before a choice"
        watch(person).is_sent()
    assert person.cookies == {}, f"no cookie at all before a choice, not {person.cookies}"
    assert person.goes_to("/") and person.page.locator("[data-banner]").is_visible()


@pytest.mark.parametrize("place", NOTICE, ids=name_of)
def test_where_the_law_asks_for_notice_it_loads_before_a_choice(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code)
    person.goes_to("/")
    watch(person).is_sent(*place.before)
    assert "choice" not in person.cookies, "no choice is made up for anybody"


@pytest.mark.parametrize("place", NOTICE, ids=name_of)
@pytest.mark.parametrize("path", ["/contact", "/preferences"])
def test_no_vendor_comes_where_forms_are(meet, site, watch, place: Place, path: str) -> None:
    person = meet(site, place.code)
    person.goes_to(path)
    watch(person).is_sent()


# --- After a choice -------------------------------------------------------------------------------------------------


@everywhere
def test_rejecting_sends_nothing(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code, scripts=False)
    person.chooses("reject")
    later = meet(site, place.code, storage_state=person.context.storage_state())
    for path in ("/", "/privacy", "/cookies"):
        later.goes_to(path)
        watch(later).is_sent()
        assert set(later.cookies) == {"choice"}, "a refusal is kept in one cookie, and nothing else is"
        assert later.page.locator("[data-banner]").count() == 0, "who has answered is not asked again"


@everywhere
def test_allowing_statistics_alone_sends_statistics_alone(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code, scripts=False)
    person.chooses("analytics")
    assert set(person.cookies) == {"choice"}
    later = meet(site, place.code, storage_state=person.context.storage_state())
    later.goes_to("/")
    watch(later).is_sent("analytics")


@everywhere
def test_accepting_sends_all(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code)
    person.chooses("accept")
    person.goes_to("/")
    watch(person).is_sent("analytics", "marketing")


@everywhere
def test_withdrawing_ends_it_and_empties_the_browser(meet, site, watch, vendor, advertiser, place: Place) -> None:
    person = meet(site, place.code)
    person.chooses("accept")
    person.goes_to("/")
    watch(person).is_sent("analytics", "marketing")
    person.opens_preferences()
    watch(person).keeps("analytics", "marketing")
    person.forget_sent()
    person.presses("reject")
    assert set(person.cookies) == {"choice"}, f"the vendors' cookies go with the answer: {person.cookies}"
    watch(person).keeps()
    before = len(vendor.hits(person.agent)), len(advertiser.hits(person.agent))
    for path in ("/", "/privacy", "/cookies"):
        person.goes_to(path)
        assert person.foreign == [], f"nothing is sent after a withdrawal, not {person.foreign}"
        watch(person).keeps()
        assert person.tags == []
    assert (len(vendor.hits(person.agent)), len(advertiser.hits(person.agent))) == before


@pytest.mark.parametrize("place", [PLACES[0], PLACES[5]], ids=name_of)
def test_withdrawing_one_category_leaves_the_other(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code)
    person.chooses("accept")
    person.goes_to("/")
    watch(person).is_sent("analytics", "marketing")
    person.goes_to("/preferences")
    person.ticks("marketing", on=False)
    person.presses("save")
    assert {c for c in person.cookies if c != "choice"} == {"ph_phc_test_posthog"}, "the cookies of what is on stay"
    person.forget_sent()
    person.goes_to("/")
    assert person.tags == ["site-counter", "posthog"]
    assert "_adv_id" not in person.cookies
    assert "adv" not in person.storage["local"]


def test_the_way_back_after_a_withdrawal_brings_nothing_back(playwright, site, vendor) -> None:
    # People's browsers keep the pages that were left alive; a tracker on one would go on as soon as it is shown.
    browser = start_chromium(playwright, keeps_pages=True)
    try:
        person = Person(browser, site, "DE")
        person.chooses("accept")
        vendor.await_hits(person.agent, "/flags/")
        person.goes_to("/privacy")
        vendor.await_hits(person.agent, "/flags/", 2)
        person.opens_preferences()
        person.presses("reject")
        person.forget_sent()
        page = person.page
        for path in ("/en/preferences", "/en/privacy", "/en/"):
            page.evaluate("setTimeout(() => history.back(), 0)")
            page.wait_for_url(f"**{path}*", wait_until="commit")
            page.locator("h1").click()
            assert person.tags == [], f"the way back to {path} shows a page from before the withdrawal, with its tags"
            assert person.foreign == [], f"and sends again: {person.foreign}"
            assert set(person.cookies) == {"choice"}
            assert person.storage == {"local": [], "session": [], "databases": []}
        person.leaves()
    finally:
        browser.close()


def test_cookies_of_the_parent_domain_go_too(meet, site, vendor) -> None:
    person = meet(site, "DE")
    page = person.page
    page.goto(f"{site.named_origin}/en/")
    person.answers_banner("accept")
    vendor.await_hits(person.agent, "/e/")
    (tracked,) = [c for c in person.context.cookies() if c["name"] == "ph_phc_test_posthog"]
    assert tracked["domain"] == ".example.test", f"trackers take the widest domain: {tracked['domain']}"
    page.goto(f"{site.named_origin}/en/preferences")
    person.presses("reject")
    assert set(person.cookies) == {"choice"}, f"a parent domain's cookie is expired too: {person.cookies}"


@everywhere
def test_a_cookie_that_comes_back_is_expired_again(meet, site, place: Place) -> None:
    person = meet(site, place.code)
    person.chooses("reject")
    names = ("ph_phc_test_posthog", "_adv_id")
    person.context.add_cookies([{"name": name, "value": "back", "url": site.origin} for name in names])
    person.goes_to("/privacy")
    assert set(person.cookies) == {"choice"}, f"what is denied is expired when it shows up: {person.cookies}"


# --- The signal -----------------------------------------------------------------------------------------------------


@everywhere
def test_the_signal_stops_marketing_on_the_first_response(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code, gpc=True)
    response = person.goes_to("/")
    watch(person).is_sent(*(place.before - place.signal_stops))
    csp = response.header_value("content-security-policy") or ""
    assert watch(person).vendors["marketing"].origin not in csp
    assert person.page.locator("[data-signal=gpc]").is_visible()
    assert ("signal" in person.cookies) is place.signal_binds, f"a cookie where the signal binds: {person.cookies}"


@everywhere
def test_the_signal_beats_an_earlier_yes(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code, scripts=False)
    person.chooses("accept")
    later = meet(site, place.code, gpc=True, storage_state=person.context.storage_state())
    later.goes_to("/")
    watch(later).is_sent(*(BOTH - place.signal_stops))


@everywhere
def test_a_yes_given_while_the_signal_is_sent_holds(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code, gpc=True, scripts=False)
    person.chooses("accept")
    later = meet(site, place.code, gpc=True, storage_state=person.context.storage_state())
    later.goes_to("/")
    watch(later).is_sent(*BOTH)


def test_where_it_binds_one_constant_cookie_remembers_the_signal(meet, site, watch) -> None:
    people = [meet(site, "US-CA", gpc=True) for _ in range(2)]
    for person in people:
        person.goes_to("/")
    values = {person.cookies["signal"] for person in people}
    assert len(values) == 1, f"the cookie of the signal is the same for everybody, not {values}"
    (kept,) = [c for c in people[0].context.cookies() if c["name"] == "signal"]
    assert kept["httpOnly"] and kept["sameSite"] == "Lax"
    for person in people:
        person.sends_signal(False)
        person.goes_to("/")
        assert person.page.locator("[data-signal=gpc]").is_visible()
        watch(person).is_sent("analytics")


# --- Without JavaScript ---------------------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("how", ["reject", "analytics", "accept"])
def test_without_javascript_all_choices_work_and_nothing_runs(meet, site, watch, place: Place, how: str) -> None:
    person = meet(site, place.code, scripts=False)
    person.chooses(how)
    assert person.page.evaluate("document.activeElement.id") == "choice-state", "focus is on the confirmation"
    person.goes_to("/")
    granted = {"reject": set(), "analytics": {"posthog"}, "accept": {"posthog", "adv"}}[how]
    assert set(person.tags) - {"site-counter"} == granted, f"{how}: the page carries {person.tags}"
    assert person.foreign == [], "with JavaScript off no script is fetched, so nobody hears of the visit"
    watch(person).keeps()


# --- Nothing else grants --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", OPT_IN, ids=name_of)
def test_reading_on_is_no_consent(meet, site, watch, place: Place) -> None:
    person = meet(site, place.code)
    person.goes_to("/privacy")
    person.page.keyboard.press("Escape")
    person.page.mouse.wheel(0, 2000)
    person.page.locator("main").click(position={"x": 5, "y": 5})
    person.page.locator(".top nav a").nth(1).click()
    person.page.wait_for_url("**/cookies")
    person.page.go_back()
    person.page.reload()
    watch(person).is_sent()
    assert person.cookies == {}
    assert person.page.locator("[data-banner]").is_visible(), "the question stands until it is answered"
