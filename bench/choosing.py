"""A choice, on disk before its answer, against the same answer as a constant."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from urllib.parse import urlencode

from bench.client import Asker, Load, Same, cores, drive, on_core, request
from bench.report import Row, percentile, ratio_of, spread
from bench.servers import CONNECTIONS, Server, floor_server, site_server
from bench.workbench import BROWSER, COOKIE, FORM, PAGE, Workbench, choice_form, notice_of, post


class Visitor:
    """Accept and reject in turn; every other pair of choices comes without the cookie, as from somebody new."""

    def __init__(self, notice: str, path: str = FORM) -> None:
        self._path = path
        self._bodies = [urlencode(choice_form(notice, choice)).encode() for choice in ("accept", "reject")]
        self._headers = {**BROWSER, "Sec-Fetch-Site": "same-origin"}
        self._cookie: str | None = None
        self._made = 0

    def ask(self) -> bytes | None:
        """Return the next choice."""
        headers = self._headers
        if self._cookie and self._made // 2 % 2:
            headers = {**headers, "Cookie": f"{COOKIE}={self._cookie}"}
        body = self._bodies[self._made % 2]
        self._made += 1
        return request("POST", self._path, headers, body)

    def told(self, head: bytes) -> None:
        """Keep the cookie, as a browser does."""
        _, found, rest = head.partition(f"\r\nSet-Cookie: {COOKIE}=".encode())
        if found:
            self._cookie = rest.partition(b";")[0].decode("latin-1")


def choices(bench: Workbench, quick: bool) -> list[Row]:
    """Measure choices a second and how long they take, then hold the ledger against the answers."""
    seconds, rounds = (1.0, 3) if quick else (2.0, 7)
    floor_request = request("GET", "/choice", {**BROWSER, "Sec-Fetch-Site": "same-origin"})
    floor_answers = {"choice": post(bench.app, "accept")}
    pairs: list[tuple[float, float]] = []
    alike: list[tuple[float, float]] = []
    latencies: list[list[float]] = []
    costs: dict[str, list[float]] = defaultdict(list)
    with site_server(bench) as site, floor_server(bench, floor_answers) as bare:
        plain = {k: v for k, v in BROWSER.items() if k != "Accept-Encoding"}
        notice = notice_of(site.get(PAGE, plain).body)
        visitors = [Visitor(notice) for _ in range(CONNECTIONS)]
        unread = [Visitor(notice, "/choice") for _ in range(CONNECTIONS)]

        def press(name: str, server: Server, askers: Sequence[Asker], for_: float) -> Load:
            began = server.processor_seconds()
            with on_core(cores()[1]):
                load = drive(server.port, askers, for_)
            costs[name].append((server.processor_seconds() - began) / len(load.latencies))
            return load

        def choose(for_: float) -> Load:
            return press("site", site, visitors, for_)

        def ask_floor(for_: float) -> Load:
            return press("floor", bare, [Same(floor_request)] * CONNECTIONS, for_)

        def ask_floor_alike(for_: float) -> Load:
            return press("floor, the same POST", bare, unread, for_)

        before, began = bench.site.ledger.check(), site.commits()
        statuses = Counter(choose(0.5).statuses)
        ask_floor(0.5)
        for i in range(rounds):
            if i % 2:
                least, mine = ask_floor(seconds), choose(seconds)
            else:
                mine, least = choose(seconds), ask_floor(seconds)
            statuses.update(mine.statuses)
            if set(least.statuses) != {303}:
                raise ValueError(f"the floor answered {dict(least.statuses)}")
            same = ask_floor_alike(seconds)
            if set(same.statuses) != {303}:
                raise ValueError(f"the floor answered a POST {dict(same.statuses)}")
            pairs.append((mine.rate, least.rate))
            alike.append((mine.rate, same.rate))
            latencies.append(mine.latencies)
        commits = site.commits() - began
    after = bench.site.ledger.check()
    entries, answered = after.size - before.size, statuses[303]
    ratio = ratio_of(pairs)
    slowest = statistics.median(percentile(values, 0.99) for values in latencies) * 1000
    everything = [value for values in latencies for value in values]
    own, least_rate = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    took = "; ".join(f"{name} {statistics.median(each) * 1e6:.0f} µs" for name, each in costs.items())
    whole = entries == answered == statuses.total() and after.sound
    return [
        Row(
            "a choice, on disk before the 303: requests a second",
            ">= 0.5 x the floor",
            f"{ratio:.2f} x",
            ratio >= 0.5,
            ratio,
            f"{own:.0f} against {least_rate:.0f} a second, {CONNECTIONS} connections; {spread(pairs)}; "
            f"the worker's processor time for each: {took}; "
            f"not judged: where the floor is sent the same POST and leaves its body unread, {ratio_of(alike):.2f} x",
        ),
        Row(
            "a choice: the slowest of a hundred (p99)",
            "< 30 ms",
            f"{slowest:.1f} ms",
            slowest < 30,
            slowest,
            f"median of {rounds} rounds; half of all within {percentile(everything, 0.5) * 1000:.1f} ms, "
            f"p99 of all rounds together {percentile(everything, 0.99) * 1000:.1f} ms, "
            f"the slowest of all {max(everything) * 1000:.0f} ms",
        ),
        Row(
            "a choice: entries in the ledger / 303 answers",
            "equal, and sound",
            f"{entries} / {answered}",
            whole,
            entries / answered if answered else 0.0,
            f"all answers: {dict(statuses)}; every entry was hashed again",
        ),
        Row(
            "a choice: commits, shared under load",
            "<= 1 a choice",
            f"{commits / answered:.2f} a choice" if answered else "none",
            bool(answered) and 0 < commits <= answered,
            commits / answered if answered else 0.0,
            f"{commits} commits for {answered} choices",
        ),
    ]
