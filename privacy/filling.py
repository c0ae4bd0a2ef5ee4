"""Put what was filled in into a template's scripts and origins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from privacy.fields import BadTag, origin_of

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_INTEGRITY = re.compile(r"sha(256|384|512)-[A-Za-z0-9+/]{43,88}={0,2}\Z")


def _fill(text: str, values: Mapping[str, tuple[str, ...]]) -> str:
    return _PLACEHOLDER.sub(lambda m: (values.get(m[1]) or ("",))[0], text)


def filled_origins(origins: Mapping[str, Sequence[str]], values: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Return a template's origins per directive with the values in them."""
    filled: dict[str, list[str]] = {}
    for directive, sources in origins.items():
        found: dict[str, None] = {}
        for source in sources:
            match = _PLACEHOLDER.fullmatch(source)
            if not match:
                found[source] = None
            for value in values.get(match[1], ()) if match else ():
                found[origin_of(value)] = None
        if found:
            filled[directive] = list(found)
    return filled


def filled_script(
    script: Mapping[str, Any], values: Mapping[str, tuple[str, ...]], integrity: str | None
) -> dict[str, Any]:
    """Return a template's script with the values in it.

    Args:
        integrity: the digest of a vendor's file, or None.

    Raises:
        BadTag: when that is none.
    """
    src = _fill(script["src"], values)
    made: dict[str, Any] = {
        "src": src,
        "data": {key: _fill(value, values) for key, value in script.get("data", {}).items()},
    }
    if script.get("consent"):
        made["consent"] = script["consent"]
    if integrity:
        if not _INTEGRITY.match(integrity):
            raise BadTag("The integrity takes sha256-, sha384- or sha512- and a digest in base64.", "integrity")
        if re.match(r"https?:", src):
            made["integrity"] = integrity
    return made
