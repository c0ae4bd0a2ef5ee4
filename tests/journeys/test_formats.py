"""The same text for people and for machines: plain, as JSON, marked up, linked and listed, and kept apart by place."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest
from pages import Page, squeeze
from publishing import few, frozen, publish, reword
from sites import TestSite
from visitors import Visitor

from i18n.locales import LOCALES
from privacy.categories import Category
from privacy.jurisdictions import load
from privacy.policies import Document, Kind, Section, plain

ORIGIN = "http://127.0.0.1:8000"
LANGUAGES = [locale.slug for locale in LOCALES]
SLUGS = {locale.tag: locale.slug for locale in LOCALES}
HEAD = ("inLanguage", "region", "version", "dateModified", "sha256")
"""What each form says of a text, in this order."""

TEXTS = [
    ("/privacy", "/privacy", "DE"),
    ("/privacy", "/privacy", None),
    ("/privacy", "/privacy", "US-CA"),
    ("/privacy/de", "/privacy/de", "BR"),
    ("/privacy/ca-qc", "/privacy/ca-qc", "DE"),
    ("/cookies", "/cookies", "DE"),
    ("/cookies", "/cookies", "AU"),
    ("/privacy/versions/1/gb", "/privacy/versions/1/gb", "DE"),
    ("/cookies/versions/1/br", "/cookies/versions/1/br", "DE"),
    ("/privacy/versions/1", "/privacy/versions/1/fr", "FR"),
    ("/cookies/versions/1", "/cookies/versions/1/us-ca", "US-CA"),
]
"""A page, where its other forms stand, and from where it is read."""
EACH_TEXT = pytest.mark.parametrize(("path", "forms", "place"), TEXTS)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    """Give a site whose privacy policy has two versions, for few regions."""
    made = few(TestSite(tmp_path_factory.mktemp("twice")))
    reword(made, "application form", "request form")
    publish(made)
    yield made
    made.close()


def as_json(visitor: Visitor, path: str) -> dict[str, Any]:
    """Return a text as JSON."""
    answer = visitor.get(f"/{visitor.language}{path}.json")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json", path
    found: dict[str, Any] = json.loads(answer.data)
    return found


def as_text(visitor: Visitor, path: str) -> str:
    """Return a text as plain text."""
    answer = visitor.get(f"/{visitor.language}{path}.txt")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/plain; charset=utf-8", path
    return answer.get_data(as_text=True)


def words(html: str) -> list[str]:
    """Return the words that a browser makes of markup, without what only the layout reads."""
    root = html5lib.parseFragment(html, namespaceHTMLElements=False, treebuilder="etree")
    return squeeze(" ".join(root.itertext())).split()


def bare(text: str) -> list[str]:
    """Return the words of a text without the marks that stand for markup."""
    return re.sub(r"[:()<>]", " ", text).split()


def columns(head: str) -> list[str]:
    """Return the heads of a table's columns, but for that of its rows' own names."""
    return [squeeze(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<th\b.*?</th>", head, re.DOTALL)][1:]


@EACH_TEXT
def test_each_form_holds_the_same_words_and_hashes(site: TestSite, path: str, forms: str, place: str | None) -> None:
    visitor = site.visitor(place)
    page, document, text = visitor.goes_to(path), as_json(visitor, forms), as_text(visitor, forms)
    html = [section["html"] for section in document["sections"]]
    assert frozen(page).count("<section") == len(html)
    for part in html:
        assert part in page.text, f"{path}: the JSON holds what the page shows, byte for byte"
    made = Document(
        SLUGS[document["inLanguage"]],
        document["region"],
        document["name"],
        tuple(Section(s["id"], s["title"], s["html"]) for s in document["sections"]),
    )
    assert [s["hash"] for s in document["sections"]] == [s.key for s in made.sections]
    assert document["sha256"] == made.digest, "anybody can hash it again"
    assert made.text == "\n\n".join(s["text"] for s in document["sections"]) + "\n"
    facts = "\n".join(f"{name}: {document[name]}" for name in HEAD)
    assert text == "\n\n".join([made.title, facts, *document["now"], made.text]), "its title, what it is, what is now"
    if "/versions/" in forms:
        assert document["now"] == [], "what an earlier address says never changes"
    else:
        stamp = page.words("p[@class='fine stamp']")
        assert len(document["now"]) == 1 and stamp.startswith(document["now"][0]), "as on the page"
    assert [s["text"] for s in document["sections"]] == [plain(h) for h in html]
    kept = [re.sub(r"<thead\b.*?</thead>", " ", h, flags=re.DOTALL) for h in html]
    heads = [h for table in re.findall(r"<thead\b.*?</thead>", " ".join(html), re.DOTALL) for h in columns(table)]
    assert all(f"{head}: " in made.text for head in heads), f"{path}: each head stands before its cells"
    missing = Counter(bare(" ".join(words(" ".join(kept))))) - Counter(bare(made.text))
    assert not missing, f"{path}: the plain text has lost {list(missing)[:10]}"


@EACH_TEXT
def test_the_page_links_its_other_forms_and_they_are_there(
    site: TestSite, path: str, forms: str, place: str | None
) -> None:
    for language in ("en", "pt-br"):
        visitor = site.visitor(place, language=language)
        page = visitor.goes_to(path)
        links = {e.attrib["type"]: e.attrib["href"] for e in page.all("head/link[@rel='alternate'][@type]")}
        base = f"/{language}{forms}"
        assert links == {"text/plain": f"{base}.txt", "application/json": f"{base}.json"}
        for mimetype, address in links.items():
            answer = visitor.get(address)
            assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(mimetype)
            assert SLUGS[answer.headers["Content-Language"]] == language
            assert "private" in answer.headers["Cache-Control"] or "no-cache" in answer.headers["Cache-Control"]


def test_json_names_what_it_is(site: TestSite) -> None:
    document = as_json(site.visitor(), "/privacy/de")
    version = site.site.policies.versions(Kind.PRIVACY)[0]
    day = f"{version.effective:%B} {version.effective.day}, {version.effective.year}"
    assert {k: v for k, v in document.items() if k not in ("sections", "sha256")} == {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "name": "Privacy policy",
        "inLanguage": "en",
        "region": "de",
        "version": 1,
        "dateModified": version.effective.isoformat(timespec="seconds"),
        "now": [f"Version 1, in force since {day}."],
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", document["dateModified"])
    earlier = as_json(site.visitor(), "/privacy/versions/1/de")
    assert earlier == document | {"now": []}, "an earlier address says the same, and nothing of today"


def test_each_form_names_its_language_by_its_tag(site: TestSite) -> None:
    for locale in LOCALES:
        visitor = site.visitor(language=locale.slug)
        for path in ("/privacy/br", "/cookies", "/privacy/versions/1/br"):
            assert as_json(visitor, path)["inLanguage"] == locale.tag
            assert f"\ninLanguage: {locale.tag}\n" in as_text(visitor, path)
            assert visitor.get(f"/{locale.slug}{path}.txt").headers["Content-Language"] == locale.tag


def test_a_text_that_is_not_in_the_readers_language_says_so_in_every_form(twice: TestSite) -> None:
    """The second version has no French: its English text is sent."""
    visitor = twice.visitor(language="fr")
    for path in ("/privacy/de", "/privacy/versions/2/de"):
        for form in ("txt", "json"):
            answer = visitor.get(f"/fr{path}.{form}")
            assert answer.status_code == 200 and answer.headers["Content-Language"] == "en"
        assert as_json(visitor, path)["inLanguage"] == "en" and "\ninLanguage: en\n" in as_text(visitor, path)
    assert visitor.get("/fr/privacy/versions/1/de.txt").headers["Content-Language"] == "fr", "the first has French"


def test_what_is_true_now_stands_above_the_text_in_force_and_above_no_other(own_site: TestSite) -> None:
    visitor = few(own_site).visitor("DE")
    paths = [f"/privacy/versions/1/de.{form}" for form in ("txt", "json")]
    before = [visitor.get(f"/en{path}").data for path in paths]
    own_site.turn_on("ads", vendor="Adver", category=Category.MARKETING, settings={"src": "https://adver.example/t.js"})
    reword(own_site, "application form", "request form")
    soon = datetime.now(UTC) + timedelta(days=30)
    publish(own_site, note={"en": "Another form."}, effective=soon)
    now = as_json(visitor, "/privacy/de")["now"]
    day = f"{soon:%B} {soon.day}, {soon.year}"
    assert now[0].startswith("Version 1, in force since ")
    assert now[1] == f"A new version takes effect on {day}: Another form."
    assert now[2].startswith("Since this version was published, we have switched on providers") and "Adver" in now[2]
    assert len(now) == 3 and "\n\n" + "\n\n".join(now) + "\n\n" in as_text(visitor, "/privacy/de")
    main = visitor.goes_to("/privacy/de").words("main")
    assert all(line in main for line in now), "the page says the same"
    assert [visitor.get(f"/en{path}").data for path in paths] == before, "byte for byte"
    assert as_json(visitor, "/privacy/versions/2/de")["now"] == []


def test_an_earlier_version_says_which_it_is_in_every_form(twice: TestSite) -> None:
    visitor = twice.visitor("DE")
    for number, form in ((1, "application form"), (2, "request form")):
        document = as_json(visitor, f"/privacy/versions/{number}/de")
        assert document["version"] == number
        assert form in as_text(visitor, f"/privacy/versions/{number}/de")
    assert as_json(visitor, "/privacy/de")["version"] == 2, "the one in force is the newest"


@pytest.mark.parametrize("ending", ["pdf", "html", "xml", "md", "TXT"])
def test_there_is_no_other_form(site: TestSite, ending: str) -> None:
    for path in ("/privacy", "/privacy/de", "/cookies", "/privacy/versions/1/de", "/privacy/nowhere", "/contact"):
        assert site.visitor().get(f"/en{path}.{ending}").status_code == 404
    assert site.visitor().get("/en/privacy/nowhere.txt").status_code == 404
    assert site.visitor().get("/xx/privacy.txt").status_code == 404


ADDRESSES = ["/privacy", "/privacy/de", "/privacy/us-ca", "/cookies", "/privacy/versions", "/cookies/versions"]
ADDRESSES += ["/privacy/versions/1", "/privacy/versions/1/de", "/privacy/versions/1/since/1/de", "/", "/contact"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_each_page_names_its_own_address_and_its_other_languages(site: TestSite, path: str) -> None:
    for language in LANGUAGES:
        page = site.visitor("DE", language=language).goes_to(path)
        assert page.one("head/link[@rel='canonical']").attrib["href"] == f"{ORIGIN}/{language}{path}"
        others = {e.attrib["hreflang"]: e.attrib["href"] for e in page.all("head/link[@hreflang]")}
        assert others == {locale.tag: f"{ORIGIN}/{locale.slug}{path}" for locale in LOCALES}, "each, itself included"


def properties(page: Page) -> dict[str, str]:
    """Return the microdata of a page: the content or the text of each property."""
    found = {}
    for element in page.all("*[@itemprop]"):
        found.setdefault(
            element.attrib["itemprop"], element.attrib.get("content") or squeeze("".join(element.itertext()))
        )
    return found


@pytest.mark.parametrize("path", ["/privacy", "/privacy/de"])
def test_the_page_is_marked_up_for_search_engines(site: TestSite, path: str) -> None:
    for locale in LOCALES:
        page = site.visitor("DE", language=locale.slug).goes_to(path)
        scopes = [e.attrib["itemtype"] for e in page.all("*[@itemscope]")]
        assert scopes == ["https://schema.org/WebPage", "https://schema.org/Organization"]
        found = properties(page)
        version = site.site.policies.versions(Kind.PRIVACY)[0]
        assert found["version"] == "1" and found["inLanguage"] == locale.tag
        assert found["dateModified"] == version.effective.date().isoformat()
        assert found["name"] == as_json(site.visitor("DE", language=locale.slug), path)["name"]
        publisher = page.one("*[@itemtype='https://schema.org/Organization']")
        said = {e.attrib["itemprop"]: e.attrib["content"] for e in publisher}
        assert said["name"] == "Softermii Inc." and "Studio City" in said["address"]
        assert set(said) == {"name", "address"}
        assert len(page.all("div[@itemtype='https://schema.org/WebPage']//article")) == 1, "the text is what it marks"


# What crawlers read.

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def listed(site: TestSite) -> dict[str, str | None]:
    """Return each address of the sitemap with its day."""
    answer = site.visitor().get("/sitemap.xml")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.data)
    assert root.tag == f"{SITEMAP}urlset" and {e.tag for e in root} == {f"{SITEMAP}url"}
    addresses = [e.findtext(f"{SITEMAP}loc") or "" for e in root]
    assert len(set(addresses)) == len(addresses) < 50_000, "each stands once"
    return {e.findtext(f"{SITEMAP}loc") or "": e.findtext(f"{SITEMAP}lastmod") for e in root}


def test_robots_are_told_where_the_list_is(site: TestSite) -> None:
    answer = site.visitor().get("/robots.txt")
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.headers["Content-Type"].startswith("text/plain") and "set-cookie" not in answer.headers
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in lines
    shut = [line.partition(": ")[2] for line in lines if line.startswith("Disallow")]
    assert not [a for a in listed(site) if any(a.removeprefix(ORIGIN).startswith(path) for path in shut)]


def test_every_address_of_the_list_answers_and_is_its_own(site: TestSite) -> None:
    visitor = site.visitor()
    for address in listed(site):
        assert address.startswith(f"{ORIGIN}/"), "addresses are whole, and of this site"
        answer = visitor.get(address.removeprefix(ORIGIN))
        assert answer.status_code == 200, f"{address} answers {answer.status_code}"
        found = re.findall(r'<link rel="canonical" href="([^"]*)">', answer.get_data(as_text=True))
        assert found == [address], "what is listed is no copy of another page"


def test_the_list_is_whole_and_dates_the_texts(site: TestSite) -> None:
    found, regions = listed(site), [code for code, _ in load().regions(datetime.now(UTC).date())]
    day = site.site.policies.versions(Kind.PRIVACY)[0].effective.date().isoformat()
    for language in LANGUAGES:
        for path in ("/privacy", "/privacy/versions", "/cookies", "/cookies/versions"):
            assert found[f"{ORIGIN}/{language}{path}"] == day
        assert f"{ORIGIN}/{language}/" in found and f"{ORIGIN}/{language}/contact" in found
        for region in regions:
            assert found[f"{ORIGIN}/{language}/privacy/{region}"] == day
    assert not [a for a in found if "preferences" in a or "since" in a], "nothing of a visitor's own"


# The page store.

KEPT = ["/privacy.txt", "/privacy.json", "/privacy/de.txt", "/privacy/de.json", "/cookies.txt", "/cookies.json"]
KEPT += ["/privacy/versions/1/de.txt", "/privacy/versions/1/de.json", "/privacy/de", "/privacy/versions/1"]


@pytest.mark.parametrize("path", KEPT)
def test_the_page_store_answers_the_second_reader_with_the_same_bytes(own_site: TestSite, path: str) -> None:
    front = own_site.site.front
    assert front is not None
    first = own_site.visitor("DE").get(f"/en{path}")
    before = front.hits
    second = own_site.visitor("DE").get(f"/en{path}")
    assert front.hits == before + 1, f"{path} woke Flask twice"
    assert second.data == first.data and second.headers["ETag"] == first.headers["ETag"]
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    again = own_site.visitor("DE").get(f"/en{path}", If_None_Match=first.headers["ETag"])
    assert again.status_code == 304 and again.data == b""


@pytest.mark.parametrize("path", ["/privacy.txt", "/privacy.json", "/privacy", "/privacy/versions/1", "/cookies.json"])
def test_the_page_store_does_not_mix_places_or_languages(own_site: TestSite, path: str) -> None:
    places = ("DE", "FR", "US-CA", "AU", None)
    for _ in range(2):
        seen: dict[bytes, tuple[str | None, str]] = {}
        for place in places:
            for language in ("en", "de"):
                answer = own_site.visitor(place, language=language).get(f"/{language}{path}")
                assert answer.data not in seen, f"{place} in {language} got the page of {seen.get(answer.data)}"
                seen[answer.data] = (place, language)
                if path.endswith("json"):
                    expected = (place or "row").lower()
                    assert json.loads(answer.data)["region"] == expected


def test_publishing_ends_what_the_store_kept(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    before = as_text(visitor, "/privacy/de")
    first = {form: visitor.get(f"/en/privacy/versions/1/de.{form}").data for form in ("txt", "json")}
    reword(few(own_site), "application form", "request form")
    assert as_text(visitor, "/privacy/de") == before
    publish(own_site)
    assert "request form" in as_text(visitor, "/privacy/de") and as_json(visitor, "/privacy")["version"] == 2
    for form, data in first.items():
        assert visitor.get(f"/en/privacy/versions/1/de.{form}").data == data, f"the {form} of a version never changes"
