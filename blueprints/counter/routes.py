"""The site's own page counter: it counts where statistics were allowed, and refuses where they were not."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from privacy.categories import Category
from privacy.registry import SITE
from web.security import law_of_region, require_own_origin, state
from web.site import site

blueprint = Blueprint("counter", __name__)

PAIR = (Category.ANALYTICS, SITE)
_PAGES = ("home.home", "policies.privacy", "policies.privacy_for", "policies.cookies")


@blueprint.post("/s/view")
def view() -> Response:
    """Count one view of a page, if this visitor's decision grants it."""
    require_own_origin()
    if not state().decision.grants_pair(PAIR):
        abort(403, "not granted")
    path = request.form.get("path", "")
    if not _is_page(path):
        abort(400)
    if not state().is_check:
        site().counters.page(path)
    return Response(status=204)


def _is_page(path: str) -> bool:
    try:
        endpoint, values = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return False
    if endpoint not in _PAGES or len(path) > 200 or values["locale"] not in site().catalogs:
        return False
    region = values.get("region")
    return region is None or law_of_region(region) is not None
