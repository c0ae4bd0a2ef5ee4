"""A person with a real browser, at a real site: what they do, in their words, and what their browser sent and keeps."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, Response

ROOT = Path(__file__).parents[2]

WITH_PARENT = "privacy.example.test"
"""A host name whose parent can hold cookies, as real sites have it."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing leaves the machine, whatever a page asks for. One name with a parent domain leads to the site.
    f"--host-resolver-rules=MAP {WITH_PARENT} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)

WAIT = 8_000
"""Milliseconds after which something that has to come counts as missing."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Each page notes what its policy refused and how far its layout moved, before any of its own scripts run.
_WATCH = """
window.__refused = [];
document.addEventListener("securitypolicyviolation", function (event) {
  window.__refused.push(event.effectiveDirective + " " + event.blockedURI);
  console.info("policy-refused " + event.effectiveDirective + " " + event.blockedURI);
});
window.__shifts = [];
new PerformanceObserver(function (list) {
  list.getEntries().forEach(function (entry) {
    window.__shifts.push({ value: entry.value, what: entry.sources.map(function (source) {
      return source.node && source.node.nodeName + " " + JSON.stringify(source.previousRect) +
        " -> " + JSON.stringify(source.currentRect);
    }) });
  });
}).observe({ type: "layout-shift", buffered: true });
"""


def find_chromium() -> str | None:
    """Return the path of a Chromium: on PATH, else None for Playwright's own. tests/setup looks in the same places."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, _NAMES) if path), None)


def start_chromium(playwright: Playwright, *, keeps_pages: bool = False) -> Browser:
    """Start a Chromium without a window.

    Args:
        keeps_pages: keep the pages that were left alive for the way back, as people's browsers do. The driver
            switches that off by default: it cannot await a page that was never loaded again.
    """
    dropped = ["--disable-back-forward-cache"] if keeps_pages else None
    return playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS), ignore_default_args=dropped)


# --- The site -------------------------------------------------------------------------------------------------------


_COMMANDS = """
import json, sys
from app import create_app
runner = create_app().test_cli_runner()
for words in json.loads(sys.argv[1]):
    result = runner.invoke(args=words)
    if result.exit_code:
        sys.exit(f"flask {' '.join(words)}: {result.output} {result.exception!r}")
"""


