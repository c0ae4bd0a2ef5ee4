"""Every page in every language, from everywhere: well made, linked, and true to what the gate knows."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from pages import Page, squeeze
from sites import TestSite

from i18n.locales import LOCALES
from privacy.jurisdictions import load

PATHS = ("/", "/privacy", "/cookies", "/contact", "/preferences")
ORIGIN = "http://127.0.0.1:8000"
SLUGS = [locale.slug for locale in LOCALES]


def regions() -> list[str]:
    """Return the code of every region that has a page today."""
    return sorted(code for code, _ in load().regions(datetime.now(UTC).date()))


def alternates(page: Page) -> dict[str, str]:
    """Return the other languages of a page."""
    return {e.attrib["hreflang"]: e.attrib["href"] for e in page.all("link[@rel='alternate'][@hreflang]")}


@pytest.mark.parametrize("language", SLUGS)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_well_made_in_every_state(
    busy_site: TestSite, any_place: str | None, path: str, language: str
) -> None:
    visitor = busy_site.visitor(any_place, language=language)
    for deed in (None, visitor.accepts, visitor.rejects):
        if deed:
            deed()
        page = visitor.goes_to(path)  # Checks headings, title, ids, language and the HTML itself.
        assert page.root.attrib["lang"].lower() == language == page.response.headers["Content-Language"].lower()
        assert page.one("title").text and page.has("main") and page.has("footer") and page.has("header")
        assert page.one("a[@data-reopen]").attrib["href"] == f"/{language}/preferences"
        assert page.one("*[@id='choice-state']").attrib["tabindex"] == "-1"
        assert page.one("a[@class='skip']").attrib["href"] == "#main" and page.has("*[@id='main']")


@pytest.mark.parametrize("language", SLUGS)
@pytest.mark.parametrize("path", [*PATHS, "/privacy/de"])
def test_a_page_names_itself_and_its_other_languages(busy_site: TestSite, path: str, language: str) -> None:
    page = busy_site.visitor("DE", language=language).goes_to(path)
    assert page.one("link[@rel='canonical']").attrib["href"] == f"{ORIGIN}/{language}{path}"
    wanted = {locale.tag: f"{ORIGIN}/{locale.slug}{path}" for locale in LOCALES}
    assert wanted.items() <= alternates(page).items() and alternates(page).keys() <= wanted.keys() | {"x-default"}
    links = {e.attrib["hreflang"]: e.attrib["href"] for e in page.all("footer//a[@hreflang]")}
    assert links == {locale.tag: f"/{locale.slug}{path}" for locale in LOCALES}
    for locale in LOCALES:
        (link,) = page.all(f"footer//a[@hreflang='{locale.tag}']")
        assert link.attrib["lang"] == locale.tag and squeeze("".join(link.itertext())) == locale.own_name


@pytest.mark.parametrize("language", SLUGS)
@pytest.mark.parametrize("region", regions())
def test_every_region_has_its_page(busy_site: TestSite, region: str, language: str) -> None:
    page = busy_site.visitor("BR", language=language).goes_to(f"/privacy/{region}")
    block = page.one("*[@data-region]")
    assert block.attrib["data-region"] == region
    assert page.one("a[@data-place]").attrib["href"] == f"/{language}/privacy/br", "and the visitor's own stays linked"
    assert {e.attrib["data-clause"] for e in page.all("*[@data-clause]")} >= {"6.5", "14.4", "20.1"}


@pytest.mark.parametrize("place", ["DE", "BR", "US-CA", None])
def test_no_link_of_a_page_is_dead(busy_site: TestSite, place: str | None) -> None:
    visitor = busy_site.visitor(place)
    seen: dict[str, Page] = {}
    waiting = ["/en/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        response = visitor.get(path)
        assert response.status_code == 200, path
        seen[path] = Page(response)
        for link in seen[path].all("a"):
            target, _, fragment = link.attrib["href"].partition("#")
            if not target:
                assert seen[path].has(f"*[@id='{fragment}']"), f"{path}#{fragment}"
            elif target.startswith("/") and not target.startswith("//"):
                waiting.append(target)
            else:
                assert urlsplit(target).scheme in ("https", "mailto", "tel")
                assert not target.startswith("https") or link.attrib["rel"] == "noopener noreferrer"
    for page in seen.values():
        for link in page.all("a"):
            target, _, fragment = link.attrib["href"].partition("#")
            if target in seen and fragment:
                assert seen[target].has(f"*[@id='{fragment}']"), f"{link.attrib['href']} on {page.url}"
    assert len(seen) >= len(PATHS) * len(LOCALES)


@pytest.mark.parametrize("path", [*PATHS, "/nothing"])
def test_every_page_carries_the_fixed_headers(busy_site: TestSite, path: str) -> None:
    response = busy_site.visitor("DE").get(f"/en{path}")
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert len(headers.getlist("Content-Security-Policy")) == 1
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "'nonce" not in policy and " * " not in policy


def test_what_a_page_needs_is_there(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("AU")
    page = visitor.goes_to("/")
    own = [s for s in page.sources if s.startswith("/")]
    for link in page.all("link"):
        if link.attrib["rel"] not in ("canonical", "alternate"):
            own.append(link.attrib["href"])
    assert len(own) >= 4
    for address in own:
        answer = visitor.get(address)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Cookie" not in answer.headers["Vary"]
        wrong = address.replace("/assets/", "/assets/0")
        assert visitor.get(wrong).status_code == 404


@pytest.mark.parametrize("tag", ["on", "off"])
def test_the_cookie_policy_lists_what_is_on_and_nothing_that_is_off(own_busy_site: TestSite, tag: str) -> None:
    if tag == "off":
        own_busy_site.turn_off("ads")
    page = own_busy_site.visitor("DE").goes_to("/cookies")
    names = {squeeze("".join(e.itertext())) for e in page.all("tbody//code")}
    registry = own_busy_site.site.live.snapshot.registry
    assert names == {cookie.name for _, _, cookie in registry.cookies()} | {"choice", "signal"}
    assert ("_adver_*" in names) is (tag == "on")


def test_on_https_the_cookies_have_their_prefix(make_site: object) -> None:
    site: TestSite = make_site(SITE_ORIGIN="https://privacy.example.com")  # type: ignore[operator]
    site.command("prepare")  # As every start does: the cookie policy follows the settings.
    client = site.app.test_client()
    secure = {"base_url": "https://privacy.example.com"}
    answer = client.post("/en/preferences", data={"choice": "accept"}, headers={"X-Place": "DE"}, **secure)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-choice=") and "Secure" in cookie and "Domain" not in cookie
    page = Page(client.get("/en/cookies", headers={"X-Place": "DE"}, **secure))
    assert page.scripts == ["site-counter"] and "__Host-choice" in page.words("main")
    assert page.response.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert client.get("/en/", base_url="http://privacy.example.com").status_code in (301, 302, 308)


def test_the_statement_on_gpc_may_be_read_from_anywhere(site: TestSite) -> None:
    answer = site.app.test_client().get("/.well-known/gpc.json")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin", "auditors read it from their own pages"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
