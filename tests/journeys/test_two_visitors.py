"""Pages are kept by the store in front, and none that was made for one visitor ever reaches another."""

from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime, timedelta

import brotli
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages import Page
from sites import TestSite
from visitors import Visitor
from werkzeug.test import TestResponse

from privacy.categories import Category

PAGES = ("/", "/privacy", "/cookies", "/contact")
PLACES = ("DE", "FR", "GB", "BR", "CA-QC", "AU", "US-CA", "US-VA", "JP", None)
START = datetime(2026, 12, 2, 12, tzinfo=UTC)


def headers(response: TestResponse) -> list[tuple[str, str]]:
    """Return all headers in their order."""
    return list(response.headers.items())


def act(visitor: Visitor, deed: str) -> None:
    """Let a visitor do something, or nothing."""
    if deed == "accepts":
        visitor.accepts()
    elif deed == "rejects":
        visitor.rejects()
    elif deed == "saves":
        visitor.saves(tick=("analytics",), untick=("marketing",))


def test_interleaved_visitors_get_what_they_would_get_alone(own_busy_site: TestSite) -> None:
    ways = [
        {"place": place, "gpc": gpc, "language": language, "deed": deed}
        for place in PLACES
        for gpc in (None, "1")
        for language in ("en", "de")
        for deed in ("", "accepts", "rejects", "saves")
    ]
    visitors = []
    for way in ways:
        deed = way.pop("deed")
        visitor = own_busy_site.visitor(**way)  # type: ignore[arg-type]
        act(visitor, str(deed))
        visitor.goes_to("/")  # A first visit under a binding signal sets its constant cookie.
        visitors.append(visitor)
    front = own_busy_site.site.front
    assert front is not None
    alone = {}
    for number, visitor in enumerate(visitors):
        for path in PAGES:
            front.clear()
            alone[number, path] = visitor.get(f"/{visitor.language}{path}")
    front.clear()
    front.hits = 0
    order = [(n, path) for n in range(len(visitors)) for path in PAGES] * 2
    random.Random(7).shuffle(order)
    for number, path in order:
        visitor = visitors[number]
        answer, wanted = visitor.get(f"/{visitor.language}{path}"), alone[number, path]
        assert answer.data == wanted.data and headers(answer) == headers(wanted)
    assert front.hits > len(order) // 2, "most of them came from the store"


@pytest.mark.parametrize("path", [*(f"/en{p}" for p in PAGES), "/.well-known/gpc.json"])
def test_a_hit_has_every_header_of_the_miss(own_busy_site: TestSite, path: str) -> None:
    visitor, front = own_busy_site.visitor("DE"), own_busy_site.site.front
    assert front is not None
    front.clear()
    for encoding in ("identity", "br", "gzip", "gzip, br;q=0", "*"):
        miss = visitor.get(path, Accept_Encoding=encoding)
        front.clear()
        again = visitor.get(path, Accept_Encoding=encoding)
        hits = front.hits
        hit = visitor.get(path, Accept_Encoding=encoding)
        assert front.hits == hits + 1
        assert headers(miss) == headers(again) == headers(hit) and miss.data == hit.data
        assert (hit.headers["ETag"] and "Cookie" in hit.headers["Vary"]) or path.startswith("/.well-known")
    assert "Set-Cookie" not in hit.headers


def test_a_page_is_one_page_in_every_encoding(own_busy_site: TestSite) -> None:
    visitor = own_busy_site.visitor("DE")
    plain = visitor.get("/en/privacy")
    packed = visitor.get("/en/privacy", Accept_Encoding="gzip, deflate, br")
    older = visitor.get("/en/privacy", Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "br" and brotli.decompress(packed.data) == plain.data
    assert older.headers["Content-Encoding"] == "gzip" and gzip.decompress(older.data) == plain.data
    tags = {r.headers["ETag"] for r in (plain, packed, older)}
    assert len(tags) == 3, "different bytes have different strong tags (RFC 9110, 8.8.3)"
    for response in (plain, packed, older):
        assert int(response.headers["Content-Length"]) == len(response.data)
        assert "Accept-Encoding" in response.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/en/", "/en/privacy", "/en/cookies", "/en/contact", "/en/preferences", "/en/nothing"]
)
def test_head_says_what_get_says(own_busy_site: TestSite, path: str) -> None:
    for _ in range(2):
        visitor = own_busy_site.visitor("DE")
        head = visitor._client.head(path, headers=visitor._headers({}))
        got = visitor.get(path)
        again = visitor._client.head(path, headers=visitor._headers({}))
        assert head.data == again.data == b""
        assert head.status == got.status == again.status
        assert headers(again) == headers(got)
        assert {k: v for k, v in headers(head) if k != "ETag"}.items() <= dict(headers(got)).items()


