"""What the preview shows is what visitors get once the draft is published: to the byte, and without a trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import urlencode

import pytest
from pages import Page
from sites import TestSite
from sqlalchemy import text
from staffers import Staffer
from visitors import Visitor
from werkzeug.test import TestResponse

from storage import db

PLACES: dict[str, str | None] = {
    "de": "DE",
    "gb": "GB",
    "us-ca": "US-CA",
    "us-va": "US-VA",
    "ca-qc": "CA-QC",
    "br": "BR",
    "au": "AU",
    "row": None,
}
"""A region as the console names it, and how the proxy names a visitor's place there."""
ACTS = ("none", "reject", "accept", "functional", "analytics", "marketing")
PAGES = ("/", "/privacy", "/cookies", "/preferences")
LANGUAGES = ("en", "de", "fr", "pt-br")
UNTOUCHED = (
    "banner_count",
    "page_count",
    "signal_count",
    "choice_count",
    "category_count",
    "notice",
    "ledger_entry",
    "ledger_body",
    "ledger_subject",
)
"""The tables that a visitor's page or choice writes to."""

Asked = tuple[str, str, bool, str, str]
"""Region, act, signal, page and language."""


@dataclass
class Story:
    """Hold what was seen before the draft was published."""

    site: TestSite
    max_: Staffer
    seen: dict[Asked, tuple[list[str], str]] = field(default_factory=dict)
    answers: list[TestResponse] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    others: list[tuple[bytes, bytes]] = field(default_factory=list)


