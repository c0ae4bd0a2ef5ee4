"""The frame around every page of the console."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Response, g, get_flashed_messages, make_response, render_template, request, session
from flask_security import current_user
from flask_security.core import AnonymousUser

from i18n.locales import LOCALES
from services.staff import Permission, Role
from web.languages import _, catalog, ngettext
from web.page import Link
from web.site import site
from web.staff.people import Member


@dataclass(frozen=True)
class Said:
    """Hold a message about what was just done."""

    kind: str
    text: str


@dataclass(frozen=True)
class DraftBar:
    """Hold the line about the own draft that stands on every page."""

    text: str
    href: str
    preview: str


@dataclass(frozen=True)
class StaffFrame:
    """Hold what the layout shows."""

    lang: str
    dir: str
    site_name: str
    sheets: tuple[str, ...]
    font: str
    icon: str
    script: str
    nav: tuple[Link, ...]
    person: str | None
    account: Link | None
    languages: tuple[tuple[str, str, str, bool], ...]
    said: tuple[Said, ...]
    draft: DraftBar | None
    passkeys_here: bool


def role_name(role: Role) -> str:
    """Return a role in words."""
    return {
        Role.ADMINISTRATOR: _("Administrator"),
        Role.MARKETER: _("Marketer"),
        Role.TRANSLATOR: _("Translator"),
        Role.PRIVACY_OFFICER: _("Privacy officer"),
        Role.AUDITOR: _("Auditor"),
    }[role]


def _nav() -> tuple[tuple[str, str, Permission], ...]:
    return (
        ("/staff/", _("Overview"), Permission.ENTER),
        ("/staff/tags", _("Tags"), Permission.SEE_TAGS),
        ("/staff/draft", _("Draft"), Permission.EDIT_TAGS),
        ("/staff/versions", _("Versions"), Permission.SEE_TAGS),
        ("/staff/policies", _("Policies"), Permission.SEE_TAGS),
        ("/staff/check", _("Check it"), Permission.SEE_TAGS),
        ("/staff/statistics", _("Statistics"), Permission.SEE_STATISTICS),
        ("/staff/record", _("Record"), Permission.SEE_RECORD),
        ("/staff/people", _("People"), Permission.MANAGE_STAFF),
    )


def _draft_bar(person: Member) -> DraftBar | None:
    """Return the line about the own draft, where there is anything in it."""
    if not person.may(Permission.EDIT_TAGS) or request.path.startswith("/staff/draft"):
        return None
    number = site().drafts.size(person.email)
    if not number:
        return None
    text = ngettext("Your draft: %(num)d change", "Your draft: %(num)d changes", number) % {"num": number}
    return DraftBar(text, "/staff/draft", "/staff/draft#preview")


def staff_frame(*, bare: bool = False) -> StaffFrame:
    """Return the frame for whoever is signed in, or for nobody.

    Args:
        bare: ask the store for nothing; nobody counts as signed in.
    """
    here, words = site(), catalog()
    person: Member | None = None
    if bare:
        g._login_user = AnonymousUser()  # Templates are given whoever is signed in, asked for or not.
    elif current_user.is_authenticated:
        person = current_user._get_current_object()
    path = request.path
    nav = tuple(
        Link(href, text, current=path == href or (href != "/staff/" and path.startswith(href)))
        for href, text, needs in _nav()
        if person and person.may(needs)
    )
    host = request.host.rpartition(":")[0] or request.host
    return StaffFrame(
        lang=words.locale.tag,
        dir=words.locale.direction,
        site_name=here.settings.SITE_NAME,
        sheets=(here.assets.url("site.css"), here.assets.url("console.css")),
        font=here.assets.url("fonts/text-latin.woff2"),
        icon=here.assets.url("icon.svg"),
        script=here.assets.url("staff/passkey.js"),
        nav=nav,
        person=person.email if person else None,
        account=Link("/staff/account", _("Your account"), current=path == "/staff/account") if person else None,
        languages=tuple((o.slug, o.own_name, o.tag, o.slug == words.locale.slug) for o in LOCALES),
        said=tuple(Said(*pair) for pair in get_flashed_messages(with_categories=True)),
        draft=_draft_bar(person) if person else None,
        # The standard knows names alone as places of passkeys: at a bare address there are none.
        passkeys_here=not host.replace(".", "").isdigit() and ":" not in host,
    )


BEGUN = {
    "security/wan_register.html": ("wan_state", "begun_passkey"),
    "security/two_factor_setup.html": ("state_token", "begun_authenticator"),
}
"""What begins a second factor: the page, what it calls its token, and where the session remembers that."""


def mark_of(token: str) -> str:
    """Return by what a sitting knows the token of a second factor that was begun in it."""
    return hashlib.sha256(f"{session.get('sitting', '')} {token}".encode()).hexdigest()


def render(template: str, **context: Any) -> str:
    """Render a page of the console, or a mail of the sign-in."""
    if template.startswith("security/email/"):
        return render_template(template, **context)  # A frame would take the messages that the next page shows.
    if template in BEGUN and context.get(BEGUN[template][0]):
        token, place = BEGUN[template]
        session[place] = mark_of(context[token])
    return render_template(template, frame=staff_frame(bare=bool(context.pop("bare", False))), **context)


def show(template: str, title: str, status: int = 200, **context: Any) -> Response:
    """Answer with a page of the console.

    Args:
        template: its file under ``templates/staff``.
    """
    return make_response(render(f"staff/{template}", title=title, **context), status)
