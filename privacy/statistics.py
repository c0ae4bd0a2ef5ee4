"""What an entry of the ledger counts as, and which counts may be shown.

No visitor is counted, only acts and pages; a group of one to nine is not shown, nor can it be had by subtraction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from privacy.categories import CHOOSABLE, Category
from privacy.decision import Event

FEWEST = 10
"""The smallest group that is shown."""


class Result(StrEnum):
    """Say what came of an act, in the words of the statistics."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"
    UNKNOWN = "unknown"
    """The entry's body was erased before it was counted: the day is all that is known."""


RESULTS = (Result.ACCEPTED, Result.PARTLY, Result.REFUSED, Result.WITHDRAWN, Result.RENEWED)
"""What a body can tell, in the order in which it is shown."""
ANSWERS = (Result.ACCEPTED, Result.PARTLY, Result.REFUSED)
"""What the rate of acceptance is a rate of. Of a category, it is all that is counted."""

_OF_EVENT = {
    Event.GIVEN: Result.ACCEPTED,
    Event.PARTLY: Result.PARTLY,
    Event.REFUSED: Result.REFUSED,
    Event.WITHDRAWN: Result.WITHDRAWN,
    Event.RENEWED: Result.RENEWED,
}
_OF_WORD = {"granted": Result.ACCEPTED, "partly": Result.PARTLY, "denied": Result.REFUSED}
_TEXTS = ("cookies-", "privacy-")


@dataclass(frozen=True, slots=True)
class Situation:
    """Hold under what an act is counted. Where the body was erased, all but the day is empty.

    Args:
        tags: the version of the tags, 0 where none is named.
        texts: the versions of the texts: ``cookies-7.privacy-2``.
        signal: whether an opt-out signal was in force.
    """

    day: date
    region: str = ""
    locale: str = ""
    tags: int = 0
    texts: str = ""
    signal: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """Hold what an entry counts as: nothing in it leads to whose it was.

    Args:
        layer: where it was answered: ``banner``, ``preferences``, ``policy`` or ``footer``.
        categories: how each category that was ever asked about stood afterwards.
    """

    situation: Situation
    result: Result
    layer: str = ""
    categories: tuple[tuple[Category, Result], ...] = ()


def moment_of(entry_id: str) -> datetime | None:
    """Return when an entry was made, from its id (RFC 9562, 5.7), or None where the id is of another kind."""
    try:
        return datetime.fromtimestamp(int(entry_id[:8] + entry_id[9:13], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def act_of(entry_id: str, body: str | None) -> Act | None:
    """Return what an entry counts as, or None where not even its day is known. Total on any text."""
    moment = moment_of(entry_id)
    if moment is None:
        return None
    day = moment.date()
    try:
        return _read(day, json.loads(body or ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Act(Situation(day), Result.UNKNOWN)


def _read(day: date, body: Mapping[str, Any]) -> Act:
    tags, texts = _versions(str(body["policy"]))
    words = body["categories"]
    return Act(
        Situation(
            day=day,
            region=str(body["jurisdiction"]["region"])[:12],
            locale=str(body["locale"])[:12],
            tags=tags,
            texts=texts,
            signal=body["signals"]["gpc"] != "none",
        ),
        _OF_EVENT[Event(body["event"])],
        str(body["method"]).partition(":")[0][:12],
        tuple((c, _OF_WORD[words[c.value]]) for c in CHOOSABLE if words.get(c.value) in _OF_WORD),
    )


def _versions(policy: str) -> tuple[int, str]:
    parts = policy.split(".")
    tags = next((int(part[5:]) for part in parts if part.startswith("tags-") and part[5:].isdecimal()), 0)
    return tags, ".".join(part for part in parts if part.startswith(_TEXTS))[:60]


@dataclass(frozen=True)
class Rolled:
    """Hold acts added up.

    Args:
        choices: per situation, result and layer.
        categories: per situation, category and result.
    """

    choices: Mapping[tuple[Situation, Result, str], int]
    categories: Mapping[tuple[Situation, Category, Result], int]


def roll(acts: Iterable[Act | None], since: date) -> Rolled:
    """Add up the acts that were made on a day or later."""
    choices: Counter[tuple[Situation, Result, str]] = Counter()
    categories: Counter[tuple[Situation, Category, Result]] = Counter()
    for act in acts:
        if act is None or act.situation.day < since:
            continue
        choices[act.situation, act.result, act.layer] += 1
        categories.update((act.situation, category, result) for category, result in act.categories)
    return Rolled(choices, categories)


_SETTLED = timedelta(minutes=1)


def settled(after: int, entries: Sequence[tuple[int, str]], now: datetime) -> int:
    """Return how many of the entries that follow a number can be counted now.

    A store with several writers gives out numbers before it commits: what is missing in between may still come.
    A minute after the entry behind the gap was made, it will not: a choice is written within seconds or never.

    Args:
        entries: sequence number and id, in order.
    """
    expected = after + 1
    for position, (number, entry_id) in enumerate(entries):
        made = moment_of(entry_id)
        if number != expected and made is not None and now - made < _SETTLED:
            return position
        expected = number + 1
    return len(entries)


class Withheld(StrEnum):
    """Say why there is no number."""

    FEW = "few"
    """It stands for fewer than ten, or would give such a number away."""
    UNCOUNTED = "uncounted"
    """It is not counted by what is asked for."""


Cell = int | Withheld
"""What is shown in a place: a number, or why there is none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Hold what may be shown of values that add up to a total."""

    cells: tuple[Cell, ...]
    total: Cell


def is_few(value: int) -> bool:
    """Say whether a value stands for a group too small to be shown."""
    return 0 < value < FEWEST


def protect(values: Sequence[int], forced: Collection[int] = ()) -> Group:
    """Return what may be shown of a group whose total stands beside it.

    What is few is hidden; then the next smallest, until what is hidden is two values or more, together ten or
    more, and more than one each: so no hidden value follows from the total and the rest. Where that cannot be
    reached, the total is hidden too. Zero is shown as zero.

    Args:
        forced: positions to hide whatever they hold.
    """
    hidden = {i for i, value in enumerate(values) if is_few(value)} | set(forced)
    others = sorted((i for i, value in enumerate(values) if value and i not in hidden), key=lambda i: values[i])
    while not is_safe([values[i] for i in hidden]):
        if not others:
            return Group(tuple(_unless(i in hidden, value) for i, value in enumerate(values)), Withheld.FEW)
        hidden.add(others.pop(0))
    return Group(tuple(_unless(i in hidden, value) for i, value in enumerate(values)), sum(values))


def is_safe(hidden: Sequence[int]) -> bool:
    """Say whether hidden values do not follow from their sum."""
    return not hidden or (len(hidden) > 1 and sum(hidden) >= max(FEWEST, len(hidden) + 1))


def _unless(is_hidden: bool, value: int) -> Cell:
    return Withheld.FEW if is_hidden else value


def rate(part: Cell, *rest: Cell) -> Cell:
    """Return the share of a part in per cent, whole, where every number that it is made of is shown."""
    if Withheld.UNCOUNTED in (part, *rest):
        return Withheld.UNCOUNTED
    numbers = [cell for cell in (part, *rest) if isinstance(cell, int)]
    if len(numbers) <= len(rest):
        return Withheld.FEW
    whole = sum(numbers)
    return round(100 * numbers[0] / whole) if whole else Withheld.UNCOUNTED