def table() -> Iterator[Asked]:
    """Give the table: each place, act and signal, on two pages in languages that take turns."""
    for number, (place, act, signal) in enumerate(product(PLACES, ACTS, (False, True))):
        for page in (PAGES[0], PAGES[1 + number % 3]):
            yield place, act, signal, page, LANGUAGES[(number // 3) % 4]


def address(place: str, act: str, signal: bool, page: str, language: str, **more: str) -> str:
    query = {"place": place, "act": act, "page": page, "language": language, **more}
    return "/staff/preview?" + urlencode(query | ({"signal": "1"} if signal else {}))


def rows(site: TestSite) -> dict[str, int]:
    """Count what the store holds of visitors, with what is counted in memory."""
    site.site.counters.flush()
    site.site.statistics.catch_up()
    with site.app.app_context(), db.engine.connect() as connection:
        return {t: connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in UNTOUCHED}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Draft three tags, preview them as everybody, and only then publish them."""
    site = TestSite(tmp_path_factory.mktemp("previews"), RATE_LIMITS="off")
    story = Story(site, Staffer(site, "max@example.com", "marketer").comes_in())
    max_ = story.max_
    max_.adds("ga4", set_id="G-ABCD123456")
    max_.adds(
        "custom",
        id="ads",
        set_src="https://cdn.ads.example/t.js?a=1&b=2",
        set_connect="https://api.ads.example\nwss://live.ads.example",
        set_img="https://img.ads.example",
        vendor="Ads & Söhne",
        vendor_role="third_party",
        category="marketing",
        cookies="_ads_*",
        stores="some",
        storage="ads",
        exclude="/privacy*",
        integrity="sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
        priority="-3",
    )
    max_.adds(
        "snippet",
        id="help",
        snippet="<script>console.log('</p>' + `${1 < 2}`);</script>",
        set_frame="https://chat.example",
        vendor="Help",
        category="functional",
        stores="none",
        position="body",
        not_places=["us-va"],
    )
    neighbours = [site.visitor(place) for place in ("DE", "US-CA", None)]
    pages = [each.goes_to("/").response.data for each in neighbours]
    story.before = rows(site)
    for asked in table():
        answer = max_.asks(address(*asked))
        assert answer.status_code == 200, f"{asked}: {answer.status_code}"
        page = Page(answer)
        story.answers.append(answer)
        story.seen[asked] = page.exact_scripts, answer.headers.getlist("Content-Security-Policy")[0]
    story.after = rows(site)
    story.others = [(old, each.goes_to("/").response.data) for old, each in zip(pages, neighbours, strict=True)]
    assert max_.publishes("all of it").url == "/staff/versions/2"
    yield story
    site.close()


def chosen(visitor: Visitor, act: str) -> Visitor:
    """Let a visitor do what an act names."""
    if act == "accept":
        visitor.accepts()
    elif act == "reject":
        visitor.rejects()
    elif act != "none":
        visitor.saves(tick=(act,), untick=tuple(a for a in ACTS[3:] if a != act))
    return visitor


@pytest.mark.parametrize("place", list(PLACES))
@pytest.mark.parametrize("signal", [False, True], ids=["without signal", "with signal"])
def test_what_was_previewed_is_what_is_served(story: Story, place: str, signal: bool) -> None:
    compared = 0
    for act in ACTS:
        visitor = chosen(story.site.visitor(PLACES[place], gpc="1" if signal else None), act)
        for asked, (scripts, policy) in story.seen.items():
            if asked[:3] == (place, act, signal):
                visitor.language = asked[4]
                page = visitor.goes_to(asked[3])
                assert page.exact_scripts == scripts, f"{asked}: the scripts differ"
                assert page.response.headers.getlist("Content-Security-Policy") == [policy], f"{asked}: the policy"
                compared += 1
    assert compared == 2 * len(ACTS)


def test_the_table_holds_every_case(story: Story) -> None:
    """A table in which nothing differs would compare nothing."""
    with_scripts = {
        tuple(re.findall(r'data-tag="([a-z0-9-]+)"', "".join(scripts))) for scripts, _ in story.seen.values()
    }
    assert () in with_scripts
    assert {tag for tags in with_scripts for tag in tags} == {"site-counter", "ga4", "ads", "help"}
    assert len(with_scripts) >= 7 and len({policy for _, policy in story.seen.values()}) >= 7
    assert {a[3] for a in story.seen} == set(PAGES) and {a[4] for a in story.seen} == set(LANGUAGES)
    assert story.seen["de", "none", False, "/", "en"][0] == []


def test_a_preview_is_in_a_sandbox_and_keeps_every_request_at_home(story: Story) -> None:
    for answer in story.answers:
        _, fence = answer.headers.getlist("Content-Security-Policy")
        assert fence.startswith("sandbox allow-scripts; "), "nothing else is allowed: no origin, no forms, no popups"
        for part in fence.split("; ")[1:]:
            name, *sources = part.split()
            assert set(sources) <= {"'none'", "'self'", "http://localhost"}, f"{name} leads elsewhere: {sources}"
        assert "default-src 'none'" in fence


def test_vendors_load_where_they_were_asked_for(story: Story) -> None:
    answer = story.max_.asks(address("us-ca", "accept", False, "/", "en", vendors="1"))
    visitors, sandbox = answer.headers.getlist("Content-Security-Policy")
    assert sandbox == "sandbox allow-scripts"
    assert "https://cdn.ads.example" in visitors


def test_no_preview_sets_a_cookie_or_is_kept(story: Story) -> None:
    for answer in story.answers:
        assert not answer.headers.getlist("Set-Cookie")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers


def test_no_preview_leaves_a_trace(story: Story) -> None:
    assert story.after == story.before, "nothing is counted, no notice is stored, no choice is written down"


def test_a_visit_does_leave_one(story: Story) -> None:
    """What is compared above is what a visit changes."""
    before = rows(story.site)
    story.site.visitor("KR", language="pt-br").rejects()
    changed = {name for name, number in rows(story.site).items() if number != before[name]}
    assert {"banner_count", "ledger_entry", "ledger_body", "notice"} <= changed


@pytest.mark.parametrize("place", list(PLACES))
def test_the_whole_page_is_the_same(story: Story, place: str) -> None:
    """Before a choice nothing in the page is of one visitor alone; in a preview, links lead nowhere."""
    (previewed,) = [
        answer.data
        for asked, answer in zip(story.seen, story.answers, strict=True)
        if asked[:4] == (place, "none", False, "/")
    ]
    language = next(asked[4] for asked in story.seen if asked[:4] == (place, "none", False, "/"))
    served = story.site.visitor(PLACES[place], language=language).goes_to("/").response.data
    assert b"<a href=" in served and b"<a href=" not in previewed
    still = re.sub(rb'(<a [^>]*?)href="[^"]*"', rb'\1role="link" aria-disabled="true"', served)
    assert still == previewed


def test_nobody_elses_page_changed_by_a_preview(story: Story) -> None:
    assert len(story.others) == 3
    for before, after in story.others:
        assert before == after


def test_a_draft_is_in_nobody_elses_preview(story: Story) -> None:
    story.max_.adds("hotjar", set_id="1234567")
    ann = Staffer(story.site, "ann@example.com", "marketer").comes_in()
    where = address("us-ca", "accept", False, "/", "en")
    assert "hotjar" in Page(story.max_.asks(where)).scripts
    assert "hotjar" not in Page(ann.asks(where)).scripts
    assert "hotjar" not in chosen(story.site.visitor("US-CA"), "accept").goes_to("/").scripts


@pytest.mark.parametrize(
    "query",
    ["", "place=eu", "place=xx", "place=de&language=xx", "place=de&page=privacy", f"place=de&page=/{'x' * 200}"],
    ids=lambda query: query[:30] or "no place",
)
def test_what_cannot_be_previewed_is_no_page(story: Story, query: str) -> None:
    assert story.max_.goes_to(f"/staff/preview?{query}", status=404).words("h1") == "There is no such page"


@pytest.mark.parametrize("path", ["/nope", "//evil.example/", "/\r\nX-Evil: 1", "/%00", "/../../etc/passwd"])
def test_a_page_that_is_not_there_is_shown_as_visitors_would_see_it(story: Story, path: str) -> None:
    answer = story.max_.asks(address("de", "none", False, path, "en"))
    assert answer.status_code == 404 and "Location" not in answer.headers and "X-Evil" not in answer.headers
    assert len(answer.headers.getlist("Content-Security-Policy")) == 2
