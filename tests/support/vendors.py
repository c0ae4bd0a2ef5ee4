"""A second origin on loopback that plays a vendor: it serves its script, takes what that sends, and counts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]

WAIT = 15.0
"""Seconds after which something that has to come counts as missing."""

# The settings are PostHog's defaults, but for where it sends to, what it keeps its ids in, and that it takes a
# browser which is driven by a test for a person's.
_POSTHOG_INIT = """
;posthog.init("phc_test", {
  api_host: "%(origin)s",
  ui_host: "%(origin)s",
  persistence: "localStorage+cookie",
  opt_out_useragent_filter: true
});
"""

# What an advertiser's pixel does, in a few lines: an id in a cookie and in storage, an image and a beacon.
_PIXEL = """
(function () {
  "use strict";
  var id = Math.random().toString(36).slice(2);
  document.cookie = "_adv_id=" + id + "; path=/; max-age=31536000";
  localStorage.setItem("adv", id);
  new Image().src = "%(origin)s/pixel?id=" + id;
  navigator.sendBeacon("%(origin)s/event", id);
})();
"""

# A page of somebody who asks nobody: the tracker without a gate.
_UNGATED = """<!doctype html>
<html lang="en"><head><title>No gate</title><script src="%(origin)s/array.js"></script>
<script src="%(origin)s/adv.js"></script></head><body><h1>No gate</h1><button>Press</button></body></html>
"""


def tracker() -> str:
    """Return PostHog's script, as tests/setup took it from the npm registry.

    Raises:
        FileNotFoundError: when tests/setup was not run.
    """
    found = sorted((ROOT / ".cache" / "npm").glob("posthog-js-*/array.js"))
    if not found:
        raise FileNotFoundError("The tracker is missing: run tests/setup, which takes it from the npm registry.")
    return found[-1].read_text("utf-8")


@dataclass(frozen=True)
class Hit:
    """Hold one request that the vendor received. ``agent`` tells browsers apart: each names itself."""

    method: str
    path: str
    query: str
    agent: str
    headers: frozenset[str] = frozenset()


class Vendor:
    """Be a vendor on a port of its own.

    Args:
        host: the name under which pages call it: another name than the site's makes it another site.
    """

    def __init__(self, host: str = "localhost") -> None:
        self._hits: list[Hit] = []
        self._news = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.origin = f"http://{host}:{self._server.server_address[1]}"
        self.scripts = {
            "/array.js": tracker() + _POSTHOG_INIT % {"origin": self.origin},
            "/adv.js": _PIXEL % {"origin": self.origin},
        }
        self.pages: dict[str, str] = {}
        self.moved: dict[str, str] = {}
        self.ungated = f"http://127.0.0.1:{self._server.server_address[1]}/ungated.html"
        self._thread = threading.Thread(target=self._server.serve_forever, name="vendor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def note(self, hit: Hit) -> None:
        """Count a request."""
        with self._news:
            self._hits.append(hit)
            self._news.notify_all()

    def hits(self, agent: str, path: str = "") -> list[Hit]:
        """Return what one browser sent, in order, optionally only to paths that begin so."""
        with self._news:
            return self._of(agent, path)

    def all_hits(self) -> list[Hit]:
        """Return what was sent by anybody."""
        with self._news:
            return list(self._hits)

    def await_hits(self, agent: str, path: str, number: int = 1, query: str = "") -> list[Hit]:
        """Wait until a browser has sent so many requests to a path, and return them.

        Raises:
            AssertionError: when they do not come.
        """

        def come() -> bool:
            return len([h for h in self._of(agent, path) if query in h.query]) >= number

        with self._news:
            if not self._news.wait_for(come, WAIT):
                got = [f"{h.method} {h.path}" for h in self._of(agent, "")]
                raise AssertionError(f"the vendor waited for {number} request(s) to {path} and received {got}")
            return self._of(agent, path)

    def _of(self, agent: str, path: str) -> list[Hit]:
        return [hit for hit in self._hits if hit.agent == agent and hit.path.startswith(path)]

    def answer(self, path: str) -> tuple[str, bytes]:
        """Return the type and bytes of an answer."""
        if path in self.scripts:
            return "text/javascript", self.scripts[path].encode()
        if path in self.pages:
            return "text/html", self.pages[path].encode()
        if path == "/ungated.html":
            return "text/html", (_UNGATED % {"origin": self.origin}).encode()
        if path.endswith("/config.js"):
            return "text/javascript", b"window._POSTHOG_REMOTE_CONFIG = {};"
        if path == "/pixel":
            return "image/gif", PIXEL
        if path.startswith("/static/"):
            return "text/javascript", b""
        known = {"featureFlags": {}, "featureFlagPayloads": {}, "flags": {}, "supportedCompression": [], "status": 1}
        return "application/json", json.dumps(known).encode()


PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
"""A transparent GIF of one pixel."""


@contextmanager
def a_vendor(host: str = "localhost") -> Iterator[Vendor]:
    """Give a vendor, and stop it afterwards."""
    vendor = Vendor(host)
    try:
        yield vendor
    finally:
        vendor.close()


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer()

        def do_OPTIONS(self) -> None:
            self._answer(counts=False)

        def _answer(self, counts: bool = True) -> None:
            parts = urlsplit(self.path)
            if counts:
                names = frozenset(name.lower() for name in self.headers)
                vendor.note(Hit(self.command, parts.path, parts.query, self.headers.get("User-Agent", ""), names))
            kind, body = vendor.answer(parts.path)
            moved = vendor.moved.get(parts.path)
            try:
                self.send_response(302 if moved else 200)
                if moved:
                    self.send_header("Location", moved)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin") or "*")
                self.send_header("Access-Control-Allow-Credentials", "true")
                self.send_header("Access-Control-Allow-Headers", "*, content-type, x-place")
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True  # The browser has left the page.

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

    return Handler
