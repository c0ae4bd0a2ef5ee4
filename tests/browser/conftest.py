"""One Chromium for a worker of the tests; a fresh browser context for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsers import Person, Served, start_chromium
from playwright.sync_api import Browser, Playwright, sync_playwright
from vendors import Vendor, a_vendor

Meet = Callable[..., Person]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = start_chromium(playwright)
    yield browser
    browser.close()


@pytest.fixture
def meet(chromium: Browser) -> Iterator[Meet]:
    """Give a function that makes a person with a fresh browser at a site."""
    met: list[Person] = []

    def make(site: Served, place: str | None = None, **ways: Any) -> Person:
        met.append(Person(chromium, site, place, **ways))
        return met[-1]

    yield make
    for person in met:
        person.leaves()


@pytest.fixture(scope="session")
def vendor() -> Iterator[Vendor]:
    """Give the vendor whose tracker the site uses for statistics."""
    with a_vendor() as made:
        yield made


@pytest.fixture(scope="session")
def advertiser() -> Iterator[Vendor]:
    """Give another vendor, of advertising, on a port of its own: another origin."""
    with a_vendor() as made:
        yield made
