"""Make a report from the counts: read exact numbers, hand on only what may be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from privacy.categories import CHOOSABLE
from privacy.figures import Figures, Published, Raw, publish
from privacy.periods import Span, spans
from privacy.statistics import ANSWERS, RESULTS, Cell, Result, Withheld, is_few, protect
from services.reports import CategoryLine, Filter, Line, Options, Period, Report, TagsPublished
from storage import records
from storage import statistics as counts
from storage.statistics import Within

Rows = list[tuple[str, Raw]]
_DIMENSIONS = ("region", "locale", "tags", "texts", "layer", "signal")
_NARROWED_BY = ("region", "locale", "tags")


def make(connection: Connection, wanted: Filter) -> Report:
    """Return what came of the banner, as far as it may be shown."""
    total, tables = _count(connection, wanted)
    published = publish(total, [[raw for _, raw in rows] for rows in tables.values()], _forced(connection, wanted))
    lines = {name: _lines(tables[name], figures) for name, figures in zip(tables, published.tables, strict=True)}
    views, by_period, paths = _views(connection, wanted)
    periods = (
        Period(span, line.figures, cell)
        for span, line, cell in zip(spans(wanted.span), lines.pop("day"), by_period, strict=True)
    )
    ordered = {name: tuple(sorted(rows, key=_largest_first)) for name, rows in lines.items()}
    return Report(
        filter=wanted,
        recorded=published.recorded,
        total=published.total,
        unknown=_unknown(connection, wanted),
        periods=tuple(periods),
        regions=ordered["region"],
        locales=ordered["locale"],
        tags=ordered["tags"],
        texts=ordered["texts"],
        layers=ordered.get("layer", ()),
        signals=ordered["signal"],
        categories=_categories(connection, wanted, published),
        views=views,
        paths=paths,
        published=tuple(
            TagsPublished(at.date(), number, note)
            for number, at, _, note in reversed(records.tag_history(connection))
            if wanted.first <= at.date() <= wanted.last
        ),
        options=_options(connection, wanted),
        is_complete=counts.newest(connection) <= counts.rolled_up(connection),
    )


def _count(connection: Connection, wanted: Filter) -> tuple[Raw, dict[str, Rows]]:
    """Return the exact total and, by the name of what they break it down by, the exact tables."""
    table, within = counts.CHOICES, _within(wanted)
    if wanted.category:
        table = counts.CATEGORIES
        within = replace(within, equal={**within.equal, "category": wanted.category.value})
    kept = ANSWERS if wanted.category else RESULTS
    days = _by(counts.sums(connection, table, within, ("day", "result")), kept)
    shown = _pages(connection, wanted, counts.BANNERS, ("region", "locale"))
    signals = _pages(connection, wanted, records.SIGNALS, ("region",))
    parts = spans(wanted.span)
    day_rows = [
        (
            part.first.isoformat(),
            Raw(
                _added(days.get(day, {}) for day in _days(part)),
                _sum_within(shown["day"], part),
                _sum_within(signals["day"], part),
            ),
        )
        for part in parts
    ]
    tables: dict[str, Rows] = {"day": day_rows}
    for name in _DIMENSIONS:
        if name not in table.c:
            continue
        found = _by(counts.sums(connection, table, within, (name, "result")), kept)
        pages, under_signal = shown.get(name), signals.get(name)
        keys = sorted({*found, *(pages or ()), *(under_signal or ())}, key=str)
        tables[name] = [
            (
                _key(key),
                Raw(
                    _added([found.get(key, {})]),
                    None if pages is None else pages.get(key, 0),
                    None if under_signal is None else under_signal.get(key, 0),
                ),
            )
            for key in keys
        ]
    total = Raw(_added(days.values()), _whole(shown["day"]), _whole(signals["day"]))
    absent = set(RESULTS) - set(kept)
    return _without(total, absent), {n: [(k, _without(raw, absent)) for k, raw in rows] for n, rows in tables.items()}


def _without(raw: Raw, absent: set[Result]) -> Raw:
    return replace(raw, results={r: n for r, n in raw.results.items() if r not in absent})


def _added(parts: Iterable[Mapping[Result, int]]) -> dict[Result, int]:
    summed: Counter[Result] = Counter(dict.fromkeys(RESULTS, 0))
    for part in parts:
        summed.update(part)
    return dict(summed)


def _by(found: Mapping[tuple[Any, ...], int], kept: Sequence[Result]) -> dict[Any, dict[Result, int]]:
    made: dict[Any, dict[Result, int]] = {}
    for (key, result), number in found.items():
        if result in kept:
            made.setdefault(key, {})[Result(result)] = number
    return made


def _pages(connection: Connection, wanted: Filter, table: Any, by: Sequence[str]) -> dict[str, dict[Any, int] | None]:
    """Return pages by day and by each of the columns, or None each where the filter asks for what they do not say."""
    names = ("day", *by)
    asked = {name: getattr(wanted, name) for name in ("region", "locale", "category", "tags")}
    if any(value is not None and name not in by for name, value in asked.items()):
        return dict.fromkeys(names)
    equal = {name: value for name, value in asked.items() if value is not None}
    within = Within(wanted.first, wanted.last, equal)
    return {name: {k[0]: n for k, n in counts.sums(connection, table, within, (name,)).items()} for name in names}


def _sum_within(pages: Mapping[date, int] | None, part: Span) -> int | None:
    return None if pages is None else sum(pages.get(day, 0) for day in _days(part))


def _whole(pages: Mapping[date, int] | None) -> int | None:
    return None if pages is None else sum(pages.values())


def _days(part: Span) -> Iterable[date]:
    return (part.first + timedelta(days=i) for i in range(part.days))


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return "gpc" if value else "none"
    return str(value or "")


def _within(wanted: Filter) -> Within:
    equal = {name: getattr(wanted, name) for name in _NARROWED_BY if getattr(wanted, name) is not None}
    return Within(wanted.first, wanted.last, equal)


def _lines(rows: Rows, figures: Sequence[Figures]) -> list[Line]:
    return [Line(key, each) for (key, _), each in zip(rows, figures, strict=True)]


def _largest_first(line: Line) -> tuple[int, str]:
    # By what is shown alone: the order must not tell what is hidden.
    return -sum(cell for cell in (line.figures.of(r) for r in ANSWERS) if isinstance(cell, int)), line.key


def _forced(connection: Connection, wanted: Filter) -> set[str]:
    """Return the measures that a report without one of the filters hides in the row that this one is about."""
    hidden: set[str] = set()
    for name in _NARROWED_BY:
        value = getattr(wanted, name)
        if value is None:
            continue
        total, tables = _count(connection, _wider(wanted, name))
        rows = tables[name]
        position = next((i for i, (key, _) in enumerate(rows) if key == _key(value)), None)
        if position is None:
            continue
        published = publish(total, [[raw for _, raw in each] for each in tables.values()])
        figures = published.tables[list(tables).index(name)][position]
        measures = (*(r.value for r in RESULTS), "shown", "signals")
        hidden |= {m for m in measures if getattr(figures, m) is Withheld.FEW}
    return hidden


def _wider(wanted: Filter, name: str) -> Filter:
    narrowed = {each: getattr(wanted, each) for each in _NARROWED_BY if each != name}
    return Filter(wanted.first, wanted.last, category=wanted.category, **narrowed)


def _categories(connection: Connection, wanted: Filter, published: Published) -> tuple[CategoryLine, ...]:
    found = counts.sums(connection, counts.CATEGORIES, _within(wanted), ("category", "result"))
    lines = []
    for category in CHOOSABLE:
        group = protect([found.get((category.value, r.value), 0) for r in ANSWERS])
        cells = group.cells
        if category is wanted.category:
            cells = tuple(published.total.of(r) for r in ANSWERS)
        lines.append(CategoryLine(category, *cells))
    return tuple(lines)


def _unknown(connection: Connection, wanted: Filter) -> Cell:
    if wanted.is_narrowed:
        return Withheld.UNCOUNTED
    within = Within(wanted.first, wanted.last, {"result": Result.UNKNOWN.value})
    number = sum(counts.sums(connection, counts.CHOICES, within, ()).values())
    return Withheld.FEW if is_few(number) else number


def _views(connection: Connection, wanted: Filter) -> tuple[Cell, tuple[Cell, ...], tuple[tuple[str, Cell], ...]]:
    """Return views of pages: all, by period, and by path."""
    within = Within(wanted.first, wanted.last)
    days = {key[0]: n for key, n in counts.sums(connection, records.PAGES, within, ("day",)).items()}
    by_path = {key[0]: n for key, n in counts.sums(connection, records.PAGES, within, ("path",)).items()}
    parts = [sum(days.get(day, 0) for day in _days(part)) for part in spans(wanted.span)]
    periods, paths = protect(parts), protect(list(by_path.values()))
    is_hidden = Withheld.FEW in (periods.total, paths.total)

    def cells(group: Sequence[Cell]) -> tuple[Cell, ...]:
        return tuple(Withheld.FEW if is_hidden and cell else cell for cell in group)

    named = sorted(zip(by_path, cells(paths.cells), strict=True), key=_most_first)
    return Withheld.FEW if is_hidden else periods.total, cells(periods.cells), tuple(named)


def _most_first(row: tuple[str, Cell]) -> tuple[int, str]:
    return -row[1] if isinstance(row[1], int) else 0, row[0]


def _options(connection: Connection, wanted: Filter) -> Options:
    within = Within(wanted.first, wanted.last)
    both = (counts.BANNERS, counts.CHOICES)
    return Options(
        regions=tuple(filter(None, counts.seen(connection, both, within, "region"))),
        locales=tuple(filter(None, counts.seen(connection, both, within, "locale"))),
        tags=tuple(filter(None, counts.seen(connection, (counts.CHOICES,), within, "tags"))),
    )
