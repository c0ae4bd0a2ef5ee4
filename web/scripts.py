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
    """Return a pasted snippet as a file, or None where there is none by that address.

    One that is not published yet is found in the drafts, for those who preview it: its address is the hash of its
    text, which nobody guesses.
    """
    found = _SNIPPET.match(name)
    if found is None or found[1][:12] != digest:
        return None
    text = site.live.snapshot.registry.snippets.get(found[1]) or site.drafts.snippet(found[1])
    return Asset(name, text.encode(), "text/javascript", digest) if text is not None else None
