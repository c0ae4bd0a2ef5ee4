"""Check it, as the staff meets it: who may, one at a time, what is missing, how far it is. And what its pass does."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sites import TestSite
from staffers import Staffer

from privacy.jurisdictions import Place
from services.checks import KIND, Checks
from services.jobs import Job
from web.passes import HEADER

FORM: dict[str, Any] = {"place": "de", "path": "/", "language": "en"}
ABOUT = {"region": "de", "path": "/", "language": "en", "url": "http://x/en/", "origin": "http://x", "version": 1}


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be a Chromium, whatever this machine has."""
    monkeypatch.setattr(Checks, "missing", lambda self: "")


def plays(site: TestSite, code: str, seconds: float = 20.0) -> None:
    """Let a few lines of Python stand in for the browser's process."""
    site.site.checks = Checks(site.site.jobs, (sys.executable, "-c", f"import json, os, sys, time\n{code}"), seconds)


def ended(site: TestSite, seconds: float = 15.0) -> Job:
    """Wait for the newest check to end."""
    deadline = time.monotonic() + seconds
    while (job := site.site.jobs.latest(KIND)[0]).is_open:
        assert time.monotonic() < deadline, "the check does not end"
        site.site.checks._thread.join(0.2)  # type: ignore[union-attr]
    return job


SEES = """
order = json.loads(sys.stdin.readline())
print(json.dumps({"done": 1}), flush=True)
for visit in order["visits"]:
    print(json.dumps({"seen": {"visitor": visit["visitor"], "status": 200, "policy": "", "scripts": [],
        "hosts": [["https://nobody.example", 2]] if visit["visitor"] == "refusing" else [],
        "kept": [["cookie", "_odd", "localhost"]] if visit["visitor"] == "consenting" else [],
        "refusals": []}}), flush=True)
"""


def test_a_marketer_checks_and_reads_what_came_of_it(own_site: TestSite, ready: None) -> None:
    plays(own_site, SEES)
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    page = max_.goes_to("/staff/check")
    assert "Germany" in page.words("select[@name='place']") and "European Union" not in page.words("main")
    max_.sends(FORM)
    job = ended(own_site)
    page = max_.goes_to(f"/staff/check/{job.id}")
    words = page.words("main")
    assert "As refusing: 2 things were not to be expected." in words
    assert "https://nobody.example was reached, and no vendor is known to use it." in words
    assert "The cookie _odd was set for localhost, and no vendor declares it." in words
    assert "came without its Content-Security-Policy" in words and "Germany" in words
    assert not page.has("meta[@http-equiv='refresh']")
    again = page.one("a[@class='press']").attrib["href"]
    page = max_.goes_to(again)
    assert "not as expected" in page.words("main")
    assert page.one("select[@id='place']/option[@value='de']").attrib.get("selected") is not None
    (act,) = own_site.site.staff.acts(what="checked")
    assert (act.who, act.subject, act.after["path"]) == (max_.email, "de", "/")


def test_who_may_see_it_may_not_always_start_it(own_site: TestSite, ready: None) -> None:
    auditor = Staffer(own_site, "aud@example.com", "auditor").comes_in()
    page = auditor.goes_to("/staff/check")
    assert not page.has("select[@name='place']")
    auditor.posts("/staff/check", {**FORM, "csrf_token": auditor.token()}, status=403)
    job = own_site.site.jobs.begin(KIND, "max@example.com", ABOUT, 5)
    assert auditor.goes_to(f"/staff/check/{job.id}").has("progress")
    translator = Staffer(own_site, "tra@example.com", "translator").comes_in()
    translator.goes_to("/staff/check", status=403)
    translator.goes_to(f"/staff/check/{job.id}", status=403)
    assert Staffer(own_site, "eve@example.com").goes_to("/staff/check").url == "/staff/sign-in"


def test_how_far_it_is_shows_without_a_script(own_site: TestSite, ready: None) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    job = own_site.site.jobs.begin(KIND, max_.email, ABOUT, 5)
    own_site.site.jobs.step(job.id, 3)
    page = max_.goes_to(f"/staff/check/{job.id}")
    bar = page.one("progress")
    assert (bar.attrib["value"], bar.attrib["max"]) == ("3", "5")
    assert page.one("meta[@http-equiv='refresh']").attrib["content"] == "2"
    max_.goes_to("/staff/check/nothing", status=404)


