"""What the statistics page shows: what came of the banner, with nobody tracked and no small group shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from blueprints.staff.statistics_charts import answers_chart, shown_chart, version_mark, views_chart
from blueprints.staff.statistics_csv import csv_of
from blueprints.staff.statistics_parts import (
    TableView,
    Tile,
    breakdowns,
    categories_table,
    paths_table,
    periods_table,
    span_name,
    tiles,
)
from blueprints.staff.statistics_query import FilterForm, csv_address, filter_form, filter_of
from services.reports import Report
from web.charts import AreaChart, StackedChart
from web.languages import _, catalog
from web.site import site

__all__ = ["StatisticsView", "csv_of", "filter_of", "statistics_view"]


@dataclass(frozen=True)
class Empty:
    """Hold what the page says where nothing was counted: what to do first."""

    title: str
    text: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class VersionLine:
    """Hold a version of the tags that was published within the days."""

    mark: str
    when: str
    note: str


@dataclass(frozen=True)
class StatisticsView:
    """Hold the whole page.

    Args:
        fill: names the patterns by which all bars are filled.
        notes: what a reader must know to read the numbers.
    """

    title: str
    lead: str
    days: str
    filters: FilterForm
    csv: str
    csv_text: str
    fill: str
    empty: Empty | None
    waits: str | None
    tiles: tuple[Tile, ...]
    answers: StackedChart
    periods: TableView
    versions: tuple[VersionLine, ...]
    shown: AreaChart | None
    breakdowns: tuple[TableView, ...]
    views_title: str
    views: AreaChart | None
    paths: TableView | None
    notes: tuple[str, ...]


def statistics_view(report: Report, query: Mapping[str, str]) -> StatisticsView:
    """Return the page of a report.

    Args:
        query: what the address asked for, as it was sent.
    """
    today = site().statistics.today()
    return StatisticsView(
        title=_("What came of the banner"),
        lead=_("Counted from the record of choices and from pages, without following any visitor."),
        days=span_name(report.filter.span),
        filters=filter_form(report, query, today),
        csv=csv_address(query),
        csv_text=_("Download as CSV"),
        fill="fill",
        empty=_empty(report) if report.is_empty else None,
        waits=None
        if report.is_complete
        else _("Some choices are still being counted. Load the page again in a moment."),
        tiles=tiles(report),
        answers=answers_chart(report),
        periods=periods_table(report),
        versions=tuple(
            VersionLine(version_mark(version.number), catalog().date(version.day), version.note)
            for version in reversed(report.published)
        ),
        shown=shown_chart(report),
        breakdowns=(categories_table(report), *breakdowns(report)),
        views_title=_("Page views"),
        views=views_chart(report),
        paths=paths_table(report) if report.paths else None,
        notes=_notes(),
    )


def _empty(report: Report) -> Empty:
    if report.filter.is_narrowed:
        return Empty(
            _("Nothing was counted that fits"),
            _("In these days nobody met or answered the banner in the way that is asked for."),
            (_("Choose more days."), _("Choose all places, languages, categories and versions.")),
        )
    return Empty(
        _("Nothing was counted yet"),
        _("Counting begins with the first page that shows the banner."),
        (
            _("Open the site in a private window, as a visitor would, and answer the banner."),
            _("Come back after some seconds. The numbers show from ten answers on: smaller groups stay hidden."),
            _("If no banner shows, no tag that is switched on needs to ask where you are: look at the tags first."),
        ),
    )


def _notes() -> tuple[str, ...]:
    return (
        _("* stands for fewer than ten, or for a number that would give such a number away. Zero is shown as zero."),
        _(
            "Pages with the banner are pages, not people. No visitor is told from another, so nobody can be counted "
            "just once."
        ),
        _(
            "A page left without an answer is one that showed the banner, less the answers that accept, accept in "
            "part, refuse or renew."
        ),
        _("A ring at the foot of a chart marks a time of which a number is not shown."),
        _("Days begin at midnight UTC."),
    )
