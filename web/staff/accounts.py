"""Make and change accounts: what ``flask staff`` and the page *People* do."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email
from flask import url_for
from flask_security import hash_password, send_mail
from flask_security.recoverable import generate_reset_password_token, send_reset_password_instructions
from sqlalchemy import func, select

from i18n.locales import BY_SLUG
from services.staff import Role
from storage import db
from web.languages import _
from web.site import site
from web.staff.people import Member, datastore

LONGEST = 64
"""Characters of an address: drafts and the record name people by it."""


class BadAccount(ValueError):
    """An account cannot be made or changed so. Its text says why."""


class OwnRoles(BadAccount):
    """Somebody would change what they are here for themselves."""


class RolesApart(BadAccount):
    """Two roles would be on one account of which one watches over the other."""


def everybody() -> list[Member]:
    """List all accounts by address."""
    return list(db.session.scalars(select(Member).order_by(Member.email)))


def find(email: str) -> Member:
    """Return an account by its address.

    Raises:
        BadAccount: when there is none.
    """
    found: Member | None = db.session.scalar(select(Member).where(func.lower(Member.email) == email.strip().lower()))
    if found is None:
        raise BadAccount(f"There is no account {email!r}.")
    return found


def create(email: str, roles: frozenset[Role], locales: tuple[str, ...], by: str) -> Member:
    """Make an account that has no password yet: its owner sets one by :func:`invitation`.

    Raises:
        BadAccount: when the address is none or taken, there is no role, or two exclude each other.
    """
    if "/" in email:
        raise BadAccount("An address takes no slash here: pages are named by it.")
    try:
        if len(email.strip()) > LONGEST:
            raise BadAccount(f"An address takes {LONGEST} characters at most.")
        address = validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadAccount(f"{email!r} is no e-mail address.") from error
    if not roles:
        raise BadAccount("An account takes one role or more.")
    _keep_apart(roles)
    if db.session.scalar(select(Member.id).where(func.lower(Member.email) == address.lower())):
        raise BadAccount(f"There is an account {address!r} already.")
    _check_locales(locales)
    member = Member(
        email=address,
        # Nobody knows it: no account is ever open with a password that somebody else set.
        password=hash_password(secrets.token_urlsafe(32)),
        fs_uniquifier=secrets.token_hex(32),
        active=True,
        created=datetime.now(UTC),
        role_names=_text(roles),
        locales=",".join(locales),
    )
    db.session.add(member)
    db.session.commit()
    site().staff.record(by, "account-made", address, after={"roles": _text(roles), "locales": ",".join(locales)})
    return member


def invitation(member: Member) -> str:
    """Return the link by which somebody sets a password. It holds for a day, and once."""
    return str(url_for("sign_in.reset_password", token=generate_reset_password_token(member), _external=True))


def make_link(member: Member, by: str) -> str:
    """Return a new link by which somebody sets a password, for an administrator to hand over."""
    site().staff.record(by, "password-link-made", member.email)
    _tell(member, "link")
    return invitation(member)


def send_invitation(member: Member, by: str) -> None:
    """Send somebody the link by which they set a password."""
    send_reset_password_instructions(member)
    site().staff.record(by, "password-link-sent", member.email)


def set_roles(member: Member, roles: frozenset[Role], locales: tuple[str, ...], by: str) -> None:
    """Say what somebody is here for.

    Raises:
        BadAccount: when there is no role, two exclude each other, no administrator would be left, or the account is
            the own one.
    """
    if by.lower() == member.email.lower():
        raise OwnRoles("Nobody sets the own roles: another administrator does.")
    if not roles:
        raise BadAccount("An account takes one role or more.")
    _keep_apart(roles)
    _check_locales(locales)
    if Role.ADMINISTRATOR in member.role_set and Role.ADMINISTRATOR not in roles:
        _keep_an_administrator(member)
    before = {"roles": member.role_names, "locales": member.locales}
    member.role_names, member.locales = _text(roles), ",".join(locales)
    db.session.commit()
    site().staff.record(
        by, "roles-set", member.email, before=before, after={"roles": member.role_names, "locales": member.locales}
    )


def set_active(member: Member, active: bool, by: str) -> None:
    """Switch an account off, everywhere and at once, or on again.

    Raises:
        BadAccount: when no administrator would be left.
    """
    if not active and Role.ADMINISTRATOR in member.role_set:
        _keep_an_administrator(member)
    member.active = active
    db.session.commit()
    if not active:
        site().staff.end_all_sittings(member.id)
    site().staff.record(by, "account-on" if active else "account-off", member.email)


def reset_second_factor(member: Member, by: str) -> None:
    """Take away somebody's authenticator, passkeys and recovery codes, and sign them out everywhere."""
    datastore().tf_reset(member)
    member.tf_counter = None
    member.mf_recovery_codes = None
    member.webauthn.clear()
    datastore().set_uniquifier(member)
    db.session.commit()
    site().staff.end_all_sittings(member.id)
    site().staff.record(by, "second-factor-reset", member.email)
    _tell(member, "second-factor")


def unlock(member: Member, by: str) -> None:
    """Let somebody try again at once."""
    site().staff.succeeded(member.id)
    site().staff.record(by, "unlocked", member.email)


def _text(roles: frozenset[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def _tell(member: Member, what: str) -> None:
    """Tell whoever approves that an administrator opened a way into their account; a link by mail tells it itself."""
    if Role.PRIVACY_OFFICER in member.role_set and site().settings.SMTP_URL:
        send_mail(_("Your account at the console"), member.email, "security/email/administrator_notice", what=what)


def _keep_apart(roles: frozenset[Role]) -> None:
    if {Role.ADMINISTRATOR, Role.PRIVACY_OFFICER} <= roles:
        raise RolesApart("An administrator is no privacy officer: who approves keeps no accounts.")


def _check_locales(locales: tuple[str, ...]) -> None:
    for slug in locales:
        if slug not in BY_SLUG:
            raise BadAccount(f"There is no locale {slug!r}: it takes {', '.join(BY_SLUG)}.")


def _keep_an_administrator(member: Member) -> None:
    others = [m for m in everybody() if m.active and m.email != member.email and Role.ADMINISTRATOR in m.role_set]
    if not others:
        raise BadAccount("The last administrator stays: make another one first.")
