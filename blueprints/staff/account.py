"""The own account: second factors, recovery codes, and where one is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, flash, redirect, request, session
from flask_wtf import FlaskForm

from blueprints.staff.pages import blueprint
from services.staff import Permission, Sitting
from web.languages import _, catalog
from web.site import site
from web.staff.frame import role_name, show
from web.staff.guard import member, page


class ActForm(FlaskForm):  # type: ignore[misc]
    """Carry a press of a button; all that it holds is its token."""


@dataclass(frozen=True)
class SittingRow:
    """Hold a browser in which somebody is signed in."""

    key: str
    browser: str
    began: str
    seen: str
    here: bool


@dataclass(frozen=True)
class PasskeyRow:
    """Hold a passkey."""

    name: str
    used: str


def sitting_rows(found: list[Sitting]) -> list[SittingRow]:
    """Return signed-in browsers for a page; the one that asks is marked."""
    staff, here = site().staff, session.get("sitting", "")
    return [
        SittingRow(
            s.key,
            s.browser or _("A browser that does not say which"),
            catalog().short_moment(s.began),
            catalog().short_moment(s.seen),
            staff.is_this(s, here),
        )
        for s in found
    ]


@page(blueprint, "/account", Permission.ENTER)
def account() -> Response:
    """Show the own account."""
    person = member()
    return show(
        "account.html",
        _("Your account"),
        form=ActForm(),
        email=person.email,
        roles=[role_name(role) for role in sorted(person.role_set)],
        authenticator=bool(person.tf_primary_method),
        needs=person.needs_second_factor,
        codes=len(person.mf_recovery_codes or ()),
        passkeys=[PasskeyRow(p.name, catalog().short_moment(p.lastuse_datetime)) for p in person.webauthn],
        sittings=sitting_rows(site().staff.sittings(person.id)),
    )


@page(blueprint, "/account/sittings", Permission.ENTER, methods=["POST"])
def end_sitting() -> Response:
    """Sign one of the own browsers out, or all others."""
    if not ActForm().validate_on_submit():
        abort(400)
    person, staff, key = member(), site().staff, request.form.get("key", "")
    if key == "others":
        ended = staff.end_all_sittings(person.id, but=session.get("sitting"))
    else:
        ended = staff.end_sitting(person.id, key)
    if ended:
        staff.record(person.email, "signed-out-elsewhere", person.email, after={"browsers": ended})
        flash(_("Signed out there."), "success")
    return redirect("/staff/account", 303)  # type: ignore[return-value]
