"""Bad input counts as absent or gets a clear page, and changes nothing."""

from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages import Page
from sites import KEY, TestSite
from werkzeug.test import TestResponse

from i18n.locales import LOCALES
from privacy.categories import CHOOSABLE, Category
from privacy.choice import MAX_LENGTH, Answer, Choice, Keyring, encode

PATHS = ("/", "/privacy", "/cookies", "/contact", "/preferences")
RING = Keyring((KEY,), "choice cookie 1")
IDENTIFIER = "A" * 22


def signed(payload: str) -> str:
    """Sign a payload as the site does."""
    return f"{payload}.{RING.sign(payload)}"


def other(payload: str) -> str:
    """Sign a payload with a key that the site does not hold."""
    return f"{payload}.{Keyring(('some other key altogether',), 'choice cookie 1').sign(payload)}"


GOOD = encode(
    Choice(
        id=IDENTIFIER,
        at=0x6A000000,
        categories=tuple((category, Answer.GIVEN) for category in CHOOSABLE),
        answers=(((Category.ANALYTICS, "site"), Answer.GIVEN, frozenset({"statistics"})),),
    ),
    RING,
)
PARTS = GOOD.rpartition(".")[0].split(".")
VERSION, ID, AT, FLAGS, AGE, CATEGORIES, ANSWERS = range(7)


def edited(part: int, text: str) -> str:
    """Return the good cookie with one part changed, and rightly signed."""
    return signed(".".join([*PARTS[:part], text, *PARTS[part + 1 :]]))


COOKIES = {
    "empty": "",
    "a word": "yes",
    "dots": "......",
    "forged signature": GOOD[:-1] + ("A" if GOOD[-1] != "A" else "E"),
    "forged content": GOOD.replace("a!s_site", "m!a_adver"),
    "another key": other(".".join(PARTS)),
    "cut in front": GOOD[3:],
    "cut behind": GOOD[:-5],
    "cut in the middle": GOOD[:20] + GOOD[25:],
    "an old version": edited(VERSION, "0"),
    "a later version": edited(VERSION, "9"),
    "too few parts": signed(".".join(PARTS[:-2])),
    "too many parts": signed(".".join([*PARTS, "x", "y"])),
    "an unknown letter": edited(CATEGORIES, "x!a!m!"),
    "an unknown answer": edited(CATEGORIES, "f?a!m!"),
    "half an answer": edited(CATEGORIES, "f!a!m"),
    "an unknown purpose": edited(ANSWERS, "a!9_site"),
    "a bad vendor": edited(ANSWERS, "a!s_../x"),
    "a bad time": edited(AT, "zz"),
    "a time beyond all": edited(AT, "fffffffffff"),
    "a time to come": edited(AT, "fffffffff"),
    "a time before all": edited(AT, "0"),
    "bad flags": edited(FLAGS, "x"),
    "a bad id": edited(ID, "short"),
    "a bad age": edited(AGE, "18-13"),
    "oversized": signed("1." + "A" * (MAX_LENGTH + 1)),
    "not UTF-8": "\xff\xfe\xc3(",
    "control characters": "1.\x01\x02",
    "other digits": "１.AAAA".encode().decode("latin-1"),
    "markup": '"><script>alert(1)</script>',
}


def sends(site: TestSite, path: str, header: str, place: str = "BR") -> TestResponse:
    """Send a Cookie header as it is: the client of a visitor would put its own there."""
    sent = {"HTTP_COOKIE": header, "HTTP_X_PLACE": place}
    return site.app.test_client(use_cookies=False).get(path, environ_overrides=sent)


def asks_again(site: TestSite, header: str) -> None:
    """Check that a Cookie header leaves a visitor as fresh as one without any."""
    for path in PATHS:
        response = sends(site, f"/en{path}", header)
        assert response.status_code == 200, path
        page = Page(response)
        assert page.scripts == [] and "choice=" not in "".join(page.set_cookies)
        assert page.shows_banner or path == "/preferences"


@pytest.mark.parametrize("name", COOKIES)
def test_a_bad_cookie_counts_as_absent(site: TestSite, name: str) -> None:
    value = COOKIES[name]
    asks_again(site, f"choice={value}")
    asks_again(site, f'choice="{value}"')


def test_the_good_cookie_of_this_table_is_taken(site: TestSite) -> None:
    page = Page(sends(site, "/en/", f"choice={GOOD}"))
    assert page.scripts == ["site-counter"], "else the table proves nothing"


