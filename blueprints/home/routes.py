"""The home page: where everything is, and the state of this visitor's choice."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from i18n.locales import negotiate
from web.languages import _, use_locale
from web.page import render_page
from web.security import state
from web.site import site

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def root() -> Response:
    """Send the visitor to the home page in a language that fits."""
    locale = negotiate(request.headers.get("Accept-Language"), state().jurisdiction.languages)
    response = redirect(f"/{locale.slug}/", 302)
    response.headers["Vary"] = "Accept-Language, Cookie, Sec-GPC"
    return response  # type: ignore[return-value]


@blueprint.get("/<locale>/")
def home(locale: str) -> Response:
    """Show the home page."""
    use_locale(locale)
    return render_page("home.html", _("Your privacy at %(site)s") % {"site": site().settings.SITE_NAME}, path="/")
