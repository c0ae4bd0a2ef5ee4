"""Whatever somebody types stays words: in no page of the console, and in no page of a visitor, is it ever markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import html5lib
import pytest
from pages import Page
from sites import TestSite
from staffers import Staffer
from werkzeug.test import TestResponse

from services.staff import Role

MARK = "zq7"
"""It stands in every payload, so that a page that shows none of them is noticed."""
PAYLOADS = (
    f'"><script>alert("{MARK}")</script>',
    f"'onmouseover=alert('{MARK}') x='",
    f"{MARK}{{{{7*7}}}}{{% print(7*7) %}}${{7*7}}",
    f"</textarea></title><img src={MARK} onerror=alert(1)>",
    f"javascript:alert('{MARK}')",
    f"<svg/onload=alert('{MARK}')>&lt;b&gt;%s%(who)s",
)
EACH = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload[:12])
RUNS = ("href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "poster", "background")
OWN_SCRIPT = re.compile(r"/assets/[0-9a-f]{12}/[a-z/._0-9-]+\.js\Z")
TEXT_FIELDS = (
    *(
        "include",
        "exclude",
        "places",
        "not_places",
        "starts",
        "ends",
        "priority",
        "position",
        "integrity",
        "conditions",
    ),
    *("vendor", "vendor_role", "privacy_url", "country", "purposes", "cookies", "stores", "storage", "reason"),
    *("category", "snippet", "id", "revision"),
)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    made = TestSite(tmp_path_factory.mktemp("console"), RATE_LIMITS="off")
    yield made
    made.close()


@pytest.fixture(scope="module")
def staff(console: TestSite) -> dict[Role, Staffer]:
    roles = (Role.ADMINISTRATOR, Role.MARKETER, Role.PRIVACY_OFFICER)
    return {role: Staffer(console, f"{role.value}@example.com", role.value).comes_in() for role in roles}


def unharmed(response: TestResponse) -> bool:
    """Check that a page holds nothing that runs, and say whether it shows what was typed."""
    text = response.get_data(as_text=True)
    where = f"{response.request.path} ({response.status_code})"
    for payload in PAYLOADS:
        if any(c in payload for c in "<>\"'"):
            assert payload not in text, f"{where} holds it as it was typed"
    root = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == "script":
            source = element.attrib.get("src", "")
            assert OWN_SCRIPT.match(source) or source.startswith("https://"), f"{where} has a script {element.attrib}"
            assert not "".join(element.itertext()).strip(), f"{where} has an inline script"
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), f"{where} has a handler: {element.attrib}"
            if name in RUNS:
                assert not re.match(r"\s*(javascript|data|vbscript):", value, re.I), f"{where} leads to {value}"
        if element.tag in ("img", "svg", "iframe", "object", "embed"):
            assert MARK not in str(element.attrib), f"{where} has {element.tag} {element.attrib}"
    shown = "".join(root.itertext()) + "".join(str(e.attrib) for e in root.iter())
    assert f"{MARK}49" not in shown and "$49" not in shown, f"{where} evaluated it"
    return MARK in shown


def tried(person: Staffer, path: str, fields: dict[str, str | list[str]]) -> tuple[TestResponse, bool]:
    """Send a form and follow where it leads; say whether the page shows what was typed."""
    person.goes_to("/staff/account")
    sent = {"csrf_token": person.token(), **fields}
    answer = person._client.post(path, data=sent, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=True)
    assert answer.status_code in (200, 404, 409, 422), f"{path} answered {answer.status_code}"
    return answer, unharmed(answer)


TEMPLATES = pytest.mark.parametrize("template", ["ga4", "gtm", "matomo", "custom", "snippet"])


def fields_of(max_: Staffer, template: str) -> list[str]:
    """Return the names of all that a tag's form sends, and of what others' forms do."""
    page = max_.goes_to(f"/staff/tags/new/{template}")
    return [*(n for e in page.all("*[@name]") if (n := e.attrib["name"]).startswith("set_")), *TEXT_FIELDS]


@EACH
@TEMPLATES
def test_the_whole_form_of_a_tag(staff: dict[Role, Staffer], template: str, payload: str) -> None:
    max_ = staff[Role.MARKETER]
    answer, shown = tried(max_, f"/staff/tags/new/{template}", dict.fromkeys(fields_of(max_, template), payload))
    assert shown and answer.status_code == 422, "the form shows again what was typed"
    tried(max_, f"/staff/tags/{payload}", {"act": "remove"})
    unharmed(max_.asks(f"/staff/tags/new/{payload}"))


@TEMPLATES
def test_each_field_of_a_tag(staff: dict[Role, Staffer], template: str) -> None:
    max_ = staff[Role.MARKETER]
    names = fields_of(max_, template)
    shown = [n for n in names if tried(max_, f"/staff/tags/new/{template}", {"id": "x", n: " ".join(PAYLOADS)})[1]]
    assert {"include", "exclude", "starts", "ends", "priority", "id"} <= set(shown)
    assert all(name in shown for name in names if name.startswith("set_"))


@EACH
def test_the_form_of_a_vendor(console: TestSite, staff: dict[Role, Staffer], payload: str) -> None:
    max_ = staff[Role.MARKETER]
    names = ("privacy_url", "country", "role", "links_identity", "origins", "cookies")
    for name in names:
        revision = str(console.site.drafts.of(max_.email).revision)
        field = {name: payload} if name not in ("origins", "cookies") else {name: f"analytics cookie {payload}"}
        answer, shown = tried(max_, "/staff/vendors/hotjar", {**field, "revision": revision})
        assert shown or name not in ("privacy_url", "origins", "cookies")
        assert answer.status_code == 422 or name == "links_identity"
    unharmed(max_.asks(f"/staff/vendors/{payload}"))


@EACH
def test_the_forms_of_people(console: TestSite, staff: dict[Role, Staffer], payload: str) -> None:
    ada = staff[Role.ADMINISTRATOR]
    for email in (payload, f"{payload}@example.com", f"x@{payload}.example"):
        answer, shown = tried(ada, "/staff/people", {"email": email, "roles": ["auditor"]})
        assert shown and answer.status_code == 422
    tried(ada, "/staff/people", {"email": "x@example.com", "roles": [payload], "locales": [payload]})
    for act in ("roles", payload):
        ada.goes_to("/staff/account")
        sent = {"csrf_token": ada.token(), "act": act, "roles": [payload], "locales": [payload]}
        answer = ada._client.post("/staff/people/2", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 400 and not unharmed(answer)
    assert console.site.staff.acts(what="roles-set") == []


@EACH
def test_addresses_and_the_language(console: TestSite, staff: dict[Role, Staffer], payload: str) -> None:
    pia = staff[Role.PRIVACY_OFFICER]
    shown = set()
    for path, names in {
        "/staff/record": ("who", "what", "subject", "since", "until", "before"),
        "/staff/draft": ("place", "act", "page", "signal"),
        "/staff/statistics": ("by", "days", "from", "to", "region", "locale", "category", "tags", "format"),
        "/staff/policies/privacy": ("region", "language", "draft"),
        "/staff/policies/cookies": ("region", "language", "draft"),
        "/staff/sign-in": ("next",),
        "/staff/preview": ("place", "act", "page", "language", "signal", "vendors"),
    }.items():
        for name in names:
            given = f"/{payload}" if name == "page" else payload
            usual = {"place": "de", "page": "/"} if path == "/staff/preview" else {}
            answer = pia.asks(f"{path}?{urlencode({**usual, name: given})}")
            assert answer.status_code in (200, 302, 404), f"{path} {name}: {answer.status_code}"
            if unharmed(answer):
                shown.add((path, name))
    assert ("/staff/record", "subject") in shown
    for path in (f"/staff/{payload}", f"/staff/approvals/{payload}", f"/staff/policies/{payload}"):
        answer = pia.asks(path)
        assert answer.status_code == 404
        unharmed(answer)
    pia.goes_to("/staff/account")
    for fields in ({"language": payload}, {"language": "en", "next": payload}, {"next": f"//{payload}"}):
        page = pia.posts("/staff/language", {"csrf_token": pia.token(), **fields})
        assert page.url == "/staff/" and page.root.attrib["lang"] == "en"
        unharmed(page.response)


@pytest.fixture(scope="module")
def told(console: TestSite, staff: dict[Role, Staffer]) -> list[tuple[str, str]]:
    """Store every payload wherever words are taken, publish it, and return each with its tag's id."""
    max_, pia = staff[Role.MARKETER], staff[Role.PRIVACY_OFFICER]
    made = []
    for number, payload in enumerate(PAYLOADS):
        tag = f"ads-{number}"
        page = max_.adds(
            "snippet" if number % 2 else "custom",
            id=tag,
            vendor=payload[:80],
            category="necessary" if number == 0 else "marketing",
            reason=f"It has to be {payload}" if number == 0 else "",
            purposes=["security"] if number == 0 else [],
            stores="none",
            **({"snippet": f"console.log({number})"} if number % 2 else {"set_src": "https://cdn.example/t.js"}),
        )
        assert page.url == "/staff/draft", page.words("main")
        vendor = console.site.drafts.of(max_.email).draft.tags[tag].after.vendor_id  # type: ignore[union-attr]
        max_.goes_to(f"/staff/vendors/{vendor}")
        page = max_.sends({"name": payload, "entity": f"{payload} Ltd"})
        assert page.url == "/staff/draft"
        unharmed(page.response)
        made.append((payload, tag))
    max_.goes_to("/staff/draft")
    all_ = " ".join(PAYLOADS)
    max_.sends({"note": f"please {all_}", "act": "submit"})
    pia.goes_to(f"/staff/approvals/{max_.email}")
    pia.sends({"note": f"no {all_}", "act": "refuse"})
    max_.goes_to("/staff/draft")
    max_.sends({"note": f"please {all_}", "act": "submit"})
    pia.goes_to(f"/staff/approvals/{max_.email}")
    pia.sends({"note": "", "act": "approve"})
    assert max_.publishes(f"because {all_}").url == "/staff/versions/2"
    pia.goes_to("/staff/versions/1")
    pia.sends({"note": f"back {all_}"})
    pia.goes_to("/staff/versions/2")
    assert pia.sends({"note": f"again {all_}"}).url == "/staff/versions/4"
    pia.goes_to("/staff/policies/privacy")
    page = pia.sends({"note": f"new {all_}", "is_material": "no"})
    assert "Published as version 2" in page.words("main")
    max_.changes("ads-1", vendor=PAYLOADS[0][:80])
    max_.goes_to("/staff/draft")
    max_.sends({"note": f"more {all_}", "act": "submit"})
    return made


