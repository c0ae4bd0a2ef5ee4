"""A mail server on loopback that keeps what it takes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """Hold the mails that came."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self._came = threading.Condition()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail."""
        with self._came:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
            self._came.notify_all()
        return "250 taken"

    def next(self, number: int = 1, seconds: float = 10) -> EmailMessage:
        """Wait until so many mails came, and return the last."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.mails) >= number, seconds), "no mail came"
            return self.mails[number - 1]


@contextmanager
def a_mail_server() -> Iterator[tuple[str, Mailbox]]:
    """Give the address of a mail server and its mailbox, and stop it afterwards."""
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}", box
    finally:
        controller.stop()
