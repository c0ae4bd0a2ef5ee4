"""The first page of the console: what is live, and what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, request, session

from blueprints.staff.pages import blueprint
from i18n.locales import BY_SLUG
from services.staff import Permission
from web.languages import _
from web.staff.frame import role_name, show
from web.staff.guard import member, own_path, page


@dataclass(frozen=True)
class Door:
    """Hold a way into the console, with what is behind it."""

    href: str
    title: str
    text: str


@page(blueprint, "/", Permission.ENTER)
def overview() -> Response:
    """Show what somebody can do here."""
    person = member()
    doors = [
        (Permission.SEE_TAGS, Door("/staff/tags", _("Tags"), _("What loads on the pages, where, and for whom."))),
        (
            Permission.EDIT_TAGS,
            Door("/staff/draft", _("Draft"), _("Your changes, what each visitor would get, and publishing.")),
        ),
        (
            Permission.SEE_TAGS,
            Door("/staff/versions", _("Versions"), _("Everything that was ever published, and the way back to it.")),
        ),
        (
            Permission.SEE_TAGS,
            Door("/staff/check", _("Check it"), _("The live page in a real browser: what loads once somebody chose.")),
        ),
        (
            Permission.SEE_STATISTICS,
            Door("/staff/statistics", _("Statistics"), _("What visitors chose. Nobody of them is followed.")),
        ),
        (Permission.SEE_RECORD, Door("/staff/record", _("Record"), _("Who of the staff did what, and when."))),
        (
            Permission.MANAGE_STAFF,
            Door("/staff/people", _("People"), _("Who can sign in, and what for.")),
        ),
    ]
    return show(
        "overview.html",
        _("Overview"),
        doors=[door for needs, door in doors if person.may(needs)],
        roles=[role_name(role) for role in sorted(person.role_set)],
    )


def language() -> Response:
    """Take the language in which the console is read."""
    slug = request.form.get("language", "")
    if slug in BY_SLUG:
        session["language"] = slug
    return redirect(own_path(request.form.get("next")))  # type: ignore[return-value]


blueprint.add_url_rule("/language", view_func=language, methods=["POST"])
