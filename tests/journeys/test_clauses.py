"""The privacy policy states every fact that it has to, once, under the number of its clause, for every region."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import pytest
from clauses import FACTS, NEVER, NUMBERS
from pages import Page, squeeze
from sites import TestSite

from privacy.categories import Category
from privacy.jurisdictions import load
from privacy.policies import Kind

REGIONS = tuple(code for code, _ in load().regions(datetime.now(UTC).date()))

_UNSEEN = frozenset({"script", "style", "template", "noscript"})


def seen(element: Element, *, top: bool = True) -> Iterator[str]:
    """Iterate over what a reader sees of an element itself: nothing hidden, nothing of a clause within it."""
    if element.tag in _UNSEEN or "hidden" in element.attrib or (not top and "data-clause" in element.attrib):
        return
    yield element.text or ""
    for child in element:
        yield from seen(child, top=False)
        yield child.tail or ""


def marked(page: Page) -> list[tuple[list[str], str]]:
    """Return the numbers and the words of each marked element of the text."""
    article = page.one("article")
    everywhere, within = page.all("*[@data-clause]"), article.findall(".//*[@data-clause]")
    assert len(everywhere) == len(within), f"{page.url}: clauses stand in the text, not around it"
    for around in article.iter():
        is_shut = around.tag == "details" and "open" not in around.attrib
        if is_shut or around.tag in _UNSEEN or "hidden" in around.attrib:
            assert around.find(".//*[@data-clause]") is None, f"{page.url}: a clause stands where nobody sees it"
    return [(e.attrib["data-clause"].split(), squeeze("".join(seen(e)))) for e in within]


def stated(page: Page) -> dict[str, str]:
    """Return the words under each number, once it is proven that each number stands once and has words."""
    elements = marked(page)
    found = Counter(number for numbers, _ in elements for number in numbers)
    missing = [n for n in NUMBERS if n not in found]
    assert not missing, f"{page.url}: no element carries data-clause {missing}: a clause of the policy was lost"
    doubled = [n for n, count in found.items() if count > 1]
    assert not doubled, f"{page.url}: clauses stand once, these more often: {doubled}"
    unknown = [n for n in found if n not in FACTS]
    assert not unknown, f"{page.url}: {unknown} are no clauses of the policy: see tests/support/clauses.py"
    for numbers, words in elements:
        assert numbers, f"{page.url}: an empty data-clause marks nothing: {words[:80]!r}"
        assert re.search(r"\w{2}", words), f"{page.url}: clause {numbers} has no words of its own that a reader sees"
    return {number: words for numbers, words in elements for number in numbers}


def absent(texts: dict[str, str]) -> list[str]:
    """Name each fact that the text under its number does not state."""
    return [
        f"clause {number} no longer states {fact!r}: {texts[number]!r}"
        for number, facts in FACTS.items()
        for fact in facts
        if not re.search(fact, texts[number], re.IGNORECASE)
    ]


def test_the_table_is_whole() -> None:
    parts = [tuple(int(part) for part in number.split(".")) for number in NUMBERS]
    assert parts == sorted(parts), "the table follows the order of the policy"
    assert {part[0] for part in parts} == set(range(1, 21)), "the policy has twenty sections"
    for number, facts in FACTS.items():
        assert 1 <= len(facts) <= 6 and len(set(facts)) == len(facts), f"clause {number}: one to six facts, each once"


@pytest.mark.parametrize("region", REGIONS)
def test_every_clause_states_its_facts(site: TestSite, region: str) -> None:
    page = site.visitor().goes_to(f"/privacy/{region}")
    assert page.one("*[@data-region]").attrib["data-region"] == region
    lost = absent(stated(page))
    advice = "put each fact back, or change it in the reviewed table with a reason"
    assert not lost, "\n".join((f"{page.url}: {advice}:", *lost))
    words = page.words("article")
    for never in NEVER:
        assert not re.search(never, words, re.IGNORECASE), f"{page.url}: the law does not bear {never!r}"


def test_every_purpose_has_its_basis(site: TestSite) -> None:
    page = site.visitor().goes_to("/privacy/de")
    bases = {
        row.find("th").attrib["data-clause"]: squeeze("".join(row.find("td").itertext()))  # type: ignore[union-attr]
        for row in page.one("table[@class='purposes']").findall("tbody/tr")
    }
    assert list(bases) == [number for number in NUMBERS if number.startswith("8.1.")]
    for number, basis in bases.items():
        assert re.search(r"art\. 6\(1\)\([abcf]\)", basis), f"clause {number} names no basis of art. 6: {basis!r}"
        if "(f)" in basis:
            assert re.search(r": \w+ \w", basis), f"clause {number} does not name the interest: {basis!r}"


@pytest.mark.parametrize(("language", "region"), [("de", "de"), ("fr", "fr"), ("pt-br", "br")])
def test_every_language_has_every_clause(site: TestSite, language: str, region: str) -> None:
    stated(site.visitor(language=language).goes_to(f"/privacy/{region}"))


def test_a_dropped_fact_is_noticed(site: TestSite) -> None:
    texts = stated(site.visitor().goes_to("/privacy/de"))
    for number in NUMBERS:
        lost = absent({**texts, number: "Something else."})
        assert len(lost) == len(FACTS[number]), f"clause {number}: each of its facts would be missed, and no other"


def publish(made: TestSite) -> None:
    """Publish the privacy policy as it reads now."""
    made.site.policies.publish(
        Kind.PRIVACY, made.site.tags.live(), author="test", note={"en": "As it is now."}, material=frozenset()
    )
    made.site.live.refresh()


def turn_on_adver(made: TestSite) -> None:
    """Switch on a provider that also uses what it receives for itself."""
    made.turn_on(
        "ads",
        vendor="Adver",
        vendor_role="third_party",
        category=Category.MARKETING,
        settings={"src": "https://adver.example/t.js"},
    )


NO_SALE = r"neither sell nor share|do not sell or share|sold or shared: no\b"


def remarks(page: Page) -> str:
    """Return what stands above the text about what is newer than it."""
    return squeeze(" ".join("".join(e.itertext()) for e in page.all("p[@class='coming']")))


def test_out_of_the_box_nothing_is_sold_or_shared(site: TestSite) -> None:
    page = site.visitor().goes_to("/privacy/us-ca")
    assert "neither sell nor share" in stated(page)["1.5"] and remarks(page) == ""
    assert len(re.findall(NO_SALE, page.words("article"), re.IGNORECASE)) == 3, "in short, at collection, in clause 1.5"


@pytest.mark.parametrize("region", ["us-ca", "de", "row"])
def test_the_sentence_on_a_sale_follows_the_registry(own_site: TestSite, region: str) -> None:
    visitor = own_site.visitor()
    turn_on_adver(own_site)
    page = visitor.goes_to(f"/privacy/{region}")
    assert "Adver" not in stated(page)["1.5"], "what was published does not change by itself"
    assert re.search(r"since this version was published.*switched on.*Adver", remarks(page), re.IGNORECASE), (
        f"{page.url}: a text that is older than a recipient says so, this says {remarks(page)!r}"
    )

    publish(own_site)
    page = visitor.goes_to(f"/privacy/{region}")
    texts = stated(page)
    assert remarks(page) == "", "the text that is in force names the provider itself"
    assert "Adver" in texts["1.5"] and re.search(r"\bsale or sharing\b", texts["1.5"]), "recipients are named"
    assert re.search(r"pages that you view.*identifier", texts["1.5"]), "the categories are named"
    assert re.search(r"say no at any time", texts["1.5"]), "the way out is named"
    assert not absent(texts), f"the other facts stay: {absent(texts)}"
    denied = re.findall(NO_SALE, page.words("article"), re.IGNORECASE)
    assert not denied, f"{page.url}: with Adver switched on the policy cannot say {denied}"
    assert page.words("section[@id='short']").count("Adver") == 1, "the short version says it too"

    own_site.turn_off("ads")
    publish(own_site)
    texts = stated(visitor.goes_to(f"/privacy/{region}"))
    assert "neither sell nor share" in texts["1.5"] and "Adver" not in texts["1.5"]


def test_the_notice_at_collection_names_whom_data_is_sold_to(own_site: TestSite) -> None:
    turn_on_adver(own_site)
    publish(own_site)
    words = own_site.visitor().goes_to("/privacy/us-ca").words("section[@id='law']")
    assert re.search(r"Notice at Collection.*sold or shared.*Adver", words, re.IGNORECASE)


def test_a_provider_that_works_for_the_site_alone_is_no_sale(own_site: TestSite) -> None:
    own_site.turn_on(
        "measure", vendor="Measure", category=Category.ANALYTICS, settings={"src": "https://measure.example/t.js"}
    )
    page = own_site.visitor().goes_to("/privacy/us-ca")
    assert "neither sell nor share" in stated(page)["1.5"] and remarks(page) == ""
