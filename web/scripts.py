"""Where the scripts that the gate admits are served: files of the release, and snippets of the live version."""

from __future__ import annotations

import re

from privacy.admission import Element
from web.assets import Asset
from web.site import Site

_SNIPPET = re.compile(r"snippets/([0-9a-f]{64})\.js\Z")


def address(site: Site, element: Element) -> str:
    """Return the address of an admitted script."""
    if not element.first_party:
        return element.src
    found = _SNIPPET.match(element.src)
    return f"/assets/{found[1][:12]}/{element.src}" if found else site.assets.url(element.src)


def snippet(site: Site, digest: str, name: str) -> Asset | None:
    """Return a pasted snippet of the live version as a file, or None where there is none by that address."""
    text = site.live.snapshot.registry.snippets.get(_hash(digest, name))
    return Asset(name, text.encode(), "text/javascript", digest) if text is not None else None


def previewed_snippet(site: Site, digest: str, name: str) -> Asset | None:
    """Return a snippet that is not published and that somebody previews, or None: one row is looked up."""
    found = _hash(digest, name)
    text = site.drafts.snippet(found) if found else None
    return Asset(name, text.encode(), "text/javascript", digest) if text is not None else None


def _hash(digest: str, name: str) -> str:
    """Return the whole hash that the address of a snippet names; nothing where it names none."""
    found = _SNIPPET.match(name)
    return found[1] if found and found[1][:12] == digest else ""
