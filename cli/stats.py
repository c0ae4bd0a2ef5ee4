"""``flask stats``: the site's own statistics."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, show
from web.site import site

stats = AppGroup("stats", help="Show the site's own statistics.")


@stats.command("show")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660))
@as_json
@with_appcontext
def show_(days: int, json_: bool) -> None:
    """Show page views per day, counted where statistics were allowed."""
    rows = [{"day": day, "path": path, "views": views} for day, path, views in site().counters.pages(days)]
    show(rows, ("day", "path", "views"), json_, f"No page was counted in the last {days} days.")


@stats.command("signals")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660))
@as_json
@with_appcontext
def signals(days: int, json_: bool) -> None:
    """Show pages asked for under an opt-out signal without a choice, per day and region."""
    rows = [{"day": day, "region": region, "pages": n} for day, region, n in site().counters.signals(days)]
    show(rows, ("day", "region", "pages"), json_, f"No signal was met in the last {days} days.")
