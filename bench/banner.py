"""What the banner weighs: its own HTML, and the rules of the style sheet that apply to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import brotli

from bench.report import Row
from bench.workbench import BROWSER, Workbench, ask, environ
from i18n.locales import LOCALES

_PLACES = ("DE", "FR", "GB", "BR", "CA", "US", "XX")
_COMPOUND = re.compile(r"[#.]?-?[A-Za-z_][\w-]*|\*|\[[^\]]*\]|::?[a-z-]+(?:\([^)]*\))?")
_COMBINATORS = re.compile(r"\s*[>+~]\s*|\s+")


@dataclass(frozen=True)
class Element:
    """Hold what selectors can name of an element."""

    tag: str
    attributes: dict[str, str]

    def fits(self, compound: str) -> bool:
        """Say whether one part of a selector can mean this element, in any state (``:hover`` and the like count)."""
        return all(self._fits(simple) for simple in _COMPOUND.findall(compound))

    def _fits(self, simple: str) -> bool:
        if simple.startswith("."):
            return simple[1:] in self.attributes.get("class", "").split()
        if simple.startswith("#"):
            return simple[1:] == self.attributes.get("id")
        if simple.startswith("["):
            return re.split(r"[~|^$*]?=", simple[1:-1])[0].strip() in self.attributes
        if simple == ":root":
            return self.tag == "html"
        return simple.startswith(":") or simple == "*" or simple == self.tag


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, {name: value or "" for name, value in attrs}))


def elements(html: str) -> list[Element]:
    """Return the elements of a fragment."""
    parser = _Elements()
    parser.feed(html)
    return parser.found


def section_of(page: str) -> str:
    """Return the banner's HTML, or nothing where the page shows none."""
    found = re.search(r"<section[^>]*\bdata-banner\b.*?</section>", page, re.DOTALL)
    return found[0] if found else ""


def rules_for(sheet: str, among: list[Element]) -> str:
    """Return the rules of a style sheet that can apply to elements, whole, with the at-rules around them.

    A selector counts when each of its parts, left to right, can mean one of the elements: that is more than a browser
    would match, never less. Font faces are the page's own, and the banner names none.
    """
    out = []
    for prelude, block in _blocks(sheet):
        if prelude.startswith("@font-face"):
            continue
        if prelude.startswith("@"):
            inner = rules_for(block, among)
            out.append(f"{prelude}{{{inner}}}" if inner else "")
        elif any(_applies(selector, among) for selector in prelude.split(",")):
            out.append(f"{prelude}{{{block}}}")
    return "".join(out)


def _applies(selector: str, among: list[Element]) -> bool:
    parts = [part for part in _COMBINATORS.split(selector.strip()) if part]
    return all(any(element.fits(part) for element in among) for part in parts)


def _blocks(sheet: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while (opening := sheet.find("{", position)) >= 0:
        depth, end = 1, opening + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(sheet[end], 0)
            end += 1
        found.append((sheet[position:opening].strip(), sheet[opening + 1 : end - 1].strip()))
        position = end
    return found


def weight(text: str) -> int:
    """Return how many bytes a text takes, as brotli packs it best."""
    return len(brotli.compress(text.encode(), quality=11))


def banner(bench: Workbench) -> list[Row]:
    """Weigh the banner in every language and from places of each kind; the heaviest counts."""
    heaviest, where, apart, asks, seen = 0, "", "", 0, 0
    for locale in LOCALES:
        for place in _PLACES:
            headers = {k: v for k, v in BROWSER.items() if k != "Accept-Encoding"} | {"CF-IPCountry": place}
            page = ask(bench.app, environ(f"/{locale.slug}/privacy", headers)).body.decode()
            html = section_of(page)
            if not html:
                continue
            rules = rules_for(_sheet(bench, page, headers), [Element("html", {}), Element("body", {}), *elements(html)])
            seen += 1
            asks += _requests(html) + rules.count("url(") + rules.count("@import")
            bytes_ = weight(html) + weight(rules)
            if bytes_ > heaviest:
                heaviest, where = bytes_, f"{locale.slug} from {place}"
                apart = f"{weight(html)} of HTML and {weight(rules)} of CSS ({len(html)} and {len(rules)} unpacked)"
    note = f"the heaviest of {seen}, {where}: {apart}, each packed by itself"
    return [
        Row(
            "the banner, HTML and CSS, brotli",
            "<= 3,000 bytes",
            f"{heaviest:,} bytes",
            heaviest <= 3000,
            heaviest,
            note,
        ),
        Row("the banner: scripts and requests of its own", "0", str(asks), asks == 0 and seen > 0, asks),
    ]


def _sheet(bench: Workbench, page: str, headers: dict[str, str]) -> str:
    links = [e.attributes["href"] for e in elements(page) if e.attributes.get("rel") == "stylesheet"]
    return "".join(ask(bench.app, environ(href, headers)).body.decode() for href in links)


def _requests(html: str) -> int:
    """Count the elements that run a script or make a browser fetch something."""
    fetching = {"script", "img", "iframe", "link", "object", "embed", "video", "audio", "source", "style"}
    return sum(
        e.tag in fetching or any(name.startswith("on") or name in ("src", "srcset", "style") for name in e.attributes)
        for e in elements(html)
    )