class Served:
    """Hold a whole site under gunicorn, as ``make run`` serves it, on a port and a store of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.named_origin = f"http://{WITH_PARENT}:{self.port}"
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")}
        self._environ = kept | {
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "INSTANCE_PATH": str(folder),
            "WORKERS": "1",
            "LOG_LEVEL": "warning",
            # One proxy that is trusted to say where the visitor is: each browser says it of itself.
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "PLACE_HEADER": "X-Place",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def commands(self, *commands: tuple[str, ...]) -> None:
        """Run flask commands, one after the other, in one process."""
        done = subprocess.run(
            [sys.executable, "-c", _COMMANDS, json.dumps(commands)],
            cwd=ROOT, env=self._environ, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"a flask command failed: {done.stdout}{done.stderr}"

    def start(self, *, ready: bool = True) -> None:
        """Serve, and return once it answers that it is ready (or, for a site without a store, that it lives)."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn"], cwd=ROOT, env=self._environ, stdout=log, stderr=log
            )
        self.await_answer("/readyz" if ready else "/healthz")

    def await_answer(self, path: str, status: int = 200, seconds: float = 20) -> None:
        """Wait until an address answers so."""
        deadline, pause, answered = time.monotonic() + seconds, threading.Event(), None
        while time.monotonic() < deadline:
            answered = self.status(path)
            if answered == status:
                return
            if self._process and self._process.poll() is not None:
                break
            pause.wait(0.05)
        raise AssertionError(f"{path} answers {answered}, not {status}; the server said:\n{self.log()}")

    def status(self, path: str) -> int | None:
        """Return the status with which an address answers, or None where nobody does."""
        try:
            with urllib.request.urlopen(self.origin + path, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return None

    def log(self) -> str:
        """Return what the server wrote."""
        path = self.folder / "server.log"
        return path.read_text("utf-8", "replace")[-4000:] if path.exists() else "(nothing)"

    def stop(self) -> None:
        """End the server that this object started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process = None


@contextmanager
def a_site(folder: Path, commands: list[tuple[str, ...]] | None = None, **settings: str) -> Iterator[Served]:
    """Give a site, prepared and configured by its own commands, and stop it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    site = Served(folder, **settings)
    site.commands(("prepare",), *(commands or ()))
    site.start()
    try:
        yield site
    finally:
        site.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


# --- The person -----------------------------------------------------------------------------------------------------

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Sent:
    """Hold one request that a browser made, whatever became of it."""

    method: str
    url: str
    kind: str

    @property
    def origin(self) -> str:
        """Give the origin that it was for."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


class Person:
    """Act as one person with a fresh browser.

    Args:
        place: where they are, as the trusted proxy says; None for a place nobody knows.
        gpc: whether their browser sends ``Sec-GPC: 1``.
        scripts: whether JavaScript is on.
        options: further options of the browser's context.
    """

    def __init__(
        self,
        browser: Browser,
        site: Served,
        place: str | None = None,
        *,
        gpc: bool = False,
        scripts: bool = True,
        language: str = "en",
        width: int = 1280,
        **options: Any,
    ) -> None:
        self.agent = f"Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Person/{os.getpid()}-{next(_numbers)}"
        self.site = site
        self.place = place
        self.language = language
        self.scripts = scripts
        self._gpc = gpc
        self.context: BrowserContext = browser.new_context(
            user_agent=self.agent,
            java_script_enabled=scripts,
            viewport={"width": width, "height": 800},
            reduced_motion="reduce",
            **options,
        )
        self.context.set_default_timeout(WAIT)
        self.sends_signal(gpc)
        self.sent: list[Sent] = []
        self.refused: list[str] = []
        self.errors: list[str] = []
        self.context.add_init_script(_WATCH)
        self.context.on("request", self._note)
        self.context.on("console", lambda message: self._hear(message.text))
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.page: Page = self.context.new_page()

    def sends_signal(self, on: bool) -> None:
        """Switch the opt-out signal of their browser."""
        headers = {"X-Place": self.place} if self.place else {}
        self.context.set_extra_http_headers(headers | ({"Sec-GPC": "1"} if on else {}))

    # What they do.

    def goes_to(self, path: str = "/", status: int = 200) -> Response:
        """Open a page, given without its locale, and wait until all of it has come."""
        response = self.page.goto(f"{self.site.origin}/{self.language}{path}", wait_until="load")
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}: {response.text()[:300]}"
        return response

    def answers_banner(self, button: str) -> None:
        """Press *Accept* or *Reject* on the first layer."""
        self._presses(self.page.locator(f"[data-banner] .trio button[value={button}]"))

    def opens_preferences(self) -> None:
        """Follow the link that stands on every page."""
        self.page.locator("a[data-reopen]").click()
        self.page.wait_for_url("**/preferences")
        self.page.wait_for_load_state("load")

    def presses(self, button: str) -> None:
        """Press *Accept all*, *Reject all* or *Save choices* on the second layer."""
        self._presses(self.page.locator(f"main button[name=choice][value={button}]"))

    def ticks(self, category: str, on: bool = True) -> None:
        """Set a category's switch."""
        self.page.locator(f"input[name=category][value={category}]").set_checked(on)

    def chooses(self, how: str) -> None:
        """Accept, reject, or allow statistics alone: on the first layer where there is one, else on the second."""
        if how in ("accept", "reject"):
            self.goes_to("/")
            if self.page.locator("[data-banner]").count():
                return self.answers_banner(how)
            self.opens_preferences()
            return self.presses(how)
        assert how == "analytics", f"nobody knows how to choose {how!r}"
        self.goes_to("/preferences")
        self.ticks("analytics")
        self.ticks("marketing", on=False)
        return self.presses("save")

    def leaves(self) -> None:
        """Close the browser."""
        self.context.close()

    # What their browser sent and keeps.

    @property
    def foreign(self) -> list[Sent]:
        """Give the requests to any other origin than the site's."""
        self._settle()
        return [one for one in self.sent if one.origin != self.site.origin and one.origin != "://"]

    @property
    def foreign_origins(self) -> set[str]:
        """Give the other origins to which anything was sent."""
        return {one.origin for one in self.foreign}

    def forget_sent(self) -> None:
        """Begin to count anew."""
        self._settle()
        self.sent.clear()

    @property
    def cookies(self) -> dict[str, str]:
        """Give the cookies of all hosts."""
        return {cookie["name"]: cookie["value"] for cookie in self.context.cookies()}

    @property
    def storage(self) -> dict[str, list[str]]:
        """Give the keys in the storage of the page's origin."""
        return self.page.evaluate(
            """async () => ({
              local: Object.keys(localStorage),
              session: Object.keys(sessionStorage),
              databases: (await indexedDB.databases()).map((one) => one.name),
            })"""
        )

    @property
    def tags(self) -> list[str]:
        """Give the ids of the tags that the page carries, each once."""
        return list(
            dict.fromkeys(self.page.eval_on_selector_all("script[data-tag]", "all => all.map(e => e.dataset.tag)"))
        )

    def has_state(self, **states: str) -> bool:
        """Say whether the page states so of its categories."""
        return all(self.page.locator(f"[data-state={k}]").inner_text() == v for k, v in states.items())

    def _presses(self, locator: Any) -> None:
        with self.page.expect_navigation(wait_until="load"):
            locator.click()
        state = self.page.locator("#choice-state")
        assert urlsplit(self.page.url).fragment == "choice-state", (
            f"a choice leads to its confirmation, not {self.page.url}"
        )
        assert state.is_visible(), "the confirmation is seen after a choice"

    def _settle(self) -> None:
        # Events come in the order in which the browser had them: when this is answered, all earlier ones are here.
        self.page.evaluate("0")

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", "about:")):
            self.sent.append(Sent(request.method, request.url, request.resource_type))

    def _hear(self, text: str) -> None:
        if text.startswith("policy-refused ") or "Content Security Policy" in text:
            self.refused.append(text)
