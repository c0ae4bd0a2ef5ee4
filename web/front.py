"""The page store: WSGI middleware before Flask that answers with an earlier, identical page.

There are few decisions, so there are few pages. One is kept under everything that it depends on and nothing
else; what belongs to one visitor alone never enters. It keeps 200 answers to GET that Flask marked as shared,
after all hooks, never one that sets a cookie. HEAD, conditional requests and encodings are its own.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import brotli

from services.counters import Counters, Shown
from web.staff.lazy import Door
from web.visitor import Reader, State

SHARED = "site.shared"
"""The key in the environ under which Flask marks an answer as shared: ``page`` or ``file``."""
STATE = "site.state"
PREVIEW = "site.preview"
"""The key in the environ that says that no visitor gets this page."""
SHOWN = "site.shown"
"""The key under which Flask says where a page shows the banner: day, region and locale."""

StartResponse = Callable[..., Any]
Headers = list[tuple[str, str]]
_SMALL = 600
_TEXT = re.compile(r"(text/|application/(json|javascript|manifest)|image/svg)")
_NOT_IN_304 = frozenset({"Content-Encoding", "Content-Length", "Content-Type", "Content-Language"})
_DROPPED = frozenset({"content-length", "content-encoding", "etag", "vary", "date", "server"})


class Kept:
    """Hold one page, packed in each encoding; unpacked only where packing gains nothing.

    Args:
        shown: where it shows the banner, or None.
    """

    __slots__ = ("_bodies", "shown", "size")

    def __init__(self, headers: Headers, body: bytes, vary: str, shown: Shown | None = None) -> None:
        self.shown = shown
        digest = hashlib.sha256(body).hexdigest()[:24]
        self._bodies: dict[str, tuple[str, bytes | None, Headers]] = {}
        variants = {"": body}
        if len(body) > _SMALL and _TEXT.match({k.lower(): v for k, v in headers}.get("content-type", "")):
            variants["br"] = brotli.compress(body, quality=9)
            variants["gzip"] = gzip.compress(body, 9, mtime=0)
        for encoding, content in variants.items():
            etag = f'"{digest}-{encoding}"' if encoding else f'"{digest}"'
            made = [(k, v) for k, v in headers if k.lower() not in _DROPPED]
            if encoding:
                made.append(("Content-Encoding", encoding))
            made += [("ETag", etag), ("Vary", vary), ("Content-Length", str(len(content)))]
            is_held = encoding or len(variants) == 1
            self._bodies[encoding] = (etag, content if is_held else None, made)
        self.size = sum(len(content or b"") for _, content, _ in self._bodies.values())

    def answer(self, encoding: str) -> tuple[str, bytes, Headers]:
        """Return the ETag, the body and the headers in an encoding, or in none where it is not held in that one."""
        etag, body, headers = self._bodies.get(encoding) or self._bodies[""]
        if body is None:  # Hardly any client takes no encoding.
            body = gzip.decompress(self._bodies["gzip"][1] or b"")
        return etag, body, headers


class Front:
    """Answer from the store, else ask Flask and keep what may be kept.

    Args:
        app: the WSGI application behind.
        reader: makes the visitor of a request.
        pages: matches the paths at which the store is asked at all.
        admits_cookies: says whether a request's cookies call for a response of its own (to expire some).
        counters: counts signals without a choice, and pages with the banner.
        console: the way to the staff's console; none where there is no console.
        limit: bytes that the store may hold.
    """

    def __init__(
        self,
        app: Callable[[dict[str, Any], StartResponse], Iterable[bytes]],
        reader: Reader,
        counters: Counters,
        console: Door | None = None,
        limit: int = 16 * 1024 * 1024,
    ) -> None:
        self._app = app
        self._reader = reader
        self._counters = counters
        self._console = console
        self._limit = limit
        self._held = 0
        self._pages: OrderedDict[tuple[str, int], Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._own = (reader.choice_cookie, reader.signal_cookie)
        self._encodings: dict[str, str] = {}
        self.hits = 0

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        self._distrust(environ)
        path = environ.get("PATH_INFO", "")
        if self._console is not None and self._console.takes(environ, path):
            return self._console(environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING"):
            return self._pass(environ, start_response)
        if path.startswith(("/assets/", "/.well-known/")):
            kept = self._pages.get((path, 0))
            if kept:
                return self._answer(kept, environ, start_response)
            return self._ask(environ, start_response, (path, 0))
        state = self._reader.state(environ)
        environ[STATE] = state
        if path.count("/") < 2:
            return self._pass(environ, start_response)
        key = (path, state.token)
        cookies = environ.get("HTTP_COOKIE")
        if state.decision.signal_to_set or (cookies and self._has_others(cookies) and state.closed.to_expire(cookies)):
            return self._ask(environ, start_response, key)  # It sets a cookie, so it is counted and not kept.
        kept = self._pages.get(key)
        if kept is None:
            return self._ask(environ, start_response, key)
        if environ["REQUEST_METHOD"] == "GET":
            self._count(state, kept.shown)
        return self._answer(kept, environ, start_response)

    @property
    def behind(self) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
        """Give the application behind, which keeps nothing."""
        return self._app

    def clear(self) -> None:
        """Forget every page."""
        with self._lock:
            self._pages.clear()
            self._held = 0

    def _count(self, state: State, shown: Shown | None) -> None:
        if state.is_check:
            return
        if state.decision.signal and not state.decision.chosen:
            self._counters.signal(state.shared.region)
        if shown:
            self._counters.shown(shown)

    def _pass(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Let Flask answer alone. A page with the banner is counted all the same: campaigns add queries to links."""
        result = self._app(environ, start_response)
        state, shown = environ.get(STATE), environ.get(SHOWN)
        if environ["REQUEST_METHOD"] == "GET" and shown and not (state and state.is_check):
            self._counters.shown(shown)
        return result

    def _distrust(self, environ: dict[str, Any]) -> None:
        # What a proxy says counts only from a configured one; anybody can send these headers.
        if not self._reader.places.trusts(environ.get("REMOTE_ADDR")):
            for name in ("PROTO", "FOR", "HOST", "PORT", "PREFIX"):
                environ.pop(f"HTTP_X_FORWARDED_{name}", None)
        elif environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
            environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]

    def _has_others(self, cookies: str) -> bool:
        return any(part.strip().partition("=")[0] not in self._own for part in cookies.split(";"))

    def _encoding(self, environ: dict[str, Any]) -> str:
        accepts = environ.get("HTTP_ACCEPT_ENCODING", "")
        found = self._encodings.get(accepts)
        if found is None:
            found = best_encoding(accepts)
            if len(self._encodings) < 1000 and len(accepts) < 200:
                self._encodings[accepts] = found
        return found

    def _answer(self, kept: Kept, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        self.hits += 1
        encoding = self._encoding(environ)
        etag, body, headers = kept.answer(encoding)
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted and _matches(wanted, etag):
            start_response("304 NOT MODIFIED", [(k, v) for k, v in headers if k not in _NOT_IN_304])
            return []
        start_response("200 OK", list(headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _ask(self, environ: dict[str, Any], start_response: StartResponse, key: tuple[str, int]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        environ["REQUEST_METHOD"] = "GET"  # A HEAD is answered from what a GET would have been.
        caught: dict[str, Any] = {}

        def catch(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], None]:
            caught.update(status=status, headers=headers)
            return lambda data: None

        result = self._app(environ, catch)
        environ["REQUEST_METHOD"] = method
        mark = environ.get(SHARED)
        try:
            body = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close:
                close()
        status, headers = caught["status"], caught["headers"]
        state = environ.get(STATE)
        shown = environ.get(SHOWN)
        if method == "GET" and state is not None and mark == "page" and status.startswith("200"):
            self._count(state, shown)
        sets_cookie = any(name.lower() == "set-cookie" for name, _ in headers)
        if mark is None or not status.startswith("200") or sets_cookie:
            return self._pass_on(environ, start_response, status, headers, body)
        vary = "Accept-Encoding" if mark == "file" else "Accept-Encoding, Cookie, Sec-GPC"
        kept = Kept(headers, body, vary, shown)
        self._keep(key, kept)
        return self._answer(kept, environ, start_response)

    def _pass_on(
        self, environ: dict[str, Any], start_response: StartResponse, status: str, headers: Headers, body: bytes
    ) -> Iterable[bytes]:
        encoding = self._encoding(environ)
        found = {name.lower(): value for name, value in headers}
        if encoding and len(body) > _SMALL and _TEXT.match(found.get("content-type", "")):
            body = brotli.compress(body, quality=4) if encoding == "br" else gzip.compress(body, 5, mtime=0)
            headers = [(k, v) for k, v in headers if k.lower() != "content-length"]
            headers += [("Content-Encoding", encoding), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _keep(self, key: tuple[str, int], kept: Kept) -> None:
        with self._lock:
            old = self._pages.pop(key, None)
            self._held += kept.size - (old.size if old else 0)
            self._pages[key] = kept
            while self._held > self._limit and self._pages:
                _, dropped = self._pages.popitem(last=False)
                self._held -= dropped.size


def best_encoding(header: str) -> str:
    """Return ``br``, ``gzip`` or nothing for an Accept-Encoding header (RFC 9110, 12.5.3)."""
    offered = {}
    for part in header.split(","):
        name, _, parameters = part.strip().partition(";")
        match = re.search(r"q=([0-9.]+)", parameters)
        try:
            offered[name.strip().lower()] = float(match[1]) if match else 1.0
        except ValueError:
            offered[name.strip().lower()] = 0.0
    for name in ("br", "gzip"):
        if offered.get(name, offered.get("*", 0.0)) > 0:
            return name
    return ""


def _matches(header: str, etag: str) -> bool:
    # Weak comparison (RFC 9110, 13.1.2).
    return header.strip() == "*" or etag in [part.strip().removeprefix("W/") for part in header.split(",")]
