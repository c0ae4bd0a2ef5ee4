"""A visitor's choice, and the cookie that carries it.

The codec is total: any input that is not exactly what this site wrote, whole, signed and under the limits,
is as if absent. Reading never raises.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from privacy.categories import CHOOSABLE, Category
from privacy.registry import Pair

MAX_LENGTH = 3800
"""Longest cookie value that is written or read, in characters (browsers keep 4,096 for name and value)."""

BROWSER_MAX_DAYS = 400
"""The longest that a browser keeps a cookie (RFC 6265bis, 5.5)."""

PURPOSES: dict[str, str] = {
    "statistics": "s",
    "performance": "p",
    "heatmaps": "h",
    "session_replay": "r",
    "feedback": "f",
    "ab_testing": "t",
    "advertising": "a",
    "retargeting": "g",
    "conversion": "c",
    "profiling": "l",
    "social": "o",
    "tag_management": "m",
    "video": "v",
    "chat": "k",
    "preferences": "e",
    "security": "y",
    "load_balancing": "b",
}
"""The closed list of purposes, each with the letter that stands for it in the cookie."""

_LETTERS = {letter: purpose for purpose, letter in PURPOSES.items()}
_CATEGORY_LETTER = {Category.FUNCTIONAL: "f", Category.ANALYTICS: "a", Category.MARKETING: "m"}
_LETTER_CATEGORY = {letter: category for category, letter in _CATEGORY_LETTER.items()}
_VERSION = "1"
_VENDOR = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")
# Eight digits reach to the year 2106; a longer number is no time of ours, and could overflow a calendar.
_TIME = re.compile(r"[0-9a-f]{1,8}\Z")


class Answer(StrEnum):
    """Say how a pair was answered. Its value is the mark in the cookie."""

    GIVEN = "!"
    """Granted by an act: a button or a box that was ticked. Consent wherever consent is asked for."""
    KEPT = "~"
    """Left on where the law lets it be on. No consent in a place that asks for consent (CJEU C-673/17)."""
    REFUSED = "-"


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold what a visitor chose.

    Args:
        id: 22 URL-safe characters, random: leads to the ledger and to nothing else.
        at: when it was made, seconds since the epoch (UTC).
        categories: the answer for each category as a whole; a category answered in part is GIVEN.
        answers: per pair, the answer and the purposes that were shown with it.
        during_signal: whether an opt-out signal was in force when it was made.
        age: the age band that a minor stated, as ``(from, below)`` in years.
        earlier: the categories whose answers are older than ``at``, each with its own time and signal: to
            answer about one category makes no other answer younger.
    """

    id: str
    at: int
    categories: tuple[tuple[Category, Answer], ...]
    answers: tuple[tuple[Pair, Answer, frozenset[str]], ...]
    during_signal: bool = False
    age: tuple[int, int] | None = None
    earlier: tuple[tuple[Category, int, bool], ...] = ()

    def moment(self, category: Category) -> int:
        """Return when a category was answered, seconds since the epoch."""
        return next((at for c, at, _ in self.earlier if c is category), self.at)

    def was_during_signal(self, category: Category) -> bool:
        """Say whether an opt-out signal was in force when a category was answered."""
        return next((during for c, _, during in self.earlier if c is category), self.during_signal)

    def category(self, category: Category) -> Answer | None:
        """Return the answer for a category as a whole, or None where it was never asked."""
        return next((a for c, a in self.categories if c is category), None)

    def answer(self, pair: Pair) -> tuple[Answer, frozenset[str]] | None:
        """Return the answer for a pair with the purposes it covered, or None where it was never asked."""
        return next(((a, purposes) for p, a, purposes in self.answers if p == pair), None)


class Keyring:
    """Sign and verify with a list of keys, newest first, so that keys can rotate.

    Args:
        keys: secret texts of at least 16 characters.
        purpose: parts one use of the keys from another.
    """

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        if not keys:
            raise ValueError("a keyring needs at least one key")
        self._keys = [hmac.digest(key.encode(), purpose.encode(), "sha256") for key in keys]

    def sign(self, payload: str) -> str:
        """Return the newest key's signature: 43 URL-safe characters (HMAC-SHA-256)."""
        return self._signature(self._keys[0], payload)

    def verifies(self, payload: str, signature: str) -> bool:
        """Say whether any key of the ring made the signature."""
        given = signature.encode("ascii", "replace")
        return any(hmac.compare_digest(self._signature(key, payload).encode(), given) for key in self._keys)

    @staticmethod
    def _signature(key: bytes, payload: str) -> str:
        mac = hmac.digest(key, payload.encode(), hashlib.sha256)
        return urlsafe_b64encode(mac).rstrip(b"=").decode()


def encode(choice: Choice, keyring: Keyring) -> str:
    """Return the cookie value of a choice.

    Raises:
        ValueError: when it would be longer than a browser keeps; nothing is cut silently.
    """
    return seal(choice.id, said_by(choice), keyring)


