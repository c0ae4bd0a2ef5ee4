"""Dark patterns, the layers as they are served: DP01, DP02, DP04 to DP10, DP18 to DP21."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest
from pages import Page, squeeze
from sites import TestSite

from i18n.locales import LOCALES
from privacy.registry import NECESSARY, is_necessary
from privacy.templates import load as library

FORM = "main//form"
"""The form of the second layer."""

PAGES = ("/", "/privacy", "/cookies", "/contact", "/preferences")
FREE = {"CA-QC": {"functional"}}
"""Categories that a place leaves free of consent, so that an assertion does not bind them there."""

LABELS = {
    "en": {"Reject", "Accept", "Choose", "Reject all", "Accept all", "Save choices", "×"},
    "de": {
        "Ablehnen", "Annehmen", "Akzeptieren", "Zustimmen", "Erlauben", "Auswählen", "Wählen", "×",
        "Alle ablehnen", "Alles ablehnen", "Alle annehmen", "Alles annehmen", "Alle akzeptieren", "Alles akzeptieren",
        "Allem zustimmen", "Alle erlauben", "Alles erlauben", "Auswahl speichern",
    },
    "fr": {
        "Refuser", "Accepter", "Choisir", "Tout refuser", "Tout accepter", "×",
        "Enregistrer les choix", "Enregistrer mes choix", "Enregistrer", "Enregistrer le choix",
    },
    "pt-br": {
        "Recusar", "Rejeitar", "Aceitar", "Permitir", "Escolher", "Recusar tudo", "Rejeitar tudo", "Aceitar tudo", "×",
        "Recusar todos", "Rejeitar todos", "Aceitar todos", "Salvar escolhas", "Salvar as escolhas", "Salvar opções",
    },
}  # fmt: skip


def requested(page: Page) -> Iterator[str]:
    """Name the foreign hosts from which a browser would fetch something for a page."""
    for element in page.root.iter():
        names = ["src", "srcset", "data", "poster"]
        if element.tag == "link" and element.attrib.get("rel") not in ("canonical", "alternate"):
            names.append("href")
        for name in names:
            host = urlsplit(element.attrib.get(name, "")).hostname
            if host:
                yield host


def allowed(page: Page) -> Iterator[str]:
    """Name the foreign hosts that a page's policy lets the browser ask."""
    for sources in page.csp.values():
        yield from (source for source in sources if not source.startswith("'"))


def layer(page: Page) -> Element:
    """Return the first layer."""
    return page.one("*[@data-banner]")


def answers(root: Element) -> list[Element]:
    """Return the buttons that answer."""
    return [e for e in root.iter("button") if e.attrib.get("name") == "choice"]


def bound(place: str | None) -> set[str]:
    """Return the categories that need consent at a place that asks for it."""
    return {"functional", "analytics", "marketing"} - FREE.get(place or "", set())


