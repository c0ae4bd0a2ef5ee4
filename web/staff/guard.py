"""Who may open which page of the console: nobody, unless the page says so."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask_login import user_logged_out
from flask_security import current_user, logout_user, user_authenticated
from flask_security.signals import (
    password_changed,
    password_reset,
    reset_password_instructions_sent,
    tf_disabled,
    tf_profile_changed,
    wan_deleted,
    wan_registered,
)

from services.staff import Permission
from web.errors import ErrorView
from web.languages import _
from web.site import site
from web.staff.errors import error
from web.staff.frame import mark_of, render
from web.staff.people import Member, datastore

F = TypeVar("F", bound=Callable[..., Any])

OPEN = frozenset(
    f"sign_in.{name}"
    for name in (
        "login",
        "forgot_password",
        "reset_password",
        "two_factor_setup",
        "two_factor_token_validation",
        "two_factor_rescue",
        "tf_select",
        "mf_recovery",
        "wan_signin",
        "wan_signin_response",
        "logout",
    )
) | {"console.language", "console.start"}
"""The pages that are there before somebody is signed in. The sign-in library guards the steps of each."""

OWN = frozenset(
    f"sign_in.{name}"
    for name in (
        "change_password",
        "two_factor_setup_validate",
        "wan_register",
        "wan_register_response",
        "wan_delete",
        "wan_verify",
        "wan_verify_response",
        "mf_recovery_codes",
        "verify",
    )
)
"""The library's pages for whoever is signed in, about the own account."""

FRESH = 15
"""Minutes since somebody showed who they are, at most, for accounts, approvals and policies."""
FRESH_FOR_TAGS = 60
"""The same for publishing tags, which can be taken back in one step."""

SECOND_STEPS = frozenset({"sign_in.two_factor_token_validation", "sign_in.mf_recovery"})
ASKING_AGAIN = frozenset({"sign_in.verify", "sign_in.change_password", "sign_in.wan_verify_response"})
"""Where secrets can be guessed besides the sign-in itself: on the way in, and by who is in."""

FINISHING = {
    "sign_in.wan_register_response": ("begun_passkey", "sign_in.wan_register"),
    "sign_in.two_factor_setup_validate": ("begun_authenticator", "sign_in.two_factor_setup"),
}
"""Where a second factor is finished: where the session remembers its beginning, and the page to begin at."""


SOMEBODY = "somebody at the sign-in"
"""Who stands in the record where nobody is signed in."""


def member() -> Member:
    """Return who is signed in."""
    found: Member = current_user._get_current_object()
    return found


def page(
    blueprint: Blueprint, rule: str, needs: Permission, *, fresh: int | None = None, **options: Any
) -> Callable[[F], F]:
    """Make a view a page of the console, for those who may.

    Args:
        needs: what the person must be allowed to do.
        fresh: minutes after which a person is asked once more who they are, where the act is dangerous; twice as
            many for sending a form.
    """

    def decorate(view: F) -> F:
        view.needs = needs  # type: ignore[attr-defined]
        view.fresh = fresh  # type: ignore[attr-defined]
        blueprint.add_url_rule(rule, view_func=view, **options)
        return view

    return decorate


def own_path(wanted: str | None, default: str = "/staff/") -> str:
    """Return a path of the console to go back to, or the default where something else was wanted."""
    if not wanted or len(wanted) > 500 or not wanted.startswith("/staff/") or "\\" in wanted or "//" in wanted:
        return default
    return wanted if wanted.isprintable() else default


def init_guard(app: Flask) -> None:
    """Ask before each request who it is and whether they may, and note who signs in and out."""
    app.before_request(_receive)
    app.before_request(_guard)
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    for signal, what in (
        (password_changed, "password-changed"),
        (password_reset, "password-reset"),
        (reset_password_instructions_sent, "password-reset-asked"),
        (tf_profile_changed, "authenticator-set-up"),
        (tf_disabled, "authenticator-removed"),
        (wan_registered, "passkey-added"),
        (wan_deleted, "passkey-removed"),
    ):
        signal.connect(_noting(what), app, weak=False)


def _receive() -> Response | None:
    """Receive whom a mail or a foreign page, such as a preview in its sandbox, led here without the cookie.

    Browsers keep the cookie from such a request, but would take a new one from its answer: who is signed in would be
    so no more. So nothing is set, and a press of theirs leads on, with the cookie.
    """
    comes_from_elsewhere = (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Site") == "cross-site"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
    )
    if not comes_from_elsewhere:
        return None
    return make_response(render("staff/arrival.html", title=_("Console"), href=own_path(_way_back())))


def _guard() -> Response | None:
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        _require_own_origin()
    endpoint = request.endpoint
    if endpoint is None:
        return None  # There is no such page: the error handler says so.
    if current_user.is_authenticated and not _is_open():
        logout_user()
        session.clear()
        flash(_("You were signed out. Please sign in again."), "info")
    if answered := _locked(endpoint) or _instead(endpoint):
        return answered
    if endpoint in OPEN:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if endpoint in OWN:
        return _finishing(*FINISHING[endpoint]) if endpoint in FINISHING else None
    if member().needs_second_factor and not member().has_second_factor:
        flash(_("Your role asks for a second factor. Please set one up first."), "info")
        return redirect(url_for("sign_in.two_factor_setup"))  # type: ignore[return-value]
    view = current_app.view_functions[endpoint]
    needs = getattr(view, "needs", None)
    if needs is None or not member().may(needs):
        abort(403)
    limit = getattr(view, "fresh", None)
    if limit is not None and not _is_fresh(limit):
        return _again(_way_back())
    return None


