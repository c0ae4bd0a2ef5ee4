"""Look at pages with a real browser, in a process of its own: ``python -m services.inspector``.

It reads one line of JSON, the visits, and writes lines of JSON: how far it is, what was seen, or why it cannot go on.
When whoever started it is gone, it ends. Nothing here is imported by who serves pages, but for looking what is there.
"""

from __future__ import annotations

import asyncio
import glob
import importlib.util
import json
import os
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECONDS = 50
"""For everything together."""
_LOAD = 20_000
_QUIET = 8_000
_LATER = 1.0
"""How long a page may take to come (ms), to fall quiet (ms), and to do what it does a moment later (s)."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Vendors' scripts keep still before what is driven by a program; visitors' browsers are not.
    "--disable-blink-features=AutomationControlled",
)

_WATCH = """
window.__refused = [];
document.addEventListener("securitypolicyviolation", function (event) {
  window.__refused.push([event.effectiveDirective, event.blockedURI]);
});
"""
_CARRIED = "all => all.map(e => [e.src, e.dataset.tag])"
_KEEPS = """async () => [
  ...Object.keys(localStorage).map((key) => ["local", key]),
  ...Object.keys(sessionStorage).map((key) => ["session", key]),
  ...(await indexedDB.databases()).map((one) => ["indexeddb", one.name]),
].map(([kind, key]) => [kind, key, location.hostname])"""


def find_chromium(environ: Mapping[str, str]) -> str | None:
    """Return the path of the Chromium that the operator named or that is on PATH; None for Playwright's own."""
    named = environ.get("CHROMIUM")
    return named or next((path for path in (shutil.which(n, path=environ.get("PATH")) for n in _NAMES) if path), None)


