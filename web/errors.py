"""Errors as pages: each says what happened, what was kept, and what to do, in the visitor's language."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from services.store import StoreSilent
from web.languages import _, catalog
from web.page import render_page

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErrorView:
    """Hold what an error page says."""

    code: int
    title: str
    what: str
    kept: str
    todo: str


def _view(code: int) -> ErrorView:
    kept = _("Your earlier choice is as it was.")
    nothing = _("Nothing was changed.")
    back = _("Go back to the page you came from, or start from the home page.")
    texts: dict[int, tuple[str, str, str, str]] = {
        400: (
            _("This request could not be understood"),
            _("Something in it is not what this site expects."),
            nothing,
            back,
        ),
        403: (
            _("This request was refused"),
            _("It did not come from a page of this site, or it asked for something that was not allowed."),
            nothing,
            _("Open the page on this site itself and try again."),
        ),
        404: (_("There is no such page"), _("The address may be mistyped or out of date."), kept, back),
        405: (_("That cannot be done here"), _("This page does not take such a request."), nothing, back),
        413: (_("That is too much at once"), _("The request was larger than this site takes."), nothing, back),
        503: (
            _("Your choice was not saved"),
            _("Our store does not answer at the moment, so nothing new was switched on."),
            kept,
            _("Please try again in a minute."),
        ),
        500: (
            _("Something went wrong on our side"),
            _("It was written down, without anything about you, and we will look into it."),
            kept,
            _("Please try again in a minute."),
        ),
    }
    return ErrorView(code, *texts.get(code, texts[400 if code < 500 else 500]))


def error_page(code: int, view: ErrorView | None = None) -> Response:
    """Return the page of an error."""
    view = view or _view(code)
    response = render_page(
        "error.html", view.title, path="/", shared=False, tags=False, banner=False, status=code, error=view
    )
    response.headers["Content-Language"] = catalog().locale.tag
    return response


def not_saved() -> Response:
    """Return the page that says that a choice was not saved."""
    response = error_page(503)
    response.headers["Retry-After"] = "60"
    return response


def _unreadable() -> Response:
    view = ErrorView(
        503,
        _("This page cannot be shown at the moment"),
        _("Our store does not answer, and earlier versions are read from it."),
        _("Your earlier choice is as it was."),
        _("Please try again in a minute."),
    )
    response = error_page(503, view)
    response.headers["Retry-After"] = "60"
    return response


def init_errors(app: Flask) -> None:
    """Show every error as a page of this site."""

    @app.errorhandler(HTTPException)
    def on_http_error(error: HTTPException) -> Response | HTTPException:
        code = error.code or 500
        if code < 400:
            return error
        response = error_page(code)
        if error.get_response().headers.get("Allow"):
            response.headers["Allow"] = error.get_response().headers["Allow"]
        return response

    @app.errorhandler(StoreSilent)
    def on_silence(error: StoreSilent) -> Response:
        log.warning("%s could not be read: the store does not answer", request.path)
        return _unreadable()

    @app.errorhandler(Exception)
    def on_error(error: Exception) -> Response:
        log.exception("%s %s failed", request.method, request.path)
        return error_page(500)