def test_no_page_of_the_console_holds_it(
    console: TestSite, staff: dict[Role, Staffer], told: list[tuple[str, str]]
) -> None:
    max_, pia, ada = (staff[role] for role in (Role.MARKETER, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR))
    registry = console.site.tags.live()
    vendors = [key for key in registry.vendors if key != "site"]
    pages = [
        *((person, path) for person in (max_, pia) for path in ("/staff/", "/staff/tags", "/staff/versions")),
        *((max_, path) for path in ("/staff/draft", "/staff/vendors", "/staff/draft?place=us-ca&act=accept")),
        *((max_, f"/staff/tags/{tag}") for _payload, tag in told),
        *((pia, f"/staff/vendors/{vendor}") for vendor in vendors),
        *((pia, f"/staff/versions/{number}") for number in (1, 2, 3, 4)),
        *((pia, path) for path in ("/staff/approvals", f"/staff/approvals/{max_.email}", "/staff/policies")),
        *((pia, f"/staff/policies/{kind}{query}") for kind in ("privacy", "cookies") for query in ("", "?draft=1")),
        *((pia, path) for path in ("/staff/statistics", "/staff/record", "/staff/record?what=tags-published")),
        *((ada, path) for path in ("/staff/people", "/staff/people/1", "/staff/account")),
        (max_, "/staff/preview?place=us-ca&act=accept&page=/cookies"),
    ]
    shown = set()
    for person, path in pages:
        answer = person.asks(path)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
        if unharmed(answer):
            shown.add(path)
        if not path.startswith("/staff/preview"):
            Page(answer)
    for path in (
        "/staff/tags",
        "/staff/draft",
        "/staff/vendors",
        "/staff/versions",
        "/staff/record",
        "/staff/approvals",
    ):
        assert path in shown, f"{path} shows what was typed"