def missing(environ: Mapping[str, str]) -> str:
    """Name what has to be installed before a page can be looked at: ``playwright``, ``chromium``, or nothing."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright"
    found = find_chromium(environ)
    if found:
        return "" if os.access(found, os.X_OK) else "chromium"
    home = Path(environ.get("HOME") or "~").expanduser()
    kept = environ.get("PLAYWRIGHT_BROWSERS_PATH") or str(home / ".cache" / "ms-playwright")
    # As Playwright itself lays them out, on Linux and on macOS.
    places = (f"{kept}/chromium*-*/*", f"{home}/Library/Caches/ms-playwright/chromium*-*/*")
    return "" if any(glob.glob(place) for place in places) else "chromium"


def main() -> None:
    """Do as the first line of the input says."""
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        asyncio.run(asyncio.wait_for(_look(order["visits"]), SECONDS))
    except TimeoutError:
        _say(problem="slow")
    except _CannotGoOn as error:
        _say(problem=error.problem, detail=str(error))


class _CannotGoOn(Exception):
    def __init__(self, problem: str, detail: object) -> None:
        # Chromium's own words come last; before them stands the whole command line.
        super().__init__(str(detail).strip()[-1000:])
        self.problem = problem


def _end_with_parent() -> None:
    sys.stdin.read()
    # The browser hangs on a pipe of this process, and ends with it.
    os._exit(1)


def _say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


async def _look(visits: list[dict[str, Any]]) -> None:
    from playwright.async_api import Error, async_playwright

    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=find_chromium(os.environ),
                args=list(_FLAGS),
                # Root cannot have the sandbox; everybody else does.
                chromium_sandbox=os.geteuid() != 0,
                timeout=_LOAD,
            )
        except Error as error:
            raise _CannotGoOn("launch", error.message) from error
        steps = iter(range(1, 2 * len(visits) + 2))
        _say(done=next(steps))
        for visit in visits:
            page = await _Page.open(browser, visit)
            _say(done=next(steps))
            _say(seen=await page.read())
            await page.close()
            _say(done=next(steps))
        await browser.close()


class _Page:
    """One visitor with a fresh browser on one page."""

    def __init__(self, context: Any, page: Any, visit: Mapping[str, Any]) -> None:
        self._context = context
        self._page = page
        self._visit = visit
        self._sent: list[Any] = []
        self._failed: dict[Any, str] = {}
        self._statuses: dict[Any, int] = {}
        self._sockets: list[str] = []
        self._continuing: set[asyncio.Task[None]] = set()
        self._main: Any = None

    @classmethod
    async def open(cls, browser: Any, visit: Mapping[str, Any]) -> _Page:
        """Open the page as the visit says.

        Raises:
            _CannotGoOn: when the site cannot be reached.
        """
        from playwright.async_api import Error

        context = await browser.new_context(
            # As the same browser names itself with a window: else vendors would see a robot, and keep still.
            user_agent=(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                f"Chrome/{browser.version.partition('.')[0]}.0.0.0 Safari/537.36"
            ),
            locale=visit["language"],
            viewport={"width": 1280, "height": 800},
            service_workers="block",
            accept_downloads=False,
        )
        context.set_default_timeout(_LOAD)
        name, value = visit["cookie"]
        secure = visit["origin"].startswith("https:")
        kept = {"name": name, "value": value, "url": visit["origin"], "httpOnly": True, "sameSite": "Lax"}
        await context.add_cookies([kept | {"secure": secure}])
        await context.add_init_script(_WATCH)
        page = await context.new_page()
        made = cls(context, page, visit)
        await made._watch()
        try:
            made._main = await page.goto(visit["url"], wait_until="load")
        except Error as error:
            raise _CannotGoOn("unreachable", error.message.partition("\n")[0]) from error
        with suppress(Error):  # Some pages never fall quiet; what they did up to now is what is seen.
            await page.wait_for_load_state("networkidle", timeout=_QUIET)
        await asyncio.sleep(_LATER)
        return made

    async def _watch(self) -> None:
        self._context.on("request", lambda r: self._sent.append(r))
        self._context.on("requestfailed", lambda r: self._failed.update({r: r.failure or "failed"}))
        self._context.on("response", lambda r: self._statuses.update({r.request: r.status}))
        self._page.on("websocket", lambda socket: self._sockets.append(socket.url))
        self._page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
        # Below Playwright's own interception, which would carry headers along when the site redirects elsewhere.
        session = await self._context.new_cdp_session(self._page)
        session.on("Fetch.requestPaused", lambda event: self._go_on(session, event))
        await session.send("Fetch.enable", {"patterns": [{"urlPattern": f"{self._visit['origin']}/*"}]})

    def _go_on(self, session: Any, event: Mapping[str, Any]) -> None:
        task = asyncio.ensure_future(self._continue(session, event))
        self._continuing.add(task)
        task.add_done_callback(self._continuing.discard)

    async def _continue(self, session: Any, event: Mapping[str, Any]) -> None:
        from playwright.async_api import Error

        order: dict[str, Any] = {"requestId": event["requestId"]}
        request = event["request"]
        if self._is_own(request["url"]):
            pairs = [*request["headers"].items(), *self._visit["headers"]]
            order["headers"] = [{"name": name, "value": value} for name, value in pairs]
        with suppress(Error):  # The page may have been left meanwhile.
            await session.send("Fetch.continueRequest", order)

    def _is_own(self, url: str) -> bool:
        return _origin(url) == str(self._visit["origin"])

    async def read(self) -> dict[str, Any]:
        """Return what was seen."""
        from playwright.async_api import Error

        # What a query holds is made for one visit; whose address it is stands before it.
        refused = await self._page.evaluate("window.__refused || []")
        refusals = [(where, what.partition("?")[0]) for where, what in refused]
        carried = await self._page.eval_on_selector_all("script[data-tag]", _CARRIED)
        kept: list[list[str]] = []
        for frame in self._page.frames:
            try:
                kept += await asyncio.wait_for(frame.evaluate(_KEEPS), 3)
            except (Error, TimeoutError):
                continue  # A frame without an origin keeps nothing.
        kept += [["cookie", c["name"], c["domain"]] for c in await self._context.cookies()]
        out = [r for r in self._sent if r.url.startswith("http") and "csp" not in self._failed.get(r, "").lower()]
        hosts = Counter(_origin(url) for url in (*(r.url for r in out), *self._sockets) if not self._is_own(url))
        main = self._main
        return {
            "visitor": self._visit["visitor"],
            "status": main.status if main else 0,
            "policy": (await main.header_value("content-security-policy") if main else None) or "",
            "scripts": self._scripts(out, carried),
            "hosts": list(hosts.items()),
            "kept": [list(one) for one in dict.fromkeys(map(tuple, kept))],
            "refusals": [list(one) for one in dict.fromkeys(refusals)],
        }

    def _scripts(self, out: list[Any], carried: list[tuple[str, str]]) -> list[tuple[str, str, bool]]:
        tags: dict[str, str] = dict(carried)
        asked = {r.url: self._statuses.get(r, 0) in range(200, 400) for r in out if r.resource_type == "script"}
        return [(url, tags.get(url, ""), asked.get(url, False)) for url in dict.fromkeys((*asked, *tags))]

    async def close(self) -> None:
        """Forget the visitor."""
        await self._context.close()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


if __name__ == "__main__":
    main()
