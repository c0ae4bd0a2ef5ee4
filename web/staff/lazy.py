"""The way to the console: which requests are for it, and that it is not built before somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from web.settings import Settings, is_loopback

_SHARED = frozenset({"/healthz", "/readyz"})
"""What the console's host answers as the visitors' does, beside assets."""


class Lazy:
    """Stand for the console until somebody asks for it: who serves visitors alone never loads the sign-in.

    Args:
        make: builds it.
    """

    def __init__(self, make: Callable[[], Flask]) -> None:
        self._make = make
        self._app: Flask | None = None
        self._making = threading.Lock()

    @property
    def is_built(self) -> bool:
        """Say whether anybody asked yet."""
        return self._app is not None

    @property
    def app(self) -> Flask:
        """Give the console, built now if it was not yet."""
        if self._app is None:
            with self._making:
                if self._app is None:
                    self._app = self._make()
        return self._app


class Door:
    """Tell requests for the console from those of visitors: by the host, or by the path while developing.

    Where there is neither ``STAFF_ORIGIN`` nor loopback, the console is nowhere.
    """

    def __init__(self, settings: Settings, console: Lazy) -> None:
        self._console = console
        self._host = _netloc(settings.STAFF_ORIGIN) if settings.STAFF_ORIGIN else None
        self._netloc = urlsplit(settings.STAFF_ORIGIN).netloc if settings.STAFF_ORIGIN else None
        self._by_path = self._host is None and settings.console_origin is not None

    def takes(self, environ: dict[str, Any], path: str) -> bool:
        """Say whether a request is for the console."""
        if self._host is None:
            if not self._by_path or not (path == "/staff" or path.startswith("/staff/")):
                return False
            # A name that was made to lead here could take the links that are sent by mail.
            return is_loopback(urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or "")
        if path in _SHARED or path.startswith("/assets/"):
            return False
        return _bare(environ.get("HTTP_HOST", "")) == self._host

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request for the console, under its own name: links that are sent by mail are made of it."""
        if self._netloc is not None:
            environ["HTTP_HOST"] = self._netloc
        return self._console.app.wsgi_app(environ, start_response)


def _netloc(origin: str) -> str:
    return _bare(urlsplit(origin).netloc)


def _bare(host: str) -> str:
    return host.lower().removesuffix(":443").removesuffix(":80")
