"""``flask stats``: the site's own statistics. No group of one to nine is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, attempt, show
from privacy.categories import CHOOSABLE, Category
from privacy.figures import Figures, protect_grid
from privacy.statistics import Cell, Withheld
from services.reports import Filter, Report, last_days
from services.store import StoreSilent
from web.site import site

stats = AppGroup("stats", help="Show the site's own statistics.")

_MEASURES = ("shown", "accepted", "partly", "refused", "ignored", "withdrawn", "renewed", "signals")
_BY = ("day", "region", "locale", "category", "tags", "texts", "layer", "signal")
_days = click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660))


@stats.command("show")
@_days
@as_json
@with_appcontext
def show_(days: int, json_: bool) -> None:
    """Show page views per day, counted where statistics were allowed."""
    rows = [{"day": d, "path": path, "views": n} for d, path, n in protect_grid(site().counters.pages(days))]
    _print(rows, ("day", "path", "views"), json_, f"No page was counted in the last {days} days.")


@stats.command("signals")
@_days
@as_json
@with_appcontext
def signals(days: int, json_: bool) -> None:
    """Show pages asked for under an opt-out signal without a choice, per day and region."""
    rows = [{"day": d, "region": region, "pages": n} for d, region, n in protect_grid(site().counters.signals(days))]
    _print(rows, ("day", "region", "pages"), json_, f"No signal was met in the last {days} days.")


@stats.command("choices")
@_days
@click.option("--by", default="day", show_default=True, type=click.Choice(_BY), help="What each row stands for.")
@click.option("--region", help="Only this region: de, us-ca, row.")
@click.option("--locale", help="Only this language: en, pt-br.")
@click.option("--category", type=click.Choice([c.value for c in CHOOSABLE]), help="Only the answers about this one.")
@click.option("--tags", type=click.IntRange(1), help="Only answers under this version of the tags.")
@as_json
@with_appcontext
def choices(
    days: int, by: str, region: str | None, locale: str | None, category: str | None, tags: int | None, json_: bool
) -> None:
    """Show what came of the banner: pages that showed it, answers, and pages left without one."""
    statistics = site().statistics
    since = last_days(statistics.today(), days).first
    wanted = Filter(since, statistics.today(), region, locale, Category(category) if category else None, tags)
    attempt(statistics.catch_up, StoreSilent)
    report = attempt(lambda: statistics.report(wanted), StoreSilent)
    rows = [] if report.is_empty else _rows(report, by)
    measures = ("granted", "partly", "denied") if by == "category" else _MEASURES
    _print(rows, (by, *measures, "acceptance"), json_, f"No banner was shown or answered in the last {days} days.")


def _rows(report: Report, by: str) -> list[dict[str, Any]]:
    if by == "category":
        return [
            {"category": c.category, "granted": c.granted, "partly": c.partly, "denied": c.denied}
            | {"acceptance": c.acceptance}
            for c in report.categories
        ]
    if by == "day":
        lines = [(period.span.first.isoformat(), period.figures) for period in report.periods]
        lines = [(day, figures) for day, figures in lines if set(_row(figures).values()) - {0, Withheld.UNCOUNTED}]
    else:
        found = {
            "region": report.regions,
            "locale": report.locales,
            "tags": report.tags,
            "texts": report.texts,
            "layer": report.layers,
            "signal": report.signals,
        }[by]
        lines = [(line.key or "unknown", line.figures) for line in found]
    return [{by: key, **_row(figures)} for key, figures in (*lines, ("all", report.total))]


def _row(figures: Figures) -> dict[str, Cell]:
    cells: dict[str, Cell] = {name: getattr(figures, name) for name in _MEASURES}
    return {**cells, "acceptance": figures.acceptance}


def _print(rows: Sequence[dict[str, Any]], columns: Sequence[str], json_: bool, empty: str) -> None:
    if json_:
        show(rows, columns, True, empty)
        return
    texts = {Withheld.FEW: "*", Withheld.UNCOUNTED: "-"}
    show([{k: texts.get(v, v) for k, v in row.items()} for row in rows], columns, False, empty)
    if any(value is Withheld.FEW for row in rows for value in row.values()):
        click.echo("* stands for fewer than ten, or would tell such a number.")
