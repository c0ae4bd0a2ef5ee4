"""What cannot be taken is refused at its field, in words, and nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pages import Page, squeeze
from sites import TestSite
from staffers import PASSWORD, Staffer

from privacy.fields import seen

Fields = dict[str, str | list[str]]

GOOD: dict[str, Fields] = {
    "site-counter": {},
    "ga4": {"set_id": "G-ABCD123456"},
    "gtm": {"set_id": "GTM-ABCD123", "set_vendors": "google-analytics"},
    "matomo": {"set_url": "https://m.example", "set_site": "1"},
    "plausible": {"set_domain": "example.com"},
    "meta-pixel": {"set_id": "123456789012345"},
    "linkedin-insight": {"set_id": "1234567"},
    "clarity": {"set_id": "abcdefghij"},
    "hotjar": {"set_id": "1234567"},
    "custom": {"id": "own", "set_src": "https://cdn.example/t.js", "vendor": "Own", "category": "functional"},
    "snippet": {"id": "own", "snippet": "console.log(1)", "vendor": "Own", "category": "functional"},
}
"""What each template takes at the least."""

NO_ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https:",
    "https://",
    "*",
    "https://*",
    "https://*.com",
    "http://m.example",
    "ftp://m.example",
    "//m.example",
    "https://m.example:0",
    "https://m.example:99999",
    "https://m.example:",
    "https://m.example:x",
    "https://somebody@m.example",
    "https://m.example;script-src *",
    "https://m.example 'unsafe-inline'",
    "https://m.example\\evil",
    "https://m.exam\u202eple",
    f"https://m.example/{'x' * 1000}",
)
"""What is the address of no script and no origin."""
NO_ORIGINS = (*NO_ADDRESSES, "https://m.example/path", "https://m.example?x=1", "https://m.example#x")
NO_SCRIPTS = (*NO_ADDRESSES, "https://*.example.com/t.js", 'https://cdn.example/"onload="alert(1)', "wss://cdn.example")

WRONG_SETTINGS: dict[tuple[str, str], tuple[str, ...]] = {
    ("ga4", "set_id"): ("", "UA-12345-1", "g-abcd123456", "G-<script>", "G-ABCD123456&x", "G-ABCD123456\nG-1", "G-"),
    ("gtm", "set_id"): ("", "GTM-", "gtm-abcd123", "GTM-ABCD123'", "G-ABCD123456"),
    ("gtm", "set_vendors"): ("", "nobody", "google-analytics,nobody", "site", "google-analytics;meta", ","),
    ("matomo", "set_url"): ("", *NO_ORIGINS),
    ("matomo", "set_site"): ("", "0", "-1", "abc", "1 OR 1=1", "1" * 10),
    ("matomo", "set_path"): ("matomo", "/a b", "/a?x", "/a/"),
    ("matomo", "set_cookies"): ("perhaps", "ON"),
    ("plausible", "set_domain"): ("", "a b", "https://example.com", "example.com'"),
    ("plausible", "set_script"): ("evil.js/../x", "../script.js", "https://evil.example/script.js", "x.js"),
    ("plausible", "set_origin"): NO_ORIGINS,
    ("meta-pixel", "set_id"): ("", "12", "abc", "1" * 21, "١٢٣٤٥٦٧٨٩٠١٢٣"),
    ("meta-pixel", "set_auto"): ("yes", "ON"),
    ("linkedin-insight", "set_id"): ("", "x", "123", "12345678901"),
    ("clarity", "set_id"): ("", "SHORTER", "abc", "abcdefghij;"),
    ("hotjar", "set_id"): ("", "x", "123"),
    ("hotjar", "set_version"): ("x", "100", "-6"),
    ("custom", "set_src"): ("", *NO_SCRIPTS),
    ("custom", "set_connect"): (*NO_ORIGINS, "https://a.example\nhttps://b.example/path", "https://a.example\n" * 2),
    ("custom", "set_img"): NO_ORIGINS[:3],
    ("custom", "set_frame"): NO_ORIGINS[:3],
    ("custom", "set_style"): NO_ORIGINS[:3],
    ("custom", "set_font"): NO_ORIGINS[:3],
    ("snippet", "set_script"): NO_ORIGINS,
    ("snippet", "set_connect"): NO_ORIGINS[:6],
}

WRONG_FIELDS: list[tuple[str, Fields, str]] = [
    *(("ga4", {"id": wrong}, "id") for wrong in ("", "Ga4", "-x", "a b", "ä", "x" * 41, "x" * 300, "site-counter")),
    *(("ga4", {"priority": wrong}, "priority") for wrong in ("101", "-101", "1.5", "abc", "1e3")),
    *(("ga4", {field: "yesterday"}, field) for field in ("starts", "ends")),
    ("ga4", {"starts": "2026-13-01T00:00"}, "starts"),
    ("ga4", {"starts": "2027-02-01T00:00", "ends": "2027-01-01T00:00"}, "ends"),
    ("ga4", {"starts": "2027-02-01T00:00", "ends": "2027-02-01T00:00"}, "ends"),
    *(
        ("ga4", {field: wrong}, field)
        for field in ("include", "exclude")
        for wrong in ("privacy", "/a?b=c", "/a#b", "/a b", "https://x.example/", "/a\x07", "/" + "x" * 200, "/\\")
    ),
    ("ga4", {"include": "/privacy\n/privacy"}, "include"),
    ("ga4", {"include": "\n".join(f"/{n}" for n in range(51))}, "include"),
    ("ga4", {"include": "/x\n" * 1000}, "include"),
    *(("ga4", {field: wrong}, field) for field in ("places", "not_places") for wrong in ("zz", "atlantis", "de'")),
    ("ga4", {"places": ["de", "fr"], "not_places": ["fr"]}, "not_places"),
    ("ga4", {"position": "middle"}, "position"),
    *(("custom", {"vendor": wrong}, "vendor") for wrong in ("", "   ", "x" * 81, "x" * 300, "E\x07vil", "Live\u202e")),
    ("custom", {"vendor_role": "owner"}, "vendor_role"),
    ("custom", {"category": "nonsense"}, "category"),
    ("custom", {"country": "ZZ"}, "country"),
    ("custom", {"purposes": ["world_domination"]}, "purposes"),
    *(("custom", {"privacy_url": wrong}, "privacy_url") for wrong in NO_SCRIPTS),
    *(("custom", {"cookies": wrong}, "cookies") for wrong in ("a", "*", "a*b", "na me", "__Host-x", "a;b", "a" * 90)),
    ("custom", {"stores": "some", "storage": "a"}, "storage"),
    *(("custom", {"integrity": wrong}, "integrity") for wrong in ("md5-x", "sha384-", "sha256-§", "x" * 300)),
    ("custom", {"category": "necessary", "reason": "because"}, "reason"),
    ("custom", {"category": "necessary", "reason": "x" * 2000}, "reason"),
    *(
        ("snippet", {"snippet": wrong}, "snippet")
        for wrong in (
            "",
            "<img src=x onerror=alert(1)>",
            "<p>Hello</p><script>go()</script>",
            "<script src='https://x.example/t.js'></script>",
            "<script type='module'>import x from 'y'</script>",
            "<script type='application/json'>{}</script>",
            "<script onload='x()'>go()</script>",
            "<script>go()</script><script>go()</script>",
            "<script>go()</script><noscript><img src=x></noscript>",
            "<script>go()",
            "<script></script>",
            "go()\x00",
            "go() // \u202e",
            "x" * 65_537,
            "x" * 70_001,
        )
    ),
]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    made = TestSite(tmp_path_factory.mktemp("console"), RATE_LIMITS="off")
    yield made
    made.close()


@pytest.fixture(scope="module")
def max_(console: TestSite) -> Staffer:
    person = Staffer(console, "max@example.com", "marketer").comes_in()
    person.adds("clarity", id="kept", set_id="abcdefghij")
    return person


def refused(page: Page, name: str) -> str:
    """Return what is said at a field: it is marked as invalid, and names what is said of it."""
    element = page.one(f"*[@id='{name}']")
    marked = [e for e in element.iter() if e.attrib.get("aria-invalid") == "true"]
    assert marked, f"{name} is not marked"
    assert any(a.attrib["href"] == f"#{name}" for a in page.all("div[@role='alert']//a")), "the summary leads to it"
    said = marked[0].attrib["aria-describedby"].split()[-1]
    return squeeze("".join(page.one(f"*[@id='{said}']").itertext()))


def drafted(site: TestSite) -> tuple[int, list[str], list[str]]:
    state = site.site.drafts.of("max@example.com")
    return state.revision, list(state.draft.tags), list(state.draft.vendors)


def tries(site: TestSite, max_: Staffer, template: str, fields: Fields, at: str) -> Page:
    """Add a tag that cannot be taken."""
    before, acts = drafted(site), len(site.site.staff.acts())
    page = max_.sends({**GOOD[template], **fields, "act": "save"}, status=422)
    assert refused(page, at)
    assert drafted(site) == before and len(site.site.staff.acts()) == acts, "nothing is half done"
    return page


@pytest.mark.parametrize(("template", "name"), list(WRONG_SETTINGS), ids=lambda value: value)
def test_a_wrong_parameter_is_refused_at_its_field(console: TestSite, max_: Staffer, template: str, name: str) -> None:
    max_.goes_to(f"/staff/tags/new/{template}")
    for wrong in WRONG_SETTINGS[template, name]:
        page = tries(console, max_, template, {name: wrong}, name)
        kept = page.one(f"*[@id='{name}']")
        text = kept.attrib["value"] if kept.tag == "input" else "".join(kept.itertext()).strip()
        assert text.split() == seen(wrong).split(), "what was typed is kept"


@pytest.mark.parametrize(
    ("template", "fields", "at"), WRONG_FIELDS, ids=[f"{t}-{at}-{n}" for n, (t, _f, at) in enumerate(WRONG_FIELDS)]
)
def test_what_cannot_be_taken_is_said_at_its_field(
    console: TestSite, max_: Staffer, template: str, fields: Fields, at: str
) -> None:
    max_.goes_to(f"/staff/tags/new/{template}")
    tries(console, max_, template, fields, at)


@pytest.mark.parametrize("template", list(GOOD))
def test_what_every_template_takes_is_taken(console: TestSite, max_: Staffer, template: str) -> None:
    """Else the cases above could fail for another reason than their own."""
    before = drafted(console)[1]
    assert max_.adds(template, **GOOD[template]).url == "/staff/draft"
    (made,) = set(drafted(console)[1]) - set(before)
    max_.sends({"act": f"undo:tag:{made}"})
    assert drafted(console)[1] == before


def test_an_exemption_takes_all_of_its_conditions(console: TestSite, max_: Staffer) -> None:
    page = max_.goes_to("/staff/tags/new/matomo")
    conditions = [box.attrib["value"] for box in page.all("input[@name='conditions']")]
    of_one = [c for c in conditions if c.startswith(conditions[0].partition(":")[0] + ":")]
    assert len(of_one) > 1
    page = tries(console, max_, "matomo", {"conditions": of_one[1:]}, "conditions")
    assert "all of its conditions" in refused(page, "conditions")
    ticked = {box.attrib["value"] for box in page.all("input[@name='conditions'][@checked]")}
    assert ticked == set(of_one[1:]), "what was ticked is kept"


def test_there_is_no_form_of_what_there_is_not(console: TestSite, max_: Staffer) -> None:
    max_.goes_to("/staff/tags/kept")
    token = max_.token()
    for path in ("/staff/tags/new/nonsense", "/staff/tags/nobody", "/staff/vendors/nobody", "/staff/vendors/site"):
        assert max_.goes_to(path, status=404).words("h1") == "There is no such page"
        before = drafted(console)
        max_.posts(path, {"csrf_token": token, "revision": str(before[0]), "name": "x"}, status=404)
        assert drafted(console) == before


def test_what_is_too_much_is_refused_whole(console: TestSite, max_: Staffer) -> None:
    max_.goes_to("/staff/tags/new/snippet")
    page = max_.sends({**GOOD["snippet"], "snippet": "x" * 1_100_000, "act": "save"}, status=413)
    assert "too much at once" in page.words("h1")


@pytest.mark.parametrize("kind", ["missing", "nonsense", "of somebody else", "of an earlier sitting"])
def test_a_form_without_the_own_token_does_nothing(console: TestSite, max_: Staffer, kind: str) -> None:
    token = ""
    if kind == "nonsense":
        token = "nonsense"
    elif kind == "of somebody else":
        other = Staffer(console, "eve@example.com")
        other.goes_to("/staff/sign-in")
        token = other.token()
    elif kind == "of an earlier sitting":
        max_.goes_to("/staff/account")
        token = max_.token()
        max_.posts("/staff/sign-out", {"csrf_token": token})
        assert max_.signs_in(PASSWORD).url == "/staff/"
    before = drafted(console)
    for path in ("/staff/tags/new/ga4", "/staff/tags/kept", "/staff/tags/kept/switch", "/staff/vendors/meta"):
        fields: Fields = {"csrf_token": token, "revision": str(before[0]), **GOOD["ga4"], "act": "remove"}
        assert "too old" in max_.posts(path, fields, status=400).words("h1")
    for path, act in (("/staff/draft", "discard"), ("/staff/draft/publish", "publish")):
        max_.posts(path, {"csrf_token": token, "revision": str(before[0]), "act": act, "note": "x"}, status=400)
    assert drafted(console) == before and console.site.tags.published().version == 1


VENDOR: Fields = {"origins": "", "cookies": "", "name": "", "privacy_url": ""}
WRONG_VENDORS: list[tuple[str, str]] = [
    *(
        ("origins", line)
        for line in (
            "analytics connect-src",
            "https://x.example",
            "nonsense connect-src https://x.example",
            "functional connect-src https://x.example",
            "analytics script https://x.example",
            "analytics form-action https://x.example",
            "analytics connect-src https://x.example/path",
            "analytics connect-src https://x.example:0",
            "analytics connect-src *",
            "analytics connect-src https:",
            "analytics connect-src 'unsafe-inline'",
            "analytics connect-src javascript:alert(1)",
            "analytics connect-src https://x.example\nanalytics connect-src https://x.example",
            "analytics img-src https://x.example\n" * 600,
        )
    ),
    *(
        ("cookies", line)
        for line in (
            "analytics cookie",
            "nonsense cookie _x",
            "functional cookie _x 30",
            "analytics jar _x 30",
            "analytics cookie x",
            "analytics cookie a*b 30",
            "analytics cookie _x soon",
            "analytics cookie _x -2",
            "analytics cookie _x 99999",
            "analytics cookie _x 30 world-domination",
            "analytics cookie _x 30 unstated not/a/host",
            "analytics local _x 30 unstated x.example",
            "analytics cookie _x 30 unstated x.example more",
            "analytics cookie __Host-x 30",
            "analytics cookie _x 30\nanalytics cookie _x 60",
        )
    ),
    ("name", "x" * 81),
    ("name", "x" * 300),
    ("name", "   "),
    ("name", "Li\x07ve"),
    ("entity", "x" * 121),
    ("privacy_url", "javascript:alert(1)"),
    ("privacy_url", "http://x.example/"),
    ("country", "ZZ"),
    ("role", "owner"),
]


@pytest.mark.parametrize(("at", "wrong"), WRONG_VENDORS, ids=[f"{at}-{n}" for n, (at, _w) in enumerate(WRONG_VENDORS)])
def test_nonsense_about_a_vendor_is_refused_at_its_field(console: TestSite, max_: Staffer, at: str, wrong: str) -> None:
    before = drafted(console)
    max_.goes_to("/staff/vendors/microsoft-clarity")
    page = max_.sends({at: wrong}, status=422)
    element = page.one(f"*[@id='{at}']")
    assert element.attrib["aria-invalid"] == "true"
    assert page.has(f"*[@id='{element.attrib['aria-describedby'].split()[-1]}']")
    assert drafted(console) == before


def test_a_reader_of_german_is_told_in_german(console: TestSite) -> None:
    """The form library speaks English alone: none of its sentences is shown."""
    person = Staffer(console, "uta@example.com", "marketer", language="de").comes_in()
    english = person.adds("ga4", set_id="G-ABCD123456", priority="abc", status=422)
    for words in ("integer", "longer", "required"):
        assert words not in english.words("main")
