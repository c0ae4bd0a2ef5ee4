"""The first page of the console: what is live, and what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, request, session

from blueprints.staff.draft import unnamed
from blueprints.staff.pages import blueprint
from i18n.locales import BY_SLUG
from services.staff import Permission
from web.languages import _, ngettext
from web.site import site
from web.staff.frame import role_name, show
from web.staff.guard import member, own_path, page
from web.staff.people import Member


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
            Door("/staff/policies", _("Policies"), _("What the next version of each would change, and publishing it.")),
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
        waiting=_waiting(person) if person.may(Permission.SEE_TAGS) else [],
    )


def _waiting(person: Member) -> list[Door]:
    """Return what waits for this person, or for anybody."""
    found = []
    drafts = [o for o in site().drafts.others(person.email) if o.submitted]
    if drafts and person.may(Permission.PUBLISH_TAGS):
        text = ngettext("%(num)d draft waits for approval", "%(num)d drafts wait for approval", len(drafts))
        found.append(Door("/staff/approvals", text % {"num": len(drafts)}, ", ".join(o.owner for o in drafts)))
    if person.may(Permission.PUBLISH_POLICIES) and (missing := unnamed(site().tags.live())):
        text = _("The privacy policy waits for a new version")
        found.append(
            Door("/staff/policies/privacy", text, _("It does not name: %(who)s") % {"who": ", ".join(missing)})
        )
    return found


def language() -> Response:
    """Take the language in which the console is read."""
    slug = request.form.get("language", "")
    if slug in BY_SLUG:
        session["language"] = slug
    return redirect(own_path(request.form.get("next")))  # type: ignore[return-value]


blueprint.add_url_rule("/language", view_func=language, methods=["POST"])
