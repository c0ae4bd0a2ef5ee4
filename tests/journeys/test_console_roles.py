"""Each role is refused what is not its own; nobody comes anywhere without signing in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sites import TestSite
from staffers import Staffer

from services.staff import Permission, Role, may
from web.staff.guard import OPEN, OWN

EXAMPLES = {
    "number": "1",
    "tag_id": "site-counter",
    "vendor_id": "matomo",
    "template": "ga4",
    "id": "x",
    "token": "x",
    "owner": "x",
    "kind": "privacy",
    "key": "x",
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    made = TestSite(tmp_path_factory.mktemp("console"), RATE_LIMITS="off")
    yield made
    made.close()


@pytest.fixture(scope="module")
def staff(console: TestSite) -> dict[Role, Staffer]:
    return {role: Staffer(console, f"{role.value}@example.com", role.value).comes_in() for role in Role}


def app_of(site: TestSite) -> Flask:
    return site.site.console.app


def pages(site: TestSite) -> Iterator[tuple[str, str, str]]:
    """Give endpoint, method and an example address of every page of the console."""
    for rule in app_of(site).url_map.iter_rules():
        path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda m: EXAMPLES[m[1]], rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, path


def test_every_page_says_who_may_open_it(console: TestSite) -> None:
    app = app_of(console)
    for endpoint, _method, path in pages(console):
        if endpoint in OPEN or endpoint in OWN:
            continue
        assert isinstance(getattr(app.view_functions[endpoint], "needs", None), Permission), (
            f"{path} ({endpoint}) names no permission: make it with web.staff.guard.page"
        )


def test_every_page_is_shut_to_who_is_not_signed_in(console: TestSite) -> None:
    for endpoint, method, path in pages(console):
        if endpoint in OPEN:
            continue
        response = Staffer(console, "eve@example.com").asks(path, method, **{"Sec-Fetch-Site": "same-origin"})
        assert response.status_code in (302, 400), f"{method} {path} answered {response.status_code}"
        if response.status_code == 302:
            assert response.headers["Location"].startswith("/staff/sign-in"), f"{method} {path}"


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_a_role_is_refused_what_is_not_its_own(console: TestSite, staff: dict[Role, Staffer], role: Role) -> None:
    person, app = staff[role], app_of(console)
    refused = 0
    for endpoint, method, path in pages(console):
        needs = getattr(app.view_functions[endpoint], "needs", None)
        if needs is None or endpoint in OPEN or endpoint in OWN or may(frozenset({role}), needs):
            continue
        if method != "GET":
            person.goes_to("/staff/account")
            person.posts(path, {"csrf_token": person.token()}, status=403)
        else:
            page = person.goes_to(path, status=403)
            assert "not open to you" in page.words("main")
        refused += 1
    assert refused or role in (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)
    if refused:
        assert console.site.staff.acts(who=person.email, what="refused"), "what was refused is in the record"


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_a_role_sees_the_ways_that_are_open_to_it(console: TestSite, staff: dict[Role, Staffer], role: Role) -> None:
    page = staff[role].goes_to("/staff/")
    for link in page.all("nav//a"):
        assert staff[role].goes_to(link.attrib["href"]).status == 200


def test_a_foreign_page_can_do_nothing_in_somebodys_name(console: TestSite, staff: dict[Role, Staffer]) -> None:
    ada = staff[Role.ADMINISTRATOR]
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    ):
        ada.goes_to("/staff/people")
        ada.posts("/staff/people", {"csrf_token": ada.token(), "email": "x@example.com"}, status=403, **headers)
    page = ada.posts("/staff/people", {"email": "x@example.com", "roles": "auditor"}, status=400)
    assert "too old" in page.words("main")


def test_an_administrator_makes_changes_and_ends_an_account(console: TestSite, staff: dict[Role, Staffer]) -> None:
    ada = staff[Role.ADMINISTRATOR]
    ada.goes_to("/staff/people")
    page = ada.sends({"email": "new@example.com", "roles": ["marketer"]})
    link = re.search(r"https?://[^/]+(/staff/password/new/\S+)", page.words("main"))
    assert link, "without a mail server, the link is shown"
    new = Staffer(console, "new@example.com")
    new.sets_password(link=link[1])
    assert new.signs_in().url == "/staff/"
    row = next(a for a in ada.goes_to("/staff/people").all("td/..//a") if a.text == "new@example.com")
    ada.goes_to(row.attrib["href"])
    ada.sends({"roles": ["auditor"], "act": "roles"})
    assert "Statistics" in new.goes_to("/staff/").words("header")
    ada.goes_to(row.attrib["href"])
    ada.sends({"act": "off"})
    assert new.goes_to("/staff/").url == "/staff/sign-in"
    done = [a.what for a in console.site.staff.acts(subject="new@example.com")]
    assert done[0] == "account-off"
    assert {"account-made", "roles-set"} <= set(done)


def test_an_administrator_makes_nobody_an_officer_of_themselves(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/people/1")
    page = ada.sends({"roles": ["privacy-officer"], "act": "roles"}, status=422)
    assert "another administrator" in page.words("main")
    ada.goes_to("/staff/people")
    both = ["administrator", "privacy-officer"]
    page = ada.sends({"email": "bea@example.com", "roles": both}, status=422)
    assert "who approves keeps no accounts" in page.words("main")
    ada.sends({"email": "bea@example.com", "roles": ["privacy-officer"]})
    ada.goes_to("/staff/people/2")
    assert "who approves keeps no accounts" in ada.sends({"roles": both, "act": "roles"}, status=422).words("main")
    for words in (
        ("role", "bea@example.com", *both),
        ("create", "c@example.com", "--role", both[0], "--role", both[1]),
    ):
        status, output = own_site.command("staff", *words)
        assert (status, "who approves keeps no accounts" in output) == (1, True)


@pytest.mark.parametrize(
    "email", ["", "no address", "a/b@example.com", "a@b", "<script>alert(1)</script>@example.com", "x" * 300]
)
def test_what_is_no_address_makes_no_account(console: TestSite, staff: dict[Role, Staffer], email: str) -> None:
    ada = staff[Role.ADMINISTRATOR]
    ada.goes_to("/staff/people")
    page = ada.sends({"email": email, "roles": ["auditor"]}, status=422)
    assert page.has("input[@name='email'][@aria-invalid='true']")


def test_the_record_is_filtered_and_taken_away(console: TestSite, staff: dict[Role, Staffer]) -> None:
    auditor = staff[Role.AUDITOR]
    page = auditor.goes_to("/staff/record?what=account-made")
    assert "made an account" in page.words("table")
    assert "signed in" not in page.words("table")
    assert "Nothing fits" in auditor.goes_to("/staff/record?who=nobody").words("main")
    sheet = auditor.asks("/staff/record.csv?what=account-made").get_data(as_text=True)
    assert sheet.startswith('"at","who","what","subject","note","before","after"\r\n')
    assert sheet.count("account-made") == len(console.site.staff.acts(what="account-made"))


def test_a_cell_of_the_record_is_no_formula(console: TestSite, staff: dict[Role, Staffer]) -> None:
    console.site.staff.record("=HYPERLINK(1)", "checked", "+1", note="@x")
    sheet = staff[Role.AUDITOR].asks("/staff/record.csv?what=checked").get_data(as_text=True)
    assert '"\'=HYPERLINK(1)","checked","\'+1","\'@x"' in sheet


def test_production_without_a_host_of_its_own_has_no_console(make_site: Callable[..., TestSite]) -> None:
    site = make_site(ENVIRONMENT="production", SITE_ORIGIN="https://privacy.example.com")
    for path in ("/staff/", "/staff/sign-in"):
        response = site.app.test_client().get(path, base_url="https://privacy.example.com")
        assert response.status_code == 404
    status, output = site.command("staff", "create", "ada@example.com", "--role", "administrator")
    assert (status, "STAFF_ORIGIN" in output) == (1, True)


def test_in_production_the_console_is_on_its_own_host_and_nowhere_else(make_site: Callable[..., TestSite]) -> None:
    own, other = "https://staff.example.com", "https://privacy.example.com"
    site = make_site(ENVIRONMENT="production", SITE_ORIGIN=other, STAFF_ORIGIN=own)
    client = site.app.test_client()
    response = client.get("/staff/sign-in", base_url=own)
    assert response.status_code == 200
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-staff=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Strict"):
        assert part in cookie
    assert "Domain" not in cookie
    assert client.get("/staff/sign-in", base_url=other).status_code == 404
    assert client.get("/en/privacy", base_url=own).status_code == 404, "visitors' pages are not on the staff's host"
    assert client.get("/", base_url=own).headers["Location"].endswith("/staff/")
    assert "Strict-Transport-Security" in response.headers


def test_the_consoles_policy_admits_nothing_foreign(console: TestSite) -> None:
    page = Staffer(console, "eve@example.com").goes_to("/staff/sign-in")
    assert page.csp == {
        "default-src": ["'none'"],
        "base-uri": ["'none'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
    }
    assert page.response.headers["Cache-Control"] == "private, no-store"
    assert page.response.headers["X-Frame-Options"] == "DENY"