def test_a_cookie_that_is_sent_twice_counts_as_absent(site: TestSite) -> None:
    for header in (f"choice={GOOD}; choice={GOOD}", f"choice={GOOD}; x=1; choice=", f"choice=x;choice={GOOD}"):
        asks_again(site, header)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.one_of(
    st.binary(max_size=300).map(lambda raw: "choice=" + raw.decode("latin-1")),
    st.text(st.characters(codec="latin-1"), max_size=200),
    st.text("choice=;.!~-\" 1A", max_size=60),
    st.tuples(st.integers(0, len(GOOD) - 1), st.characters(codec="latin-1")).map(
        lambda edit: "choice=" + GOOD[: edit[0]] + edit[1] + GOOD[edit[0] + 1 :] + "x"
    ),
))  # fmt: skip
def test_no_cookie_header_raises_or_grants(site: TestSite, header: str) -> None:
    response = sends(site, "/en/", header)
    assert response.status_code == 200
    assert b"data-tag" not in response.data


def refused(answer: TestResponse, status: int, language: str = "en") -> Page:
    """Check that an answer is a whole page of refusal in a language."""
    assert answer.status_code == status, answer.get_data(as_text=True)[:300]
    page = Page(answer)
    assert page.root.attrib["lang"].lower() == language == answer.headers["Content-Language"].lower()
    assert page.scripts == [] and not page.shows_banner
    assert not [c for c in page.set_cookies if c.startswith("choice=")]
    return page


def size(site: TestSite) -> int:
    """Count the entries of the ledger."""
    return site.site.ledger.check().size


FORMS = {
    "no button": {},
    "an unknown button": {"choice": "maybe"},
    "a button in capitals": {"choice": "ACCEPT"},
    "an empty button": {"choice": ""},
    "an unknown category": {"choice": "save", "category": "spying"},
    "what cannot be chosen": {"choice": "save", "category": "necessary"},
    "an unknown vendor": {"choice": "save", "vendor": "nobody"},
    "a vendor elsewhere": {"choice": "save", "vendor": "marketing:site"},
    "an unknown shown vendor": {"choice": "save", "shown_vendor": "nobody"},
    "an unknown subject": {"choice": "reject", "about": "spying"},
    "an age out of the bands": {"choice": "accept", "age": "3-99"},
    "an age turned round": {"choice": "accept", "age": "16-0"},
    "an age in words": {"choice": "accept", "age": "young"},
    "a notice that is no hash": {"choice": "accept", "notice": "../../etc"},
    "an unknown layer": {"choice": "accept", "layer": "third"},
    "a null byte": {"choice": "accept\0"},
}


@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_this_site_did_not_make_is_refused(site: TestSite, name: str, language: str) -> None:
    visitor, before = site.visitor("DE", language=language), size(site)
    refused(visitor.post(FORMS[name]), 400, language)
    assert visitor.cookies == {} and size(site) == before