def test_a_page_that_a_browser_has_is_not_sent_again(own_busy_site: TestSite) -> None:
    visitor = own_busy_site.visitor("DE")
    first = visitor.get("/en/privacy")
    for value in (first.headers["ETag"], "W/" + first.headers["ETag"], '"x", ' + first.headers["ETag"], "*"):
        again = visitor.get("/en/privacy", If_None_Match=value)
        assert again.status_code == 304 and again.data == b""
        for name in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy"):
            assert again.headers[name] == first.headers[name]
    assert visitor.get("/en/privacy", If_None_Match='"x"').status_code == 200
    visitor.accepts()
    changed = visitor.get("/en/privacy", If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200 and changed.headers["ETag"] != first.headers["ETag"], "a choice is a new page"


@pytest.mark.parametrize("place", ["DE", "US-CA", None])
def test_preferences_belong_to_one_visitor_and_are_kept_by_nobody(busy_site: TestSite, place: str | None) -> None:
    visitor = busy_site.visitor(place)
    for deed in ("", "accepts", "rejects"):
        act(visitor, deed)
        response = visitor.get("/en/preferences")
        assert response.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in response.headers
    assert visitor.post({"choice": "accept"}).headers["Cache-Control"] == "private, no-store"
    visitor.rejects()
    assert visitor.get("/en/").headers["Cache-Control"] == "private, no-cache", "a page of nobody alone is kept"


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.sampled_from(PLACES),
    deed=st.sampled_from(["accepts", "rejects", "saves"]),
    path=st.sampled_from(PAGES),
    apart=st.integers(0, 86_000 // 2),
)
def test_equal_states_give_equal_bytes_and_no_page_holds_an_id(
    busy_site: TestSite, place: str | None, deed: str, path: str, apart: int
) -> None:
    with time_machine.travel(START.replace(hour=0), tick=False) as clock:
        one, other = busy_site.visitor(place), busy_site.visitor(place)
        act(one, deed)
        clock.shift(timedelta(seconds=apart))
        act(other, deed)
        pages = []
        for visitor in (one, other):
            busy_site.site.front.clear()  # type: ignore[union-attr]
            pages.append(visitor.get(f"/en{path}"))
    assert one.cookies["choice"] != other.cookies["choice"]
    assert pages[0].data == pages[1].data and headers(pages[0]) == headers(pages[1])
    said = pages[0].get_data(as_text=True) + repr(headers(pages[0]))
    for visitor in (one, other):
        identifier = visitor.cookies["choice"].split(".")[1]
        assert identifier not in said and visitor.cookies["choice"] not in said


def test_no_page_shows_what_a_cookie_held(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("DE")
    visitor.accepts()
    visitor.bring_cookie("_adver_id", "a-secret-of-somebody")
    visitor.bring_cookie("other", "another-secret")
    for path in (*PAGES, "/preferences"):
        text = visitor.goes_to(path).text
        assert "a-secret-of-somebody" not in text and "another-secret" not in text
        assert visitor.cookies["choice"] not in text
        assert visitor.cookies["choice"].split(".")[1] not in text or path == "/preferences"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/en",
        "/en/",
        "/en/privacy",
        "/en/cookies",
        "/en/contact",
        "/en/preferences",
        "/en/nothing",
        "/nothing",
        "//evil.example/",
        "/en//privacy",
    ],
)
def test_bytes_never_name_the_host_that_was_asked_for(own_site: TestSite, path: str) -> None:
    for name in ("evil.example", "evil.example:8000", "evil.example, x"):
        client = own_site.app.test_client()
        response = client.get(path, headers={"Host": name, "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in response.get_data(as_text=True).replace(path, "")
        assert not response.headers.get("Location", "/").startswith(("//", "http://evil", "https://evil"))
    page = own_site.visitor("DE").goes_to("/privacy")
    assert page.one("link[@rel='canonical']").attrib["href"] == "http://127.0.0.1:8000/en/privacy"


def test_a_page_that_sets_or_expires_a_cookie_is_kept_for_nobody(own_busy_site: TestSite) -> None:
    front = own_busy_site.site.front
    assert front is not None
    front.clear()
    sending = own_busy_site.visitor("US-CA", gpc="1")
    assert sending.goes_to("/").set_cookies
    tracked = own_busy_site.visitor("DE")
    tracked.bring_cookie("_adver_id", "1")
    assert tracked.goes_to("/").set_cookies
    assert not front._pages
    assert own_busy_site.visitor("DE").goes_to("/").set_cookies == []
    own_busy_site.turn_off("ads")
    assert own_busy_site.visitor("US-CA").goes_to("/").scripts == ["site-counter", "measure", "videos"]


def test_a_new_version_is_a_new_page(own_site: TestSite) -> None:
    visitor = own_site.visitor("AU")
    assert visitor.goes_to("/").scripts == ["site-counter"]
    own_site.turn_on("ads", vendor="Adver", category=Category.MARKETING, settings={"src": "https://adver.example/t.js"})
    assert visitor.goes_to("/").scripts == ["site-counter", "ads"]
    own_site.turn_off("ads")
    assert visitor.goes_to("/").scripts == ["site-counter"]


def test_queries_and_unknown_methods_go_past_the_store(own_site: TestSite) -> None:
    front, visitor = own_site.site.front, own_site.visitor("DE")
    assert front is not None
    visitor.goes_to("/")
    hits = front.hits
    assert Page(visitor.get("/en/?x=1")).shows_banner
    assert front.hits == hits
