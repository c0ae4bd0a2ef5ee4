"""Extract texts that stand in data."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any


def regions(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """Extract the names of regions that CLDR has no name for, and those of laws that hold in several languages."""
    for row in json.load(file)["rows"]:
        if row["kind"] == "group":  # Its laws have an official name in each of its languages.
            for law in row["laws"]:
                for text in (law["name"], law["local"]):
                    yield 1, "pgettext", ("law", text), ["Translators: The official name or citation of a law."]
        if row["kind"] != "country":
            yield 1, "pgettext", ("region", row["name"]), ["Translators: The name of a place with a law of its own."]


def conditions(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Extract the conditions of statutory exemptions, which the staff ticks one by one."""
    for row in json.load(file)["rows"]:
        for holder in (*row["categories"].values(), *row.get("states", ())):
            for condition in (holder.get("exemption") or {}).get("conditions", ()):
                yield 1, "gettext", condition["text"], ["Translators: A condition of an exemption in a law."]


def library(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Extract what the staff reads of tag templates: labels of fields, and what cannot work."""
    for template in json.load(file)["templates"].values():
        if template["vendor"] in (None, "site"):
            yield 1, "gettext", template["label"], ["Translators: The name of a tag template."]
        if template.get("unsafe"):
            yield 1, "gettext", template["unsafe"], ["Translators: What does not work with this tag, said plainly."]
        for parameter in template["parameters"]:
            yield 1, "gettext", parameter["label"], ["Translators: A field of a tag template."]
