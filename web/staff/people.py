"""People of the staff as the sign-in library sees them: accounts, second factors, forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_security import SQLAlchemyUserDatastore, UserMixin, WebauthnUtil, current_user
from flask_security.forms import ChangePasswordForm, LoginForm
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from flask_security.twofactor import CodeTfPlugin
from flask_security.utils import get_message
from flask_security.webauthn import WebAuthnSigninForm, WebAuthnSigninResponseForm
from passlib.exc import UsedTokenError
from passlib.totp import TOTP, AppWallet, TotpMatch
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from wtforms import BooleanField

from services.staff import NEEDS_SECOND_FACTOR, Permission, Role, may, roles_from
from storage import db
from storage.staff import StaffPasskey, StaffUser
from web.languages import _
from web.site import site

AUTHENTICATOR = "authenticator"


class RoleName:
    """Stand for a role where the sign-in library asks for one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_permissions(self) -> set[str]:
        """Return none: what a role may do stands in ``services/staff.py``."""
        return set()


class Member(UserMixin, StaffUser):  # type: ignore[misc]
    """A person of the staff, able to sign in.

    The table is mapped without the library, so that a worker which serves visitors alone never loads it.
    """

    @property
    def role_set(self) -> frozenset[Role]:
        """Give what they are here for."""
        return roles_from(self.role_names)

    @property
    def roles(self) -> list[RoleName]:
        """Give the roles in the form that the library reads."""
        return [RoleName(role.value) for role in sorted(self.role_set)]

    def may(self, permission: Permission) -> bool:
        """Say whether they may do something."""
        return may(self.role_set, permission)

    @property
    def has_second_factor(self) -> bool:
        """Say whether an authenticator or a passkey is set up."""
        return bool(self.tf_primary_method) or bool(self.webauthn)

    @property
    def needs_second_factor(self) -> bool:
        """Say whether one of their roles asks for a second factor."""
        return not NEEDS_SECOND_FACTOR.isdisjoint(self.role_set)

    @property
    def has_passkeys_alone(self) -> bool:
        """Say whether they need a second factor and have it in passkeys, not in an authenticator."""
        return self.needs_second_factor and bool(self.webauthn) and not self.tf_primary_method

    @property
    def is_locked_now(self) -> bool:
        """Say whether too many sign-ins failed a moment ago."""
        return self.locked_until is not None and self.locked_until > datetime.now(UTC)

    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Say whether a second factor is asked for: always where there is one, or where a role demands it."""
        return bool(tf_setup_methods) or self.needs_second_factor, tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Say whether the second factor can be switched off: not where a role demands it."""
        return self.needs_second_factor

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Count a failed sign-in, and record it where it locks the account."""
        staff = site().staff
        if staff.failed(self.id):
            staff.record(self.email, "locked", self.email)

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """Say whether the account is locked, with a message for the form."""
        if self.is_locked_now and form_error is not None:
            form_error.append(_("Too many sign-ins failed. Please try again in a quarter of an hour."))
        return self.is_locked_now


def datastore() -> SQLAlchemyUserDatastore:
    """Return the accounts' store."""
    return SQLAlchemyUserDatastore(db, Member, RoleName, StaffPasskey)


def let_go() -> None:
    """Give up a transaction that failed, so that the store can be asked again within the request."""
    db.session.rollback()


class SignInForm(LoginForm):  # type: ignore[misc]
    """Ask for address and password; nobody is remembered beyond the sitting."""

    remember = None

    def validate(self, **kwargs: Any) -> bool:
        """Refuse the password where nothing but a passkey can follow it."""
        if not super().validate(**kwargs):
            return False
        user = self.user
        if user.has_passkeys_alone and not user.mf_recovery_codes:
            # Said of the whole form: of a field, the library says the same whatever was wrong.
            self.form_errors.append(_("Your account takes your passkey. Please sign in with it."))
            return False
        return True


class SecondStep(CodeTfPlugin):  # type: ignore[misc]
    """Lead from the right password to the second factor."""

    def tf_login(self, user: Member, json_payload: dict[str, Any], next_loc: str | None) -> Any:
        """Ask who has passkeys alone for a recovery code: to set up an authenticator would help a password's thief."""
        if not user.has_passkeys_alone:
            return super().tf_login(user, json_payload, next_loc)
        session["tf_state"] = "ready"
        flash(_("Your account takes your passkey. Without it, a recovery code signs you in."), "info")
        return redirect(url_for("sign_in.mf_recovery"))


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Ask for the password until now and a new one."""

    def validate(self, **kwargs: Any) -> bool:
        """Count a wrong password as a failed sign-in: at a browser that was left open, it is guessed here."""
        if super().validate(**kwargs):
            return True
        # The library says nothing else of this field but that it is empty, or that the new one is the same.
        if get_message("INVALID_PASSWORD")[0] in self.password.errors:
            current_user.track_failed_authn("password")
        return False


class NotRemembered(BooleanField):  # type: ignore[misc]
    """Stand where the library asks of a passkey's owner whether to remember them: no, whatever is sent."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Leave out what was sent."""
        self.data = False


