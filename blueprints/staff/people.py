"""Accounts: who can sign in, and what they are here for."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, flash, redirect, request
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectMultipleField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from blueprints.staff.account import ActForm, sitting_rows
from blueprints.staff.pages import blueprint
from i18n.locales import LOCALES
from privacy.fields import seen
from services.staff import Permission, Role
from web.languages import _, catalog
from web.site import site
from web.staff import accounts
from web.staff.accounts import BadAccount, OwnRoles, RolesApart
from web.staff.frame import role_name, show
from web.staff.guard import FRESH, member, page
from web.staff.people import Member


class Boxes(SelectMultipleField):  # type: ignore[misc]
    """Choose several by ticking."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RolesForm(FlaskForm):  # type: ignore[misc]
    """Say what somebody is here for."""

    roles = Boxes(choices=[SelectChoice(role.value, role.value) for role in Role])
    locales = Boxes(choices=[SelectChoice(locale.slug, locale.own_name) for locale in LOCALES])

    def role_set(self) -> frozenset[Role]:
        """Return the roles that were ticked."""
        return frozenset(Role(value) for value in self.roles.data or ())


class NewForm(RolesForm):
    """Make an account."""

    email = EmailField(validators=[DataRequired(), Length(max=254)])


@dataclass(frozen=True)
class PersonRow:
    """Hold an account in the list."""

    id: int
    email: str
    roles: str
    state: str
    on: bool
    second_factor: bool
    made: str


def _row(found: Member) -> PersonRow:
    if not found.active:
        state = _("Off")
    elif found.is_locked_now:
        state = _("Locked for a while")
    else:
        state = _("On")
    names = catalog().list([role_name(role) for role in sorted(found.role_set)])
    return PersonRow(
        found.id, found.email, names, state, found.active, found.has_second_factor, catalog().date(found.created)
    )


def _roles() -> list[tuple[str, str, str]]:
    said = {
        Role.ADMINISTRATOR: _("Keeps the accounts, and can do all but approve."),
        Role.MARKETER: _("Changes tags, publishes them, reads the statistics."),
        Role.TRANSLATOR: _("Works on the texts of given languages."),
        Role.PRIVACY_OFFICER: _("Approves exemptions and policies; sees everything but the accounts."),
        Role.AUDITOR: _("Reads everything, changes nothing."),
    }
    return [(role.value, role_name(role), said[role]) for role in Role]


@page(blueprint, "/people", Permission.MANAGE_STAFF, fresh=FRESH)
def people() -> Response:
    """List the accounts."""
    return _people(NewForm())


def _people(form: NewForm, status: int = 200) -> Response:
    form.email.data = seen(form.email.data or "")
    return show(
        "people.html",
        _("People"),
        status,
        form=form,
        rows=[_row(m) for m in accounts.everybody()],
        roles=_roles(),
        locales=[(locale.slug, locale.own_name, "") for locale in LOCALES],
        can_mail=site().settings.SMTP_URL is not None,
    )


@page(blueprint, "/people", Permission.MANAGE_STAFF, fresh=FRESH, methods=["POST"], endpoint="make_person")
def make() -> Response:
    """Make an account."""
    form = NewForm()
    if not form.validate_on_submit():
        form.email.errors = [_("Please enter an e-mail address.")]
        return _people(form, 422)
    try:
        made = accounts.create(form.email.data or "", form.role_set(), tuple(form.locales.data or ()), member().email)
    except BadAccount as error:
        said = _("That address is none, or it has an account already; and an account takes one role or more.")
        form.email.errors = [_problem(error) or said]
        return _people(form, 422)
    if site().settings.SMTP_URL:
        accounts.send_invitation(made, member().email)
        flash(_("The account is made, and a mail with a link is on its way."), "success")
        return redirect(f"/staff/people/{made.id}", 303)  # type: ignore[return-value]
    return _person(made, RolesForm(data=_data(made)), link=accounts.invitation(made))


def _problem(error: BadAccount) -> str:
    """Return why an account cannot be so, where it is a reason of its own."""
    if isinstance(error, OwnRoles):
        return _("Nobody sets the own roles: ask another administrator.")
    if isinstance(error, RolesApart):
        return _("An administrator is no privacy officer: who approves keeps no accounts.")
    return ""


def _data(found: Member) -> dict[str, list[str]]:
    return {
        "roles": [role.value for role in found.role_set],
        "locales": [slug for slug in found.locales.split(",") if slug],
    }


def _found(number: int) -> Member:
    found = next((m for m in accounts.everybody() if m.id == number), None)
    if found is None:
        abort(404)
    return found


@page(blueprint, "/people/<int:number>", Permission.MANAGE_STAFF, fresh=FRESH)
def person(number: int) -> Response:
    """Show an account."""
    found = _found(number)
    return _person(found, RolesForm(data=_data(found)))


def _person(found: Member, form: RolesForm, status: int = 200, problem: str = "", link: str = "") -> Response:
    return show(
        "person.html",
        found.email,
        status,
        form=form,
        act=ActForm(prefix="act"),
        row=_row(found),
        roles=_roles(),
        locales=[(locale.slug, locale.own_name, "") for locale in LOCALES],
        problem=problem,
        link=link,
        locked=found.is_locked_now,
        sittings=sitting_rows(site().staff.sittings(found.id)),
        can_mail=site().settings.SMTP_URL is not None,
    )


@page(
    blueprint, "/people/<int:number>", Permission.MANAGE_STAFF, fresh=FRESH, methods=["POST"], endpoint="change_person"
)
def change(number: int) -> Response:
    """Change an account: roles, on and off, second factor, a new link, sign out everywhere."""
    found, by, form = _found(number), member().email, RolesForm(data=None)
    if not form.validate_on_submit():
        abort(400)
    acts = {
        "off": lambda: accounts.set_active(found, False, by),
        "on": lambda: accounts.set_active(found, True, by),
        "reset": lambda: accounts.reset_second_factor(found, by),
        "unlock": lambda: accounts.unlock(found, by),
        "roles": lambda: accounts.set_roles(found, form.role_set(), tuple(form.locales.data or ()), by),
        "sign-out": lambda: _sign_out(found, by),
    }
    act = request.form.get("act", "")
    if act == "link":
        return _new_link(found)
    if act not in acts:
        abort(400)
    try:
        acts[act]()
    except BadAccount as error:
        problem = _problem(error) or _("An account takes one role or more, and the last administrator stays one.")
        return _person(found, RolesForm(data=_data(found)), 422, problem)
    flash(_("Done."), "success")
    return redirect(f"/staff/people/{number}", 303)  # type: ignore[return-value]


def _new_link(found: Member) -> Response:
    by = member().email
    if site().settings.SMTP_URL:
        accounts.send_invitation(found, by)
        flash(_("A mail with the link is on its way."), "success")
        return redirect(f"/staff/people/{found.id}", 303)  # type: ignore[return-value]
    return _person(found, RolesForm(data=_data(found)), link=accounts.make_link(found, by))


def _sign_out(found: Member, by: str) -> None:
    ended = site().staff.end_all_sittings(found.id)
    site().staff.record(by, "signed-out-everywhere", found.email, after={"browsers": ended})