def _locked(endpoint: str) -> Response | None:
    """Refuse a further guess, at the second step of a sign-in or of who is in, where too many failed."""
    if request.method != "POST" or endpoint not in SECOND_STEPS | ASKING_AGAIN:
        return None
    inside = current_user.is_authenticated
    found = member() if inside else datastore().find_user(fs_uniquifier=session.get("tf_user_id", ""))
    if not found or not found.is_locked_now:
        return None
    if not inside:
        session.clear()
    flash(_("Too many sign-ins failed. Please try again in a quarter of an hour."), "error")
    return redirect(_way_back()) if inside else _to_sign_in()  # type: ignore[return-value]


def _instead(endpoint: str) -> Response | None:
    """Lead away from steps of the sign-in that lead nowhere here."""
    if endpoint == "sign_in.forgot_password" and request.method == "POST" and site().settings.SMTP_URL is None:
        return redirect(url_for(endpoint))  # type: ignore[return-value]  # The page says whom to ask.
    if endpoint == "sign_in.two_factor_token_validation" and current_user.is_authenticated:
        return redirect("/staff/account")  # type: ignore[return-value]  # It would take what another account began.
    return None


def _finishing(place: str, begin: str) -> Response | None:
    """Refuse to finish a second factor that was not begun in this sitting, or by whom nobody knows any more."""
    if not _is_fresh(FRESH):
        return _again(url_for(begin))
    token = (request.view_args or {}).get("token", "")
    begun = session.pop(place, "") if request.method == "POST" else session.get(place, "")
    if secrets.compare_digest(begun, mark_of(token)):
        return None
    view = ErrorView(
        400,
        _("This was not begun here"),
        _("A second factor is finished in the browser in which it was begun, by whom it is for, and once."),
        _("Nothing was changed, and your draft is as it was."),
        _("Open your account and begin again."),
    )
    return error(400, view)


def _is_fresh(minutes: int) -> bool:
    return time.time() - float(session.get("fs_paa", 0)) <= _seconds(minutes)


def _again(way_back: str) -> Response:
    flash(_("Please show once more that it is you."), "info")
    return redirect(url_for("sign_in.verify", next=way_back))  # type: ignore[return-value]


def _seconds(minutes: int) -> int:
    # Who began a form in time can send it: what was typed is not lost.
    return minutes * 60 * (1 if request.method in ("GET", "HEAD") else 2)


def _way_back() -> str:
    """Return the page to come back to: for a form, the one that it stands on."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    came = urlsplit(request.referrer or "")
    return own_path(f"{came.path}?{came.query}" if came.query else came.path)


def _to_sign_in() -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("sign_in.login", next=here))  # type: ignore[return-value]


def _is_open() -> bool:
    return bool(current_user.active) and site().staff.is_open(session.get("sitting", ""), current_user.id)


def _require_own_origin() -> None:
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        if fetched != "same-origin":
            abort(403, "origin")
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        abort(403, "origin")


def _signed_in(app: Flask, user: Member, authn_via: list[str] | None = None, **_more: Any) -> None:
    way = ", ".join(authn_via or ()) or "authenticator"
    if request.endpoint == "sign_in.mf_recovery":
        way = "recovery-code"
    # Who was signed in here before, if anybody, is so no more.
    before = session.get("sitting")
    key = session["sitting"] = secrets.token_urlsafe(32)
    staff = site().staff
    if before:
        staff.end_key(before)
    staff.open_sitting(key, user.id, request.headers.get("User-Agent", ""), way)
    staff.succeeded(user.id)
    if user.language and "language" not in session:
        session["language"] = user.language
    staff.record(user.email, "signed-in", user.email, note=way)


def _signed_out(app: Flask, user: Member | None = None, **_more: Any) -> None:
    key = session.pop("sitting", None)
    if key and user is not None and site().staff.end_key(key):
        # A copy of the cookie is worth nothing from now on.
        site().staff.record(user.email, "signed-out", user.email)


def _noting(what: str) -> Callable[..., None]:
    def note(app: Flask, user: Member, **_more: Any) -> None:
        staff = site().staff
        who = user.email
        if what == "password-reset-asked":
            if request.endpoint != "sign_in.forgot_password":
                return  # An administrator sends a link: that is recorded as what it is.
            # Anybody can type an address there.
            who = current_user.email if current_user.is_authenticated else SOMEBODY
        staff.record(who, what, user.email)
        if what in ("password-changed", "password-reset"):
            # Whoever knew the old password is out, everywhere but here.
            staff.end_all_sittings(user.id, but=session.get("sitting") if what == "password-changed" else None)
            staff.succeeded(user.id)

    return note
