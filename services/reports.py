"""What a report holds. Every number in one may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from privacy.categories import Category
from privacy.figures import Figures
from privacy.periods import Span
from privacy.statistics import Cell, Withheld, rate


@dataclass(frozen=True)
class Filter:
    """Hold what is asked for.

    Args:
        first, last: the days, both included.
        region, locale, category, tags: only these; all where None. ``tags`` is a version.
    """

    first: date
    last: date
    region: str | None = None
    locale: str | None = None
    category: Category | None = None
    tags: int | None = None

    @property
    def span(self) -> Span:
        """Give the days."""
        return Span(self.first, self.last)

    @property
    def is_narrowed(self) -> bool:
        """Say whether more than days is asked for."""
        return any(value is not None for value in (self.region, self.locale, self.category, self.tags))


def last_days(today: date, days: int) -> Filter:
    """Return a filter for the days that end today."""
    return Filter(today - timedelta(days=days - 1), today)


@dataclass(frozen=True)
class Line:
    """Hold one row of a breakdown. The key is empty where it is not known."""

    key: str
    figures: Figures


@dataclass(frozen=True)
class Period:
    """Hold what came of some days."""

    span: Span
    figures: Figures
    views: Cell


@dataclass(frozen=True)
class CategoryLine:
    """Hold how a category stood after the acts that answered it."""

    category: Category
    granted: Cell
    partly: Cell
    denied: Cell

    @property
    def acceptance(self) -> Cell:
        """Give the share of *granted*, in per cent."""
        return rate(self.granted, self.partly, self.denied)


@dataclass(frozen=True)
class TagsPublished:
    """Hold a version of the tags that was published within the days."""

    day: date
    number: int
    note: str


@dataclass(frozen=True)
class Options:
    """Hold what a report of these days can be narrowed to."""

    regions: tuple[str, ...]
    locales: tuple[str, ...]
    tags: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """Hold what came of the banner in some days. Every number in it may be shown.

    Args:
        recorded: all acts in the ledger.
        unknown: acts whose record was erased before it was counted.
        views, paths: views of pages, counted where statistics were allowed, of all places and languages.
        is_complete: whether every entry of the ledger was counted.
    """

    filter: Filter
    recorded: Cell
    total: Figures
    unknown: Cell
    periods: tuple[Period, ...]
    regions: tuple[Line, ...]
    locales: tuple[Line, ...]
    tags: tuple[Line, ...]
    texts: tuple[Line, ...]
    layers: tuple[Line, ...]
    signals: tuple[Line, ...]
    categories: tuple[CategoryLine, ...]
    views: Cell
    paths: tuple[tuple[str, Cell], ...]
    published: tuple[TagsPublished, ...]
    options: Options
    is_complete: bool

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was counted that fits."""
        cells = [self.recorded, self.total.shown, self.total.signals]
        if not self.filter.is_narrowed:
            cells += [self.views, self.unknown]
        return all(cell in (0, Withheld.UNCOUNTED) for cell in cells)
