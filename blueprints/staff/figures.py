"""The statistics page, and the same as CSV."""

from __future__ import annotations

from flask import Response, request, stream_with_context

from blueprints.staff.pages import blueprint
from blueprints.staff.statistics import csv_of, filter_of, statistics_view
from services.staff import Permission
from web.site import site
from web.staff.frame import show
from web.staff.guard import page


@page(blueprint, "/statistics", Permission.SEE_STATISTICS)
def statistics() -> Response:
    """Show what came of the banner, and which pages are read."""
    query = request.args.to_dict()
    report = site().statistics.report(filter_of(query, site().statistics.today()))
    view = statistics_view(report, query)
    return show(
        "statistics.html",
        view.title,
        statistics=view,
        sheet=site().assets.url("charts.css"),
    )


@page(blueprint, "/statistics.csv", Permission.SEE_STATISTICS)
def statistics_csv() -> Response:
    """Give the statistics as a table for spreadsheets."""
    report = site().statistics.report(filter_of(request.args.to_dict(), site().statistics.today()))
    response = Response(stream_with_context(csv_of(report)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="statistics.csv"'
    return response