def test_one_runs_at_a_time(own_site: TestSite, ready: None) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    job = own_site.site.jobs.begin(KIND, "ada@example.com", ABOUT, 5)
    max_.goes_to("/staff/check")
    page = max_.sends(FORM, status=409)
    assert "running already" in page.words("main")
    assert page.has(f"a[@href='/staff/check/{job.id}']")
    assert own_site.site.staff.acts(what="checked") == [], "what did not begin is not on record"


def test_one_that_went_silent_has_failed_and_makes_room(own_site: TestSite, ready: None) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    job = own_site.site.jobs.begin(KIND, max_.email, ABOUT, 5)
    plays(own_site, SEES)
    with time_machine.travel(time.time() + 121, tick=True):
        page = max_.goes_to(f"/staff/check/{job.id}")
        assert "was stopped meanwhile" in page.words("main") and not page.has("progress")
        max_.goes_to("/staff/check")
        assert max_.sends(FORM).url.startswith("/staff/check/")
        ended(own_site)
        assert own_site.site.jobs.finish(job.id, {}) is False, "who comes back late changes nothing"
        found = own_site.site.jobs.find(job.id)
        assert found is not None and found.state == "failed"


def test_old_ones_are_forgotten(own_site: TestSite) -> None:
    jobs = own_site.site.jobs
    old = jobs.begin(KIND, "a", ABOUT, 1)
    jobs.finish(old.id, {"reports": []})
    with time_machine.travel(time.time() + 29 * 86_400, tick=True):
        jobs.fail(jobs.begin(KIND, "a", ABOUT, 1).id, "slow")
        assert jobs.find(old.id)
    with time_machine.travel(time.time() + 31 * 86_400, tick=True):
        jobs.begin(KIND, "a", ABOUT, 1)
        assert jobs.find(old.id) is None


@pytest.mark.parametrize(
    ("path", "status"), [("privacy", 422), ("//evil.example", 422), ("/a?b", 422), ("/../staff", 422), ("/a b", 422)]
)
def test_a_page_is_a_path_of_this_site(own_site: TestSite, ready: None, path: str, status: int) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    max_.goes_to("/staff/check")
    assert "by its path" in max_.sends({**FORM, "path": path}, status=status).words("main")
    max_.posts("/staff/check", {**FORM, "place": "xx", "csrf_token": max_.token()}, status=400)
    assert own_site.site.jobs.latest(KIND) == []


