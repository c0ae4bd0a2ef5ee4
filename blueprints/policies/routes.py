"""The privacy policy and the cookie policy."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from blueprints.policies.sections import sections
from blueprints.policies.view_models import cookie_categories, region_view
from privacy.jurisdictions import Jurisdiction
from web.languages import _, use_locale
from web.page import render_page
from web.security import law_of_region, state

blueprint = Blueprint("policies", __name__)


@blueprint.get("/<locale>/privacy")
def privacy(locale: str) -> Response:
    """Show the privacy policy as it holds where the visitor is."""
    use_locale(locale)
    return _privacy(state().jurisdiction, "/privacy")


@blueprint.get("/<locale>/privacy/<region>")
def privacy_for(locale: str, region: str) -> Response:
    """Show the privacy policy as it holds in a region."""
    use_locale(locale)
    found = law_of_region(region)
    if found is None:
        abort(404)
    return _privacy(found, f"/privacy/{region}")


def _privacy(jurisdiction: Jurisdiction, path: str) -> Response:
    return render_page(
        "privacy.html", _("Privacy policy"), path=path, region=region_view(jurisdiction), sections=sections()
    )


@blueprint.get("/<locale>/cookies")
def cookies(locale: str) -> Response:
    """Show the cookie policy, made from the registry that the gate admits from."""
    use_locale(locale)
    return render_page("cookies.html", _("Cookie policy"), path="/cookies", categories=cookie_categories())
