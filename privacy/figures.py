"""What may be shown of a whole report at once: its totals, and the tables that break them down."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from privacy.statistics import ANSWERS, RESULTS, Cell, Group, Result, Withheld, is_few, is_safe, protect, rate

_ANSWERED = (*ANSWERS, Result.RENEWED)
"""What answers a page with the banner. To withdraw answers none: every page lets a visitor do so."""


@dataclass(frozen=True, slots=True)
class Raw:
    """Hold exact numbers, for the rules alone.

    Args:
        results: of what can be counted here; what is missing is not.
        shown: pages with the banner, or None where they are not counted by this.
        signals: pages under an opt-out signal without a choice, or None.
    """

    results: Mapping[Result, int]
    shown: int | None = None
    signals: int | None = None

    @property
    def ignored(self) -> int | None:
        """Give the pages with the banner that were left without an answer; never below zero."""
        if self.shown is None or any(r not in self.results for r in _ANSWERED):
            return None
        return max(0, self.shown - sum(self.results[r] for r in _ANSWERED))


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold what is shown of one group. ``ignored`` are pages with the banner left without an answer, not people."""

    shown: Cell
    ignored: Cell
    accepted: Cell
    partly: Cell
    refused: Cell
    withdrawn: Cell
    renewed: Cell
    signals: Cell

    def of(self, result: Result) -> Cell:
        """Return what is shown of a result."""
        found: Cell = getattr(self, result.value)
        return found

    @property
    def acceptance(self) -> Cell:
        """Give the share of *accepted* in the answers, in per cent."""
        return rate(self.accepted, self.partly, self.refused)


@dataclass(frozen=True, slots=True)
class Published:
    """Hold what is shown of a report.

    Args:
        recorded: all acts together.
        tables: per table, its rows in the order in which they came.
    """

    recorded: Cell
    total: Figures
    tables: tuple[tuple[Figures, ...], ...]


def publish(total: Raw, tables: Sequence[Sequence[Raw]], forced: Collection[str] = ()) -> Published:
    """Return what may be shown of a report, so that no table gives away what another hides.

    The results are a group whose total is known, and every table is such a group again for each result. A result
    whose total is hidden is hidden in every table; one whose table would give its parts away has its total hidden.

    Args:
        tables: the rows of each add up to the total, or lack a measure altogether.
        forced: measures that a wider report hides: results, ``shown``, ``signals``.
    """
    counted = [result for result in RESULTS if result in total.results]
    group, closed = _totals(total, counted, tables, {r for r in counted if r.value in forced})
    results: list[dict[Result, tuple[Cell, ...]]] = [
        {r: _column([row.results[r] for row in rows], r in closed) for r in counted} for rows in tables
    ]
    whole = dict(zip(counted, group.cells, strict=True))
    shown, ignored = _pages(total, whole, tables, results, is_forced="shown" in forced)
    signals = _measure(
        total.signals,
        [[row.signals for row in rows] for rows in tables],
        is_closed=bool("signals" in forced and total.signals),
    )
    made = tuple(
        tuple(
            _figures(
                {r: column[i] for r, column in results[t].items()}, shown[1][t][i], ignored[1][t][i], signals[1][t][i]
            )
            for i in range(len(rows))
        )
        for t, rows in enumerate(tables)
    )
    return Published(group.total, _figures(whole, shown[0], ignored[0], signals[0]), made)


def _totals(
    total: Raw, counted: Sequence[Result], tables: Sequence[Sequence[Raw]], hidden: set[Result]
) -> tuple[Group, set[Result]]:
    while True:
        positions = [i for i, result in enumerate(counted) if result in hidden]
        group = protect([total.results[r] for r in counted], positions)
        closed = {r for r, cell in zip(counted, group.cells, strict=True) if cell is Withheld.FEW}
        given_away = {
            r
            for r in counted
            if r not in closed
            and any(protect([row.results[r] for row in rows]).total is Withheld.FEW for rows in tables if rows)
        }
        if not given_away:
            return group, closed
        hidden |= closed | given_away


def _column(values: Sequence[int], is_closed: bool) -> tuple[Cell, ...]:
    if is_closed:
        return tuple(Withheld.FEW if value else 0 for value in values)
    return protect(values).cells


Measure = tuple[Cell, list[tuple[Cell, ...]]]


def _measure(
    total: int | None,
    tables: Sequence[Sequence[int | None]],
    forced: Sequence[Collection[int]] | None = None,
    *,
    is_closed: bool = False,
) -> Measure:
    """Return a total and its parts in each table. A table that lacks one value lacks the measure."""
    groups: list[Group | None] = []
    for t, rows in enumerate(tables):
        values = [value for value in rows if value is not None]
        is_whole = total is not None and len(values) == len(rows)
        groups.append(protect(values, forced[t] if forced else ()) if is_whole else None)
    if total is None:
        cell: Cell = Withheld.UNCOUNTED
    elif is_closed or is_few(total) or any(g and g.cells and g.total is Withheld.FEW for g in groups):
        cell = Withheld.FEW
    else:
        cell = total
    columns: list[tuple[Cell, ...]] = []
    for rows, group in zip(tables, groups, strict=True):
        if group is None:
            columns.append((Withheld.UNCOUNTED,) * len(rows))
        elif cell is Withheld.FEW:
            columns.append(tuple(Withheld.FEW if value else 0 for value in rows))
        else:
            columns.append(group.cells)
    return cell, columns


