"""The two layers as people meet them: seen, by keyboard, by reader, narrow, dark, with and without JavaScript."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import Person, Served, a_site
from playwright.sync_api import Route

from web.settings import contrast

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/privacy",
    "/privacy/us-ca",
    "/privacy/versions",
    "/privacy/versions/1",
    "/privacy/versions/1/since/1",
    "/cookies",
    "/cookies/versions/1",
    "/contact",
    "/preferences",
    "/no-such-page",
)

both_ways = pytest.mark.parametrize("scripts", [False, True], ids=["without-javascript", "with-javascript"])
widths = pytest.mark.parametrize("width", [1280, 320])
schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a site with something in two categories. Nobody here allows it."""
    commands = [
        ("tags", "add", "ga4", "--template", "ga4", "--set", "id=G-ABCD123456"),
        ("tags", "enable", "ga4"),
        ("tags", "add", "meta", "--template", "meta-pixel", "--set", "id=123456789012345"),
        ("tags", "enable", "meta"),
    ]
    with a_site(tmp_path_factory.mktemp("layers"), commands) as made:
        yield made


def until(holds: Callable[[], bool], what: str, seconds: float = 8) -> None:
    """Wait until something holds; without JavaScript the page cannot be asked to tell."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, what
        pause.wait(0.02)


# --- Equal answers --------------------------------------------------------------------------------------------------

_ANSWERS = """() => [...document.querySelectorAll("[data-banner] .trio > *")].map((element) => {
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  const look = {};
  for (const name of ["fontFamily", "fontSize", "fontWeight", "fontStyle", "lineHeight", "letterSpacing",
    "textTransform",
    "textDecorationLine", "color", "backgroundColor", "opacity", "boxShadow", "cursor", "visibility",
    "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth", "borderRightWidth",
    "borderBottomWidth", "borderLeftWidth", "borderTopStyle", "borderTopColor", "borderTopLeftRadius"])
    look[name] = style[name];
  look.width = Math.round(box.width * 10) / 10;
  look.height = Math.round(box.height * 10) / 10;
  return { what: element.value || (element.hasAttribute("data-choose") ? "choose" : "?"), look, x: box.x, y: box.y };
})"""


@both_ways
@pytest.mark.parametrize("language", ["en", "de", "fr", "pt-br"])
def test_the_three_answers_weigh_the_same(
    meet: Callable[..., Person], site: Served, scripts: bool, language: str
) -> None:
    person = meet(site, "DE", scripts=scripts, language=language)
    person.goes_to("/")
    for look in looks(person):
        answers = person.page.evaluate(_ANSWERS)
        assert [a["what"] for a in answers] == ["reject", "accept", "choose"], f"{look}: the same order at each width"
        first = answers[0]["look"]
        for answer in answers[1:]:
            unlike = {k: (first[k], v) for k, v in answer["look"].items() if first[k] != v}
            assert not unlike, f"{look}: {answer['what']} looks like {answers[0]['what']}, but for {unlike}"
        for one, other in pairwise(answers):
            assert (one["y"], one["x"]) < (other["y"], other["x"]), f"{look}: seen in the order in which they are read"
        ratio = contrast(hex_of(first["color"]), hex_of(first["backgroundColor"]))
        assert ratio >= 4.5, f"{look}: the answers' contrast is 4.5:1 or more, not {ratio:.1f}:1"


def looks(person: Person) -> Iterator[str]:
    """Show the page that is open wide and narrow, light and dark, one after the other."""
    for width in (1280, 320):
        person.page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            person.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            yield f"{width} px, {scheme}"


def hex_of(colour: str) -> str:
    numbers = re.findall(r"[\d.]+", colour)
    assert len(numbers) == 3 or float(numbers[3]) == 1, f"a colour that lets another through says nothing: {colour}"
    return "#" + "".join(f"{int(float(n)):02x}" for n in numbers[:3])


# --- By keyboard ----------------------------------------------------------------------------------------------------

_FOCUS = """() => { const e = document.activeElement; return e === document.body ? "" :
  e.id || e.value || (e.hasAttribute("data-choose") ? "choose" : e.className) || e.textContent.trim(); }"""


@both_ways
@pytest.mark.parametrize("answer", ["reject", "accept"])
def test_a_keyboard_is_enough(meet: Callable[..., Person], site: Served, scripts: bool, answer: str) -> None:
    person = meet(site, "BR", scripts=scripts)
    page = person.page
    person.goes_to("/privacy")
    passed = []
    for _ in range(8):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(_FOCUS))
        if passed[-1] == answer:
            break
    assert passed[-1] == answer, f"Tab reaches {answer} among the first; it passed {passed}"
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2, "where the focus is can be seen"
    # Accept loads nothing foreign here: whoever accepts at a place without scripts is only asked about the focus.
    person.context.route(lambda url: not url.startswith(site.origin), lambda route: route.abort())
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    assert page.url == f"{site.origin}/en/privacy#choice-state", "the choice leads back to where it was made"
    # The browser looks for the fragment with the next frame, which may come after the load.
    until(lambda: page.evaluate(_FOCUS) == "choice-state", "the focus is on the confirmation")
    state = page.locator("#choice-state")
    assert state.is_visible()
    box = state.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 800, f"the confirmation is within the window, not at {box}"
    page.keyboard.press("Tab")
    assert page.locator("#choice-state a").evaluate("e => e === document.activeElement"), "the next stop is in it"


@both_ways
def test_the_second_layer_by_keyboard(meet: Callable[..., Person], site: Served, scripts: bool) -> None:
    person = meet(site, "DE", scripts=scripts)
    page = person.page
    person.goes_to("/preferences")
    boxes = page.locator("input[name=category], input[name=vendor]")
    ticked = boxes.evaluate_all("all => all.filter(e => e.checked).map(e => e.value)")
    assert ticked == [], f"nothing is ticked before a choice, but {ticked} is"
    page.locator("input[name=category][value=analytics]").focus()
    page.keyboard.press("Space")
    page.locator("main button[name=choice][value=save]").focus()
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    until(lambda: page.evaluate(_FOCUS) == "choice-state", "the focus is on the confirmation")
    assert page.locator("input[name=category][value=analytics]").is_checked()
    assert not page.locator("input[name=category][value=marketing]").is_checked()


# --- In the flow of the page ----------------------------------------------------------------------------------------


@both_ways
@widths
def test_the_page_scrolls_while_the_question_stands(
    meet: Callable[..., Person], site: Served, scripts: bool, width: int
) -> None:
    person = meet(site, None, scripts=scripts, width=width)
    page = person.page
    person.goes_to("/privacy")
    banner = page.locator("[data-banner]")
    before = banner.bounding_box()
    assert before is not None
    page.mouse.move(width / 2, 400)
    page.mouse.wheel(0, 300)
    until(lambda: page.evaluate("scrollY") >= 300, "the page scrolls while the question stands")
    after = banner.bounding_box()
    assert after is not None
    assert after["y"] == pytest.approx(before["y"] - page.evaluate("scrollY"), abs=1), "the banner is in the flow"
    page.keyboard.press("Escape")
    assert banner.count() == 1, "Escape answers nothing"
    assert person.cookies == {}, "scrolling and Escape grant nothing, and refuse nothing"


@widths
@pytest.mark.parametrize("path", ["/", "/privacy"])
@pytest.mark.parametrize("place", ["DE", "AU", "US-CA"])
def test_nothing_shifts(meet: Callable[..., Person], site: Served, width: int, path: str, place: str) -> None:
    person = meet(site, place, width=width)
    page = person.page
    waiting: list[Route] = []
    # The font comes after the first paint, as on a slow line.
    person.context.route("**/*.woff2", lambda route: waiting.append(route))
    person.context.route(lambda url: not url.startswith(site.origin), lambda route: route.abort())
    page.goto(f"{site.origin}/en{path}", wait_until="domcontentloaded")
    painted = "performance.getEntriesByName('first-contentful-paint').length > 0"
    until(lambda: page.evaluate(painted) and bool(waiting), "the page is painted while it waits for its font")
    for route in waiting:
        route.continue_()
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].some(face => face.status === 'loaded')"), "the font has come"
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))")
    shifts = page.evaluate("window.__shifts")
    total = sum(shift["value"] for shift in shifts)
    assert total == 0, f"nothing moves when the font comes; the shift is {total:.4f}: {shifts}"


# --- For everybody --------------------------------------------------------------------------------------------------

_TARGETS = """() => {
  const found = [];
  const all = "a[href], button, summary, input:not([type=hidden]), select, textarea";
  for (const element of document.querySelectorAll(all)) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    let target = element;
    if (element.tagName === "INPUT" && element.labels.length) target = element.labels[0];
    const box = target.getBoundingClientRect();
    if (box.bottom < 0) continue;  // The skip link, until it has focus.
    const inline = getComputedStyle(target).display === "inline";
    const sentence = inline && [...target.parentNode.childNodes].some(
      (node) => node !== target && node.nodeType === 3 && /\\w/.test(node.data));
    const button = element.tagName === "BUTTON" || element.hasAttribute("data-choose");
    found.push({ what: element.outerHTML.slice(0, 90), width: box.width, height: box.height, sentence, button });
  }
  return found;
}"""


@widths
@pytest.mark.parametrize("path", PAGES)
def test_targets_are_large_enough(meet: Callable[..., Person], site: Served, width: int, path: str) -> None:
    person = meet(site, "IT", width=width)
    open_page(person, path)
    for target in person.page.evaluate(_TARGETS):
        least = 44 if target["button"] else 24
        if target["sentence"]:
            continue  # WCAG 2.2, 2.5.8: a link within a sentence is as high as its line.
        assert min(target["width"], target["height"]) >= least - 0.5, f"{path}: a target has {least} px: {target}"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(meet: Callable[..., Person], site: Served, path: str, language: str) -> None:
    person = meet(site, "DE", language=language)
    open_page(person, path)
    assert violations(person) == []
    person.page.emulate_media(color_scheme="dark")
    assert violations(person) == [], "in the dark"


@schemes
@pytest.mark.parametrize("place", ["IT", "US-CA", "BR"])
def test_axe_finds_nothing_narrow_and_after_a_choice(
    meet: Callable[..., Person], site: Served, place: str, scheme: str
) -> None:
    person = meet(site, place, gpc=place == "US-CA", width=320, color_scheme=scheme)
    person.context.route(lambda url: not url.startswith(site.origin), lambda route: route.abort())
    person.goes_to("/")
    assert violations(person) == []
    person.chooses("reject")
    assert violations(person) == []


def violations(person: Person) -> list[str]:
    """Return what axe-core finds wrong with a page, one line each."""
    response: dict[str, Any] = Axe().run(person.page).response
    return [
        f"{found['id']} ({found['impact']}): {found['help']} at {[node['target'] for node in found['nodes']]}"
        for found in response["violations"]
    ]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_its_window(meet: Callable[..., Person], site: Served, path: str, direction: str) -> None:
    person = meet(site, "DE", language="de")

    def turned(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace('dir="ltr"', f'dir="{direction}"'))

    person.context.route(re.compile(r"/de(/|$)"), turned)
    open_page(person, path)
    assert person.page.evaluate("getComputedStyle(document.body).direction") == direction
    for look in looks(person):
        wide, room = person.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room, f"{path} at {look} is {wide} px wide in a window of {room} px"


@pytest.mark.parametrize("path", ["/privacy/gb", "/cookies", "/privacy/versions/1"])
def test_a_text_prints_whole(meet: Callable[..., Person], site: Served, path: str) -> None:
    person = meet(site, "DE", width=650)  # As wide as the text on a sheet of A4.
    open_page(person, path)
    person.page.emulate_media(media="print")
    for gone in ("[data-banner]", ".top nav", ".foot", ".toc", ".regions"):
        assert not person.page.locator(gone).first.is_visible(), f"{gone} is of no use on paper"
    for section in person.page.locator("main section").all():
        assert section.is_visible() and section.inner_text().strip()
    wide, room = person.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room, f"{path} is {wide} px wide on a sheet of {room} px"
    assert person.page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)", "ink is black"
    assert len(person.page.pdf(format="A4")) > 10_000


def open_page(person: Person, path: str) -> None:
    person.goes_to(path, status=404 if path == "/no-such-page" else 200)
