"""Make the working texts: what would be published now, in every language and for every region."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from privacy.jurisdictions import Jurisdictions
from privacy.policies import Document, Kind
from privacy.registry import Registry
from web.languages import speaking
from web.policy.cookies import Cookies
from web.policy.privacy import Privacy
from web.site import site

_MAKERS: dict[Kind, type[Privacy | Cookies]] = {Kind.PRIVACY: Privacy, Kind.COOKIES: Cookies}


def documents(kind: Kind, registry: Registry, today: date) -> Iterator[Document]:
    """Iterate over a text in every language and for every region whose law is in force on a day."""
    for slug in site().catalogs:
        yield from in_language(kind, registry, today, slug, (code for code, _ in site().jurisdictions.regions(today)))


def in_language(kind: Kind, registry: Registry, today: date, slug: str, regions: Iterator[str]) -> Iterator[Document]:
    """Iterate over a text in one language, for some regions."""
    laws: Jurisdictions = site().jurisdictions
    with speaking(slug):
        maker = _MAKERS[kind](site().settings, registry, slug)
        for code in regions:
            law = laws.region(code, today)
            if law is not None:
                yield maker.document(law)
