"""The site that is measured: a whole one, set up as in production, on a store of its own on the checkout's disk."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

import app as product
from bench.floor import Answer
from privacy.templates import TagConfig
from storage import db
from web.build import upgrade_database
from web.settings import load, names
from web.site import Site

ROOT = Path(__file__).parents[1]
HOST = "privacy.example"
COOKIE = "__Host-choice"
PAGE = "/de/privacy"
FORM = "/de/preferences"

SETTINGS = {
    "ENVIRONMENT": "production",
    "SITE_ORIGIN": f"https://{HOST}",
    "TRUSTED_PROXIES": "127.0.0.1/32",
    "PLACE_HEADER": "cloudflare",
    "SECRET_KEYS": "a key for measurements and nothing else",
    "HOST": "127.0.0.1",
    "WORKERS": "1",
    "THREADS": "8",
    "LOG_LEVEL": "warning",
}

BROWSER = {
    "Host": HOST,
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "de,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "CF-IPCountry": "DE",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
}
"""What a browser in Germany sends, as it comes from a trusted proxy."""

VENDOR_COOKIES = "_ga=GA1.1.1234567890.1750000000; _ga_ABCD123456=GS2.1.s1750000000$o1$g0$t1750000000$j60$l0$h0"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Workbench:
    """Hold the site within this process, and the folder that it shares with the servers.

    Args:
        visitors: the request headers of each visitor of the privacy policy that is measured.
    """

    folder: Path
    app: Flask
    visitors: dict[str, dict[str, str]]

    @property
    def site(self) -> Site:
        """Give what the application holds."""
        found: Site = self.app.extensions["site"]
        return found

    def server_environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a server process: this one's without its settings, and ours."""
        known = {*names(), "GUNICORN_CMD_ARGS"}
        kept = {k: v for k, v in os.environ.items() if k not in known}
        return {**kept, **SETTINGS, "INSTANCE_PATH": str(self.folder), **more}


@contextmanager
def workbench() -> Iterator[Workbench]:
    """Set the site up in a folder of its own, with Google Analytics on, and take all of it away at the end."""
    (ROOT / ".cache").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / ".cache"))
    app = product.create_app(load({}, INSTANCE_PATH=str(folder), **SETTINGS))
    try:
        upgrade_database(app)
        site: Site = app.extensions["site"]
        site.tags.ensure_first()
        ga4 = site.tags.add(TagConfig("ga4", "ga4", settings={"id": ("G-ABCD123456",)}, enabled=True))
        site.tags.publish(ga4, "bench", "")
        site.live.refresh()
        chosen = f"{COOKIE}={_accepted(app)}"
        yield Workbench(
            folder,
            app,
            {
                "banner": BROWSER,
                "tags": {**BROWSER, "Cookie": chosen},
                "tags-and-cookies": {**BROWSER, "Cookie": f"{chosen}; {VENDOR_COOKIES}"},
            },
        )
    finally:
        app.extensions["site"].stop()
        with app.app_context():
            db.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def environ(path: str, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return the environ of a request that a proxy on this machine passed on."""
    made = EnvironBuilder(path, base_url=f"http://{HOST}", headers=list(headers.items()), **more).get_environ()
    made["REMOTE_ADDR"] = "127.0.0.1"
    return made


def ask(app: Application, request: dict[str, Any]) -> Answer:
    """Call an application once and return its whole answer."""
    told: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        told.append((status, tuple(headers)))
        return lambda data: None

    result = app(request, start_response)
    body = b"".join(result)
    close = getattr(result, "close", None)
    if close:
        close()
    return Answer(*told[-1], body)


def choice_form(notice: str, choice: str) -> dict[str, str]:
    """Return the fields that the banner's form sends."""
    return {"choice": choice, "layer": "banner", "notice": notice, "next": PAGE}


def notice_of(page: bytes) -> str:
    """Return the hash of the notice that a page shows.

    Raises:
        ValueError: when it shows none.
    """
    found = re.search(rb'name="notice" value="([0-9a-f]{64})"', page)
    if not found:
        raise ValueError("the page shows no banner")
    return found[1].decode()


def post(app: Application, choice: str, cookie: str | None = None) -> Answer:
    """Choose, as the banner's form does."""
    plain = {k: v for k, v in BROWSER.items() if k != "Accept-Encoding"}
    notice = notice_of(ask(app, environ(PAGE, plain)).body)
    headers = {**BROWSER, "Sec-Fetch-Site": "same-origin", **({"Cookie": cookie} if cookie else {})}
    return ask(app, environ(FORM, headers, method="POST", data=choice_form(notice, choice)))


def cookie_of(headers: Iterable[tuple[str, str]]) -> str:
    """Return the value of the choice cookie that an answer sets.

    Raises:
        ValueError: when it sets none.
    """
    for name, value in headers:
        if name.lower() == "set-cookie" and value.startswith(f"{COOKIE}="):
            return value.partition("=")[2].partition(";")[0]
    raise ValueError("the answer sets no choice")


def _accepted(app: Application) -> str:
    answer = post(app, "accept")
    if not answer.status.startswith("303"):
        raise ValueError(f"a choice was answered {answer.status}")
    return cookie_of(answer.headers)
