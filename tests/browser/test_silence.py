"""When the store does not answer: pages go on, nothing new is granted, and the visitor is told so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from browsers import Person, Served, a_site
from vendors import Vendor

pytestmark = pytest.mark.browser

both_ways = pytest.mark.parametrize("scripts", [False, True], ids=["without-javascript", "with-javascript"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, vendor: Vendor) -> Iterator[Served]:
    add = ["tags", "add", "posthog", "--template", "custom", "--category", "analytics", "--vendor", "PostHog (test)"]
    add += ["--set", f"src={vendor.origin}/array.js", "--set", f"connect={vendor.origin}", "--cookie", "ph_*"]
    with a_site(tmp_path_factory.mktemp("silence"), [tuple(add), ("tags", "enable", "posthog")]) as made:
        yield made


@contextmanager
def held(site: Served) -> Iterator[None]:
    """Hold the store so that nobody else can write to it, as another process's endless transaction would."""
    with closing(sqlite3.connect(site.folder / "site.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


def presses(person: Person, place: str, button: str) -> int:
    """Press a button of a layer and return the status of the answer."""
    inside = "[data-banner]" if place == "banner" else "main"
    with person.page.expect_navigation(wait_until="load") as navigation:
        person.page.locator(f"{inside} .trio button[value={button}]").click()
    return navigation.value.status


@both_ways
@pytest.mark.parametrize("layer", ["banner", "preferences"])
def test_a_choice_that_cannot_be_kept_says_so_and_grants_nothing(
    meet: Callable[..., Person], site: Served, vendor: Vendor, scripts: bool, layer: str
) -> None:
    person = meet(site, "DE", scripts=scripts)
    person.goes_to("/" if layer == "banner" else "/preferences")
    with held(site):
        assert presses(person, layer, "accept") == 503
        said = person.page.locator("main").inner_text()
        assert "not saved" in said, f"the page says that the choice was not saved, not: {said}"
        assert person.cookies == {}, "nothing is kept of a choice that was not saved"
        for path in ("/", "/privacy", "/cookies", "/contact", "/preferences"):
            person.goes_to(path)
            assert person.foreign == [] and person.tags == [], f"{path}: nothing new is granted"
        assert person.page.locator("main button[name=choice]").count() == 3
    person.goes_to("/")
    assert person.page.locator("[data-banner]").is_visible(), "the question stands"
    person.answers_banner("accept")
    if scripts:
        vendor.await_hits(person.agent, "/e/")
    assert person.tags == ["site-counter", "posthog"], "once the store answers, the choice is kept and holds"


def test_a_withdrawal_that_cannot_be_kept_is_not_claimed(meet: Callable[..., Person], site: Served) -> None:
    person = meet(site, "DE", scripts=False, language="de")
    person.chooses("accept")
    earlier = person.cookies["choice"]
    person.goes_to("/preferences")
    with held(site):
        assert presses(person, "preferences", "reject") == 503
        assert person.page.locator("html").get_attribute("lang") == "de", "in the visitor's language"
        assert person.cookies["choice"] == earlier, "the earlier choice is as it was"
    person.goes_to("/preferences")
    person.presses("reject")
    assert person.tags == []


def test_a_site_that_starts_without_its_store_serves_pages_and_grants_nothing(
    meet: Callable[..., Person], site: Served, tmp_path: Path
) -> None:
    asker = meet(site, "DE", scripts=False)
    asker.chooses("accept")
    away = Served(tmp_path, SECRET_KEYS=(site.folder / "secret_keys").read_text("utf-8").strip())
    (tmp_path / "site.db").mkdir()
    away.start(ready=False)
    try:
        assert away.status("/readyz") == 503, "it says that it is not ready"
        person = meet(away, "DE", storage_state=asker.context.storage_state())
        for path in ("/", "/privacy", "/cookies", "/contact", "/preferences"):
            person.goes_to(path)
            assert person.foreign == [] and person.tags == [], f"{path}: no third party is sent while nobody can know"
        assert presses(person, "preferences", "reject") == 503
        assert "not saved" in person.page.locator("main").inner_text()
        assert person.errors == []
    finally:
        away.stop()
