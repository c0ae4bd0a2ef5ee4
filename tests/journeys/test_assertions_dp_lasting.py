"""Dark patterns over time, words and statutory exemptions: DP15, DP16, DP23, DP25, DP27, DP30 to DP32."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pages import Page, squeeze
from sites import TestSite
from visitors import Visitor

from privacy.categories import Category
from privacy.templates import load as library
from web import wording
from web.languages import use_locale

START = datetime(2026, 12, 2, 12, tzinfo=UTC)
"""A day on which every row of the assertions is in force, Chile's too."""

MONTHS = {"CH": 12, "BR": 12, "CA-QC": 12, "TR": 12, "CL": 12}
"""How many months an answer lasts; where nothing is said: six, and in Spain no longer than a cookie may."""

LONGEST_DAYS = 395
"""The longest life of the cookie in every row that binds (CNIL: 13 months)."""

FIELDS = "*[@data-banner]/form"


def ends(place: str | None) -> datetime:
    """Return when an answer given at the start runs out."""
    if place == "ES":
        return START + timedelta(days=LONGEST_DAYS)
    year, month = divmod(START.year * 12 + START.month - 1 + MONTHS.get(place or "", 6), 12)
    return START.replace(year=year, month=month + 1, day=min(START.day, monthrange(year, month + 1)[1]))


def max_age(visitor: Visitor) -> int:
    """Return the seconds for which the browser was told to keep the choice."""
    (cookie,) = [c for c in visitor.answer.headers.getlist("Set-Cookie") if c.startswith("choice=")]
    return int(re.search(r"Max-Age=(\d+)", cookie)[1])  # type: ignore[index]


def answered(site: TestSite, place: str | None, button: str) -> tuple[Visitor, dict[str, object]]:
    """Return a visitor who pressed a button at the start, and what was written down."""
    visitor = site.visitor(place)
    visitor.accepts() if button == "accept" else visitor.rejects()
    entry = site.site.ledger.of(visitor.cookies["choice"].split(".")[1])[0]
    return visitor, json.loads(entry.body)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """Give a clock that stands still until it is moved."""
    with time_machine.travel(START, tick=False) as moved:
        yield moved


def test_dp15_after_a_reject_nobody_is_asked_again_before_the_time(
    busy_site: TestSite, opt_in_place: str | None, clock: time_machine.Coordinates
) -> None:
    visitor, _ = answered(busy_site, opt_in_place, "reject")
    for moment in (
        START,
        *(START + timedelta(days=d) for d in (1, 30, 100, 181)),
        ends(opt_in_place) - timedelta(seconds=1),
    ):
        clock.move_to(moment)
        page = visitor.goes_to("/privacy")
        assert not page.shows_banner and page.scripts == [], moment
    clock.move_to(ends(opt_in_place))
    page = visitor.goes_to("/privacy")
    assert page.shows_banner and page.scripts == []


@pytest.mark.parametrize("place", ["DE", "IT", "GB", "BR", "CA-QC", None])
def test_dp15_after_a_reject_only_a_material_change_asks_earlier(own_busy_site: TestSite, place: str | None) -> None:
    visitor, _ = answered(own_busy_site, place, "reject")
    own_busy_site.turn_off("videos")
    assert not visitor.goes_to("/").shows_banner
    own_busy_site.turn_on(
        "more", vendor="More", category=Category.MARKETING, settings={"src": "https://more.example/t.js"}
    )
    page = visitor.goes_to("/")
    assert page.shows_banner and page.scripts == []


def test_dp16_a_refusal_is_kept_as_long_as_an_acceptance(
    busy_site: TestSite, opt_in_place: str | None, clock: time_machine.Coordinates
) -> None:
    yes, yes_entry = answered(busy_site, opt_in_place, "accept")
    no, no_entry = answered(busy_site, opt_in_place, "reject")
    assert max_age(yes) == max_age(no) > 0
    assert yes_entry["expires"] == no_entry["expires"] == int(ends(opt_in_place).timestamp())
    for moment, asked in ((ends(opt_in_place) - timedelta(seconds=1), False), (ends(opt_in_place), True)):
        clock.move_to(moment)
        assert yes.goes_to("/").shows_banner is no.goes_to("/").shows_banner is asked


def texts(page: Page) -> set[str]:
    """Return the pieces of text of the first layer."""
    return {squeeze(text) for text in page.one("*[@data-banner]").itertext() if squeeze(text)}


@pytest.mark.parametrize("language", ["de", "fr", "pt-br"])
def test_dp23_the_layer_speaks_the_language_of_its_page(
    busy_site: TestSite, opt_in_place: str | None, language: str
) -> None:
    page = busy_site.visitor(opt_in_place, language=language).goes_to("/")
    layer, html = page.one("*[@data-banner]"), page.root
    assert layer.attrib["lang"] == html.attrib["lang"] == page.response.headers["Content-Language"]
    assert html.attrib["lang"].lower() == language
    english = busy_site.visitor(opt_in_place).goes_to("/")
    # Names, and the one word that is the same in these languages.
    same = {"Adver", "Measure", "Videos", "Softermii Inc.", "×", "Marketing", "."}
    assert texts(page) & texts(english) <= same, "these stand in English"
    labels = {e.attrib["aria-label"] for e in layer.iter() if "aria-label" in e.attrib}
    assert not labels & {e.attrib.get("aria-label") for e in english.one("*[@data-banner]").iter()}


