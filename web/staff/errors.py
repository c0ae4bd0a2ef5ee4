"""Errors of the console as pages: what happened, what was kept, what to do."""

from __future__ import annotations

import logging
from contextlib import suppress

from flask import Flask, Response, request
from flask_security import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from services.store import STORE_ERRORS, StoreSilent
from web.errors import ErrorView
from web.languages import _
from web.site import site
from web.staff.frame import show
from web.staff.people import let_go

log = logging.getLogger(__name__)


def _view(code: int) -> ErrorView:
    nothing = _("Nothing was changed, and your draft is as it was.")
    back = _("Go back to the page you came from, or start from the overview.")
    texts = {
        403: (
            _("That is not open to you"),
            _("Your role does not let you do that, or the request came from elsewhere."),
            nothing,
            _("Ask an administrator if you need it for your work."),
        ),
        404: (_("There is no such page"), _("The address may be mistyped, or the thing is gone."), nothing, back),
        405: (_("That cannot be done here"), _("This page does not take such a request."), nothing, back),
        413: (_("That is too much at once"), _("The request was larger than the console takes."), nothing, back),
        429: (
            _("Too many tries"),
            _("Somebody at your address tried to sign in too often."),
            nothing,
            _("Please wait a minute, then try again."),
        ),
        503: (
            _("The store does not answer"),
            _("Nothing can be read or saved at the moment."),
            nothing,
            _("Please try again in a minute."),
        ),
        500: (
            _("Something went wrong on our side"),
            _("It was written down, and we will look into it."),
            nothing,
            _("Please try again in a minute."),
        ),
    }
    fallback = (_("This request could not be understood"), _("Something in it is not expected here."), nothing, back)
    return ErrorView(code, *texts.get(code, fallback if code < 500 else texts[500]))


def error(code: int, view: ErrorView | None = None) -> Response:
    """Return the page of an error."""
    view = view or _view(code)
    try:
        return show("error.html", view.title, code, error=view)
    except (StoreSilent, *STORE_ERRORS):
        # Even who is signed in stands in the store: without it, the page says what it has to and nothing else.
        return show("error.html", view.title, code, error=view, bare=True)


def _unanswered() -> Response:
    view = _view(503)
    response = show("error.html", view.title, 503, error=view, bare=True)
    response.headers["Retry-After"] = "60"
    return response


def init_errors(app: Flask) -> None:
    """Show every error as a page of the console."""

    @app.errorhandler(CSRFError)
    def on_token(found: CSRFError) -> Response:
        view = ErrorView(
            400,
            _("This form is too old"),
            _("It was opened before you signed in, or in another sitting."),
            _("Nothing was changed, and your draft is as it was."),
            _("Open the page again and send it once more."),
        )
        return error(400, view)

    @app.errorhandler(HTTPException)
    def on_http_error(found: HTTPException) -> Response | HTTPException:
        code = found.code or 500
        if code < 400:
            return found
        if code == 403 and current_user.is_authenticated:
            with suppress(StoreSilent):
                site().staff.record(current_user.email, "refused", request.path)
        response = error(code)
        if found.get_response().headers.get("Allow"):
            response.headers["Allow"] = found.get_response().headers["Allow"]
        if code == 429:
            response.headers["Retry-After"] = "60"
        return response

    @app.errorhandler(StoreSilent)
    def on_silence(found: StoreSilent) -> Response:
        log.warning("%s could not be answered: the store is silent", request.path)
        return _unanswered()

    @app.errorhandler(Exception)
    def on_error(found: Exception) -> Response:
        if isinstance(found, STORE_ERRORS):
            log.warning("%s could not be answered: the store is silent", request.path)
            return _unanswered()
        log.exception("%s %s failed", request.method, request.path)
        let_go()  # The page of the error asks the store who is signed in.
        return error(500)
