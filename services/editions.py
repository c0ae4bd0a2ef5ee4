"""A published version of a text, held whole: every language, every region, each section once and packed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from privacy.policies import Document, Section, Version


class Edition:
    """Hold a version with all of its documents. Immutable: pages read it and no database.

    Args:
        texts: per locale, which sections make the document of each region, as :func:`manifest` wrote it.
        sections: the sections by their keys.
    """

    def __init__(self, version: Version, texts: Mapping[str, str], sections: Iterable[tuple[str, Section]]) -> None:
        self.version = version
        self._texts: dict[str, dict[str, Any]] = {slug: json.loads(text) for slug, text in texts.items()}
        # Texts pack to a third, and most of them are read seldom.
        self._sections = {key: (s.anchor, s.title, zlib.compress(s.html.encode())) for key, s in sections}

    def regions(self, locale: str) -> tuple[str, ...]:
        """List the regions that have a document in a locale."""
        return tuple(self._texts[locale]["regions"]) if locale in self._texts else ()

    def document(self, locale: str, region: str) -> Document | None:
        """Return a document as it was published, or None where there is none."""
        text = self._texts.get(locale)
        places = text["regions"].get(region) if text else None
        if text is None or places is None:
            return None
        keys = text["keys"]
        return Document(locale, region, text["title"], tuple(self._section(keys[place]) for place in places))

    def _section(self, key: str) -> Section:
        anchor, title, packed = self._sections[key]
        return Section(anchor, title, zlib.decompress(packed).decode())


def manifest(documents: Iterable[Document]) -> dict[str, Any]:
    """Return which sections make the documents of one locale, as plain values for JSON."""
    keys: dict[str, int] = {}
    regions, title = {}, ""
    for document in documents:
        title = document.title
        regions[document.region] = [keys.setdefault(section.key, len(keys)) for section in document.sections]
    return {"title": title, "keys": list(keys), "regions": regions}


def keys_of(texts: Iterable[str]) -> set[str]:
    """Return the keys of all sections that manifests name."""
    return {key for text in texts for key in json.loads(text)["keys"]}