def _pages(
    total: Raw,
    whole: Mapping[Result, Cell],
    tables: Sequence[Sequence[Raw]],
    results: Sequence[Mapping[Result, Sequence[Cell]]],
    *,
    is_forced: bool,
) -> tuple[Measure, Measure]:
    """Return the pages with the banner and those of them without an answer.

    The two differ by the answers. Pages without an answer are hidden where answers are, or where they are few; in
    the second case the pages with the banner go with them, as nothing else would be missing. Where already the
    totals cannot stand side by side, no page without an answer is shown anywhere.
    """
    is_open = total.ignored is not None and not is_few(total.ignored) and _are_shown(whole)
    pages = [[row.shown for row in rows] for rows in tables]
    forced: list[set[int]] = []
    alone: list[set[int]] = []
    for t, rows in enumerate(tables):
        few = {i for i, row in enumerate(rows) if row.ignored and is_few(row.ignored)}
        # Where no banner was shown, nothing follows from that it was left without an answer.
        unknown = {
            i
            for i, row in enumerate(rows)
            if row.shown and not _are_shown({r: column[i] for r, column in results[t].items()})
        }
        hidden, without = _enough(rows, few, unknown) if is_open else (few, unknown)
        forced.append(hidden)
        alone.append(without)
    is_closed = bool(total.shown and (is_forced or is_few(total.ignored or 0)))
    shown = _measure(total.shown, pages, forced, is_closed=is_closed)
    columns = [
        tuple(_beside(row.ignored, cells[i], is_open and i not in alone[t]) for i, row in enumerate(rows))
        for t, (rows, cells) in enumerate(zip(tables, shown[1], strict=True))
    ]
    return shown, (_beside(total.ignored, shown[0], is_open), columns)


def _enough(rows: Sequence[Raw], few: set[int], unknown: set[int]) -> tuple[set[int], set[int]]:
    """Return where to hide both kinds of pages, and where to hide those without an answer alone.

    What is hidden of the second must be two values or more, together ten or more. Where that cannot be reached by
    hiding further rows, the first kind is hidden along wherever the second is: then neither tells the other.
    """
    shown, ignored = [row.shown or 0 for row in rows], [row.ignored or 0 for row in rows]
    both, alone = set(few), set(unknown)
    while True:
        both = {i for i, cell in enumerate(protect(shown, both).cells) if cell is Withheld.FEW}
        hidden = sorted(both | alone)
        if alone <= both and not is_few(sum(ignored[i] for i in hidden)):
            return both, alone
        if is_safe([ignored[i] for i in hidden]):
            return both, alone
        others = [i for i, value in enumerate(ignored) if value and i not in hidden]
        if others:
            both.add(min(others, key=lambda i: ignored[i]))
        elif alone <= both:
            return both, alone
        else:
            both |= alone


def _are_shown(cells: Mapping[Result, Cell]) -> bool:
    return all(isinstance(cells.get(r), int) for r in _ANSWERED)


def _beside(ignored: int | None, shown: Cell, is_open: bool) -> Cell:
    if ignored is None or shown is Withheld.UNCOUNTED:
        return Withheld.UNCOUNTED
    if shown == 0:
        return 0
    return ignored if is_open and isinstance(shown, int) else Withheld.FEW


def _figures(results: Mapping[Result, Cell], shown: Cell, ignored: Cell, signals: Cell) -> Figures:
    cells = {result.value: results.get(result, Withheld.UNCOUNTED) for result in RESULTS}
    return Figures(shown=shown, ignored=ignored, signals=signals, **cells)


def protect_grid(rows: Sequence[tuple[date, str, int]]) -> tuple[tuple[date, str, Cell], ...]:
    """Return what may be shown of counts by day and name, where the sums of each day and of each name are known."""
    hidden = {i for i, (_, _, number) in enumerate(rows) if is_few(number)}
    groups: dict[object, list[int]] = {}
    for i, (day, name, _) in enumerate(rows):
        groups.setdefault(day, []).append(i)
        groups.setdefault(name, []).append(i)
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for group in groups.values():
            forced = [position for position, i in enumerate(group) if i in hidden]
            cells = protect([rows[i][2] for i in group], forced).cells
            hidden.update(i for i, cell in zip(group, cells, strict=True) if cell is Withheld.FEW)
    return tuple((d, name, Withheld.FEW if i in hidden else n) for i, (d, name, n) in enumerate(rows))
