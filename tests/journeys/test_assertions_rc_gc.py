"""The record and Google's tags: RC01 to RC03, GC01, GC02."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pages import Page
from sites import TestSite
from sqlalchemy.exc import DatabaseError
from visitors import Visitor

from storage import db

START = datetime(2026, 12, 2, 12, tzinfo=UTC)
GOOGLE = re.compile(r"google|doubleclick|gstatic", re.IGNORECASE)


def history(site: TestSite, visitor: Visitor) -> list[dict[str, Any]]:
    """Return the bodies of a visitor's entries, oldest first."""
    found = site.site.ledger.of(visitor.cookies["choice"].split(".")[1])
    return [json.loads(entry.body) for entry in reversed(found)]


def events(site: TestSite, visitor: Visitor) -> list[str]:
    """Return what the ledger says that a visitor did."""
    return [body["event"] for body in history(site, visitor)]


def test_rc01_each_decision_appends_one_record(busy_site: TestSite, any_place: str | None) -> None:
    visitor = busy_site.visitor(any_place)
    visitor.accepts()
    assert events(busy_site, visitor) == ["given"]
    visitor.accepts()
    visitor.rejects()
    visitor.saves(tick=("analytics",))
    assert events(busy_site, visitor) == ["given", "renewed", "withdrawn", "partly"]
    refuser = busy_site.visitor(any_place)
    refuser.rejects()
    assert events(busy_site, refuser) == ["refused"]
    for path in ("/", "/privacy", "/cookies", "/preferences"):
        refuser.goes_to(path)
    assert events(busy_site, refuser) == ["refused"], "a visit is no decision"
    assert busy_site.site.ledger.check().sound


def test_rc01_a_signal_is_counted_and_stands_in_the_next_record(own_busy_site: TestSite, any_place: str | None) -> None:
    visitor = own_busy_site.visitor(any_place, gpc="1")
    for _ in range(3):
        visitor.goes_to("/privacy")
    own_busy_site.site.counters.flush()
    assert own_busy_site.site.ledger.check().size == 0
    assert sum(n for _, _, n in own_busy_site.site.counters.signals(1)) == 3
    visitor.rejects()
    assert [body["signals"] for body in history(own_busy_site, visitor)] == [{"gpc": "sent"}]


