"""Charts as values: geometry in whole or tenth units, words from the caller. What is not shown has no length.

Each chart says the same as a table beside it. Parts are told apart by pattern, place and label, not by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from privacy.statistics import Cell

WIDTH, HEIGHT = 720, 260
_START, _TOP, _BASE = 52, 24, 226
_LABELS = 168
"""Room at the end for the names of the parts."""
_LINE = 17
"""The least distance between two names."""
_TICKS = 6
_STRIP = 200


def tenth(value: float) -> int | float:
    """Return a number with at most one decimal, and with none where it is whole."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


@dataclass(frozen=True)
class Tick:
    """Hold a label of an axis and where it stands."""

    at: int | float
    text: str


@dataclass(frozen=True)
class Mark:
    """Hold something that happened. The label is empty where it would cover its neighbour's."""

    x: int | float
    text: str


@dataclass(frozen=True)
class Axes:
    """Hold what surrounds a chart's marks."""

    id: str
    title: str
    description: str
    width: int
    height: int
    start: int
    end: int
    top: int
    base: int
    values: tuple[Tick, ...]
    times: tuple[Tick, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Segment:
    """Hold a part of a bar. ``kind`` names its pattern."""

    kind: str
    at: int | float
    length: int | float


@dataclass(frozen=True)
class Bar:
    """Hold a bar of the stacked chart.

    Args:
        text: what it says, for who points at it.
        hides: whether a part of it is not shown.
    """

    x: int | float
    width: int | float
    middle: int | float
    text: str
    segments: tuple[Segment, ...]
    hides: bool


@dataclass(frozen=True)
class PartLabel:
    """Hold the name of a part beside the chart, with the line that leads to one of its segments."""

    kind: str
    text: str
    y: int | float
    from_x: int | float
    from_y: int | float


@dataclass(frozen=True)
class StackedChart:
    """Hold bars over time, each made of parts."""

    axes: Axes
    bars: tuple[Bar, ...]
    labels: tuple[PartLabel, ...]


@dataclass(frozen=True)
class AreaChart:
    """Hold a line over time with the area below. It breaks where a number is not shown; a lone point is a dot."""

    axes: Axes
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    dots: tuple[tuple[int | float, int | float], ...]
    hidden: tuple[int | float, ...]


@dataclass(frozen=True)
class Strip:
    """Hold a bar that lies in a row of a table."""

    width: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Moment:
    """Hold the values of one time, and its words.

    Args:
        text: what a pointer is told.
        tick: its label at the axis.
        mark: what happened then, or nothing.
    """

    values: tuple[Cell, ...]
    text: str
    tick: str
    mark: str = ""


@dataclass(frozen=True)
class Words:
    """Hold a chart's id, name and description, and how numbers are written."""

    id: str
    title: str
    description: str
    number: Callable[[int], str]


def number_of(cell: Cell) -> int:
    """Return what a cell adds to a chart: nothing where it is not shown."""
    return cell if isinstance(cell, int) else 0


def ceiling(highest: int) -> tuple[int, int]:
    """Return a round number that is not below the highest value, and the step between two lines of the axis."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * 4 >= highest:
                return step * factor * max(1, -(-highest // (step * factor))), step * factor
        step *= 10


def stacked(words: Words, parts: Sequence[tuple[str, str]], moments: Sequence[Moment]) -> StackedChart:
    """Return a stacked chart.

    Args:
        parts: kind and name of each, from the base upwards, as the values of each moment.
    """
    top, step = ceiling(max((sum(map(number_of, m.values)) for m in moments), default=0))
    axes = _axes(words, moments, WIDTH - _LABELS, top, step)
    slot = (axes.end - axes.start) / max(1, len(moments))
    width = tenth(max(1.0, min(slot * 0.72, 48)))
    bars = tuple(_bar(parts, m, tenth(axes.start + slot * (i + 0.5)), width, top) for i, m in enumerate(moments))
    return StackedChart(axes, bars, _labels(parts, bars))


def _bar(parts: Sequence[tuple[str, str]], moment: Moment, middle: int | float, width: int | float, top: int) -> Bar:
    segments, below = [], 0
    for (kind, _), cell in zip(parts, moment.values, strict=True):
        value = number_of(cell)
        if value:
            high, low = _y(below + value, top), _y(below, top)
            segments.append(Segment(kind, high, tenth(low - high)))
        below += value
    hides = any(not isinstance(cell, int) for cell in moment.values)
    return Bar(tenth(middle - width / 2), width, middle, moment.text, tuple(segments), hides)


def _labels(parts: Sequence[tuple[str, str]], bars: Sequence[Bar]) -> tuple[PartLabel, ...]:
    """Place each name beside the last bar that has its part, in the parts' order, without touching."""
    found = []
    for kind, text in parts:
        last = next(((b, s) for b in reversed(bars) for s in b.segments if s.kind == kind), None)
        if last:
            bar, segment = last
            found.append((kind, text, tenth(bar.x + bar.width), tenth(segment.at + segment.length / 2)))
    heights: list[float] = []
    for _, _, _, aim in found:
        heights.append(min(aim, heights[-1] - _LINE) if heights else aim)
    above = 0.0
    for i in reversed(range(len(heights))):
        heights[i] = max(heights[i], above + _LINE)
        above = heights[i]
    return tuple(
        PartLabel(kind, text, tenth(y), x, aim) for (kind, text, x, aim), y in zip(found, heights, strict=True)
    )


def area(words: Words, moments: Sequence[Moment]) -> AreaChart:
    """Return a line with the area below, of the first value of each moment."""
    top, step = ceiling(max((number_of(m.values[0]) for m in moments), default=0))
    axes = _axes(words, moments, WIDTH - _START // 2, top, step)
    slot = (axes.end - axes.start) / max(1, len(moments))
    xs = [tenth(axes.start + slot * (i + 0.5)) for i in range(len(moments))]
    lines, areas, dots = [], [], []
    for is_shown, run in groupby(zip(xs, moments, strict=True), key=lambda pair: isinstance(pair[1].values[0], int)):
        points = [(x, _y(number_of(moment.values[0]), top)) for x, moment in run]
        if not is_shown:
            continue
        if len(points) == 1:
            dots.append(points[0])
            continue
        path = "L".join(f"{x} {y}" for x, y in points)
        lines.append(f"M{path}")
        areas.append(f"M{points[0][0]} {axes.base}L{path}L{points[-1][0]} {axes.base}Z")
    hidden = tuple(x for x, m in zip(xs, moments, strict=True) if not isinstance(m.values[0], int))
    return AreaChart(axes, tuple(lines), tuple(areas), tuple(dots), hidden)


def strip(parts: Sequence[tuple[str, Cell]], most: int) -> Strip:
    """Return a bar for a row, as long as its sum within the largest of all rows."""
    segments, start = [], 0.0
    for kind, cell in parts:
        length = _STRIP * number_of(cell) / most if most else 0
        if length:
            segments.append(Segment(kind, tenth(start), tenth(length)))
        start += length
    return Strip(_STRIP, tuple(segments))


def _axes(words: Words, moments: Sequence[Moment], end: int, top: int, step: int) -> Axes:
    slot = (end - _START) / max(1, len(moments))
    each = max(1, -(-len(moments) // _TICKS))
    return Axes(
        id=words.id,
        title=words.title,
        description=words.description,
        width=WIDTH,
        height=HEIGHT,
        start=_START,
        end=end,
        top=_TOP,
        base=_BASE,
        values=tuple(Tick(_y(value, top), words.number(value)) for value in range(0, top + 1, step)),
        times=tuple(Tick(tenth(_START + slot * (i + 0.5)), m.tick) for i, m in enumerate(moments) if i % each == 0),
        marks=_marks(moments, slot),
    )


def _marks(moments: Sequence[Moment], slot: float) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    free = 0.0
    for i, moment in enumerate(moments):
        if not moment.mark:
            continue
        x = _START + slot * (i + 0.5)
        marks.append(Mark(tenth(x), moment.mark if x >= free else ""))
        if x >= free:
            free = x + 10 * len(moment.mark) + 8
    return tuple(marks)


def _y(value: int, top: int) -> int | float:
    return tenth(_BASE - (_BASE - _TOP) * value / top) if top else _BASE
