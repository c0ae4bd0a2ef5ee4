"""Extract texts that stand in data."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any


def regions(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """Extract the names of regions that CLDR has no name for: parts of countries, groups, the rest of the world."""
    for row in json.load(file)["rows"]:
        if row["kind"] != "country":
            yield 1, "pgettext", ("region", row["name"]), ["Translators: The name of a place with a law of its own."]
