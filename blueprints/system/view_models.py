"""What the list of pages for crawlers holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from i18n.locales import LOCALES
from privacy.policies import Kind
from web.site import site


@dataclass(frozen=True)
class Address:
    """Hold a page's address and the day on which it last changed, where that is known."""

    href: str
    changed: str | None


def addresses() -> Iterator[Address]:
    """Iterate over the pages that are the same for everybody, in every language."""
    for locale in LOCALES:
        base = f"{site().settings.SITE_ORIGIN}/{locale.slug}"
        yield Address(f"{base}/", None)
        yield Address(f"{base}/contact", None)
        for kind in Kind:
            edition = site().live.snapshot.editions.get(kind)
            version = edition.version if edition else None
            changed = version.effective.date().isoformat() if version else None
            yield Address(f"{base}/{kind}", changed)
            yield Address(f"{base}/{kind}/versions", changed)
            if kind is Kind.PRIVACY:
                for code in edition.regions(locale.slug) if edition else ():
                    yield Address(f"{base}/{kind}/{code}", changed)
