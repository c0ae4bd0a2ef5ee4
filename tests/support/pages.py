"""A page as a person finds it. Each is checked when it is fetched: a page that is not well made fails the test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
from werkzeug.test import TestResponse


class Page:
    """Hold a response with its parsed page."""

    def __init__(self, response: TestResponse, *, check: bool = True) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.get_data(as_text=True)
        self.csp = parse_csp(response.headers.get("Content-Security-Policy", ""))
        parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=check, namespaceHTMLElements=False)
        self.root: Element = parser.parse(self.text)
        if check:
            self._check()

    def all(self, path: str) -> list[Element]:
        """Return the elements of an ElementTree path, from anywhere in the page."""
        return self.root.findall(f".//{path}")

    def one(self, path: str) -> Element:
        """Return the only element of a path."""
        found = self.all(path)
        assert len(found) == 1, f"{self.url}: expected one {path}, found {len(found)}"
        return found[0]

    def has(self, path: str) -> bool:
        """Say whether there is such an element."""
        return bool(self.all(path))

    @property
    def url(self) -> str:
        """Give the address."""
        return self.response.request.path

    @property
    def scripts(self) -> list[str]:
        """Give the ids of the tags whose scripts the page carries, each once, in order."""
        return list(dict.fromkeys(e.attrib["data-tag"] for e in self.all("script[@data-tag]")))

    @property
    def exact_scripts(self) -> list[str]:
        """Give the scripts of tags as they stand in the page, to the byte."""
        return re.findall(r"<script\b[^>]*\bdata-tag=[^>]*></script>", self.text)

    @property
    def sources(self) -> list[str]:
        """Give the addresses of all scripts."""
        return [e.attrib.get("src", "inline") for e in self.all("script")]

    @property
    def shows_banner(self) -> bool:
        """Say whether the first layer stands in the page."""
        return self.has("*[@data-banner]")

    @property
    def set_cookies(self) -> list[str]:
        """Give the Set-Cookie headers."""
        return self.response.headers.getlist("Set-Cookie")

    def words(self, path: str | None = None) -> str:
        """Return the text of the page, or of one element."""
        return squeeze("".join((self.one(path) if path else self.one("body")).itertext()))

    def fields(self, path: str) -> list[tuple[str, str]]:
        """Return what a form would send without a button: hidden fields and what is ticked."""
        found = []
        for element in self.one(path).iter("input"):
            kind = element.attrib.get("type", "text")
            if "disabled" in element.attrib or (kind in ("checkbox", "radio") and "checked" not in element.attrib):
                continue
            found.append((element.attrib["name"], element.attrib.get("value", "on")))
        return found

    def is_ticked(self, box: str) -> bool:
        """Say whether a category's switch (``analytics``) or a vendor's box (``analytics:site``) is ticked."""
        name = "vendor" if ":" in box else "category"
        return "checked" in self.one(f"input[@name='{name}'][@value='{box}']").attrib

    def _check(self) -> None:
        headings = self.all("h1")
        assert len(headings) == 1, f"{self.url}: a page has one h1, this has {len(headings)}"
        title, heading = squeeze(self.one("title").text or ""), squeeze("".join(headings[0].itertext()))
        assert title.startswith(heading), f"{self.url}: the title {title!r} begins with the heading {heading!r}"
        doubled = [name for name, n in Counter(e.attrib["id"] for e in self.all("*[@id]")).items() if n > 1]
        assert not doubled, f"{self.url}: ids stand once, these do not: {doubled}"
        html = self.root if self.root.tag == "html" else self.one("html")
        assert html.attrib.get("lang") and html.attrib.get("dir"), f"{self.url}: html names its language and direction"
        for element in self.root.iter():
            assert "style" not in element.attrib, f"{self.url}: no inline style, the policy would refuse it"
            assert not any(name.startswith("on") for name in element.attrib), f"{self.url}: no inline handlers"
            for word in neutral_offences(element):
                raise AssertionError(f"{self.url}: {word!r} in an id, class or asset path: blockers hide it")


_NOT_NEUTRAL = re.compile(r"cookie|consent|gdpr", re.IGNORECASE)


def neutral_offences(element: Element) -> Iterator[str]:
    """Name ids, classes and asset paths that content blockers would hide. Anchors of a text are no such thing."""
    names = [element.attrib.get("class", "")]
    if element.tag in ("script", "link", "img", "form", "div", "aside"):
        names += [element.attrib.get("id", ""), element.attrib.get("src", "")]
    if element.tag == "link" and element.attrib.get("rel") in ("stylesheet", "preload", "icon"):
        names.append(element.attrib.get("href", ""))
    return (name for name in names if _NOT_NEUTRAL.search(name))


def squeeze(text: str) -> str:
    """Return a text with single spaces."""
    return re.sub(r"\s+", " ", text).strip()


def parse_csp(value: str) -> dict[str, list[str]]:
    """Return a policy's directives with their sources."""
    found = {}
    for part in value.split(";"):
        words = part.split()
        if words:
            found[words[0]] = words[1:]
    return found
