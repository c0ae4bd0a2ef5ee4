"""No group of one to nine is shown, and none follows from what is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy.figures import Figures, Raw, protect_grid, publish
from privacy.statistics import ANSWERS, FEWEST, RESULTS, Cell, Group, Result, Withheld, is_few, protect, rate

FEW = Withheld.FEW

small = st.integers(0, 14)
values = st.lists(st.one_of(small, st.integers(0, 200)), max_size=8)


def test_what_is_large_enough_is_shown_as_it_is() -> None:
    assert protect([10, 0, 250]) == Group((10, 0, 250), 260)


@pytest.mark.parametrize(
    ("group", "cells", "total"),
    [
        ([7], (FEW,), FEW),
        ([7, 0], (FEW, 0), FEW),
        ([7, 20, 30], (FEW, FEW, 30), 57),
        ([3, 4, 30, 20], (FEW, FEW, 30, FEW), 57),
        ([6, 5, 30], (FEW, FEW, 30), 41),
        ([1] * 10, (FEW,) * 10, FEW),
        ([1, 9, 0], (FEW, FEW, 0), 10),
        ([], (), 0),
        ([0, 0], (0, 0), 0),
    ],
    ids=str,
)
def test_the_next_smallest_goes_with_what_is_few(group: list[int], cells: tuple[Cell, ...], total: Cell) -> None:
    assert protect(group) == Group(cells, total)


@given(values)
def test_nothing_few_is_shown_and_zero_always_is(group: list[int]) -> None:
    shown = protect(group)
    assert not any(isinstance(cell, int) and is_few(cell) for cell in (*shown.cells, shown.total))
    assert all(cell == value for cell, value in zip(shown.cells, group, strict=True) if isinstance(cell, int))
    assert all(cell == 0 for cell, value in zip(shown.cells, group, strict=True) if value == 0)
    assert shown.total in (sum(group), FEW)


def worlds(shown: Group) -> set[int]:
    """Return what a hidden value can be for somebody who subtracts: each hidden one is one at least."""
    hidden = [i for i, cell in enumerate(shown.cells) if cell is FEW]
    if not isinstance(shown.total, int):
        return set(range(1, FEWEST))
    rest = shown.total - sum(cell for cell in shown.cells if isinstance(cell, int))
    others = len(hidden) - 1
    return {value for value in range(1, rest + 1) if rest - value >= others and (others or value == rest)}


@given(values)
def test_no_hidden_value_follows_from_the_total_and_the_rest(group: list[int]) -> None:
    shown = protect(group)
    for i, cell in enumerate(shown.cells):
        if cell is FEW:
            possible = worlds(shown)
            assert group[i] in possible and len(possible) > 1


@given(values)
def test_what_is_hidden_together_is_no_small_group_either(group: list[int]) -> None:
    shown = protect(group)
    if isinstance(shown.total, int):
        assert not is_few(shown.total - sum(cell for cell in shown.cells if isinstance(cell, int)))


@given(values.filter(bool), st.data())
def test_what_is_forced_is_hidden_and_does_not_follow(group: list[int], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(group) - 1))
    shown = protect(group, [position])
    assert shown.cells[position] is FEW
    assert shown.total is FEW or sum(cell is FEW for cell in shown.cells) > 1


@settings(max_examples=400)
@example([[16, 0, 0, 0, 0, 4, 0, 0], [15, 0, 0, 0, 0, 0, 0, 0], [20, 0, 0, 0, 0, 80, 0, 0]])
@given(st.lists(st.lists(st.one_of(small, st.integers(10, 60)), min_size=8, max_size=8), min_size=1, max_size=5))
def test_a_report_gives_nothing_away(rows: list[list[int]]) -> None:
    raws = [Raw(dict(zip(RESULTS, row[:5], strict=True)), shown=sum(row[:6]), signals=row[7]) for row in rows]
    total = added(raws)
    whole = [total]
    report = publish(total, [raws, whole])
    assert not is_shown_few(report.recorded)
    for figures, raw in zip((report.total, *report.tables[0]), (total, *raws), strict=True):
        check(figures, raw)
    # Each measure on its own: its total and its parts.
    for name in (*(r.value for r in RESULTS), "shown", "ignored", "signals"):
        cells = [getattr(figures, name) for figures in report.tables[0]]
        top = getattr(report.total, name)
        exact = [value_of(raw, name) for raw in raws]
        if isinstance(top, int) and sum(exact) == top:
            hidden = [value for cell, value in zip(cells, exact, strict=True) if cell is FEW]
            assert not any(hidden) or (len(hidden) > 1 and sum(hidden) >= FEWEST), name
    together = [f for f, raw in zip(report.tables[0], raws, strict=True) if f.ignored is FEW and not raw.ignored]
    if report.total.ignored == 0:
        assert not any(isinstance(f.shown, int) for f in together), "shown pages would be the answers"
    # The results of a row are parts of its answers where the row is the whole report.
    hidden = [total.results[r] for r in RESULTS if report.total.of(r) is FEW]
    if isinstance(report.recorded, int) and hidden:
        assert len(hidden) > 1 and sum(hidden) >= FEWEST
    # What the total hides, no table adds up to.
    for result in RESULTS:
        if report.total.of(result) is FEW:
            assert all(figures.of(result) in (0, FEW) for figures in report.tables[0])


def check(figures: Figures, raw: Raw) -> None:
    names = [*(r.value for r in RESULTS), "shown", "ignored", "signals"]
    for name in names:
        cell = getattr(figures, name)
        assert not is_shown_few(cell), name
        assert not isinstance(cell, int) or cell == value_of(raw, name)
    answers = [figures.of(r) for r in (*ANSWERS, Result.RENEWED)]
    if isinstance(figures.shown, int) and all(isinstance(cell, int) for cell in answers) and raw.ignored:
        left = figures.shown - sum(cell for cell in answers if isinstance(cell, int))
        assert not is_few(left), "pages without an answer follow from what stands beside them"
    if isinstance(figures.ignored, int) and figures.ignored:
        assert isinstance(figures.shown, int) and all(isinstance(cell, int) for cell in answers), (
            "the answers follow from the pages with and without one"
        )


def is_shown_few(cell: Cell) -> bool:
    return isinstance(cell, int) and is_few(cell)


def value_of(raw: Raw, name: str) -> int:
    return raw.results[Result(name)] if name in {r.value for r in RESULTS} else int(getattr(raw, name))


def added(raws: Sequence[Raw]) -> Raw:
    return Raw(
        {r: sum(raw.results[r] for raw in raws) for r in RESULTS},
        sum(raw.shown or 0 for raw in raws),
        sum(raw.signals or 0 for raw in raws),
    )


def test_pages_without_an_answer_are_never_below_zero() -> None:
    assert Raw(dict.fromkeys(RESULTS, 50), shown=20).ignored == 0


def test_what_is_not_counted_is_not_called_few() -> None:
    raw = Raw(dict.fromkeys(ANSWERS, 50))
    figures = publish(raw, [[raw]]).tables[0][0]
    assert figures.shown is figures.ignored is figures.withdrawn is Withheld.UNCOUNTED and figures.accepted == 50


def test_a_result_that_a_wider_report_hides_stays_hidden() -> None:
    raw = Raw(dict.fromkeys(RESULTS, 50), shown=500, signals=20)
    report = publish(raw, [[raw]], {"refused", "shown"})
    assert report.total.refused is FEW and report.total.shown is FEW and report.total.ignored is FEW
    assert [report.total.of(r) for r in RESULTS].count(FEW) == 2, "another goes with it, as the sum is known"
    assert report.total.signals == 20 and report.recorded == 250


@pytest.mark.parametrize(
    ("part", "rest", "shown"),
    [(30, (10, 20), 50), (FEW, (10,), FEW), (30, (FEW,), FEW), (0, (0,), Withheld.UNCOUNTED), (10, (20,), 33)],
)
def test_a_rate_is_made_of_shown_numbers_alone(part: Cell, rest: tuple[Cell, ...], shown: Cell) -> None:
    assert rate(part, *rest) == shown


DAYS = st.integers(1, 4).map(lambda day: date(2026, 1, day))
GRID = st.dictionaries(st.tuples(DAYS, st.sampled_from("abcd")), st.one_of(st.integers(1, 14), st.integers(1, 200)))


@given(GRID)
def test_a_grid_whose_sums_are_known_gives_nothing_away(grid: dict[tuple[date, str], int]) -> None:
    shown = protect_grid([(day, name, number) for (day, name), number in grid.items()])
    assert not any(is_shown_few(cell) for _, _, cell in shown)
    for line in ({day for day, _ in grid}, {name for _, name in grid}):
        for each in line:
            hidden = [grid[day, name] for day, name, cell in shown if each in (day, name) and cell is FEW]
            whole = [grid[key] for key in grid if each in key]
            assert not hidden or (len(hidden) > 1 and sum(hidden) >= FEWEST) or len(hidden) == len(whole)
