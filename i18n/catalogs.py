"""Catalogs: loaded whole, used directly, swapped as one value."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from babel.dates import format_date, format_datetime, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import Translations

from i18n.locales import LOCALES, SiteLocale

DOMAIN = "messages"
"""The texts of visitors' pages."""
STAFF = "staff"
"""The texts of the staff's console: loaded by who opens it, over those of the pages."""
DOMAINS = (DOMAIN, STAFF)


class Catalog:
    """Hold the texts of one locale.

    Args:
        locale: whose texts these are.
        translations: the compiled catalog.
        digest: a hash of the compiled bytes, to name this very state of the texts.
    """

    def __init__(self, locale: SiteLocale, translations: Translations, digest: str) -> None:
        self.locale = locale
        self.digest = digest
        self.translations = translations
        self.gettext = translations.gettext
        self.ngettext = translations.ngettext
        self.pgettext = translations.upgettext
        self.npgettext = translations.unpgettext

    def day(self, value: date) -> str:
        """Return a day of a year that is known, in the locale's short form."""
        return format_skeleton("MMMd", value, locale=self.locale.babel)

    def month(self, value: date) -> str:
        """Return a month and its year in the locale's short form."""
        return format_skeleton("yMMM", value, locale=self.locale.babel)

    def date(self, value: date | datetime) -> str:
        """Return a date in the locale's long form."""
        return format_date(value, format="long", locale=self.locale.babel)

    def moment(self, value: datetime) -> str:
        """Return a date and time in UTC in the locale's form."""
        return format_datetime(value, format="long", locale=self.locale.babel)

    def short_moment(self, value: datetime) -> str:
        """Return a date and time in UTC in the locale's short form, for tables."""
        return format_datetime(value, format="medium", locale=self.locale.babel)

    def number(self, value: int) -> str:
        """Return a number in the locale's form."""
        return format_decimal(value, locale=self.locale.babel)

    def percent(self, value: int) -> str:
        """Return so many per cent in the locale's form."""
        return format_percent(value / 100, locale=self.locale.babel)

    def list(self, values: list[str]) -> str:
        """Return names joined as the language joins them: ``A, B and C``."""
        return format_list(values, locale=self.locale.babel)

    def sort_key(self, text: str) -> tuple[str, str]:
        """Return a key by which names sort as a reader looks for them: accents count only between equals."""
        bare = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
        return bare, text

    def country(self, code: str) -> str | None:
        """Return a country's name, or None where CLDR has none."""
        return self.locale.babel.territories.get(code)

    def language(self, tag: str) -> str:
        """Return a language's name."""
        return str(self.locale.babel.languages.get(tag.replace("-", "_")) or tag)


def compile_stale(folder: Path, domain: str = DOMAIN) -> list[str]:
    """Compile each locale's catalog where the compiled one is missing or older than its source.

    Args:
        domain: which texts; see ``DOMAINS``.

    Returns:
        The codes of the locales that were compiled.

    Raises:
        OSError: when a source is missing or the folder cannot be written.
    """
    made = []
    for locale in LOCALES:
        source = folder / locale.code / "LC_MESSAGES" / f"{domain}.po"
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=locale.code, domain=domain)
        scratch = target.with_suffix(f".{os.getpid()}")
        with scratch.open("wb") as file:
            write_mo(file, catalog)  # Leaves fuzzy translations out: nobody has said that they are right.
        scratch.replace(target)
        made.append(locale.code)
    return made


def load(folder: Path, domain: str = DOMAIN, over: Mapping[str, Catalog] | None = None) -> Mapping[str, Catalog]:
    """Load every locale's catalog, compiled first where that is due.

    Args:
        domain: which texts; see ``DOMAINS``.
        over: catalogs by slug that are asked for what this one has not.

    Returns:
        The catalogs by the slug of their locale.

    Raises:
        OSError: when a source is missing or the folder cannot be written.
    """
    compile_stale(folder, domain)
    found = {}
    for locale in LOCALES:
        path = folder / locale.code / "LC_MESSAGES" / f"{domain}.mo"
        content = path.read_bytes()
        with path.open("rb") as file:
            translations = Translations(file, domain=domain)
        if over:
            translations.add_fallback(over[locale.slug].translations)
        found[locale.slug] = Catalog(locale, translations, hashlib.sha256(content).hexdigest())
    return found
