"""Charts are geometry: what is shown has its length and place, what is not has none."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.statistics import Cell, Withheld
from web.charts import HEIGHT, WIDTH, Moment, Words, area, ceiling, stacked, strip, tenth

WORDS = Words("chart", "Title", "Description", str)
PARTS = (("accepted", "Accepted"), ("partly", "In part"), ("refused", "Refused"))
cells = st.one_of(st.integers(0, 10**6), st.just(Withheld.FEW), st.just(Withheld.UNCOUNTED))


def moments(values: list[tuple[Cell, ...]]) -> list[Moment]:
    return [Moment(each, f"at {i}", str(i), "v1" if i % 3 == 0 else "") for i, each in enumerate(values)]


def is_short(number: float) -> bool:
    return re.fullmatch(r"-?\d+(\.\d)?", str(number)) is not None


@given(st.floats(-1e6, 1e6))
def test_numbers_have_one_decimal_at_most(number: float) -> None:
    assert is_short(tenth(number)) and abs(tenth(number) - number) <= 0.051


@given(st.integers(0, 10**9))
def test_an_axis_ends_on_a_round_number_with_few_lines(highest: int) -> None:
    top, step = ceiling(highest)
    assert top >= highest and top % step == 0 and 1 <= top // step <= 4
    assert str(step).rstrip("0") in {"1", "2", "5"}


@given(st.lists(st.tuples(cells, cells, cells), max_size=90))
def test_bars_stand_on_each_other_within_the_chart(values: list[tuple[Cell, ...]]) -> None:
    chart = stacked(WORDS, PARTS, moments(values))
    assert len(chart.bars) == len(values)
    for bar, each in zip(chart.bars, values, strict=True):
        assert chart.axes.start <= bar.x and bar.x + bar.width <= chart.axes.end + 0.2
        assert [s.kind for s in bar.segments] == [
            kind for (kind, _), cell in zip(PARTS, each, strict=True) if isinstance(cell, int) and cell
        ]
        assert bar.hides is any(not isinstance(cell, int) for cell in each)
        foot = float(chart.axes.base)
        for segment in bar.segments:
            assert abs(segment.at + segment.length - foot) < 0.21
            foot = segment.at
            assert is_short(segment.at) and is_short(segment.length)
        assert foot >= chart.axes.top - 0.1
    heights = [label.y for label in chart.labels]
    assert all(above <= below - 16.9 for below, above in itertools.pairwise(heights))
    assert all(0 <= y <= HEIGHT for y in heights)


@given(st.lists(st.tuples(cells), max_size=90))
def test_a_line_breaks_where_a_number_is_not_shown(values: list[tuple[Cell, ...]]) -> None:
    chart = area(WORDS, moments(values))
    shown = sum(isinstance(cell, int) for (cell,) in values)
    points = sum(path.count("L") + 1 for path in chart.lines) + len(chart.dots)
    assert points == shown and len(chart.hidden) == len(values) - shown
    assert len(chart.lines) == len(chart.areas)
    for number in re.findall(r"[\d.]+", " ".join((*chart.lines, *chart.areas))):
        assert is_short(number) and 0 <= float(number) <= WIDTH  # type: ignore[arg-type]


def test_labels_of_the_axis_are_few() -> None:
    chart = area(WORDS, moments([(i,) for i in range(62)]))
    assert 4 <= len(chart.axes.times) <= 6
    assert [tick.text for tick in chart.axes.values] == ["0", "20", "40", "60", "80"]


def test_marks_that_would_cover_each_other_lose_their_text() -> None:
    chart = stacked(WORDS, PARTS, moments([(1, 1, 1)] * 90))
    assert len(chart.axes.marks) == 30
    labelled = [mark.x for mark in chart.axes.marks if mark.text]
    assert 1 < len(labelled) < 30
    assert all(b - a >= 28 for a, b in itertools.pairwise(labelled))


@pytest.mark.parametrize(
    ("parts", "most", "lengths"),
    [
        ([("accepted", 50), ("refused", 50)], 100, [(0, 100), (100, 100)]),
        ([("accepted", 25), ("refused", Withheld.FEW)], 100, [(0, 50)]),
        ([("accepted", 0)], 0, []),
    ],
)
def test_a_strip_is_as_long_as_what_is_shown(
    parts: list[tuple[str, Cell]], most: int, lengths: list[tuple[int, int]]
) -> None:
    assert [(s.at, s.length) for s in strip(parts, most).segments] == lengths