def test_rc01_an_answer_after_expiry_is_a_renewal(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("DE")
    with time_machine.travel(START, tick=False) as clock:
        visitor.accepts()
        clock.move_to(START + timedelta(days=200))
        assert visitor.goes_to("/").shows_banner
        visitor.accepts()
    assert events(busy_site, visitor) == ["given", "renewed"]
    first, second = history(busy_site, visitor)
    assert first["at"] == "2026-12-02T12:00:00.000Z" and second["at"] > first["at"]


@pytest.mark.parametrize("statement", ["update ledger_entry set hash = 'x'", "delete from ledger_entry"])
def test_rc01_a_record_cannot_be_changed(own_site: TestSite, statement: str) -> None:
    own_site.visitor("DE").rejects()
    with own_site.app.app_context(), db.engine.connect() as connection, pytest.raises(DatabaseError):
        connection.exec_driver_sql(statement)
    assert own_site.site.ledger.check().size == 1


@pytest.mark.parametrize("language", ["en", "pt-br", "de", "fr"])
def test_rc02_a_record_leads_to_the_very_notice_that_was_shown(
    busy_site: TestSite, any_place: str | None, language: str
) -> None:
    visitor = busy_site.visitor(any_place, language=language)
    page = visitor.goes_to("/privacy")
    if not page.shows_banner:
        page = visitor.goes_to("/preferences")
    visitor.rejects("/privacy")
    (body,) = history(busy_site, visitor)
    notice = busy_site.site.ledger.notice(body["notice"])
    assert notice is not None
    locale, _, text = notice
    assert locale == body["locale"] == language
    assert hashlib.sha256(text.encode()).hexdigest() == body["notice"]
    assert text in page.text, "byte for byte what stood in the page"
    assert re.fullmatch(r"cookies-\d+\.privacy-\d+\.tags-\d+\.texts-[0-9a-f]{12}", body["policy"])


def test_rc03_no_address_and_no_user_agent_is_written_down(own_busy_site: TestSite, any_place: str | None) -> None:
    visitor = own_busy_site.visitor(any_place)
    secrets = {"X-Forwarded-For": "203.0.113.77", "User-Agent": "Secret-Agent/7.0 (Test)", "X-Real-IP": "198.51.100.9"}
    sent = {name.replace("-", "_"): value for name, value in secrets.items()}
    visitor.goes_to("/", **sent)
    assert visitor.post({"choice": "accept"}, **sent).status_code == 303
    visitor._client.post(
        "/s/view", data={"path": "/en/"}, headers={**secrets, **visitor._headers({"Sec-Fetch-Site": "same-origin"})}
    )
    own_busy_site.site.notices.flush()
    own_busy_site.site.counters.flush()
    held = ""
    with sqlite3.connect(own_busy_site.site.settings.INSTANCE_PATH / "site.db") as store:
        for (table,) in store.execute("select name from sqlite_master where type = 'table'").fetchall():
            held += repr(store.execute(f"select * from {table}").fetchall())
    store.close()
    assert "preferences:accept" in held
    held = held.replace("http://127.0.0.1:8000", "the address of this site, which its policy names")
    for value in (*secrets.values(), "127.0.0.1", "203.0.113", "Secret-Agent", "198.51.100"):
        assert value not in held


def google(site: TestSite) -> None:
    """Switch Google Analytics on."""
    site.turn_on("ga", "ga4", settings={"id": "G-ABCD123456"})


@pytest.fixture(scope="module")
def google_site(busy_site: TestSite) -> TestSite:
    """Give a site with Google Analytics."""
    google(busy_site)
    return busy_site


def of_google(page: Page) -> list[str]:
    """Return what in a page would reach Google: script addresses and sources of the policy."""
    asked = [s for s in page.sources if GOOGLE.search(s)]
    return asked + [s for sources in page.csp.values() for s in sources if GOOGLE.search(s)]


def test_gc01_consent_mode_says_denied_before_any_tag_of_google(google_site: TestSite, any_place: str | None) -> None:
    visitor = google_site.visitor(any_place)
    page = visitor.goes_to("/")
    opt_in = not {"ga"} & set(page.scripts)
    assert opt_in is (page.shows_banner and "May we" in page.words("*[@data-banner]"))
    for grants in (("analytics",), ("analytics", "marketing")):
        visitor.rejects()
        visitor.saves(tick=grants)
        page = visitor.goes_to("/")
        first, second = page.all("script[@data-tag='ga']")
        assert re.fullmatch(r"/assets/[0-9a-f]+/tags/ga4\.js", first.attrib["src"])
        assert second.attrib["src"].startswith("https://www.googletagmanager.com/")
        assert "async" not in first.attrib and "async" not in second.attrib, "they run in their order"
        assert first.attrib["data-analytics"] == "granted"
        assert first.attrib["data-marketing"] == ("granted" if "marketing" in grants else "denied")
    script = visitor.get(first.attrib["src"]).get_data(as_text=True)
    order = [script.index(part) for part in ('"consent", "default"', '"consent", "update"', '"js"', '"config"')]
    assert order == sorted(order)
    default = dict(re.findall(r"(\w+): \"(granted|denied)\"", script[order[0] : order[1]]))
    assert default.pop("security_storage") == "granted" and set(default.values()) == {"denied"}
    assert {"ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"} <= set(default)


def test_gc02_nothing_reaches_google_before_a_grant(google_site: TestSite, opt_in_place: str | None) -> None:
    visitor = google_site.visitor(opt_in_place)
    for path in ("/", "/privacy", "/cookies", "/contact", "/preferences"):
        assert of_google(visitor.goes_to(path)) == []
    visitor.rejects()
    assert of_google(visitor.goes_to("/")) == []
    visitor.saves(tick=("analytics",))
    page = visitor.goes_to("/")
    assert "https://www.googletagmanager.com" in page.csp["script-src"]
    assert not [s for s in of_google(page) if "doubleclick" in s], "advertising origins come with marketing alone"
    visitor.rejects()
    assert of_google(visitor.goes_to("/")) == []
