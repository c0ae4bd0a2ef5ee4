"""Dark patterns, what HTML and style sheet prove of the look: DP06, DP07, DP24, DP28. Browsers prove the rest."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import pytest
from pages import Page, squeeze
from sites import TestSite
from visitors import Visitor

CSS_PIXELS = {"rem": 17.0, "px": 1.0}
"""The root's size is 106.25 % of 16 px."""


def rules(visitor: Visitor, page: Page) -> list[tuple[str, str, dict[str, str]]]:
    """Return media query, selector and declarations of each rule of the sheet that the page names."""
    sheet = visitor.get(page.one("link[@rel='stylesheet']").attrib["href"]).get_data(as_text=True)
    found, media, position = [], "", 0
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)
    while match := re.compile(r"\s*([^{};]*)([{};])").match(sheet, position):
        position = match.end()
        head, mark = squeeze(match[1]), match[2]
        if mark == "}":
            media = ""
        elif mark == "{" and head.startswith("@media"):
            media = head
        elif mark == "{":
            end = sheet.index("}", position)
            body = dict(part.split(":", 1) for part in sheet[position:end].split(";") if ":" in part)
            position = end + 1
            for selector in head.split(","):
                found.append((media, selector.strip(), {k.strip(): v.strip() for k, v in body.items()}))
    assert len(found) > 50, "the sheet was read"
    return found


def tokens(sheet: list[tuple[str, str, dict[str, str]]], *, dark: bool) -> dict[str, str]:
    """Return the colour tokens of a scheme."""
    values: dict[str, str] = {}
    for media, selector, body in sheet:
        if selector == ":root" and (not media or (dark and "dark" in media)):
            values |= {k: v for k, v in body.items() if k.startswith("--")}
    return values


def colour(text: str, values: dict[str, str]) -> str:
    """Resolve a colour to ``#rrggbb``."""
    while match := re.fullmatch(r"var\((--[a-z-]+)\)", text):
        text = values[match[1]]
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        text = "#" + "".join(c * 2 for c in text[1:])
    assert re.fullmatch(r"#[0-9a-f]{6}", text), text
    return text


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.2, 1.4.3."""

    def luminance(text: str) -> float:
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def dressed(sheet: list[tuple[str, str, dict[str, str]]], name: str, state: str = "") -> dict[str, str]:
    """Return what the rules outside media queries say of a class's buttons, in a state such as ``:hover``."""
    found: dict[str, str] = {}
    for media, selector, body in sheet:
        if media or name not in selector or ("close" in selector) != ("close" in name):
            continue
        last = re.split(r"[ >]+", selector)[-1]
        pseudo = "".join(re.findall(r":[a-z-]+", last))
        if (name == ".close" or last != name) and not last.startswith("a") and pseudo in ("", state):
            found |= body
    return found


def pair(page: Page, layer: str) -> tuple[Element, Element]:
    """Return *Accept* and *Reject* of a layer; a close mark is neither."""
    found = {e.attrib["value"]: e for e in page.one(layer).iter("button") if e.attrib.get("class") != "close"}
    return found["accept"], found["reject"]