class PasskeyForm(WebAuthnSigninForm):  # type: ignore[misc]
    """Ask for a passkey; nobody is remembered beyond the sitting."""

    remember = NotRemembered()
    identity = None


class PasskeyResponseForm(WebAuthnSigninResponseForm):  # type: ignore[misc]
    """Take a passkey's answer; nobody is remembered beyond the sitting."""

    remember = NotRemembered()


class Passkeys(WebauthnUtil):  # type: ignore[misc]
    """Say what passkeys must be: kept by the device and unlocked by the person, so two factors in one."""

    def origin(self) -> str:
        """Return the console's origin, whatever the request says it is, but for the port while developing."""
        here = site().settings
        if here.production:
            return str(here.console_origin)
        return str(request.host_url.rstrip("/"))

    def authenticator_selection(self, user: UserMixin, usage: str) -> AuthenticatorSelectionCriteria:
        """Return what a new passkey must be."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        )

    def user_verification(self, user: UserMixin | None, usage: list[str]) -> UserVerificationRequirement:
        """Return what a sign-in asks of the device."""
        return UserVerificationRequirement.REQUIRED


class Codes(Totp):  # type: ignore[misc]
    """Make and check the codes of authenticators: each code once (RFC 6238, 5.2), secrets encrypted at rest."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        # The newest key encrypts; the others still decrypt. The library would take the tag that sorts last.
        self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(secrets, default_tag=next(iter(secrets))))

    def get_last_counter(self, user: Member) -> int | None:
        """Return the counter of the last code that was taken."""
        return user.tf_counter

    def set_last_counter(self, user: Member, tmatch: TotpMatch) -> None:
        """Remember which code was taken; of two who come with the same one at once, refuse the second."""
        if not site().staff.take_counter(user.id, tmatch.counter):
            raise UsedTokenError()
        db.session.refresh(user, ["tf_counter"])


class RecoveryCodes(MfRecoveryCodesUtil):  # type: ignore[misc]
    """Make and check recovery codes: each is taken in the moment in which it is checked, and so only once."""

    def create_recovery_codes(self, user: Member) -> list[str]:
        """Make new codes, and record that."""
        made: list[str] = super().create_recovery_codes(user)
        site().staff.record(user.email, "recovery-codes-made", user.email)
        return made

    def get_recovery_codes(self, user: Member) -> list[str]:
        """Return the codes that are left, and record it where they are shown. The page without them asks too."""
        left: list[str] = super().get_recovery_codes(user)
        asks_for_json = request.is_json or request.accept_mimetypes.best == "application/json"
        if left and (request.args.get("show_codes") or asks_for_json):
            site().staff.record(user.email, "recovery-codes-shown", user.email)
        return left

    def check_recovery_code(self, user: Member, code: str) -> bool:
        """Take a code, and say whether it was one that was left."""
        given = code.strip().lower()
        for stored in list(user.mf_recovery_codes or ()):
            if self._decrypt_codes([stored]) == [given]:
                taken = site().staff.take_recovery_code(user.id, stored)
                db.session.refresh(user, ["mf_recovery_codes"])
                return taken
        user.track_failed_authn("recovery", True)
        return False

    def delete_recovery_code(self, user: Member, code: str) -> bool:
        """Do nothing: the code is gone since it was checked."""
        return True


def derived(key: str, use: str) -> str:
    """Return a key for one use, made from a key of the ring (HKDF's extract step by HMAC-SHA-256, RFC 5869)."""
    return base64.urlsafe_b64encode(hmac.new(key.encode(), f"staff {use}".encode(), hashlib.sha256).digest()).decode()


def totp_secrets(keys: tuple[str, ...]) -> dict[str, str]:
    """Return the keys for authenticators' secrets, each under a name that follows from it, newest first."""
    made: dict[str, str] = {}
    for key in keys:
        secret = derived(key, "totp")
        made["k" + hashlib.sha256(secret.encode()).hexdigest()[:12]] = secret
    return made


def config(keys: tuple[str, ...]) -> dict[str, Any]:
    """Return what is made of the keyring for the sign-in library."""
    return {
        "SECRET_KEY": derived(keys[0], "session"),
        "SECRET_KEY_FALLBACKS": [derived(key, "session") for key in keys[1:]],
        "SECURITY_TOTP_SECRETS": totp_secrets(keys),
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [derived(key, "recovery") for key in keys],
    }
