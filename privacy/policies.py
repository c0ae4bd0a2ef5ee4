"""Versions of the published texts: which one holds, which answers it makes old, and what changed between two.

A version is frozen when it is published: one document per locale and region, each a list of sections that are
kept under the hash of their bytes. Nothing of a visitor's stands in them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from html.parser import HTMLParser

from privacy.categories import CHOOSABLE, Category
from privacy.ledger import canonical

FIRST_TEXT = date(2023, 2, 10)
"""The day on which the operator's first policy was last updated. It is listed by its date alone."""


class Kind(StrEnum):
    """Name a published text."""

    PRIVACY = "privacy"
    COOKIES = "cookies"


@dataclass(frozen=True)
class Section:
    """Hold one section as it is served.

    Args:
        anchor: its address in the page, which never changes.
        title: its heading, in the document's language.
        html: its whole element.
    """

    anchor: str
    title: str
    html: str

    @cached_property
    def key(self) -> str:
        """Give the hash under which it is kept: SHA-256 of its parts, the first 128 bits in hex."""
        return hashlib.sha256(
            canonical({"anchor": self.anchor, "title": self.title, "html": self.html}).encode()
        ).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Document:
    """Hold a text in one language for one region."""

    locale: str
    region: str
    title: str
    sections: tuple[Section, ...]

    @property
    def digest(self) -> str:
        """Give the hash of the whole: SHA-256, hex."""
        parts = {"locale": self.locale, "region": self.region, "title": self.title}
        keys = [section.key for section in self.sections]
        return hashlib.sha256(canonical({**parts, "sections": keys}).encode()).hexdigest()

    @property
    def text(self) -> str:
        """Give it as plain text, without what stands around it."""
        return "\n\n".join(plain(section.html) for section in self.sections) + "\n"


@dataclass(frozen=True, slots=True)
class Version:
    """Hold what is known of a published version.

    Args:
        number: counts from 1 for each kind.
        published: when it was published, aware.
        effective: from when it holds, aware.
        note: what changed, by locale.
        material: the categories whose answers it makes old.
        named: ids of the vendors that it names: those that use data for themselves, or for profiles.
        digest: SHA-256 over all of its documents, hex.
    """

    kind: Kind
    number: int
    published: datetime
    effective: datetime
    author: str
    note: Mapping[str, str]
    material: frozenset[Category]
    named: frozenset[str]
    digest: str


def in_force(versions: Iterable[Version], now: datetime) -> Version | None:
    """Return the version that holds at a time: of those in effect the one published last.

    What was corrected stays corrected: a version never takes over from one that was published after it.
    """
    return max((v for v in versions if v.effective <= now), key=lambda v: v.number, default=None)


def lasting(versions: Iterable[Version]) -> tuple[Version, ...]:
    """Return the versions that held, hold or will hold, in their order: none that a later one overtook."""
    known = sorted(versions, key=lambda v: v.number)
    return tuple(v for v in known if not any(_overtakes(later, v) for later in known))


def _overtakes(later: Version, earlier: Version) -> bool:
    is_later = later.kind is earlier.kind and later.number > earlier.number
    return is_later and later.effective <= earlier.effective


def announced(versions: Iterable[Version], now: datetime) -> tuple[Version, ...]:
    """Return the versions that are still to take effect, in the order in which they will."""
    return tuple(v for v in lasting(versions) if v.effective > now)


def asks_since(versions: Iterable[Version], now: datetime) -> tuple[tuple[Category, int], ...]:
    """Return since when a fresh answer is needed: per category, seconds since the epoch.

    A material change to what was consented to asks again, for what it touches and nothing else (EDPB Guidelines
    05/2020, 110; LGPD art. 8 § 6).
    """
    found: dict[Category, int] = {}
    for version in lasting(versions):
        if version.effective <= now:
            for category in version.material:
                found[category] = max(found.get(category, 0), int(version.effective.timestamp()))
    return tuple((c, found[c]) for c in CHOOSABLE if c in found)


class Doubt(ValueError):
    """A version cannot be published like this. Its text says why."""


def check(version: Version, coming: Iterable[Version], *, at_once: bool, withdraws: bool) -> None:
    """Refuse a version that would be backdated or unannounced, or that asks what nobody can be asked.

    Args:
        coming: the versions that are announced.
        at_once: a material change may hold without having been announced.
        withdraws: it is meant to keep the announced ones from ever taking effect.

    Raises:
        Doubt: when it would take effect before it was published, when the cookie policy would not hold at once
            (it states what is switched on now), or when it touches what is strictly necessary.
    """
    if version.effective < version.published:
        raise Doubt("A version cannot take effect before it is published: nothing is backdated.")
    if version.kind is Kind.COOKIES and version.effective > version.published:
        raise Doubt("The cookie policy states what is switched on now: it holds from when it is published.")
    for other in coming:
        if other.effective > version.effective and not withdraws:
            raise Doubt(
                f"Version {other.number} is announced for {other.effective:%Y-%m-%d %H:%M} UTC. What is published now "
                "holds what it says: it takes effect then or later, or withdraws it."
            )
    if version.material and version.effective == version.published and not at_once:
        # LGPD art. 8 § 6, and what the policy itself promises.
        raise Doubt("A material change is announced before it holds: give it a date, or say that it cannot wait.")
    if Category.NECESSARY in version.material:
        raise Doubt("Nobody is asked about what is strictly necessary.")


# Plain text, for machines, for terminals and for comparing.

