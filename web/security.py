"""Headers, the admitted policy, the expiry of denied cookies, and where a POST comes from."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request
from flask_talisman import Talisman
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


def state() -> State:
    """Return what was made of this request."""
    found = request.environ.get(STATE)
    if found is None:
        found = site().reader.state(request.environ)
        request.environ[STATE] = found
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
    Talisman(
        app,
        force_https=settings.secure,
        strict_transport_security=settings.secure,
        strict_transport_security_max_age=2 * _YEAR,
        strict_transport_security_include_subdomains=False,
        frame_options="DENY",
        referrer_policy="strict-origin-when-cross-origin",
        content_security_policy={"default-src": "'none'"},
        session_cookie_secure=settings.secure,
        permissions_policy={
            "browsing-topics": "()",
            "camera": "()",
            "geolocation": "()",
            "interest-cohort": "()",
            "microphone": "()",
            "payment": "()",
        },
        x_xss_protection=False,
    )


def _finish(response: Response) -> Response:
    if isinstance(moved := request.routing_exception, RequestRedirect):
        # Flask hands no handler these, and their bytes would name the Host header, which anybody can send.
        parts = urlsplit(moved.new_url)
        target = "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        response = redirect(target, moved.code)  # type: ignore[assignment]
    now, admitted = state(), admission()
    policy = admitted.csp
    if site().settings.secure:
        policy += "; upgrade-insecure-requests"
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-store"
    if "Vary" not in response.headers:
        response.headers["Vary"] = "Accept-Encoding, Cookie, Sec-GPC"
    if request.environ.get(SHARED) == "file":
        return response  # Files are the same for everybody and may be kept by anybody: they set nothing.
    _expire(response, admitted.to_expire(request.headers.get("Cookie")))
    if now.decision.signal_to_set:
        set_own_cookie(response, site().reader.signal_cookie, site().reader.signal_value(), BROWSER_MAX_DAYS * DAY)
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
    """Set one of the site's own cookies: HttpOnly, SameSite=Lax, Secure wherever the site is."""
    settings = site().settings
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        domain=settings.COOKIE_DOMAIN if settings.secure else None,
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )


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
