"""The ways to get in touch that the operator configured."""

from __future__ import annotations

from flask import Blueprint, Response

from blueprints.contact.view_models import ways
from web.languages import _, use_locale
from web.page import render_page

blueprint = Blueprint("contact", __name__)


@blueprint.get("/<locale>/contact")
def contact(locale: str) -> Response:
    """Show how to get in touch."""
    use_locale(locale)
    return render_page("contact.html", _("Contact"), path="/contact", tags=False, ways=ways())
