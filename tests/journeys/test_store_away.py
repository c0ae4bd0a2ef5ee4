"""The store does not answer: pages are served, nothing new is granted, and who asked for something is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pages import Page
from publishing import gone
from sites import TestSite
from visitors import Visitor

from i18n.locales import LOCALES
from privacy.categories import Category
from services.live import SILENCE_SECONDS

PAGES = ("/", "/privacy", "/cookies", "/contact", "/preferences")


@contextmanager
def locked(site: TestSite) -> Iterator[None]:
    """Let somebody else hold the whole store: it is there, and does not answer."""
    store = sqlite3.connect(site.site.settings.INSTANCE_PATH / "site.db", isolation_level=None)
    store.execute("pragma journal_mode=wal")
    store.execute("begin exclusive")
    try:
        yield
    finally:
        store.execute("rollback")
        store.close()


AWAY = pytest.mark.parametrize("away", [gone, locked], ids=["gone", "locked"])
Away = Callable[[TestSite], object]


class Clock:
    """Tell seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(own_site: TestSite) -> Clock:
    """Give a site with an advertiser a clock of its own, and a first answer of the store."""
    own_site.turn_on("ads", vendor="Adver", category=Category.MARKETING, settings={"src": "https://adver.example/t.js"})
    clock = Clock()
    own_site.site.live._clock = clock
    assert own_site.site.live.refresh()
    return clock


@AWAY
def test_pages_are_served(own_site: TestSite, away: Away) -> None:
    with away(own_site):  # type: ignore[attr-defined]
        for locale in LOCALES:
            visitor = own_site.visitor("DE", language=locale.slug)
            for path in PAGES:
                assert visitor.goes_to(path).scripts == []
        assert own_site.visitor("DE").get("/healthz").status_code == 200


@AWAY
@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
def test_a_choice_is_not_saved_says_so_and_is_never_written_later(
    own_site: TestSite, away: Away, language: str
) -> None:
    visitor = own_site.visitor("DE", language=language)
    form = visitor.goes_to("/").fields("*[@data-banner]/form")
    with away(own_site):  # type: ignore[attr-defined]
        answer = visitor.post([*form, ("choice", "accept")])
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        page = Page(answer)
        assert page.root.attrib["lang"].lower() == language and page.scripts == []
        if language == "en":
            assert "Your choice was not saved" in page.words("h1")
        assert page.set_cookies == [] and visitor.cookies == {}
        assert visitor.goes_to("/").scripts == []
    own_site.site.live.refresh()
    assert own_site.site.ledger.check().size == 0
    visitor.rejects()  # What waited would have been written before this.
    assert own_site.site.ledger.check().size == 1
    page = visitor.goes_to("/")
    assert page.scripts == [] and not page.shows_banner


@AWAY
def test_an_earlier_choice_stays_as_it_was(own_site: TestSite, clock: Clock, away: Away) -> None:
    visitor = own_site.visitor("DE")
    visitor.accepts()
    before = visitor.cookies["choice"]
    with away(own_site):  # type: ignore[attr-defined]
        assert visitor.post({"choice": "reject"}).status_code == 503
        assert visitor.cookies["choice"] == before
        assert visitor.goes_to("/").scripts == ["site-counter", "ads"]


def test_after_a_minute_no_third_party_is_sent_until_it_answers(own_site: TestSite, clock: Clock) -> None:
    visitor = own_site.visitor("DE")
    visitor.accepts()
    stays = visitor.goes_to("/")
    assert stays.scripts == ["site-counter", "ads"]
    with gone(own_site):  # A lock is no silence: who reads is not kept waiting by who writes (SQLite, WAL).
        assert not own_site.site.live.refresh()
        clock.now = SILENCE_SECONDS
        assert visitor.goes_to("/").scripts == ["site-counter", "ads"], "a minute is not over yet"
        clock.now = SILENCE_SECONDS + 1
        for path in PAGES[:3]:
            page = visitor.goes_to(path)
            assert page.scripts == ["site-counter"], "the site's own counter stays for who granted it"
            assert "adver" not in page.response.headers["Content-Security-Policy"]
        assert own_site.visitor("DE").goes_to("/").scripts == []
        assert visitor.get("/readyz").status_code == 503
    assert own_site.site.live.refresh()
    back = visitor.goes_to("/")
    assert back.scripts == ["site-counter", "ads"] and back.csp == stays.csp
    assert visitor.get("/readyz").status_code == 200


def test_what_a_denied_third_party_left_is_expired_meanwhile(own_site: TestSite, clock: Clock) -> None:
    own_site.turn_on(
        "more",
        vendor="More",
        category=Category.MARKETING,
        settings={"src": "https://more.example/t.js"},
        cookies=("_more",),
    )
    visitor = own_site.visitor("DE")
    visitor.rejects()
    clock.now = SILENCE_SECONDS + 1
    visitor.bring_cookie("_more", "1")
    assert [c for c in visitor.goes_to("/").set_cookies if c.startswith("_more=;")]


def test_a_minute_of_silence_does_not_forget_what_was_chosen(own_site: TestSite, clock: Clock) -> None:
    """A choice that is made while third parties are not shown leaves the answers about them as they were."""
    visitor: Visitor = own_site.visitor("DE")
    visitor.accepts()
    clock.now = SILENCE_SECONDS + 1
    assert visitor.goes_to("/").scripts == ["site-counter"]
    visitor.saves()
    assert own_site.site.live.refresh()
    page = visitor.goes_to("/")
    assert not page.shows_banner and page.scripts == ["site-counter", "ads"]
