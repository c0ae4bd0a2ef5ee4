"""Where a visitor chooses. A choice is POST, then 303, then GET: it needs no script."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, redirect

from blueprints.preferences.forms import sent
from blueprints.preferences.view_models import offered_bands, preferences
from privacy.admission import clears_storage
from privacy.choice import seal
from privacy.decision import cookie_max_age
from services.choices import NotWritten, Recorded
from web.banner import banner_form
from web.errors import not_saved
from web.languages import _, use_locale
from web.page import render_page, signal_line
from web.security import adopt, require_own_origin, set_own_cookie, state
from web.site import site

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/<locale>/preferences")
def show(locale: str) -> Response:
    """Show the second layer: one card for each category, and each provider's own switch."""
    slug = use_locale(locale).slug
    return render_page(
        "preferences.html",
        _("Cookie preferences"),
        path="/preferences",
        shared=False,
        tags=False,
        banner=False,
        preferences=preferences(slug, signal_line()),
    )


@blueprint.post("/<locale>/preferences")
def choose(locale: str) -> Response:
    """Record a choice, then send the visitor back to where it was made."""
    slug = use_locale(locale).slug
    require_own_origin()
    now = state()
    if now.is_check:
        abort(
            403, "check"
        )  # The checker is nobody: no choice of it goes on record, whatever a script on the page does.
    form = sent(now.registry, offered_bands())
    if form is None:
        abort(400, "form")
    moment = datetime.fromtimestamp(site().reader.now(), UTC)
    try:
        recorded = site().choices.record(
            jurisdiction=now.jurisdiction,
            place=now.place,
            locale=slug,
            previous=now.choice,
            signals=now.signals,
            registry=now.registry,
            now=moment,
            intent=form.intent,
            ticks=form.ticks,
            about=form.about,
            age=form.stated_age(now.choice.age if now.choice else None),
            method=f"{form.layer}:{form.intent.value}",
            notice=_notice(slug, form.layer, form.notice),
            policy=f"{site().live.snapshot.texts}.tags-{now.registry.version}.texts-{site().texts}",
            seal=_seal,
        )
    except NotWritten:
        return not_saved()
    response = redirect(f"{form.next or f'/{slug}/preferences'}#choice-state", 303)
    _tell(response, recorded, moment)  # type: ignore[arg-type]
    return response  # type: ignore[return-value]


def _seal(identifier: str, said: str) -> str:
    return seal(identifier, said, site().reader.choices)


def _notice(slug: str, layer: str, shown: str | None) -> str:
    """Return the hash of the notice that was shown; where a client names none, of the one that it would be."""
    if shown and site().notices.is_known(shown):
        return shown
    banner = banner_form(slug, "/") if layer == "banner" else None
    return banner.digest if banner else preferences(slug, signal_line()).digest


def _tell(response: Response, recorded: Recorded, moment: datetime) -> None:
    now, outcome = state(), recorded.outcome
    max_age = cookie_max_age(now.jurisdiction, outcome.choice.at, int(moment.timestamp()))
    set_own_cookie(response, site().reader.choice_cookie, recorded.cookie, max_age)
    if clears_storage(now.registry, outcome.withdrawn):
        response.headers["Clear-Site-Data"] = '"storage"'
    adopt(recorded)
