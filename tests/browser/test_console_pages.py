"""Every page of the console as people meet it: by reader, in the dark, narrow, from right to left, without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import Person, Served
from desks import Desk, a_console, cookie_of
from entries import entry, refusal, write
from playwright.sync_api import Browser
from sites import TestSite
from staffers import Staffer

from privacy.categories import Category
from privacy.templates import TagConfig
from services.checks import KIND

pytestmark = pytest.mark.browser

ADA, MIA, MAX, NED, SAM, PIA = (f"{name}@example.com" for name in ("ada", "mia", "max", "ned", "sam", "pia"))

GA4 = TagConfig("ga4", "ga4", settings={"id": ("G-ABCD123456",)}, enabled=True)
META = TagConfig("meta", "meta-pixel", settings={"id": ("123456789012345",)}, enabled=True)
# Nobody said who its vendor is in law, nor where it takes the data: it makes the check find something.
POLL = TagConfig(
    "poll",
    "custom",
    category=Category.MARKETING,
    settings={"src": ("https://poll.example/a/rather/long/address/of-a-script/that-does-not-break.js",)},
    vendor="Poll",
    enabled=True,
)
NEEDED = replace(
    POLL,
    id="chat",
    vendor="Chat",
    category=Category.NECESSARY,
    purposes=("security",),
    storage=(),
    reason="It keeps machines from flooding the form by which people ask for help.",
)

NOBODY = ""
PAGES = [
    (NOBODY, "/staff/sign-in"),
    (NOBODY, "/staff/sign-in/passkey"),
    (NOBODY, "/staff/password/new"),
    (ADA, "/staff/"),
    (ADA, "/staff/account"),
    (ADA, "/staff/password"),
    (ADA, "/staff/authenticator"),
    (ADA, "/staff/passkeys"),
    (ADA, "/staff/recovery-codes"),
    (ADA, "/staff/again"),
    (ADA, "/staff/tags"),
    (ADA, "/staff/tags/new"),
    (ADA, "/staff/tags/new/ga4"),
    (ADA, "/staff/tags/new/custom"),
    (ADA, "/staff/tags/new/snippet"),
    (ADA, "/staff/tags/meta"),
    (ADA, "/staff/vendors"),
    (ADA, "/staff/vendors/poll"),
    (ADA, "/staff/draft"),
    (ADA, "/staff/draft?place=de&act=accept&page=/"),
    (MIA, "/staff/draft"),
    (MAX, "/staff/draft"),
    (NED, "/staff/draft"),
    (ADA, "/staff/versions"),
    (ADA, "/staff/versions/1"),
    (ADA, "/staff/versions/3"),
    (ADA, "/staff/policies"),
    (ADA, "/staff/policies/cookies"),
    (ADA, "/staff/policies/privacy"),
    (ADA, "/staff/policies/privacy?draft=1&region=de&language=de"),
    (ADA, "/staff/statistics"),
    (ADA, "/staff/statistics?from=2020-01-01&to=2020-01-31"),
    (ADA, "/staff/record"),
    (ADA, "/staff/record?who=nobody"),
    (ADA, "/staff/check"),
    (ADA, "/staff/people"),
    (ADA, "/staff/people/1"),
    (PIA, "/staff/approvals"),
    (PIA, f"/staff/approvals/{SAM}"),
    (NED, "/staff/approvals"),
    (NED, "/staff/people"),
    (ADA, "/staff/no-such-page"),
]
STATUS = {(NED, "/staff/people"): 403, (ADA, "/staff/no-such-page"): 404}

SITTINGS: dict[str, str] = {}
"""The cookies of those who are signed in."""

each_page = pytest.mark.parametrize(("who", "path"), PAGES, ids=lambda part: part.partition("@")[0])


def furnish(made: TestSite) -> None:
    """Let a site be in the middle of its work: three versions, five drafts, and many who chose."""
    for email, roles in (
        (ADA, ("administrator",)),
        (MIA, ("marketer",)),
        (MAX, ("marketer",)),
        (NED, ("marketer",)),
        (PIA, ("privacy-officer",)),
    ):
        SITTINGS[email] = cookie_of(Staffer(made, email, *roles).comes_in())
    drafts = made.site.drafts
    made.turn_on("meta", "meta-pixel", settings={"id": "123456789012345"})
    drafts.put_tag(MAX, 0, replace(META, priority=5))
    made.changes("meta", priority=7)
    drafts.put_tag(ADA, drafts.put_tag(ADA, 0, GA4).revision, POLL)
    drafts.put_tag(MIA, 0, replace(POLL, include=("/preferences",)))
    drafts.submit(SAM, drafts.put_tag(SAM, 0, NEEDED).revision, "The chat helps with orders.")
    write(made, *(entry() for _ in range(40)), *(refusal() for _ in range(30)))
    write(made, *(entry(jurisdiction={"region": "us-ca"}, policy="tags-2") for _ in range(25)))
    for region, locale, shown in (("de", "en", 200), ("us-ca", "en", 50), ("fr", "fr", 20)):
        for _ in range(shown):
            made.site.counters.shown((made.site.statistics.today(), region, locale))
    for _ in range(77):
        made.site.counters.page("/en/")
    made.site.counters.flush()
    made.site.statistics.catch_up()
    origin = made.site.settings.SITE_ORIGIN
    about = {"region": "de", "path": "/", "language": "en", "url": f"{origin}/en/", "origin": origin, "version": 1}
    made.site.jobs.fail(made.site.jobs.begin(KIND, ADA, about, 1).id, "slow")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with a_console(tmp_path_factory.mktemp("pages"), furnish) as made:
        yield made


Sit = Callable[..., Desk]


@pytest.fixture(scope="module")
def sit(chromium: Browser, site: Served) -> Iterator[Sit]:
    """Give a function that sets somebody before a browser. Each keeps theirs from page to page."""
    seated: dict[str, Desk] = {}

    def make(email: str, language: str = "de") -> Desk:
        # German has the longest words of the four languages.
        key = f"{email} {language}"
        if key not in seated:
            seated[key] = Desk(Person(chromium, site, locale=language), email)
            if email:
                seated[key].sits_down(SITTINGS[email])
        seated[key].hears_anew()
        return seated[key]

    yield make
    for desk in seated.values():
        desk.person.leaves()


_OPEN = "document.querySelectorAll('details').forEach(element => { element.open = true; })"
_ROOM = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def is_for_everybody(desk: Desk) -> None:
    """Assert that the page that is open suits readers, any light, narrow windows and both directions."""
    page = desk.page
    page.evaluate(_OPEN)  # What is folded away is seen too.
    for direction, width in (("rtl", 1280), ("rtl", 320), ("ltr", 320)):
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        page.set_viewport_size({"width": width, "height": 800})
        wide, room = page.evaluate(_ROOM)
        assert wide <= room, f"{page.url}, {direction}: {wide} px wide in a window of {room} px: {widest(desk)}"
    page.emulate_media(color_scheme="light")
    assert _told(Axe().run(page).response) == []
    page.emulate_media(color_scheme="dark")
    # axe-core is in the page by now, and light changes nothing but contrast.
    assert _told(page.evaluate("axe.run({ runOnly: ['color-contrast'] })")) == [], "in the dark"
    desk.is_content()


def _told(response: dict[str, Any]) -> list[str]:
    """Return what axe-core found wrong, one line each."""
    return [
        f"{found['id']} ({found['impact']}): {found['help']} at {[node['target'] for node in found['nodes']]}"
        for found in response["violations"]
    ]


def widest(desk: Desk) -> Any:
    """Return what stands out of the window, for the message."""
    return desk.page.evaluate(
        """() => [...document.body.querySelectorAll("*")].filter((element) => {
          const box = element.getBoundingClientRect();
          return box.right > innerWidth + 1 || box.left < -1;
        }).map((element) => element.outerHTML.slice(0, 80)).slice(0, 8)"""
    )


@each_page
def test_a_page_is_for_everybody(sit: Sit, who: str, path: str) -> None:
    desk = sit(who)
    desk.opens(path, STATUS.get((who, path), 200))
    assert desk.page.locator("h1").count() == 1
    scripts = desk.page.locator("script").count()
    assert scripts == (1 if "passkey" in path else 0), "what needs no script holds none"
    is_for_everybody(desk)


def test_the_drafts_are_in_the_states_that_were_looked_at(sit: Sit) -> None:
    for email, part in (
        (ADA, "input[name=meant]"),
        (MIA, ".findings .bad"),
        (MAX, "button[value^='mine:']"),
        (NED, ".empty"),
    ):
        desk = sit(email)
        desk.opens("/staff/draft")
        assert desk.page.locator(part).count(), f"{email}: there is no {part}"


def test_who_comes_from_a_mail_stays_signed_in(sit: Sit) -> None:
    ada = sit(ADA)
    ada.page.goto("about:blank")
    ada.page.evaluate(f"location.href = '{ada.origin}/staff/tags?from=mail'")
    ada.page.wait_for_url("**/staff/tags*")
    assert ada.page.locator("main form, main table").count() == 0, "the browser keeps the cookie from foreign pages"
    is_for_everybody(ada)
    ada.page.locator("main a").click()
    ada.page.locator("main table").wait_for()
    assert ada.page.url.endswith("/staff/tags?from=mail")


def test_what_a_form_says_of_mistakes_is_for_everybody(sit: Sit) -> None:
    ned = sit(NED, "en")
    ned.opens("/staff/tags/new/custom")
    ned.fills("Address of the script", "javascript:alert(1)")
    ned.presses("Save in the draft")
    problem = ned.page.get_by_role("alert").get_by_role("link").first
    target = (problem.get_attribute("href") or "#").removeprefix("#")
    assert ned.page.locator(f"[id='{target}']").count() == 1, "what is said of a field leads to it"
    is_for_everybody(ned)


def test_what_stands_between_the_steps_of_a_sign_in_is_for_everybody(sit: Sit) -> None:
    ned = sit(NED, "en")
    ned.opens("/staff/authenticator")
    ned.presses("Set up an authenticator")
    assert ned.page.locator("img.square").evaluate("e => e.complete && e.naturalWidth > 0"), "the square is seen"
    is_for_everybody(ned)
    somebody = sit(NOBODY, "en")
    somebody.email = ADA
    somebody.gives_password()
    assert somebody.path == "/staff/code"
    is_for_everybody(somebody)
    somebody.follows("Use a recovery code")
    somebody.fills("Code", "no such code")
    somebody.presses("Sign in")
    assert somebody.path == "/staff/recovery"
    is_for_everybody(somebody)


def test_codes_to_keep_are_for_everybody(sit: Sit) -> None:
    ada = sit(ADA, "en")
    ada.opens("/staff/recovery-codes")
    ada.presses("Make new codes")
    assert ada.page.locator(".codes code").count() == 8
    is_for_everybody(ada)


@pytest.mark.parametrize("width", [1280, 320])
def test_what_has_the_focus_is_not_behind_the_line_about_the_draft(sit: Sit, width: int) -> None:
    ada = sit(ADA)
    ada.page.set_viewport_size({"width": width, "height": 600})
    ada.opens("/staff/tags/new/custom")
    seen = 0
    while ada.page.evaluate("!document.activeElement.closest('.pending')"):
        ada.page.keyboard.press("Tab")
        # The window moves with the next frame.
        ada.page.wait_for_function(_IN_SIGHT)
        seen += 1
        assert seen < 150, "Tab reaches the line about the draft"
    assert seen > 40


_IN_SIGHT = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const line = document.querySelector(".pending").getBoundingClientRect();
  return document.activeElement.closest(".pending") || box.top < line.top - 8 || box.top > line.bottom;
}"""
