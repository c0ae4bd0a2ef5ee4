"""Find the text that a page shows: the published one; the working one only where none was ever published."""

from __future__ import annotations

from dataclasses import dataclass

from i18n.locales import DEFAULT
from privacy.jurisdictions import Jurisdiction
from privacy.policies import Document, Kind, Version
from services.editions import Edition
from web.languages import catalog
from web.policy.render import in_language
from web.security import state
from web.site import site
from web.visitor import day_of


@dataclass(frozen=True)
class Text:
    """Hold a document with the version that it belongs to.

    Args:
        version: None for the working text, before the first version.
        holds: whether the version is the one in force.
        announced: the versions that are still to take effect.
        regions: the codes of the regions that the version has a document for.
    """

    kind: Kind
    document: Document
    version: Version | None
    holds: bool = True
    announced: tuple[Version, ...] = ()
    regions: tuple[str, ...] = ()


def text_for(kind: Kind, jurisdiction: Jurisdiction) -> Text:
    """Return the text in force, in the page's language, for a region."""
    snapshot = site().live.snapshot
    edition = snapshot.editions.get(kind)
    if edition is None:
        # A worker that never reached its store, or a site that was not prepared: the text is there all the same,
        # and says that it is not published.
        slug, today = catalog().locale.slug, day_of(state().shared.day)
        made = in_language(kind, state().registry, today, slug, iter([jurisdiction.region]))
        return Text(kind, next(made), None)
    found = _document(edition, jurisdiction, (catalog().locale.slug, DEFAULT.slug))
    if found is None:
        raise LookupError(f"no document for {jurisdiction.region}")
    coming = snapshot.announced.get(kind, ())
    return Text(kind, found, edition.version, announced=coming, regions=edition.regions(found.locale))


def past_text(kind: Kind, number: int, jurisdiction: Jurisdiction, locale: str | None = None) -> Text | None:
    """Return a text as one version published it, for a region or what it belongs to, or None where there is none.

    Args:
        locale: its language; the page's, else English, where it is left out.
    """
    for slug in (locale,) if locale else dict.fromkeys((catalog().locale.slug, DEFAULT.slug)):
        edition = site().policies.edition(kind, number, slug)
        document = _document(edition, jurisdiction, (slug,)) if edition else None
        if edition and document:
            held = current(kind)
            holds = held is not None and held.number == number
            return Text(kind, document, edition.version, holds, regions=edition.regions(slug))
    return None


def _document(edition: Edition, jurisdiction: Jurisdiction, locales: tuple[str, ...]) -> Document | None:
    """Return the nearest document: of the region, else of what it belongs to; in the first language that has it.

    A place whose law came into force after the version was published has the document of the place above it.
    """
    for region in (jurisdiction.region, *site().jurisdictions.above(jurisdiction.code)):
        for locale in locales:
            document = edition.document(locale, region)
            if document:
                return document
    return None


def current(kind: Kind) -> Version | None:
    """Return the version in force, as this worker knows it."""
    edition = site().live.snapshot.editions.get(kind)
    return edition.version if edition else None
