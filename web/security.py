"""Headers, the admitted policy, the expiry of denied cookies, and where a POST comes from."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request
from flask_talisman import Talisman
from werkzeug.http import dump_cookie
from werkzeug.routing import RequestRedirect

from privacy.admission import Admission, admit, expiries
from privacy.choice import BROWSER_MAX_DAYS
from privacy.decision import DAY
from privacy.jurisdictions import Jurisdiction
from services.choices import Recorded
from web.front import SHARED, STATE
from web.settings import Settings
from web.site import site
from web.visitor import State, day_of

BODY_LIMIT = 16 * 1024
_YEAR = 31_536_000
_UNUSED = ("browsing-topics", "camera", "geolocation", "interest-cohort", "microphone", "payment")
"""What no page of this site, nor any vendor on it, may ask the browser for."""


def state() -> State:
    """Return what was made of this request."""
    environ = request.environ
    found = environ.get(STATE)
    if found is None:
        found = environ[STATE] = site().reader.state(environ)
    result: State = found
    return result


def law_of_region(region: str) -> Jurisdiction | None:
    """Return the law of a region as its address writes it, or None where no law of its own is in force there today."""
    found = site().jurisdictions.region(region, day_of(state().shared.day))
    return found if found and found.region == region else None


def adopt(recorded: Recorded) -> None:
    """Let the rest of this response follow a choice that was just recorded."""
    request.environ[STATE] = site().reader.adopt(state(), recorded.cookie, recorded.id, recorded.outcome)
    g.admission = None


def admission() -> Admission:
    """Return what the gate admits on this page. Until a page says that tags may load, none does."""
    found: Admission | None = g.get("admission")
    if found is None:
        found = state().closed
        g.admission = found
    return found


def open_gate(path: str) -> Admission:
    """Let the gate admit what the decision grants on a page.

    Args:
        path: the page's path without its locale.
    """
    now = state()
    g.admission = admit(now.registry, now.decision, path=path)
    found: Admission = g.admission
    return found


class _Talisman(Talisman):  # type: ignore[misc]
    """Ask for a view's options once, not four times for each request: nothing changes them while the site runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._options: dict[str | None, dict[str, Any]] = {}
        super().__init__(*args, **kwargs)

    def _get_local_options(self) -> dict[str, Any]:
        endpoint = request.endpoint
        found = self._options.get(endpoint)
        if found is None:
            found = self._options[endpoint] = super()._get_local_options()
        return found


def init_security(app: Flask) -> None:
    """Set the headers of every response.

    Flask runs ``after_request`` functions in the reverse of the order in which they were registered: ours
    stands before Talisman's, so that it runs after it and the admitted policy is the one that is sent.
    """
    settings: Settings = app.extensions["site"].settings
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT
    app.config["MAX_FORM_PARTS"] = 500
    app.after_request(_finish)
    _Talisman(
        app,
        force_https=settings.secure,
        strict_transport_security=settings.secure,
        strict_transport_security_max_age=2 * _YEAR,
        strict_transport_security_include_subdomains=False,
        frame_options="DENY",
        referrer_policy="strict-origin-when-cross-origin",
        content_security_policy={"default-src": "'none'"},
        session_cookie_secure=settings.secure,
        permissions_policy=", ".join(f"{name}=()" for name in _UNUSED),
        x_xss_protection=False,
    )


def _finish(response: Response) -> Response:
    if isinstance(moved := request.routing_exception, RequestRedirect):
        # Flask hands no handler these, and their bytes would name the Host header, which anybody can send.
        parts = urlsplit(moved.new_url)
        target = "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        response = redirect(target, moved.code)  # type: ignore[assignment]
    here, now, environ, headers = site(), state(), request.environ, response.headers
    admitted: Admission = g.get("admission") or now.closed
    policy = admitted.csp
    if here.settings.secure:
        policy += "; upgrade-insecure-requests"
    headers["Content-Security-Policy"] = policy
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    names = {name.lower() for name, _ in headers}
    if "cache-control" not in names:
        headers.add("Cache-Control", "private, no-store")
    if "vary" not in names:
        headers.add("Vary", "Accept-Encoding, Cookie, Sec-GPC")
    if environ.get(SHARED) == "file":
        return response  # Files are the same for everybody and may be kept by anybody: they set nothing.
    if denied := admitted.to_expire(environ.get("HTTP_COOKIE")):
        _expire(response, denied)
    if now.decision.signal_to_set:
        set_own_cookie(response, here.reader.signal_cookie, here.reader.signal_value(), BROWSER_MAX_DAYS * DAY)
    return response


def _expire(response: Response, names: tuple[str, ...]) -> None:
    host = urlsplit(f"//{request.host}").hostname or ""
    folders = request.path.split("/")[1:-1]
    # A script that names no path sets its cookie for the folder of the page (RFC 6265, 5.1.4).
    paths = ["/", *("/" + "/".join(folders[: i + 1]) for i in range(len(folders)))]
    for name, path in ((name, path) for name in names for path in paths):
        for domain in expiries(host):
            value = f"{name}=; Max-Age=0; Path={path}"
            if domain:
                value += f"; Domain={domain}"
            response.headers.add("Set-Cookie", value)


def set_own_cookie(response: Response, name: str, value: str, max_age: int) -> None:
    """Set one of the site's own cookies: HttpOnly, SameSite=Lax, Secure wherever the site is.

    Args:
        value: of letters, digits and signs that a cookie need not quote, as those that the site signs are.
    """
    settings = site().settings
    domain = settings.COOKIE_DOMAIN if settings.secure else None
    tail = _attributes(max_age, int(time.time()), domain, settings.secure)
    response.headers.add("Set-Cookie", f"{name}={value}{tail}")


@lru_cache(maxsize=64)
def _attributes(max_age: int, now: int, domain: str | None, secure: bool) -> str:
    """Return what stands behind the value of a cookie: the same for all that are set in one second."""
    return dump_cookie(
        "",
        max_age=max_age,
        expires=now + max_age,
        path="/",
        domain=domain,
        secure=secure,
        httponly=True,
        samesite="Lax",
    ).removeprefix("=")


def require_own_origin() -> None:
    """Answer 403 unless the request was made by a page of this site.

    ``Sec-Fetch-Site`` decides where the browser sends it; else ``Origin`` must be this site's. A request with
    neither comes from no browser that would lend a visitor's cookies to a foreign page (docs/decisions/0004).
    """
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        if fetched != "same-origin":
            abort(403, "origin")
        return
    origin = request.headers.get("Origin")
    if origin is None:
        return
    parts = urlsplit(origin)
    own = parts.scheme in ("http", "https") and parts.netloc.lower() == request.host.lower()
    if origin.lower() != site().settings.SITE_ORIGIN and not own:
        abort(403, "origin")
