"""The texts of the request's language. gettext is called directly: nothing is looked up twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import abort, g, request

from i18n.catalogs import Catalog
from i18n.locales import BY_SLUG, DEFAULT, SiteLocale, negotiate
from web.site import site


def use_locale(slug: str) -> SiteLocale:
    """Make a locale the one of this request, or answer 404 where there is none by that name."""
    locale = BY_SLUG.get(slug)
    if locale is None:
        abort(404)
    g.catalog = site().catalogs[slug]
    return locale


@contextmanager
def speaking(slug: str) -> Iterator[SiteLocale]:
    """Make a locale the one in which texts are made, for a while; then the former one again.

    Raises:
        KeyError: when there is no locale by that name.
    """
    before = g.get("catalog")
    g.catalog = site().catalogs[slug]
    try:
        yield g.catalog.locale
    finally:
        if before is None:
            g.pop("catalog")
        else:
            g.catalog = before


def catalog() -> Catalog:
    """Return the catalog of this request: the address's locale, else the negotiated one."""
    if "catalog" not in g:
        first = request.path.strip("/").partition("/")[0]
        locale = BY_SLUG.get(first)
        if locale is None:
            try:
                languages = site().reader.state(request.environ).jurisdiction.languages
            except LookupError:
                languages = ()
            locale = negotiate(request.headers.get("Accept-Language"), languages) or DEFAULT
        g.catalog = site().catalogs[locale.slug]
    found: Catalog = g.catalog
    return found


def _(message: str) -> str:
    """Return a text in the request's language."""
    return catalog().gettext(message)


def pgettext(context: str, message: str) -> str:
    """Return a text with a context for translators in the request's language."""
    return catalog().pgettext(context, message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the plural form for a number in the request's language."""
    return catalog().ngettext(singular, plural, number)


def N_(message: str) -> str:
    """Mark a text for extraction where it is only looked up later."""
    return message