def test_no_page_of_a_visitor_holds_it(console: TestSite, told: list[tuple[str, str]]) -> None:
    shown = set()
    for place in ("DE", "US-CA", "BR", None):
        visitor = console.visitor(place)
        for language in ("en", "fr"):
            visitor.language = language
            paths = ("", "/cookies", "/preferences", "/privacy", "/privacy/versions", "/cookies/versions", "/contact")
            for path in paths:
                answer = visitor.get(f"/{language}{path or '/'}")
                assert answer.status_code == 200, f"{path} answered {answer.status_code}"
                if unharmed(answer):
                    shown.add(path)
    assert {"", "/cookies", "/preferences", "/privacy", "/privacy/versions"} <= shown


def test_what_was_typed_is_read_as_it_was_typed(
    console: TestSite, staff: dict[Role, Staffer], told: list[tuple[str, str]]
) -> None:
    """It is words for people too: nothing is lost by keeping it harmless."""
    said = staff[Role.MARKETER].goes_to("/staff/versions/2").words("p[@class='lead']")
    for payload in PAYLOADS:
        assert payload in said
    cookies = console.visitor("DE").goes_to("/cookies").words()
    assert PAYLOADS[2] in cookies and PAYLOADS[4] in cookies


def test_the_tables_for_spreadsheets_hold_no_formula(
    console: TestSite, staff: dict[Role, Staffer], told: list[tuple[str, str]]
) -> None:
    sheet = staff[Role.PRIVACY_OFFICER].asks("/staff/record.csv")
    assert sheet.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in sheet.headers["Content-Disposition"] and sheet.headers["X-Content-Type-Options"] == "nosniff"
    assert MARK in sheet.get_data(as_text=True)