def test_a_notice_that_nobody_was_shown_is_not_written_down(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    visitor.post({"choice": "reject", "notice": "0" * 64})
    assert own_site.site.ledger.check().sound, "the entry points at what would have been shown"


FOREIGN = [
    "//evil.example",
    "///evil.example",
    "https://evil.example/",
    "http://evil.example",
    "HTTPS:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2fevil.example",
    "/%5cevil.example",
    "/\tevil.example",
    "/en/\r\nSet-Cookie: a=b",
    "/en/\x00",
    " /en/",
    "javascript:alert(1)",
    "data:text/html,x",
    "en/privacy",
    "/en/../../x",
    "/en/?next=//evil.example",
    "/en/#choice-state",
    "@evil.example",
    "/é",
    "/" + "a" * 250,
    "/" + "a" * 5000,
]


@pytest.mark.parametrize("target", FOREIGN, ids=lambda t: quote(t[:30]))
def test_next_takes_a_path_of_this_site_alone(site: TestSite, target: str) -> None:
    visitor, before = site.visitor("DE"), size(site)
    refused(visitor.post({"choice": "accept", "next": target}), 400)
    assert visitor.cookies == {} and size(site) == before


ORIGINS: dict[str, tuple[dict[str, str], int]] = {
    "the site's own page": ({"Sec-Fetch-Site": "same-origin"}, 303),
    "another site's": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "a sibling's": ({"Sec-Fetch-Site": "same-site"}, 403),
    "no page's": ({"Sec-Fetch-Site": "none"}, 403),
    "something new": ({"Sec-Fetch-Site": "sideways"}, 403),
    "nothing": ({"Sec-Fetch-Site": ""}, 403),
    "another site's, with our origin": ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
    "a foreign origin": ({"Origin": "https://evil.example"}, 403),
    "an opaque origin": ({"Origin": "null"}, 403),
    "an empty origin": ({"Origin": ""}, 403),
    "a longer name": ({"Origin": "http://127.0.0.1:8000.evil.example"}, 403),
    "a name in front": ({"Origin": "http://evil-localhost"}, 403),
    "another port": ({"Origin": "http://localhost:1"}, 403),
    "another scheme": ({"Origin": "ftp://localhost"}, 403),
    "our origin": ({"Origin": "http://127.0.0.1:8000"}, 303),
    "our host": ({"Origin": "http://localhost"}, 303),
    "neither (decision 0004)": ({}, 303),
}


@pytest.mark.parametrize("name", ORIGINS)
def test_a_choice_comes_from_a_page_of_this_site(site: TestSite, name: str) -> None:
    headers, status = ORIGINS[name]
    visitor, before = site.visitor("DE"), size(site)
    answer = visitor._client.post("/en/preferences", data={"choice": "accept"}, headers=headers)
    assert answer.status_code == status
    assert size(site) == before + (status == 303) and bool(visitor.cookies) is (status == 303)
    if status != 303:
        refused(answer, status)


@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
def test_a_wrong_method_gets_a_page_that_says_so(site: TestSite, language: str) -> None:
    client = site.app.test_client()
    for path, method in itertools.product(PATHS, ("PUT", "DELETE", "PATCH", "POST")):
        if (path, method) == ("/preferences", "POST"):
            continue
        answer = client.open(f"/{language}{path}", method=method)
        refused(answer, 405, language)
        allowed = {word.strip() for word in answer.headers["Allow"].split(",")}
        assert {"GET", "HEAD", "OPTIONS"} <= allowed and method not in allowed
    assert client.get("/s/view").status_code == 405


@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
def test_a_body_over_16_kilobytes_is_too_much(site: TestSite, language: str) -> None:
    visitor, before = site.visitor("DE", language=language), size(site)
    refused(visitor.post({"choice": "accept", "x": "a" * 16 * 1024}), 413, language)
    many = visitor.post([("choice", "reject"), *(("vendor", "analytics:site") for _ in range(2000))])
    refused(many, 413, language)
    assert visitor.cookies == {} and size(site) == before
    assert visitor.post({"choice": "accept", "x": "a" * 15 * 1024}).status_code == 303


BODIES = {
    "not UTF-8": (b"choice=accept&next=%ff%fe", "application/x-www-form-urlencoded"),
    "raw bytes": (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
    "JSON": (b'{"choice": "accept"}', "application/json"),
    "a list in JSON": (b"[1]", "application/json"),
    "a number in JSON": (b'{"choice": 1}', "application/json"),
    "no JSON": (b"{", "application/json"),
    "a broken multipart": (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
    "no boundary": (b"choice=accept", "multipart/form-data"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_form_is_refused(site: TestSite, name: str) -> None:
    body, kind = BODIES[name]
    visitor, before = site.visitor("DE"), size(site)
    answer = visitor._client.post(
        "/en/preferences", data=body, content_type=kind, headers={"Sec-Fetch-Site": "same-origin"}
    )
    refused(answer, 400)
    assert size(site) == before and visitor.cookies == {}


@pytest.mark.parametrize(
    "path",
    [
        "/xx/",
        "/EN/",
        "/en-us/",
        "/pt_BR/",
        "/pt-BR/privacy",
        "/en/privacy/EU",
        "/en/privacy/xx",
        "/en/nothing",
        "/e%ffn/",
        "/en/privacy/" + "a" * 3000,
    ],
)
def test_an_address_that_is_none_is_a_page_that_says_so(site: TestSite, path: str) -> None:
    response = site.visitor("DE").get(path, Accept_Language="en")
    page = refused(response, 404)
    assert not page.has("link[@rel='canonical']") and not page.has("link[@rel='alternate']")


@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
def test_an_error_speaks_the_language_of_its_address(site: TestSite, language: str) -> None:
    page = refused(site.visitor("DE", language=language).get(f"/{language}/nothing"), 404, language)
    assert page.response.headers["Cache-Control"] == "private, no-store"
    asked = site.visitor("DE").get("/nothing/at/all", Accept_Language=f"{language},en;q=.1")
    refused(asked, 404, language)
