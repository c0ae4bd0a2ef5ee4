"""The locales of the site and how one is chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale


@dataclass(frozen=True, slots=True)
class SiteLocale:
    """Hold one language of the site.

    Args:
        slug: as it stands in addresses: ``pt-br``.
        tag: the BCP 47 tag for ``lang`` and ``hreflang``: ``pt-BR``.
        code: the folder of its catalog: ``pt_BR``.
    """

    slug: str
    tag: str
    code: str

    @property
    def babel(self) -> Locale:
        """Give the CLDR locale."""
        return _parse(self.code)

    @property
    def direction(self) -> str:
        """Give the direction of writing: ``ltr`` or ``rtl``."""
        return str(self.babel.text_direction)

    @property
    def own_name(self) -> str:
        """Give the language's name in itself, for menus: ``Português (Brasil)``."""
        name = str(self.babel.get_display_name(self.code) or self.tag)
        return name[:1].upper() + name[1:]


@cache
def _parse(code: str) -> Locale:
    return Locale.parse(code)


LOCALES: tuple[SiteLocale, ...] = (
    SiteLocale("en", "en", "en"),
    SiteLocale("pt-br", "pt-BR", "pt_BR"),
    SiteLocale("de", "de", "de"),
    SiteLocale("fr", "fr", "fr"),
)
DEFAULT = LOCALES[0]
BY_SLUG = {locale.slug: locale for locale in LOCALES}

_RANGE = re.compile(r"\s*([A-Za-z*]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*\Z")


def parse_accept_language(header: str | None) -> list[str]:
    """Return the language ranges of an Accept-Language header, most wanted first. Total on any text."""
    found: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "")[:1000].split(",")[:50]):
        match = _RANGE.match(part)
        if match:
            quality = float(match[2] or 1)
            if quality > 0:
                found.append((-quality, position, match[1].lower()))
    return [language for _, _, language in sorted(found)]


def negotiate(header: str | None, place_languages: Sequence[str] = ()) -> SiteLocale:
    """Choose a locale: what the browser asks for, then what is spoken at the place, then the default.

    Args:
        header: the Accept-Language header.
        place_languages: official languages of the visitor's place, most important first.
    """
    for wanted in (*parse_accept_language(header), *(language.lower() for language in place_languages)):
        if wanted == "*":
            continue
        found = _best(wanted)
        if found:
            return found
    return DEFAULT


def _best(wanted: str) -> SiteLocale | None:
    # RFC 4647, 3.4 (lookup): cut from the right; then any variety of the same language is better than none.
    parts = wanted.split("-")
    for end in range(len(parts), 0, -1):
        slug = "-".join(parts[:end])
        if slug in BY_SLUG:
            return BY_SLUG[slug]
    return next((locale for locale in LOCALES if locale.slug.split("-")[0] == parts[0]), None)
