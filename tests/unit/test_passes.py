"""A pass of the checker holds for its place and its five minutes; anything else is as if absent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import NOW, PROPERTY

from privacy.jurisdictions import Place
from web.passes import CHECK, SECONDS, Passes

PASSES = Passes(["a key of sixteen or more", "an older key of the ring"])
GOOD = PASSES.write(Place("US", "US-CA"), NOW)


@pytest.mark.parametrize(
    "place", [Place("DE"), Place("US", "US-CA"), Place("CA", "CA-QC"), Place("GB", "GB-1"), Place()], ids=str
)
def test_a_pass_stands_for_its_place(place: Place) -> None:
    assert PASSES.read(PASSES.write(place, NOW), NOW) == Place(place.country, place.subdivision, CHECK)


def test_it_holds_for_five_minutes() -> None:
    assert PASSES.read(GOOD, NOW + SECONDS - 1)
    assert PASSES.read(GOOD, NOW + SECONDS) is None


def test_keys_rotate() -> None:
    renewed = Passes(["a newer key of the ring", "a key of sixteen or more"])
    assert renewed.read(GOOD, NOW)
    assert Passes(["a newer key of the ring"]).read(GOOD, NOW) is None


SAID, SIGNATURE = GOOD.rpartition(".")[::2]


@pytest.mark.parametrize(
    "value",
    ["", ".", "..", "US-CA", SAID, f"{SAID}.", f".{SIGNATURE}", f"{GOOD} ", f" {GOOD}", f"{GOOD}\n", GOOD + GOOD,
     GOOD.lower(), GOOD.replace("US-CA", "DE"), GOOD.replace("US-CA", ""), f"DE-\xff.0.{SIGNATURE}",
     SAID + "." + "\xff" * 43, SAID + "." + "\udcff" * 43, f"DE.fffffffff.{SIGNATURE}", "A" * 100_000],
)  # fmt: skip
def test_what_was_not_written_here_is_no_pass(value: str) -> None:
    assert PASSES.read(value, NOW) is None


@PROPERTY
@given(st.text() | st.from_regex(r"([A-Z]{2}(-[A-Z0-9]{1,3})?)?\.[0-9a-f]{1,8}\.[A-Za-z0-9_-]{43}", fullmatch=True))
def test_nobody_makes_one_up(value: str) -> None:
    assert PASSES.read(value, 0) is None


@PROPERTY
@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_no_character_of_it_can_be_changed(where: int, other: str) -> None:
    changed = GOOD[:where] + other + GOOD[where + 1 :]
    assert changed == GOOD or PASSES.read(changed, NOW) is None
