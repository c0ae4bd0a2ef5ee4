"""What the journeys share: the places that assertions name, and a site where every category has a vendor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sites import TestSite

from privacy.categories import Category
from privacy.jurisdictions import load

OPT_IN: dict[str, tuple[str | None, ...]] = {
    "EU": ("DE", "FR", "IT", "ES", "IE", "PL", "NO"),
    "GB": ("GB",),
    "CH": ("CH",),
    "BR": ("BR",),
    "CA-QC": ("CA-QC",),
    "TR": ("TR",),
    "CL": ("CL",),
    "ROW": (None, "AR", "NG"),
}
"""Row code of the assertions to places under that row. In Quebec what is functional is no question of consent."""

SPREAD: tuple[str | None, ...] = ("DE", "IT", "GB", "BR", "CA-QC", "CA", "AU", "NZ", "JP", "US-CA", "US-VA", "US", None)
"""Places under every model: for assertions that hold everywhere."""


def us_places() -> tuple[str, ...]:
    """Return every state whose row is in force today, and the country for a state that nobody knows."""
    laws, today = load(), datetime.now(UTC).date()
    listed = {code.upper() for code, _ in laws.regions(today)}
    return (*(code for code in laws.codes if code.startswith("US-") and code in listed), "US")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once per place where it asks for places by the name of a group."""
    groups = {
        "opt_in_place": [place for places in OPT_IN.values() for place in places],
        "us_place": us_places(),
        "any_place": SPREAD,
    }
    for name, places in groups.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, places, ids=lambda place: place or "unknown")


def fill(made: TestSite) -> TestSite:
    """Give every category a vendor with an origin, a cookie and a script of its own."""
    for tag, vendor, category in (
        ("ads", "Adver", Category.MARKETING),
        ("measure", "Measure", Category.ANALYTICS),
        ("videos", "Videos", Category.FUNCTIONAL),
    ):
        host = f"https://{vendor.lower()}.example"
        made.turn_on(
            tag,
            vendor=vendor,
            category=category,
            settings={"src": f"{host}/t.js", "connect": f"{host}"},
            cookies=(f"_{vendor.lower()}_*",),
        )
    # The polling thread does not run here: the store counts as heard for as long as the module takes.
    made.site.live._clock = lambda: 0.0
    made.site.live.refresh()
    return made


@pytest.fixture(scope="module")
def busy_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    """Give a site with a vendor in every category, shared by the tests of a module that only visit it."""
    made = fill(TestSite(tmp_path_factory.mktemp("busy-site")))
    yield made
    made.close()


@pytest.fixture
def own_busy_site(own_site: TestSite) -> TestSite:
    """Give a site with a vendor in every category for one test alone."""
    return fill(own_site)
