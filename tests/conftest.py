"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sites import TestSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    """Give a site with what is on out of the box, shared by the tests of a module that only visit it."""
    made = TestSite(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., TestSite]]:
    """Give a function that makes sites for one test alone."""
    made: list[TestSite] = []

    def make(**settings: str) -> TestSite:
        made.append(TestSite(tmp_path / f"site-{len(made)}", **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def own_site(make_site: Callable[..., TestSite]) -> TestSite:
    """Give a site for one test alone, to change as it likes."""
    return make_site()