def test_dp01_fresh_visit_sets_no_cookie_and_names_no_foreign_host(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    free = {"videos.example"} if "functional" in FREE.get(opt_in_place or "", ()) else set()
    for path in PAGES:
        page = visitor.goes_to(path)
        assert page.set_cookies == [] and visitor.cookies == {}
        assert set(requested(page)) <= free, path
        assert {urlsplit(source).hostname for source in allowed(page)} <= free, path
    for path in ("/", "/.well-known/gpc.json", "/en/no-such-page"):
        assert visitor.get(path).headers.getlist("Set-Cookie") == []


def test_dp02_first_layer_has_a_reject_button_wherever_it_has_an_accept_button(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    for path in PAGES[:-1]:
        values = [e.attrib["value"] for e in answers(layer(busy_site.visitor(opt_in_place).goes_to(path)))]
        assert values.count("accept") == 1 and "reject" in values


def test_dp04_nothing_that_needs_consent_is_ticked_on_first_display(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    assert not [e for e in layer(visitor.goes_to("/")).iter("input") if e.attrib.get("type") != "hidden"]
    page = visitor.goes_to("/preferences")
    for category, vendor in (("functional", "videos"), ("analytics", "measure"), ("marketing", "adver")):
        if category in bound(opt_in_place):
            assert not page.is_ticked(category) and not page.is_ticked(f"{category}:{vendor}")
    assert not page.is_ticked("analytics:site")


def test_dp05_reject_is_a_button_inside_the_layer_and_no_link_or_text(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    page = busy_site.visitor(opt_in_place).goes_to("/")
    parents = {child: parent for parent in page.root.iter() for child in parent}
    accept, reject = (
        next(e for e in answers(layer(page))[::-1] if e.attrib["value"] == v) for v in ("accept", "reject")
    )
    assert parents[accept] is parents[reject], "the two stand side by side"
    above, element = [], reject
    while element in parents:
        element = parents[element]
        above.append(element.tag)
    assert layer(page) in parents.values() and not {"p", "a", "details", "li"} & set(above)
    assert "class" not in reject.attrib and "hidden" not in reject.attrib


def test_dp08_nothing_offers_legitimate_interest_and_a_bare_reject_refuses(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    words = re.compile(
        r"legitimate interest|berechtigte[sn]? interesse|intérêts? légitimes?|"
        r"leg[ií]timo interesse|interesse leg[ií]timo",
        re.I,
    )
    for locale in LOCALES:
        visitor = busy_site.visitor(opt_in_place, language=locale.slug)
        page = visitor.goes_to("/")
        assert not words.search(page.words("*[@data-banner]"))
        assert not words.search(visitor.goes_to("/preferences").words(FORM))
    visitor.post({"choice": "reject"})
    assert visitor.goes_to("/").scripts == [], "no second switch has to be found"


def test_dp09_what_is_called_necessary_is_on_the_reviewed_list(busy_site: TestSite, opt_in_place: str | None) -> None:
    visitor = busy_site.visitor(opt_in_place)
    names = ["".join(e.itertext()) for e in visitor.goes_to("/cookies").all("section[@id='necessary']//code")]
    assert names == [c.name for c in NECESSARY] == ["choice", "signal"]
    assert {c.purpose for c in NECESSARY} == {"remember-choice", "remember-signal"}, "both keep an act of the visitor's"
    visitor.accepts()
    visitor.goes_to("/")
    assert set(visitor.cookies) == {"choice"}
    for vendor in library().vendors.values():
        for use in vendor["uses"].values():
            assert not [c["name"] for c in use["cookies"] if is_necessary(c["name"].rstrip("*"))]
    status, said = busy_site.command("tags", "add", "x", "--template", "custom", "--category", "necessary")
    assert status != 0 and "necessary" in said


def test_dp10_every_page_links_to_the_choices_without_signing_in(busy_site: TestSite, opt_in_place: str | None) -> None:
    visitor = busy_site.visitor(opt_in_place)
    for path, status in [*((p, 200) for p in PAGES), ("/privacy/de", 200), ("/no-such-page", 404)]:
        link = visitor.goes_to(path, status=status).one("a[@data-reopen]")
        assert squeeze("".join(link.itertext())) and "hidden" not in link.attrib
        assert visitor.goes_to(link.attrib["href"].removeprefix("/en")).has(FORM)


@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
def test_dp18_labels_come_from_a_plain_list(busy_site: TestSite, opt_in_place: str | None, language: str) -> None:
    visitor = busy_site.visitor(opt_in_place, language=language)
    first, second = visitor.goes_to("/"), visitor.goes_to("/preferences")
    controls = [*answers(layer(first)), first.one("a[@data-choose]"), *answers(second.one(FORM))]
    labels = {squeeze("".join(e.itertext())) for e in controls}
    assert labels <= LABELS[language], f"not on the list: {labels - LABELS[language]}"


def test_dp19_the_layer_promotes_nothing(busy_site: TestSite, opt_in_place: str | None) -> None:
    page = busy_site.visitor(opt_in_place).goes_to("/")
    words = page.words("*[@data-banner]").lower()
    assert not re.search(r"newsletter|discount|subscribe|sign up|voucher|coupon|free|offer|win |deal|%|!", words)
    assert {e.tag for e in layer(page).iter()} <= {
        "section", "form", "h2", "p", "strong", "div", "button", "a", "details", "summary", "dl", "dt", "dd", "input"
    }  # fmt: skip
    assert {e.attrib.get("type") for e in layer(page).iter("input")} <= {"hidden"}


def test_dp20_two_layers_and_a_bulk_reject_on_each(busy_site: TestSite, opt_in_place: str | None) -> None:
    visitor = busy_site.visitor(opt_in_place)
    first = visitor.goes_to("/")
    assert "reject" in [e.attrib["value"] for e in answers(layer(first))]
    second = visitor.goes_to(first.one("a[@data-choose]").attrib["href"].removeprefix("/en"))
    form = second.one(FORM)
    assert [e.attrib["value"] for e in answers(form)].count("reject") == 1
    boxes = {e.attrib["value"] for e in form.iter("input") if e.attrib.get("name") in ("category", "vendor")}
    assert {"functional", "analytics", "marketing", "marketing:adver", "analytics:site"} <= boxes
    inner = [e.attrib["href"] for e in form.iter("a") if e.attrib["href"].startswith(("/", "#"))]
    assert inner == [], "there is no third layer"


@pytest.mark.parametrize("path", PAGES[:-1])
def test_dp21_each_link_of_the_layer_leads_somewhere_else(
    busy_site: TestSite, opt_in_place: str | None, path: str
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    page = visitor.goes_to(path)
    links = [e.attrib["href"] for e in layer(page).iter("a")]
    assert len(links) == 3
    for link in links:
        target, _, fragment = link.partition("#")
        found = visitor.goes_to(target.removeprefix("/en"))
        assert target != page.url or fragment, f"{link} on {page.url} opens the same page again"
        assert not fragment or found.has(f"*[@id='{fragment}']")
