"""A load generator for bounded runs: keep-alive connections that each wait for an answer before they ask again.

Unlike wrk it lets the last answer of each connection come in, so that every request that was sent was answered and
can be held against the ledger.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


class Asker(Protocol):
    """Say what to send next, and hear what came of it."""

    def ask(self) -> bytes | None:
        """Return the next whole request, or None to end."""

    def told(self, head: bytes) -> None:
        """Take the status line and headers of its answer."""


@dataclass
class Load:
    """Hold what a run came to: seconds from the first request to the last answer, and each request's own."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Give the answers a second."""
        return len(self.latencies) / self.seconds


class Same:
    """Send the same request again and again."""

    def __init__(self, request: bytes) -> None:
        self._request = request

    def ask(self) -> bytes | None:
        """Return the request."""
        return self._request

    def told(self, head: bytes) -> None:
        """Take no notice."""


class _Connection:
    def __init__(self, port: int, asker: Asker) -> None:
        self.asker = asker
        self._port = port
        self.socket = self._connect()
        self.sent = 0.0
        self._buffer = b""

    def send(self) -> bool:
        request = self.asker.ask()
        if request is None:
            return False
        self._buffer = b""
        self.sent = time.perf_counter()
        self.socket.sendall(request)
        return True

    def receive(self) -> bytes | None:
        """Return the head of the answer once all of it is here."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server hung up in the middle of an answer")
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        return head if end and len(body) >= _length(head) else None

    def reconnect(self) -> None:
        self.socket.close()
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def drive(port: int, askers: Sequence[Asker], seconds: float) -> Load:
    """Let each asker ask over a connection of its own for so long; the answers under way are waited for.

    Raises:
        OSError: when the server hangs up or does not answer for ten seconds.
    """
    load = Load()
    connections = [_Connection(port, asker) for asker in askers]
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    ends = began + seconds
    try:
        for connection in connections:
            if connection.send():
                selector.register(connection.socket, selectors.EVENT_READ, connection)
        while selector.get_map():
            ready = selector.select(10)
            if not ready:
                raise TimeoutError("the server did not answer for ten seconds")
            for key, _ in ready:
                _advance(selector, key.data, load, ends)
        load.seconds = time.perf_counter() - began
    finally:
        selector.close()
        for connection in connections:
            connection.socket.close()
    return load


def _advance(selector: selectors.BaseSelector, connection: _Connection, load: Load, ends: float) -> None:
    head = connection.receive()
    if head is None:
        return
    now = time.perf_counter()
    load.latencies.append(now - connection.sent)
    load.statuses[int(head.split(b" ", 2)[1])] += 1
    connection.asker.told(head)
    if b"\r\nconnection: close" in head.lower():
        selector.unregister(connection.socket)
        connection.reconnect()
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    if now >= ends or not connection.send():
        selector.unregister(connection.socket)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a whole HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def cores() -> tuple[int, int]:
    """Return the core for servers and the core for clients: the same one where there is no second."""
    try:
        usable = sorted(os.sched_getaffinity(0))
    except AttributeError:  # Not Linux: the system places processes itself.
        usable = list(range(os.cpu_count() or 1))
    return usable[0], usable[-1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this thread on a core for a while, where the system lets it be said."""
    set_affinity: Callable[[int, set[int]], None] | None = getattr(os, "sched_setaffinity", None)
    if set_affinity is None:
        yield
        return
    before = os.sched_getaffinity(0)
    set_affinity(0, {core})
    try:
        yield
    finally:
        set_affinity(0, before)
