"""What an entry of the ledger counts as."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.categories import Category
from privacy.decision import Event
from privacy.ledger import uuid7
from privacy.periods import Span, spans
from privacy.statistics import Act, Result, Situation, act_of, moment_of, roll, settled

AT = datetime(2026, 3, 29, 23, 59, 59, 999000, UTC)
DAY = AT.date()


def entry_id(at: datetime = AT, number: int = 0) -> str:
    return uuid7(int(at.timestamp() * 1000), number.to_bytes(10, "big"))


def body(**changes: Any) -> str:
    document = {
        "event": "given",
        "method": "banner:accept",
        "locale": "pt-br",
        "jurisdiction": {"region": "us-ca"},
        "categories": {"functional": "never-asked", "analytics": "granted", "marketing": "denied"},
        "signals": {"gpc": "none"},
        "policy": "cookies-7.privacy-2.tags-12.texts-0123456789ab",
    }
    return json.dumps(document | changes)


def test_a_whole_entry() -> None:
    assert act_of(entry_id(), body()) == Act(
        Situation(DAY, "us-ca", "pt-br", 12, "cookies-7.privacy-2"),
        Result.ACCEPTED,
        "banner",
        ((Category.ANALYTICS, Result.ACCEPTED), (Category.MARKETING, Result.REFUSED)),
    )


@pytest.mark.parametrize("event", list(Event))
def test_every_event_of_the_ledger_is_counted(event: Event) -> None:
    act = act_of(entry_id(), body(event=event.value))
    assert act is not None and act.result is not Result.UNKNOWN
    assert act.result.value == {"given": "accepted"}.get(event.value, event.value)


@pytest.mark.parametrize(("word", "is_signal"), [("none", False), ("sent", True), ("remembered", True)])
def test_a_signal(word: str, is_signal: bool) -> None:
    act = act_of(entry_id(), body(signals={"gpc": word}))
    assert act is not None and act.situation.signal is is_signal


@pytest.mark.parametrize(
    ("policy", "tags", "texts"),
    [
        (".tags-1.texts-abc", 1, ""),
        ("cookies-1.tags-3.texts-abc", 3, "cookies-1"),
        ("", 0, ""),
        ("tags-x.texts-1", 0, ""),
    ],
)
def test_versions_where_the_entry_has_them(policy: str, tags: int, texts: str) -> None:
    act = act_of(entry_id(), body(policy=policy))
    assert act is not None and (act.situation.tags, act.situation.texts) == (tags, texts)


@given(st.one_of(st.none(), st.text(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_of_a_body_that_is_gone_the_day_is_left(text: str | None) -> None:
    assert act_of(entry_id(), text) == Act(Situation(DAY), Result.UNKNOWN)


@given(st.text())
def test_an_id_of_another_kind_has_no_day(text: str) -> None:
    moment = moment_of(text)
    assert moment is None or act_of(text, None) == Act(Situation(moment.date()), Result.UNKNOWN)


@given(st.integers(0, 4_000_000_000_000), st.binary(min_size=10, max_size=10))
def test_an_id_tells_its_moment(milliseconds: int, random: bytes) -> None:
    found = moment_of(uuid7(milliseconds, random))
    assert found is not None and round(found.timestamp() * 1000) == milliseconds


@given(st.lists(st.tuples(st.sampled_from(list(Event)), st.integers(0, 3)), max_size=30))
def test_every_act_is_added_once(drawn: list[tuple[Event, int]]) -> None:
    acts = [act_of(entry_id(AT - timedelta(days=ago)), body(event=event.value)) for event, ago in drawn]
    rolled = roll([*acts, None], DAY - timedelta(days=2))
    kept = [(event, ago) for event, ago in drawn if ago <= 2]
    assert sum(rolled.choices.values()) == len(kept)
    assert sum(rolled.categories.values()) == 2 * len(kept)
    by_day = Counter(situation.day for situation, _, _ in rolled.choices.elements())  # type: ignore[attr-defined]
    assert by_day == Counter(DAY - timedelta(days=ago) for _, ago in kept)


def test_numbers_that_may_still_come_are_waited_for() -> None:
    old, fresh = entry_id(AT - timedelta(minutes=2)), entry_id(AT)
    assert settled(0, [(1, fresh), (2, fresh)], AT) == 2
    assert settled(0, [(1, old), (3, fresh), (4, fresh)], AT) == 1, "2 is given out and may be on its way"
    assert settled(0, [(2, fresh)], AT) == 0
    assert settled(0, [(1, old), (3, old), (4, fresh)], AT) == 3, "2 was given back: nobody waits for ever"


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 3660))
def test_periods_cover_each_day_once(first: date, days: int) -> None:
    whole = Span(first, first + timedelta(days=days - 1))
    parts = spans(whole)
    assert parts[0].first == whole.first and parts[-1].last == whole.last
    assert all(b.first == a.last + timedelta(days=1) for a, b in itertools.pairwise(parts))
    assert sum(part.days for part in parts) == days and len(parts) <= 125
