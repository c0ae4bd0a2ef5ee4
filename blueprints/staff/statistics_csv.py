"""The statistics as CSV, for spreadsheets and programs (RFC 4180). By the same rule as the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from privacy.figures import Figures
from privacy.periods import Span
from privacy.statistics import Cell, Withheld
from services.reports import Line, Report

# Names of columns and keys are for programs: the same in every language, as those of the commands.
_MEASURES = ("shown", "accepted", "partly", "refused", "ignored", "withdrawn", "renewed", "signals", "acceptance")
COLUMNS = ("breakdown", "key", *_MEASURES, "views")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def csv_of(report: Report) -> Iterator[str]:
    """Iterate over the lines of a report's CSV, the header first. What is hidden is ``few``; empty is not counted."""
    yield _line(COLUMNS)
    span = report.filter.span
    yield _row("all", _key(span), report.total, report.views)
    for period in report.periods:
        yield _row("day", _key(period.span), period.figures, period.views)
    for name, lines in _breakdowns(report):
        for line in lines:
            yield _row(name, line.key or "unknown", line.figures)
    for each in report.categories:
        cells = {
            "accepted": each.granted,
            "partly": each.partly,
            "refused": each.denied,
            "acceptance": each.acceptance,
        }
        yield _line(("category", each.category.value, *(_text(cells.get(name)) for name in _MEASURES), ""))
    for path, views in report.paths:
        yield _line(("page", path, *("" for _name in _MEASURES), _text(views)))


def _breakdowns(report: Report) -> Iterator[tuple[str, Sequence[Line]]]:
    yield "region", report.regions
    yield "locale", report.locales
    yield "tags", report.tags
    yield "texts", report.texts
    yield "layer", report.layers
    yield "signal", report.signals


def _row(breakdown: str, key: str, figures: Figures, views: Cell | None = None) -> str:
    return _line((breakdown, key, *(_text(getattr(figures, name)) for name in _MEASURES), _text(views)))


def _key(span: Span) -> str:
    first, last = span.first.isoformat(), span.last.isoformat()
    return first if first == last else f"{first}/{last}"


def _text(cell: Cell | None) -> str:
    return "" if cell is None or cell is Withheld.UNCOUNTED else str(cell)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return out.getvalue()


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell
