"""Who looks and changes nothing: the statistics with their table, the record, and an auditor's round."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from entries import entry, refusal, write
from sites import TestSite
from staffers import Staffer

from services.staff import Permission, Role, may


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    made = TestSite(tmp_path_factory.mktemp("console"), RATE_LIMITS="off")
    write(made, *(entry() for _ in range(40)), *(refusal() for _ in range(20)))
    yield made
    made.close()


@pytest.fixture(scope="module")
def max_(console: TestSite) -> Staffer:
    person = Staffer(console, "max@example.com", "marketer").comes_in()
    person.adds("ga4", set_id="G-ABCD123456")
    person.publishes("numbers")
    person.changes("site-counter", priority="5")
    person.goes_to("/staff/draft")
    person.sends({"note": "please look", "act": "submit"})
    return person


@pytest.fixture(scope="module")
def aud(console: TestSite, max_: Staffer) -> Staffer:
    return Staffer(console, "aud@example.com", "auditor").comes_in()


def test_a_marketer_reads_the_statistics_and_takes_them_away(max_: Staffer) -> None:
    page = max_.goes_to("/staff/statistics")
    assert page.has("svg[@role='img']") or "<svg" in page.text
    assert "40" in page.words("dl[@class='tiles']") or "60" in page.words("dl[@class='tiles']")
    (link,) = [a for a in page.all("main//a[@download]")]
    answer = max_.asks(f"/staff/statistics{link.attrib['href']}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statistics.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    (all_,) = [row for row in rows if row["breakdown"] == "all"]
    assert (all_["accepted"], all_["refused"]) == ("40", "20")
    assert all_["accepted"] in page.words("main") and all_["refused"] in page.words("main")


@pytest.mark.parametrize(
    "query", ["days=90", "region=de", "from=9999-12-31&to=0001-01-01", "tags=99999999999", "days=٣", "by=%00&locale=x"]
)
def test_any_question_to_the_statistics_has_an_answer(max_: Staffer, query: str) -> None:
    max_.goes_to(f"/staff/statistics?{query}")
    assert max_.asks(f"/staff/statistics?{query}&format=csv").get_data(as_text=True).startswith("breakdown,key,")


@pytest.mark.parametrize("query", ["before=99999999999999999999", "until=9999-12-31", "since=0001-01-01", "before=x"])
def test_any_question_to_the_record_has_an_answer(aud: Staffer, query: str) -> None:
    assert "signed in" in aud.goes_to(f"/staff/record?{query}").words("main")
    assert "signed-in" in aud.asks(f"/staff/record.csv?{query}").get_data(as_text=True)


def test_the_record_of_a_day_holds_it_whole(console: TestSite, aud: Staffer) -> None:
    today = console.site.staff.acts(limit=1)[0].at.date().isoformat()
    page = aud.goes_to(f"/staff/record?since={today}&until={today}&what=tags-published")
    assert "published tags" in page.words("table") and "numbers" in page.words("table")


LOOKS = (
    *("/staff/", "/staff/tags", "/staff/tags/ga4", "/staff/tags/site-counter", "/staff/vendors"),
    *("/staff/vendors/google-analytics", "/staff/versions", "/staff/versions/1", "/staff/versions/2"),
    *("/staff/approvals", "/staff/approvals/max@example.com", "/staff/policies", "/staff/policies/privacy"),
    *("/staff/policies/cookies", "/staff/statistics", "/staff/record", "/staff/account"),
)


@pytest.mark.parametrize("path", LOOKS)
def test_an_auditor_sees_it_and_finds_nothing_to_press(aud: Staffer, path: str) -> None:
    page = aud.goes_to(path)
    for form in page.all("main//form"):
        own = path == "/staff/account"
        assert own or form.attrib.get("method", "get") == "get", f"{path} has a form that changes something"
    for link in page.all("main//a"):
        href = link.attrib["href"]
        if href.startswith("/staff/") and "check" not in href and "password" not in href:
            assert aud.asks(href).status_code in (200, 302), f"{path} leads to {href}, which is shut"


def test_an_auditor_changes_nothing(console: TestSite, aud: Staffer) -> None:
    """Each way to change something, with a token of their own."""
    before = console.site.tags.published().version, console.site.drafts.of("max@example.com").revision
    aud.goes_to("/staff/account")
    token, tried = aud.token(), 0
    app = console.site.console.app
    for rule in app.url_map.iter_rules():
        needs = getattr(app.view_functions[rule.endpoint], "needs", None)
        if "POST" not in (rule.methods or ()) or needs in (None, Permission.ENTER):
            continue
        assert not may(frozenset({Role.AUDITOR}), needs), f"{rule.rule} is open to who only looks"
        path = rule.rule
        for name, value in {
            "tag_id": "ga4",
            "template": "ga4",
            "vendor_id": "meta",
            "owner": "max@example.com",
        }.items():
            path = path.replace(f"<{name}>", value)
        path = path.replace("<int:number>", "1").replace("<kind>", "privacy")
        fields = {"csrf_token": token, "revision": "1", "live": "2", "act": "discard", "note": "x", "id": "x"}
        assert "not open to you" in aud.posts(path, fields, status=403).words("main")
        tried += 1
    assert tried >= 10
    assert (console.site.tags.published().version, console.site.drafts.of("max@example.com").revision) == before
    assert len(console.site.staff.acts(who=aud.email, what="refused")) >= tried


def test_a_translator_sees_no_tags(console: TestSite) -> None:
    tess = Staffer(console, "tess@example.com", "translator").comes_in()
    for path in ("/staff/tags", "/staff/draft", "/staff/versions", "/staff/statistics", "/staff/record"):
        tess.goes_to(path, status=403)
