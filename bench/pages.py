"""The privacy policy against the same bytes as a constant: processor time, and requests a second."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

from bench.floor import Answer, floor
from bench.report import Row, ratio_of, spread
from bench.servers import Server, find_wrk, floor_server, pages_a_second, site_server
from bench.workbench import PAGE, Application, Workbench, ask, environ

_NAMES = {
    "banner": "privacy policy with the banner",
    "tags": "privacy policy with tags and CSP",
    "tags-and-cookies": "the same, the tags' cookies sent along",
}


def answers(bench: Workbench) -> dict[str, Answer]:
    """Return the site's own answer to each visitor, as it comes from the page store.

    Raises:
        ValueError: when an answer is not what is to be measured.
    """
    found = {}
    for name, headers in bench.visitors.items():
        ask(bench.app, environ(PAGE, headers))
        found[name] = ask(bench.app, environ(PAGE, headers))
        policy = dict(found[name].headers)["Content-Security-Policy"]
        if not found[name].status.startswith("200") or ("googletagmanager" in policy) != (name != "banner"):
            raise ValueError(f"this is not the page to measure: {found[name].status} {policy}")
    return found


def processor_time(bench: Workbench, quick: bool) -> list[Row]:
    """Measure the processor time of a call: the thread's own, in interleaved loops that consume the answer."""
    rows = []
    kept = answers(bench)
    bare = floor(kept)
    for name, headers in bench.visitors.items():
        mine, other = environ(PAGE, headers), environ(f"/{name}", headers)
        _same(ask(bench.app, dict(mine)), ask(bare, dict(other)))
        pairs = []
        for i in range(11 if quick else 61):
            if i % 2:
                floor_time, own_time = _loop(bare, other), _loop(bench.app, mine)
            else:
                own_time, floor_time = _loop(bench.app, mine), _loop(bare, other)
            pairs.append((own_time, floor_time))
        ratio = ratio_of(pairs)
        own, least = (sorted(times)[len(times) // 2] * 1e6 for times in zip(*pairs, strict=True))
        note = f"{own:.0f} µs against {least:.0f} µs; {spread(pairs)}"
        work = f"{_NAMES[name]}: processor time in the WSGI callable"
        rows.append(Row(work, "<= 1.0 x the floor", f"{ratio:.2f} x", ratio <= 1.0, ratio, note))
    return rows


def throughput(bench: Workbench, quick: bool) -> list[Row]:
    """Measure requests a second through gunicorn, one worker on one core, the client on the other."""
    rows = []
    wrk = find_wrk()
    kept = answers(bench)
    seconds, rounds = (1, 3) if quick else (2, 5)
    with site_server(bench) as site, floor_server(bench, kept) as bare:
        for name, headers in bench.visitors.items():
            _same(_settled(site, headers), bare.get(f"/{name}", headers))
            pages_a_second(wrk, site, PAGE, headers, 1)
            pages_a_second(wrk, bare, f"/{name}", headers, 1)
            pairs = []
            for i in range(rounds):
                both: list[Callable[[], float]] = [
                    lambda headers=headers: pages_a_second(wrk, site, PAGE, headers, seconds),  # type: ignore[misc]
                    lambda name=name, headers=headers: pages_a_second(  # type: ignore[misc]
                        wrk, bare, f"/{name}", headers, seconds
                    ),
                ]
                results = [run() for run in (both if i % 2 else both[::-1])]
                pairs.append((results[0], results[1]) if i % 2 else (results[1], results[0]))
            ratio = ratio_of(pairs)
            own, least = (sorted(rates)[len(rates) // 2] for rates in zip(*pairs, strict=True))
            tool = "wrk" if wrk else "our own client"
            note = f"{own:.0f} against {least:.0f} a second, by {tool}; {spread(pairs)}"
            work = f"{_NAMES[name]}: requests a second through gunicorn"
            rows.append(Row(work, ">= 1.0 x the floor", f"{ratio:.2f} x", ratio >= 1.0, ratio, note))
    return rows


def _settled(site: Server, headers: dict[str, str]) -> Answer:
    site.get(PAGE, headers)
    return site.get(PAGE, headers)


def _same(mine: Answer, bare: Answer) -> None:
    """Hold the floor to its name.

    Raises:
        ValueError: when its status, headers or bytes are not the site's own.
    """
    if (mine.status[:3], sorted(mine.headers), mine.body) != (bare.status[:3], sorted(bare.headers), bare.body):
        raise ValueError(f"the floor does not return the same answer: {mine.headers} {bare.headers}")


def _loop(app: Application, request: dict[str, Any], times: int = 200) -> float:
    """Return the processor seconds of a call, the making of its environ left out."""
    requests = [dict(request) for _ in range(times)]
    gc.collect()
    began = time.thread_time()
    for made in requests:
        result = app(made, _start_response)
        for _ in result:
            pass
        close = getattr(result, "close", None)
        if close:
            close()
    return (time.thread_time() - began) / times


def _start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
    return _write


def _write(data: bytes) -> None:
    pass
