"""The console: an application of its own beside the visitors' pages, built when somebody first opens it.

Visitors' pages keep no session and load no sign-in; the console has both, and shares with them the services alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from flask import Blueprint, Flask, Response, g, redirect, request, session
from flask_limiter import Limiter
from flask_security import Security
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from i18n import catalogs
from i18n.catalogs import STAFF, Catalog
from i18n.locales import BY_SLUG, DEFAULT, negotiate
from storage import db, engine_options
from web.build import init_templates
from web.site import Site, site
from web.staff import passwords, people, words
from web.staff.errors import init_errors
from web.staff.frame import render
from web.staff.guard import init_guard
from web.staff.mail import Mail

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024
CSP = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    # The square that an authenticator reads is an image in the page itself: its secret stands at no address.
    "img-src": "'self' data:",
    "script-src": "'self'",
    "style-src": "'self'",
}
_YEAR = 31_536_000
_TRIES = "20 per minute; 200 per hour"


def create_console(here: Site, root: Path, blueprints: Iterable[Blueprint]) -> Flask:
    """Build the console.

    Args:
        here: the services, which it shares with the visitors' application.
        root: the top of the project.
        blueprints: its pages.
    """
    settings = here.settings
    origin = settings.console_origin or settings.SITE_ORIGIN
    secure = origin.startswith("https:")
    app = Flask("console", root_path=str(root), instance_path=str(settings.INSTANCE_PATH), static_folder=None)
    app.extensions["site"] = here
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.DATABASE_URL,
        # A sign-in reads, reckons for a tenth of a second, and writes: in one transaction, whoever wrote meanwhile
        # would make SQLite refuse it, and to hold the lock would keep visitors' choices waiting.
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.DATABASE_URL) | {"execution_options": {"each_alone": True}},
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="__Host-staff" if secure else "staff",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Strict",
        # While developing, visitors' pages are on the same host: they do not get the cookie.
        SESSION_COOKIE_PATH="/" if secure else "/staff",
        WTF_CSRF_TIME_LIMIT=None,
        PREFERRED_URL_SCHEME="https" if secure else "http",
        **people.config(settings.SECRET_KEYS),
        **words.config(),
        **_sign_in(settings.SITE_NAME),
    )
    db.init_app(app)
    init_templates(app)
    _init_languages(app, root, here)
    app.after_request(_finish)
    Talisman(
        app,
        force_https=secure,
        strict_transport_security=secure,
        strict_transport_security_max_age=2 * _YEAR,
        strict_transport_security_include_subdomains=False,
        frame_options="DENY",
        referrer_policy="same-origin",
        content_security_policy=CSP,
        session_cookie_secure=secure,
        session_cookie_samesite="Strict",
        permissions_policy="browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=()",
        x_xss_protection=False,
    )
    CSRFProtect(app)
    security = Security(
        app,
        people.datastore(),
        login_form=people.SignInForm,
        change_password_form=people.NewPasswordForm,
        wan_signin_form=people.PasskeyForm,
        wan_signin_response_form=people.PasskeyResponseForm,
        mail_util_cls=Mail,
        password_util_cls=passwords.Passwords,
        totp_cls=people.Codes,
        mf_recovery_codes_util_cls=people.RecoveryCodes,
        webauthn_util_cls=people.Passkeys,
        render_template=render,
    )
    security.i18n_domain = words.Words()
    security.forgot_password_context_processor(lambda: {"can_mail": settings.SMTP_URL is not None})
    security.two_factor_plugins.register_tf_impl(app, "code", people.SecondStep)
    init_guard(app)
    init_errors(app)
    limiter = Limiter(
        _address,
        app=app,
        storage_uri=settings.REDIS_URL or "memory://",
        in_memory_fallback_enabled=bool(settings.REDIS_URL),
        enabled=settings.RATE_LIMITS == "on",
        headers_enabled=False,
    )
    limiter.limit(_TRIES, methods=["POST"])(app.blueprints["sign_in"])
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "console.start", _start)
    return app


def _sign_in(name: str) -> dict[str, object]:
    def key(what: str) -> str:
        return f"SECURITY_{what}"

    values = {
        "BLUEPRINT_NAME": "sign_in",
        "URL_PREFIX": "/staff",
        "LOGIN_URL": "/sign-in",
        "LOGOUT_URL": "/sign-out",
        "LOGOUT_METHODS": ["POST"],
        "LOGOUT_CSRF": True,
        "RESET_URL": "/password/new",
        "CHANGE_URL": "/password",
        "VERIFY_URL": "/again",
        "TWO_FACTOR_SETUP_URL": "/authenticator",
        "TWO_FACTOR_TOKEN_VALIDATION_URL": "/code",  # nosec B105 - no password
        "TWO_FACTOR_RESCUE_URL": "/code/lost",
        "TWO_FACTOR_SELECT_URL": "/second-factor",
        "MULTI_FACTOR_RECOVERY_CODES_URL": "/recovery-codes",
        "MULTI_FACTOR_RECOVERY_URL": "/recovery",
        "WAN_REGISTER_URL": "/passkeys",
        "WAN_SIGNIN_URL": "/sign-in/passkey",
        "WAN_DELETE_URL": "/passkeys/remove",
        "WAN_VERIFY_URL": "/again/passkey",
        "STATIC_FOLDER": None,
        "POST_LOGIN_VIEW": "/staff/",
        "POST_LOGOUT_VIEW": "/staff/sign-in",
        "POST_CHANGE_VIEW": "/staff/account",
        "POST_VERIFY_VIEW": "/staff/account",
        "TWO_FACTOR_POST_SETUP_VIEW": "/staff/account",
        "WAN_POST_REGISTER_VIEW": "/staff/account",
        "UNAUTHORIZED_VIEW": None,
        "PASSWORD_HASH": "argon2",  # nosec B105 - no password
        "PASSWORD_SCHEMES": ["argon2"],
        # 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet): the default's 64 MiB for each sign-in would
        # be more than the worker itself takes.
        "PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__memory_cost": 19 * 1024,
            "argon2__rounds": 2,
            "argon2__parallelism": 1,
        },
        # argon2 salts by itself; a pepper made of the keyring would lock everybody out when a key is taken away.
        "PASSWORD_SINGLE_HASH": True,  # nosec B105 - no password
        "PASSWORD_LENGTH_MIN": 12,  # nosec B105 - no password
        "RECOVERABLE": True,
        "CHANGEABLE": True,
        "TWO_FACTOR": True,
        "TWO_FACTOR_ENABLED_METHODS": [people.AUTHENTICATOR],
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "TWO_FACTOR_ALWAYS_VALIDATE": True,
        "TOTP_ISSUER": name,
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "WEBAUTHN": True,
        "WAN_RP_NAME": name,
        "WAN_ALLOW_AS_FIRST_FACTOR": True,
        "WAN_ALLOW_AS_MULTI_FACTOR": True,
        "WAN_ALLOW_USER_HINTS": False,
        "WAN_ALLOW_AS_VERIFY": ["first"],
        "RETURN_GENERIC_RESPONSES": True,
        "API_ENABLED_METHODS": ["session"],
        "JOIN_USER_ROLES": False,
        "FRESHNESS": timedelta(minutes=15),
        "FRESHNESS_GRACE_PERIOD": timedelta(minutes=5),
        "RESET_PASSWORD_WITHIN": timedelta(days=1),
        "EMAIL_HTML": False,
        "EMAIL_SENDER": "unused",
        "CACHE_CONTROL": None,
        "DATETIME_FACTORY": lambda: datetime.now(UTC),
    }
    return {key(what): value for what, value in values.items()}


def _start() -> Response:
    """Lead from the host's own address to the console."""
    return redirect("/staff/")  # type: ignore[return-value]


def _address() -> str:
    """Return whose tries are counted together: of IPv6 a whole /64, which one household or server has to itself."""
    client = site().reader.places.client(request.environ)
    try:
        found = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if found.version == 4:
        return client
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found) >> 64 << 64, 64)))


def _init_languages(app: Flask, root: Path, here: Site) -> None:
    loaded = catalogs.load(root / "translations", STAFF, here.catalogs)

    @app.before_request
    def choose_language() -> None:
        g.catalog = _catalog(loaded)


def _catalog(loaded: Mapping[str, Catalog]) -> Catalog:
    slug = session.get("language")
    if slug not in BY_SLUG:
        slug = (negotiate(request.headers.get("Accept-Language"), ()) or DEFAULT).slug
    return loaded[slug]


def _finish(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Content-Language"] = g.catalog.locale.tag if "catalog" in g else "en"
    if preview := g.get("preview_policy"):
        # A preview carries the policy that visitors will get, and a second one on top that holds it in a sandbox.
        response.headers.setlist("Content-Security-Policy", list(preview))
    return response
