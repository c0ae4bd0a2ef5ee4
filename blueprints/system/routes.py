"""What machines ask for: assets, health, and the statement about Global Privacy Control."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, jsonify, render_template, request

from blueprints.system.view_models import addresses
from web.front import SHARED
from web.scripts import previewed_snippet, snippet
from web.site import site

blueprint = Blueprint("system", __name__)

GPC_SINCE = "2026-11-22"
"""The day on which the site's handling of the signal was last changed (RFC 3339 full-date)."""


@blueprint.get("/assets/<digest>/<path:name>")
def asset(digest: str, name: str) -> Response:
    """Send a static file. Its address changes with its content."""
    found = site().assets.get(digest, name) or snippet(site(), digest, name)
    published = found is not None
    found = found or previewed_snippet(site(), digest, name)
    if found is None:
        abort(404)
    response = Response(found.content, mimetype=found.mimetype)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if published else "private, no-store"
    # They are the same for everybody and hold nothing of anybody. A preview stands in a sandbox, to which this site
    # is a foreign one.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if published:
        request.environ[SHARED] = "file"
    return response


@blueprint.get("/.well-known/gpc.json")
def gpc() -> Response:
    """State that the site abides by Global Privacy Control (W3C GPC, well-known resource)."""
    response = jsonify(gpc=True, lastUpdate=GPC_SINCE)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    request.environ[SHARED] = "file"
    return response


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Tell crawlers what there is (RFC 9309)."""
    origin = site().settings.SITE_ORIGIN
    return _file(f"User-agent: *\nDisallow: /staff\n\nSitemap: {origin}/sitemap.xml\n", "text/plain")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """List every page in every language (sitemaps.org 0.9). The pages themselves name their other languages."""
    pages = render_template("sitemap.xml", addresses=addresses())
    return _file(pages, "application/xml")


def _file(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def without_https(view: Callable[[], Response]) -> Callable[[], Response]:
    """Let what watches the site ask over plain http, behind the proxy."""
    view.talisman_view_options = {"force_https": False}  # type: ignore[attr-defined]
    return view


@blueprint.get("/healthz")
@without_https
def healthy() -> Response:
    """Say that the process answers."""
    return _plain("ok")


@blueprint.get("/readyz")
@without_https
def ready() -> Response:
    """Say whether the store answers and a version is live."""
    snapshot = site().live.snapshot
    if snapshot.degraded or not snapshot.registry.version:
        return _plain("not ready", 503)
    return _plain("ready")


def _plain(text: str, status: int = 200) -> Response:
    response = Response(text + "\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