_BLOCKS = frozenset(["p", "h1", "h2", "h3", "h4", "li", "dt", "dd", "th", "td", "address", "div", "section", "caption"])
_MARKS = {"li": "- ", "dd": "  ", "td": "  "}
_TIGHT = frozenset({("li", "li"), ("dt", "dd"), ("dd", "dt"), ("th", "td"), ("td", "td"), ("td", "th"), ("th", "th")})


class _Plain(HTMLParser):
    """Collect the words of our own, well-formed markup, block by block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = [("p", "")]
        self._words = ""
        self._after: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "thead":
            self._skipped += 1  # The head of a table stands before each of its cells.
        elif tag in _BLOCKS:
            self.end()
            label = known.get("data-label")
            self._open.append((tag, f"{label}: " if label else ""))
        elif tag == "br":
            self._words += " "
        elif tag == "a":
            href = known.get("href") or ""
            self._after.append(
                "" if href.startswith("#") else f" <{href.removeprefix('mailto:').removeprefix('tel:')}>"
            )
        elif tag == "span":
            is_fine = known.get("class") == "fine"
            self._words += " (" if is_fine else ""
            self._after.append(")" if is_fine else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "thead":
            self._skipped -= 1
        elif tag in _BLOCKS:
            self.end()
            self._open.pop()
        elif tag in ("a", "span"):
            self._words += self._after.pop()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._words += data

    def end(self) -> None:
        words = "" if self._skipped else " ".join(self._words.split())
        self._words = ""
        if words:
            tag, label = self._open[-1]
            self.blocks.append((tag, _MARKS.get(tag, "") + label + words))


def plain(html: str) -> str:
    """Return the words of a section: a block on each line, an empty line between those that are no list."""
    reader = _Plain()
    reader.feed(str(html))  # A working text is marked as markup, which would escape what is joined to it.
    reader.close()
    reader.end()
    lines: list[str] = []
    before = ""
    for tag, words in reader.blocks:
        if lines and (before, tag) not in _TIGHT:
            lines.append("")
        lines.append(words)
        before = tag
    return "\n".join(lines)


class Change(StrEnum):
    """Say what became of some words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


Words = tuple[Change, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold what became of one section: its words in order, each run the same, added or removed."""

    anchor: str
    title: str
    change: Change | None
    runs: tuple[Words, ...]


def differences(old: Document, new: Document) -> tuple[Difference, ...]:
    """Compare two versions of a document, section by section and word by word.

    Returns:
        One value for each section that differs, in the order of the new document; removed ones come last.
        ``change`` says that a whole section was added or removed; None stands for one that was edited.
    """
    before = {section.anchor: section for section in old.sections}
    after = {section.anchor for section in new.sections}
    found: list[Difference] = []
    for section in new.sections:
        former = before.get(section.anchor)
        words = plain(section.html)
        if former is None:
            found.append(Difference(section.anchor, section.title, Change.ADDED, ((Change.ADDED, words),)))
        elif (earlier := plain(former.html)) != words:
            found.append(Difference(section.anchor, section.title, None, tuple(compared(earlier, words))))
    found += [
        Difference(section.anchor, section.title, Change.REMOVED, ((Change.REMOVED, plain(section.html)),))
        for section in old.sections
        if section.anchor not in after
    ]
    return tuple(found)


def compared(old: str, new: str) -> Iterator[Words]:
    """Compare two texts word by word: blocks are matched first, so that words are only compared with their like."""
    a, b = old.split("\n"), new.split("\n")
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Change.SAME, _lines(b[j1:j2])
        else:
            yield from _by_words(_lines(a[i1:i2]), _lines(b[j1:j2]))


def _lines(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)


_WORD = re.compile(r"\n|[^\S\n]+|[^\W_]+|[\W_]")


def _by_words(old: str, new: str) -> Iterator[Words]:
    a, b = _WORD.findall(old), _WORD.findall(new)
    gone, come = "", ""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        before, after = "".join(a[i1:i2]), "".join(b[j1:j2])
        # A mere space between two changes belongs to both: whole phrases read better than every other word.
        if tag != "equal" or (before == " " and (gone or come) and j2 < len(b)):
            gone, come = gone + before, come + after
            continue
        yield from _changed(gone, come)
        gone = come = ""
        yield Change.SAME, after
    yield from _changed(gone, come)


def _changed(gone: str, come: str) -> Iterator[Words]:
    if gone:
        yield Change.REMOVED, gone
    if come:
        yield Change.ADDED, come


OFFERED: dict[str, frozenset[str]] = {
    "11.2.1": frozenset({"access", "know_access", "confirmation", "access_summary"}),
    "11.2.2": frozenset({"correction"}),
    "11.2.3": frozenset({"withdraw_consent"}),
    "11.2.4": frozenset(
        {
            "objection",
            "deletion",
            "cessation_deletion",
            "deletion_if_unlawful",
            "anonymisation_blocking_deletion",
            "opt_out_direct_marketing",
        }
    ),
    "11.2.5": frozenset({"restriction", "anonymisation_blocking_deletion", "blocking", "suspension"}),
    "11.2.6": frozenset({"portability"}),
    "11.2.7": frozenset({"complaint"}),
    "11.2.8": frozenset({"non_discrimination"}),
    "11.2.9": frozenset(),
}
"""What is offered to everybody, by clause, with the keys of the rights in which a law gives the same.

The last is the way to ask, which is no right of its own.
"""
