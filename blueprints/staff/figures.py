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
    """Show what came of the banner, and which pages are read; or give it as a table for spreadsheets."""
    counted, query = site().statistics, request.args.to_dict()
    counted.catch_up()
    report = counted.report(filter_of(query, counted.today()))
    if query.get("format") == "csv":
        response = Response(stream_with_context(csv_of(report)), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="statistics.csv"'
        return response
    view = statistics_view(report, query)
    return show("statistics.html", view.title, statistics=view, sheet=site().assets.url("charts.css"))