@pytest.mark.parametrize(("lacks", "command"), [("playwright", "pip install playwright"), ("chromium", "chromium")])
def test_where_something_is_missing_it_says_so(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lacks: str, command: str
) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    max_.goes_to("/staff/check")
    token = max_.token() if max_.page and max_.page.has("input[@name='csrf_token']") else ""
    if lacks == "playwright":
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    else:
        for name, value in (("PATH", ""), ("HOME", str(tmp_path)), ("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))):
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("CHROMIUM", raising=False)
    page = max_.goes_to("/staff/check")
    assert any(command in (e.text or "") for e in page.all("code")) and not page.has("select[@name='place']")
    max_.posts("/staff/check", {**FORM, "csrf_token": token}, status=422)
    assert own_site.site.jobs.latest(KIND) == []


# --- When the browser's process does not do as it should -------------------------------------------------------------

PROBLEMS = [
    ('print(json.dumps({"problem": "unreachable", "detail": "net::ERR_NAME_NOT_RESOLVED"}))', "cannot be reached"),
    ('print(json.dumps({"problem": "launch", "detail": "no usable sandbox"}))', "did not start"),
    ("sys.exit('no such thing')", "no such thing"),
    ("print('gibberish')", "broke off"),
    ('print(json.dumps({"seen": {"visitor": "somebody"}}))', "broke off"),
]


@pytest.mark.parametrize(("code", "said"), PROBLEMS)
def test_what_goes_wrong_is_said(own_site: TestSite, ready: None, code: str, said: str) -> None:
    plays(own_site, code)
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    max_.goes_to("/staff/check")
    max_.sends(FORM)
    job = ended(own_site)
    assert job.state == "failed" and said in max_.goes_to(f"/staff/check/{job.id}").words("main")


def test_what_takes_too_long_is_ended(own_site: TestSite, ready: None) -> None:
    plays(own_site, "print(json.dumps({'done': 1}), flush=True); time.sleep(60)", seconds=1.0)
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    max_.goes_to("/staff/check")
    max_.sends(FORM)
    job = ended(own_site)
    assert (job.state, job.problem, job.done) == ("failed", "slow", 1)
    assert "within a minute" in max_.goes_to(f"/staff/check/{job.id}").words("main")


def test_it_ends_with_its_worker(own_site: TestSite, ready: None) -> None:
    plays(own_site, "print(json.dumps({'done': 1}), flush=True); time.sleep(60)")
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    max_.goes_to("/staff/check")
    max_.sends(FORM)
    own_site.site.checks.stop()
    assert (ended(own_site).state, ended(own_site).problem) == ("failed", "stopped")


def test_the_browsers_process_gets_no_secret(own_site: TestSite, ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEYS", "DATABASE_URL", "SMTP_URL"):
        monkeypatch.setenv(name, "a secret of the site")
    plays(own_site, "sys.exit(json.dumps(dict(os.environ)))")
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    max_.goes_to("/staff/check")
    max_.sends(FORM)
    problem = ended(own_site).problem
    assert '"PATH"' in problem and "a secret of the site" not in problem


# --- The pass --------------------------------------------------------------------------------------------------------


@pytest.fixture
def passes(own_busy_site: TestSite) -> Iterator[Any]:
    """Give a function that writes a pass of the site for a place."""
    reader = own_busy_site.site.reader
    return lambda *place: reader.passes.write(Place(*place), reader.now())  # type: ignore[return-value]


def test_a_pass_is_seen_as_its_place_and_gets_the_very_page_of_it(own_busy_site: TestSite, passes: Any) -> None:
    for place, code in ((("DE",), "DE"), (("US", "US-CA"), "US-CA"), ((), None)):
        here = own_busy_site.visitor(code).get("/en/")
        checker = own_busy_site.visitor("JP").get("/en/", **{HEADER: passes(*place)})
        assert checker.data == here.data
        assert checker.headers["Content-Security-Policy"] == here.headers["Content-Security-Policy"]


@pytest.mark.parametrize("value", ["DE", "DE.ffffffff." + "A" * 43, "\xff" * 43, "A" * 5000, "."])
def test_a_forged_pass_is_as_if_absent(busy_site: TestSite, value: str) -> None:
    client = busy_site.app.test_client(use_cookies=False)
    sent = {"HTTP_X_PLACE": "US-CA"}
    forged = client.get("/en/", environ_overrides={**sent, "HTTP_X_SITE_CHECK": value})
    assert forged.status_code == 200 and forged.data == client.get("/en/", environ_overrides=sent).data


def test_an_old_pass_is_as_if_absent(own_busy_site: TestSite, passes: Any) -> None:
    old = passes("DE")
    with time_machine.travel(time.time() + 301, tick=True):
        visitor = own_busy_site.visitor("US-CA")
        assert visitor.get("/en/", **{HEADER: old}).data == visitor.get("/en/").data


def test_who_has_a_pass_is_counted_nowhere(own_busy_site: TestSite, passes: Any) -> None:
    counters = own_busy_site.site.counters
    checker = own_busy_site.visitor("JP", gpc="1")
    headers = {HEADER: passes("US", "US-CA")}
    for _ in range(3):  # First rendered, then out of the store.
        checker.get("/en/", **headers)
    sent = {"X-Place": "JP", "Sec-Fetch-Site": "same-origin", **headers}
    answer = checker._client.post("/s/view", data={"path": "/en/"}, headers=sent)
    assert answer.status_code == 204, "for the page all is as for a visitor"
    counters.flush()
    assert counters.pages(1) == [] and counters.signals(1) == []
    visitor = own_busy_site.visitor("US-CA", gpc="1")
    visitor.get("/en/")
    counters.flush()
    assert [number for _, _, number in counters.signals(1)] == [1], "and who has none is"


def test_no_choice_of_who_has_a_pass_goes_on_record(own_busy_site: TestSite, passes: Any) -> None:
    checker = own_busy_site.visitor("JP")
    answer = checker.post({"choice": "accept"}, **{HEADER: passes("DE")})
    assert answer.status_code == 403 and checker.cookies == {}
    with own_busy_site.app.app_context():
        from storage import db

        assert db.session.execute(db.text("SELECT count(*) FROM ledger_entry")).scalar() == 0


def test_the_choice_of_a_check_is_the_one_of_a_visitor(own_busy_site: TestSite, passes: Any) -> None:
    from web.staff.checks import plan

    with own_busy_site.app.app_context():
        planned = plan("de", "/", "en")
    for visit, scripts in zip(planned.visits, ({"ads", "measure", "videos", "site-counter"}, set()), strict=True):
        checker = own_busy_site.visitor("JP")
        checker.bring_cookie(*visit.cookie)
        page = checker.goes_to("/", **dict(visit.headers))
        assert set(page.scripts) == scripts and not page.shows_banner
    assert json.dumps(planned.about)
