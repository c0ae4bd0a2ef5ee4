"""What one worker holds after 1,000 mixed requests."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

from bench.client import cores, drive, on_core, request
from bench.report import Row
from bench.servers import Server, site_server
from bench.workbench import BROWSER, PAGE, Workbench, choice_form, notice_of

_REQUESTS = 1000
_PLACES = ("DE", "FR", "GB", "BR", "US", "CA", "AU", "NZ", "CH", "JP", "XX")
_ADDRESSES = ("8.8.8.8", "193.0.6.139", "200.160.2.3", "2001:4860:4860::8888", "not an address")
_PAGES = ("/", "/privacy", "/cookies", "/contact", "/preferences", "/privacy/gb")
_LOCALES = ("en", "de", "fr", "pt-br")


class Crowd:
    """Ask as very different visitors do, one after the other: 1,000 requests, then no more."""

    def __init__(self, notice: str, chosen: str, assets: list[str]) -> None:
        self._left = _REQUESTS
        self._places, self._addresses, self._assets = cycle(_PLACES), cycle(_ADDRESSES), cycle(assets)
        self._urls = cycle([f"/{locale}{page}" for page in _PAGES for locale in _LOCALES])
        self._choices = cycle([urlencode(choice_form(notice, c)).encode() for c in ("accept", "reject")])
        self._chosen = chosen

    def ask(self) -> bytes | None:
        """Return the next request."""
        if not self._left:
            return None
        self._left -= 1
        headers = {**BROWSER, "CF-IPCountry": next(self._places)}
        kind = self._left % 20
        if kind < 3:  # A choice.
            return request("POST", "/de/preferences", {**headers, "Sec-Fetch-Site": "same-origin"}, next(self._choices))
        if kind < 5:
            return request("GET", next(self._assets), headers)
        if kind == 5:
            return request("GET", f"/en/nowhere-{self._left}", headers)
        if kind == 6:  # A choice that a foreign page tries to make.
            return request("POST", "/en/preferences", {**headers, "Sec-Fetch-Site": "cross-site"}, b"choice=accept")
        if kind == 7:
            return request("GET", next(self._urls), {**headers, "Cookie": f"__Host-choice=forged.{self._left}"})
        if kind < 10:  # No proxy says where it comes from: the embedded country data is asked.
            del headers["CF-IPCountry"]
            return request("GET", next(self._urls), {**headers, "X-Forwarded-For": next(self._addresses)})
        if kind < 12:
            headers["Sec-GPC"] = "1"
        elif kind < 15:
            headers["Cookie"] = self._chosen
        elif kind == 15:
            del headers["Accept-Encoding"]
        return request("GET", next(self._urls), headers)

    def told(self, head: bytes) -> None:
        """Take no notice."""


def memory(bench: Workbench) -> list[Row]:
    """Serve the crowd over eight connections, then read the worker's proportional share of memory."""
    work, bar = "a worker's memory (PSS) after 1,000 mixed requests", "<= 80 MB"
    if not Path("/proc/self/smaps_rollup").exists():
        return [Row(work, bar, "-", None, note="this system does not tell a process's share of memory")]
    with site_server(bench) as site:
        plain = {k: v for k, v in BROWSER.items() if k != "Accept-Encoding"}
        page = site.get(PAGE, plain).body
        assets = sorted(set(re.findall(r'"(/assets/[^"]+)"', page.decode())))
        crowd = Crowd(notice_of(page), bench.visitors["tags-and-cookies"]["Cookie"], assets)
        start = _share(site)
        with on_core(cores()[1]):
            load = drive(site.port, [crowd] * 8, 120)
        share = _share(site)
    told = ", ".join(f"{number} x {status}" for status, number in sorted(load.statuses.items()))
    if load.statuses.total() != _REQUESTS or any(status >= 500 for status in load.statuses):
        raise ValueError(f"the crowd was answered {told}")
    note = f"{start:.1f} MB before them; answers: {told}"
    return [Row(work, bar, f"{share:.1f} MB", share <= 80, share, note)]


def _share(site: Server) -> float:
    """Return the worker's proportional set size in MB (10^6 bytes)."""
    text = Path(f"/proc/{site.worker}/smaps_rollup").read_text("ascii")
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    if found is None:
        raise ValueError("smaps_rollup holds no Pss")
    return int(found[1]) * 1024 / 1e6