def said_by(choice: Choice) -> str:
    """Return what a cookie value says of a choice, whosever it is: all but the id and the signature."""
    flags = "g" if choice.during_signal else "-"
    age = f"{choice.age[0]}-{choice.age[1]}" if choice.age else ""
    categories = "".join(_CATEGORY_LETTER[c] + a.value for c, a in choice.categories)
    answers = "*".join(
        f"{_CATEGORY_LETTER[c]}{a.value}{''.join(sorted(PURPOSES[p] for p in purposes))}_{vendor}"
        for (c, vendor), a, purposes in choice.answers
    )
    earlier = "*".join(f"{_CATEGORY_LETTER[c]}{'g' if during else '-'}{at:x}" for c, at, during in choice.earlier)
    return ".".join((f"{choice.at:x}", flags, age, categories, answers, earlier))


def seal(identifier: str, said: str, keyring: Keyring) -> str:
    """Return the cookie value that says something for an id.

    Raises:
        ValueError: when it would be longer than a browser keeps; nothing is cut silently.
    """
    payload = f"{_VERSION}.{identifier}.{said}"
    value = f"{payload}.{keyring.sign(payload)}"
    if len(value) > MAX_LENGTH:
        raise ValueError("the choice names more vendors than a cookie can carry")
    return value


def decode(value: str | None, keyring: Keyring) -> Choice | None:
    """Return the choice that a cookie value carries, or None for anything that is not whole and ours."""
    if not value or len(value) > MAX_LENGTH or not value.isascii():
        return None
    payload, dot, signature = value.rpartition(".")
    if not dot or not keyring.verifies(payload, signature):
        return None
    return _parse(payload)


def _parse(payload: str) -> Choice | None:
    parts = payload.split(".")
    if len(parts) != 8 or parts[0] != _VERSION or not _ID.match(parts[1]):
        return None
    _, identifier, at, flags, age, categories, answers, earlier = parts
    if not _TIME.match(at) or flags not in ("g", "-"):
        return None
    band = None
    if age:
        match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", age)
        if not match or int(match[1]) >= int(match[2]):
            return None
        band = (int(match[1]), int(match[2]))
    try:
        whole = tuple(
            (_LETTER_CATEGORY[categories[i]], Answer(categories[i + 1])) for i in range(0, len(categories), 2)
        )
        pairs = tuple(_pair(text) for text in answers.split("*")) if answers else ()
        older = tuple(_older(text) for text in earlier.split("*")) if earlier else ()
    except (KeyError, ValueError, IndexError):
        return None
    return Choice(identifier, int(at, 16), whole, pairs, flags == "g", band, older)


def _older(text: str) -> tuple[Category, int, bool]:
    if not _TIME.match(text[2:]) or text[1] not in "g-":
        raise ValueError(text)
    return _LETTER_CATEGORY[text[0]], int(text[2:], 16), text[1] == "g"


def _pair(text: str) -> tuple[Pair, Answer, frozenset[str]]:
    head, _, vendor = text.partition("_")
    if not _VENDOR.match(vendor):
        raise ValueError(vendor)
    purposes = frozenset(_LETTERS[letter] for letter in head[2:])
    return (_LETTER_CATEGORY[head[0]], vendor), Answer(head[1]), purposes


def only(header: str | None, name: str) -> str | None:
    """Return the value of a cookie that a Cookie header carries exactly once, else None.

    A name that is sent twice is ambiguous (another path or a sibling domain set one): both count as absent.
    """
    values = [value for key, value in pairs_of(header) if key == name]
    return values[0] if len(values) == 1 else None


def pairs_of(header: str | None) -> list[tuple[str, str]]:
    """Split a Cookie header into names and values (RFC 6265, 5.4). Total on any text."""
    found = []
    for part in (header or "").split(";"):
        name, equals, value = part.strip().partition("=")
        if equals and name:
            found.append((name.strip(), value.strip()))
    return found


class Intent(StrEnum):
    """Name the button that was pressed."""

    ACCEPT = "accept"
    REJECT = "reject"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class Ticks:
    """Hold what a saved form held: what is ticked now, and what was ticked when it was shown."""

    categories: frozenset[Category] = frozenset()
    vendors: frozenset[Pair] = frozenset()
    shown_categories: frozenset[Category] = frozenset()
    shown_vendors: frozenset[Pair] = frozenset()

    def grants(self, pair: Pair, siblings: Iterable[Pair]) -> bool:
        """Say whether the ticks grant a pair.

        What the visitor changed decides: a vendor's own box first, then its category's switch. A category
        that was ticked with none of its vendors' boxes touched means all of it; one that was switched off
        means none of it, whatever boxes are still ticked below it.
        """
        ticked, was = pair in self.vendors, pair in self.shown_vendors
        if ticked != was:
            return ticked
        on, was_on = pair[0] in self.categories, pair[0] in self.shown_categories
        if on and not was_on:
            touched = any((s in self.vendors) != (s in self.shown_vendors) for s in siblings)
            return ticked or not touched
        if was_on and not on:
            return False
        return ticked


def tally(answers: Mapping[Pair, bool], category: Category) -> bool | None:
    """Return True where all pairs of a category are granted, False where none is, None where some are."""
    values = [granted for (c, _), granted in answers.items() if c is category]
    if all(values) and values:
        return True
    return None if any(values) else False


def is_choosable(category: Category) -> bool:
    """Say whether a category can be granted or refused."""
    return category in CHOOSABLE
