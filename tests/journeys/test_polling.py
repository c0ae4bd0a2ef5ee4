"""However many requests come first at once, one thread polls, and each finds out what is live."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sites import TestSite

from services.live import Live


def test_first_requests_at_once_start_one_thread(make_site: Callable[..., TestSite]) -> None:
    engine = make_site().site.live._engine
    live = Live(engine)
    gate = threading.Barrier(8)
    seen: list[int] = []
    failed: list[BaseException] = []

    def ask() -> None:
        gate.wait()
        try:
            seen.append(live.snapshot.registry.version)
        except BaseException as error:
            failed.append(error)

    before = [t.name for t in threading.enumerate()].count("live")
    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    started = [t.name for t in threading.enumerate()].count("live") - before
    live.stop()
    assert failed == []
    assert started == 1
    assert seen == [1] * 8
