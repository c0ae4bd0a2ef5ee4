"""What an operator does to texts: reword, publish, lose the store; and what a reader keeps of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from pages import Page
from sites import TestSite
from sqlalchemy.exc import OperationalError

from privacy.policies import Document, Kind, Version
from privacy.registry import Registry
from storage import db
from web.policy.render import in_language

FEW = ("de", "us-ca", "au", "row")
"""Regions under each model. Publishing for them alone, in two languages, is quick."""


def few(made: TestSite) -> TestSite:
    """Let later versions of a site be for some regions and two languages alone: quicker, and made alike."""

    def render(kind: Kind, registry: Registry) -> list[Document]:
        today = datetime.now(UTC).date()
        with made.app.app_context():
            return [d for slug in ("en", "de") for d in in_language(kind, registry, today, slug, iter(FEW))]

    made.site.policies._render = render
    return made


def publish(made: TestSite, kind: Kind = Kind.PRIVACY, **how: Any) -> Version:
    """Publish a text as it reads now, and let this worker see it."""
    how = {"author": "test", "note": {"en": "As it is now."}, "material": frozenset(), **how}
    version = made.site.policies.publish(kind, made.site.tags.live(), **how)
    made.site.live.refresh()
    return version


def reword(made: TestSite, old: str, new: str, locale: str = "en") -> None:
    """Let a text of a site say something else, as another release with other catalogs does."""
    words = made.site.catalogs[locale]
    before = words.gettext
    words.gettext = lambda message: before(message).replace(old, new)


@contextmanager
def gone(made: TestSite) -> Iterator[None]:
    """Let the store be gone: nothing connects."""
    with made.app.app_context():
        engine = db.engine

    def connect(*_: object, **__: object) -> None:
        raise OperationalError("connect", {}, Exception("gone"))

    patch = pytest.MonkeyPatch()
    patch.setattr(engine, "connect", connect)
    try:
        yield
    finally:
        patch.undo()


def frozen(page: Page) -> str:
    """Return the published part of a page, byte for byte: the article, or the sections of the cookie policy."""
    found = re.findall(r"<article.*?</article>", page.text, re.DOTALL)
    found = found or re.findall(r'<section class="part row" id=.*?</section>', page.text, re.DOTALL)
    assert found, f"{page.url}: the page shows no published text"
    return "\n".join(found)