@pytest.mark.parametrize("path", ["/", "/preferences"])
def test_dp06_accept_and_reject_are_the_same_element_under_the_same_rules(
    busy_site: TestSite, opt_in_place: str | None, path: str
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    page = visitor.goes_to(path)
    accept, reject = pair(page, "*[@data-banner]" if path == "/" else "main//form")
    assert accept.tag == reject.tag == "button"
    assert set(accept.attrib) == set(reject.attrib) == {"name", "value"}, "neither has a class of its own"
    row = page.all("div[@class='trio']")
    assert len(row) == 1 and accept in list(row[0]) and reject in list(row[0])
    for _, selector, _body in rules(visitor, page):
        if ".trio" in selector or "button" in selector:
            assert not re.search(r"\[|:(nth|first|last|only|has|not)|[+~]", selector), f"{selector} can tell them apart"
        assert "accept" not in selector and "reject" not in selector


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_dp07_reject_can_be_read_as_well_as_accept(busy_site: TestSite, opt_in_place: str | None, dark: bool) -> None:
    visitor = busy_site.visitor(opt_in_place)
    page = visitor.goes_to("/")
    sheet = rules(visitor, page)
    values = tokens(sheet, dark=dark)
    for state in ("", ":hover"):
        body = dressed(sheet, ".trio", state)
        ratio = contrast(colour(body["color"], values), colour(body["background"], values))
        # One set of rules dresses both (DP06): this ratio is that of either, and they cannot differ.
        assert ratio >= 4.5
    if any(e.attrib.get("class") == "close" for e in page.all("button")):
        close, card = (
            dressed(sheet, ".close"),
            next(b for m, s, b in sheet if s == ".ask" and not m and "background" in b),
        )
        assert close["background"] in ("none", "transparent")
        assert contrast(colour(close["color"], values), colour(card["background"], values)) >= 4.5


def test_dp24_order_and_presence_do_not_depend_on_the_width(busy_site: TestSite, opt_in_place: str | None) -> None:
    wide = busy_site.visitor(opt_in_place).goes_to("/", User_Agent="Mozilla/5.0 (X11; Linux x86_64)")
    visitor = busy_site.visitor(opt_in_place)
    small = visitor.goes_to(
        "/", User_Agent="Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile", Sec_CH_UA_Mobile="?1"
    )
    assert wide.text == small.text
    for media, selector, body in rules(visitor, small):
        if not re.search(r"\.trio|\.ask|button|data-choose|\.close", selector) or media == "@media print":
            continue
        assert "order" not in body and "reverse" not in "".join(body.values())
        assert not {body.get("display"), body.get("visibility")} & {"none", "hidden"}, f"{media} {selector}"


def test_dp28_everything_is_a_native_control_with_a_name_a_target_and_a_place_for_focus(
    busy_site: TestSite, any_place: str | None
) -> None:
    visitor = busy_site.visitor(any_place)
    for path in ("/", "/preferences"):
        page = visitor.goes_to(path)
        assert not page.has("*[@autofocus]") and not page.has("*[@accesskey]")
        assert {e.attrib["tabindex"] for e in page.all("*[@tabindex]")} <= {"0", "-1"}
        for region in page.all("*[@data-banner]"):
            assert region.tag == "section" and squeeze(region.attrib["aria-label"])
        for button in page.all("button"):
            assert squeeze(button.attrib.get("aria-label") or "".join(button.itertext()))
        labelled = {inner for label in page.all("label") for inner in label.iter("input")}
        for box in page.all("input"):
            if box.attrib.get("type") != "hidden":
                assert box in labelled
                names = box.attrib.get("aria-labelledby", "").split()
                assert all(page.has(f"*[@id='{name}']") for name in names)
    assert page.has("fieldset/legend") and page.one("*[@id='choice-state']").attrib["tabindex"] == "-1"
    sheet = rules(visitor, page)
    labels = (".vendor label", ".switch", ".choices label", ".option")
    sizes = [b for m, s, b in sheet if not m and s in labels and "min-block-size" in b]
    assert len(sizes) >= 3, "each kind of box has a label with a size of its own"
    values = tokens(sheet, dark=False)
    for body in (dressed(sheet, ".trio"), dressed(sheet, ".close"), *sizes):
        size = body.get("min-block-size") or body["block-size"]
        if match := re.fullmatch(r"var\((--[a-z-]+)\)", size):
            size = values[match[1]]
        number, unit = re.fullmatch(r"([\d.]+)(rem|px)", size).groups()  # type: ignore[union-attr]
        assert float(number) * CSS_PIXELS[unit] >= 24, body
    assert any(s == ":focus-visible" and "outline" in b for _, s, b in sheet)
    assert not any("focus" in s and "none" in b.get("outline", "") for _, s, b in sheet)
    visitor.rejects()  # Checks that the answer leads to the confirmation, and that it can take focus.
