"""The charts of the statistics page. Each says what a table beside it says."""

from __future__ import annotations

from collections.abc import Sequence

from blueprints.staff.statistics_parts import PARTS, measure_names, said, span_name
from privacy.figures import Figures
from privacy.periods import Span
from privacy.statistics import Cell
from services.reports import Period, Report
from web.charts import AreaChart, Moment, StackedChart, Words, area, number_of, stacked
from web.languages import _, catalog, pgettext


def _tick(span: Span) -> str:
    whole_month = span.first.day == 1 and span.days >= 28
    return catalog().month(span.first) if whole_month else catalog().day(span.first)


def answers_chart(report: Report) -> StackedChart:
    """Return the answers over time, with the versions of the tags that were published meanwhile."""
    names = measure_names()
    title = _("Answers over time")
    description = _("Accepted: %(accepted)s. Accepted in part: %(partly)s. Refused: %(refused)s.") % _sentence(
        report.total
    )
    moments = [
        Moment(
            tuple(getattr(period.figures, part) for part in PARTS),
            _("%(when)s: accepted %(accepted)s, in part %(partly)s, refused %(refused)s")
            % {"when": span_name(period.span), **_sentence(period.figures)},
            _tick(period.span),
            _mark(report, period.span),
        )
        for period in report.periods
    ]
    words = Words("chart-answers", title, description, catalog().number)
    return stacked(words, [(part, names[part]) for part in PARTS], moments)


def _sentence(figures: Figures) -> dict[str, str]:
    return {part: said(getattr(figures, part)) for part in PARTS}


def _mark(report: Report, span: Span) -> str:
    within = [version.number for version in report.published if span.first <= version.day <= span.last]
    return version_mark(within[-1]) if within else ""


def version_mark(number: int) -> str:
    """Return how a version of the tags is named where there is hardly any room."""
    # Translators: A version of the tags at the axis of a chart, as short as can be: v12.
    return pgettext("version", "v%(n)s") % {"n": number}


def shown_chart(report: Report) -> AreaChart | None:
    """Return the pages with the banner over time, or None where no number of them is shown."""
    cells = [(period, period.figures.shown) for period in report.periods]
    return _area(cells, "chart-shown", _("Pages that showed the banner"), report.total.shown)


def views_chart(report: Report) -> AreaChart | None:
    """Return the views of pages over time, or None where no number of them is shown."""
    return _area([(period, period.views) for period in report.periods], "chart-views", _("Page views"), report.views)


def _area(cells: Sequence[tuple[Period, Cell]], chart_id: str, title: str, total: Cell) -> AreaChart | None:
    if not any(number_of(cell) for _period, cell in cells):
        return None
    moments = [
        Moment((cell,), _("%(when)s: %(n)s") % {"when": span_name(p.span), "n": said(cell)}, _tick(p.span))
        for p, cell in cells
    ]
    return area(Words(chart_id, title, _("All together: %(n)s.") % {"n": said(total)}, catalog().number), moments)