def rich(site: TestSite) -> None:
    """Switch on what the library knows."""
    for template, settings in {
        "ga4": {"id": "G-ABCD123456"},
        "matomo": {"url": "https://matomo.example", "site": "1"},
        "plausible": {"domain": "example.com"},
        "meta-pixel": {"id": "123456789012345"},
        "linkedin-insight": {"id": "1234567"},
        "clarity": {"id": "abcdefghij"},
        "hotjar": {"id": "1234567"},
    }.items():
        site.turn_on(template, template, settings=settings)


@pytest.fixture(scope="module")
def rich_site(busy_site: TestSite) -> TestSite:
    """Give a site with all templates on."""
    rich(busy_site)
    return busy_site


def test_dp25_the_policy_lists_what_the_gate_knows_and_nothing_else(
    rich_site: TestSite, opt_in_place: str | None
) -> None:
    page = rich_site.visitor(opt_in_place).goes_to("/cookies")
    registry = rich_site.site.live.snapshot.registry
    for category in ("functional", "analytics", "marketing"):
        rows = [
            tuple(squeeze("".join(cell.itertext())) for cell in row)
            for row in page.all(f"section[@id='{category}']//tbody/tr")
        ]
        with rich_site.app.test_request_context("/en/cookies"):
            use_locale("en")
            known = [
                (
                    cookie.name,
                    vendor.name or "Softermii Inc.",
                    wording.cookie_purpose(cookie.purpose),
                    wording.lifetime(cookie.lifetime_days),
                    wording.kind(cookie.kind, cookie.party),
                )
                for c, vendor, cookie in registry.cookies()
                if c.value == category
            ]
        assert Counter(rows) == Counter(known)
        assert not rows or all(all(row) for row in rows)
    assert len(list(registry.cookies())) > 30


def test_dp27_who_what_for_and_the_way_back_stand_on_the_first_layer(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    words = busy_site.visitor(opt_in_place).goes_to("/").words("*[@data-banner]")
    for part in ("Softermii Inc.", "extra functions", "statistics", "advertising", "withdraw this at any time"):
        assert part in words


def test_dp30_the_cookie_of_a_choice_ends_in_time_and_visits_do_not_extend_it(
    busy_site: TestSite, opt_in_place: str | None, clock: time_machine.Coordinates
) -> None:
    visitor, _ = answered(busy_site, opt_in_place, "accept")
    assert max_age(visitor) <= LONGEST_DAYS * 86_400
    assert max_age(visitor) == int((ends(opt_in_place) - START).total_seconds())
    value = visitor.cookies["choice"]
    for days in (1, 40, 150):
        clock.move_to(START + timedelta(days=days))
        for path in ("/", "/cookies", "/preferences"):
            assert visitor.goes_to(path).set_cookies == []
    assert visitor.cookies["choice"] == value


def views(visitor: Visitor) -> int:
    """Send what the counter's script sends, and return the status."""
    return visitor._client.post(
        "/s/view", data={"path": "/en/"}, headers={"X-Place": "GB", "Sec-Fetch-Site": "same-origin"}
    ).status_code


def test_dp31_exempt_statistics_say_what_they_are_for_and_stop_at_one_click(own_site: TestSite) -> None:
    own_site.changes("site-counter", exemptions=("uk-statistics",))
    own_site.site.live.refresh()
    visitor = own_site.visitor("GB")
    page = visitor.goes_to("/")
    assert page.scripts == ["site-counter"], "the law lets it run before anybody is asked"
    assert views(visitor) == 204
    words = page.words("*[@data-banner]")
    assert "statistics on how this site is used" in words and "You can say no now or at any time" in words
    values = [e.attrib["value"] for e in page.one(FIELDS).iter("button")]
    assert values.count("reject") == 1, "one click, no account and no charge"
    page = visitor.rejects()
    assert page.scripts == [] and visitor.goes_to("/privacy").scripts == []
    assert own_site.visitor("DE").goes_to("/").scripts == [], "elsewhere nothing is exempt"
    assert views(visitor) == 403
    later = own_site.visitor("GB")
    later.saves(untick=("analytics",))
    assert later.goes_to("/").scripts == [], "the second layer objects too"


def test_dp32_cookies_of_exemptable_templates_live_no_longer_than_395_days() -> None:
    known = library()
    for name, template in known.templates.items():
        if template["exemptable"] and template["vendor"]:
            uses = known.vendors[template["vendor"]]["uses"]["analytics"]
            assert all(0 <= c["lifetime_days"] <= LONGEST_DAYS for c in uses["cookies"]), name


def test_dp32_a_tag_whose_cookies_may_live_longer_cannot_be_marked(own_site: TestSite) -> None:
    own_site.turn_on(
        "mine",
        vendor="Mine",
        category=Category.ANALYTICS,
        settings={"src": "https://mine.example/t.js"},
        cookies=("_mine_id",),
    )
    status, said = own_site.command("tags", "set", "mine", "--exemption", "fr-audience-measurement")
    assert status != 0 and "395" in said, "nobody said how long its cookies live"
    assert own_site.visitor("FR").goes_to("/").scripts == []


def test_dp32_what_was_counted_is_gone_after_25_months(own_site: TestSite, clock: time_machine.Coordinates) -> None:
    counters = own_site.site.counters
    counters.page("/en/")
    counters.flush()
    clock.move_to(datetime(2029, 1, 1, 12, tzinfo=UTC))
    counters.page("/en/cookies")
    counters.flush()
    days = [day.isoformat() for day, _, _ in counters.pages(2000)]
    assert days == ["2029-01-01"], "the French exemption asks for 25 months at most"
