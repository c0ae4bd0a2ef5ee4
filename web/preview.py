"""Show a page as somebody would get it: at any place, with any choice, with tags that are not published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from web.front import PREVIEW, STATE
from web.site import Site
from web.visitor import State

_LINK = re.compile(rb'<a ([^>]*?)href="[^"]*"')
_DROPPED = frozenset({"set-cookie", "content-length", "etag", "strict-transport-security"})


@dataclass(frozen=True)
class Preview:
    """Hold a page as a visitor would get it.

    Args:
        policy: its Content-Security-Policy, to the byte.
        headers: the others, but for what would change the browser of whoever looks.
    """

    status: str
    policy: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def preview(site: Site, path: str, state: State) -> Preview:
    """Render a page for an imagined visitor. Nothing is counted, kept or set.

    Args:
        path: the whole path, with its locale.
        state: as :meth:`web.visitor.Reader.imagine` makes it.
    """
    environ = EnvironBuilder(path=path, base_url=site.settings.SITE_ORIGIN).get_environ()
    environ[STATE] = state
    environ[PREVIEW] = True
    result: Any = run_wsgi_app(site.front.behind, environ, buffered=True)
    chunks, status, headers = result
    policy = headers.get("Content-Security-Policy", "default-src 'none'")
    kept = tuple((k, v) for k, v in headers if k.lower() not in _DROPPED and k.lower() != "content-security-policy")
    return Preview(status, policy, kept, _still(b"".join(chunks)))


def _still(body: bytes) -> bytes:
    """Let links lead nowhere: the pages behind them are the live ones, where vendors load and visits are counted."""
    return _LINK.sub(rb'<a \1role="link" aria-disabled="true"', body)
