"""Open the real page with the own draft, as anybody: in a sandbox, for nobody else."""

from __future__ import annotations

from flask import Response, abort, g, request

from blueprints.staff.drafting import as_drafted, own_draft
from blueprints.staff.effects_view import act_of, imagined, place_of
from blueprints.staff.pages import blueprint
from i18n.locales import BY_SLUG
from privacy.fields import BadTag
from services.staff import Permission
from web.preview import preview as rendered_preview
from web.site import site
from web.staff.guard import page

SANDBOX = "sandbox allow-scripts"


def _fence() -> str:
    """Return what keeps every request of a preview at home, unless vendors were asked for."""
    host = request.host_url.rstrip("/")
    own = f"{host} 'self'"
    return (
        f"{SANDBOX}; default-src 'none'; script-src {own}; style-src {own}; img-src {own}; font-src {own}; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


@page(blueprint, "/preview", Permission.EDIT_TAGS)
def preview() -> Response:
    """Show a page as an imagined visitor would get it, were the draft published."""
    here, query = site(), request.args
    place, language, path = place_of(query.get("place", "")), query.get("language", "en"), query.get("page", "/")
    if place is None or language not in BY_SLUG or not path.startswith("/") or len(path) > 200:
        abort(404)
    state = own_draft()
    try:
        proposal = here.tags.propose(*as_drafted(state), live=state.live)
    except BadTag:
        abort(409)
    # The gate asks again where a policy changed materially: what is live knows when that was.
    registry = here.live.with_questions(proposal.after)
    visitor = imagined(place, act_of(query.get("act", "none")), query.get("signal") == "1", registry)
    live = state.live.registry.snippets
    here.drafts.keep_snippets({key: text for key, text in registry.snippets.items() if key not in live})
    found = rendered_preview(here, f"/{language}{path}", visitor)
    response = Response(found.body, int(found.status.split(" ")[0]))
    for name, value in found.headers:
        response.headers[name] = value
    response.headers["Cache-Control"] = "private, no-store"
    g.preview_policy = (found.policy, SANDBOX if query.get("vendors") == "1" else _fence())
    return response
