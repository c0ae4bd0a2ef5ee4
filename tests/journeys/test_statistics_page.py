"""The page of statistics and its CSV: the same figures, readable by all, and nothing of a small group in either."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import pytest
from entries import entry, refusal, write
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import ChoiceLoader, DictLoader
from sites import TestSite

from blueprints.staff.statistics import csv_of, filter_of, statistics_view
from blueprints.staff.statistics_csv import COLUMNS, guarded
from i18n.locales import LOCALES
from privacy.categories import Category
from privacy.periods import LONGEST
from services.reports import Filter, Report
from web.languages import use_locale

TODAY = date(2026, 3, 31)
WEEK = Filter(date(2026, 3, 25), TODAY)
MONTH = Filter(date(2026, 3, 2), TODAY)
JANUARY = Filter(date(2026, 1, 1), date(2026, 1, 31))
DATES = {"from": "2026-01-01", "to": "2026-01-31"}
FIELDS = ("by", "days", "from", "to", "region", "locale", "category", "tags")
LAYOUT = "<!doctype html><html lang='en' dir='ltr'><head><title>x</title></head><body>{% block main %}{% endblock %}"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    """Give a site where many chose in two places, few in a third, and pages were read."""
    made = TestSite(tmp_path_factory.mktemp("busy"))
    write(made, *(entry() for _ in range(40)), *(refusal() for _ in range(30)))
    write(made, *(entry(jurisdiction={"region": "us-ca"}, locale="en", policy="tags-2") for _ in range(25)))
    write(made, *(refusal(jurisdiction={"region": "fr"}, locale="fr", signals={"gpc": "sent"}) for _ in range(7)))
    for region, locale, pages in (("de", "en", 200), ("us-ca", "en", 50), ("fr", "fr", 20)):
        for _ in range(pages):
            made.site.counters.shown((made.site.statistics.today(), region, locale))
    for path, views in (("/en/", 77), ("=HYPERLINK(1)", 33), ("/en/privacy", 3), ("/de/", 12)):
        for _ in range(views):
            made.site.counters.page(path)
    made.site.counters.flush()
    made.site.statistics.catch_up()
    yield made
    made.close()


def report(site: TestSite, **query: str) -> Report:
    """Return what a query reports."""
    return site.site.statistics.report(filter_of(query, site.site.statistics.today()))


def page(site: TestSite, language: str = "en", **query: str) -> Element:
    """Return the page of a query."""
    with site.app.test_request_context(f"/{language}/"):
        use_locale(language)
        environment = site.app.jinja_env.overlay(
            loader=ChoiceLoader([DictLoader({"staff/layout.html": LAYOUT}), site.app.jinja_env.loader])  # type: ignore[list-item]
        )
        view = statistics_view(report(site, **query), query)
        text = environment.get_template("staff/statistics.html").render(statistics=view)
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg)
    assert "style=" not in text and "<style" not in text and "<script" not in text
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(text + "</body></html>")
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert not (element.attrib.get(name) and element.attrib[name] not in ids), element.attrib
        for target in re.findall(r"url\(#([^)]+)\)", " ".join(element.attrib.values())):
            assert target in ids
    return root


def words(element: Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def rows_of(root: Element, table: str) -> dict[str, list[str]]:
    """Return the cells of a table by the name of their row; of one that is hidden, what is spoken."""
    found = next(e for e in root.iter("table") if (c := e.find("caption")) is not None and c.attrib["id"] == table)
    body = found.find("tbody")
    assert body is not None
    rows = {}
    for row in body.iter("tr"):
        head = row.find("th")
        assert head is not None
        rows[words(head)] = [words(cell.find("span[@class='unseen']") or cell) for cell in row.findall("td")]
    return rows


def heads_of(root: Element, table: str) -> list[str]:
    found = next(e for e in root.iter("table") if (c := e.find("caption")) is not None and c.attrib["id"] == table)
    return [words(head) for head in found.findall("thead/tr/th")]


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
def test_every_language_gets_a_page_that_is_well_made(busy: TestSite, language: str) -> None:
    root = page(busy, language)
    charts = [svg for svg in root.iter(f"{SVG}svg") if svg.attrib.get("role") == "img"]
    assert len(charts) == 3
    for chart in charts:
        assert words(next(chart.iter(f"{SVG}title"))) and words(next(chart.iter(f"{SVG}desc")))
    for svg in root.iter(f"{SVG}svg"):
        assert (svg.attrib.get("role") == "img") is not (svg.attrib.get("aria-hidden") == "true")


def test_what_can_be_scrolled_can_be_reached_and_has_a_name(busy: TestSite) -> None:
    for element in page(busy).iter("div"):
        if "scroll" in element.attrib.get("class", ""):
            assert element.attrib["tabindex"] == "0" and element.attrib["role"] and element.attrib["aria-labelledby"]


def test_the_tables_say_what_came_of_it(busy: TestSite) -> None:
    root = page(busy)
    places = rows_of(root, "table-regions")
    heads = heads_of(root, "table-regions")
    german = dict(zip(heads[1:], places["Germany"], strict=True))
    assert german["Accepted"] == "40"
    assert rows_of(root, "table-tags")["Version 2"][heads_of(root, "table-tags").index("Accepted") - 1] == "25"
    assert rows_of(root, "table-categories")["Statistics"][:3] == ["65", "0", "37"]
    assert rows_of(root, "table-periods")["All"][0] == "270"


def test_a_small_group_is_in_no_part_of_the_page(busy: TestSite) -> None:
    root = page(busy)
    heads = heads_of(root, "table-regions")
    refused = heads.index("Refused") - 1
    places = rows_of(root, "table-regions")
    assert places["France"][refused] == places["Germany"][refused] == "*not shown"
    texts = " ".join(words(e) for e in root.iter() if e.tag in ("td", f"{SVG}title", f"{SVG}desc", f"{SVG}text"))
    assert not re.search(r"\b7\b", re.sub(r"Version 7|\w+ 7, \d{4}", "", texts))


def test_a_bar_is_no_longer_than_what_is_shown(busy: TestSite) -> None:
    root = page(busy)
    chart = next(svg for svg in root.iter(f"{SVG}svg") if svg.attrib.get("role") == "img")
    kinds = {rect.attrib["class"].split()[-1] for rect in chart.iter(f"{SVG}rect")}
    assert kinds == {"accepted", "refused"}, "nothing was accepted in part"
    assert [words(t) for t in chart.iter(f"{SVG}text") if t.attrib["class"] == "name"] == ["Accepted", "Refused"]


def test_the_versions_of_the_tags_are_marked_and_named(busy: TestSite) -> None:
    root = page(busy)
    assert "v1" in [words(t) for t in root.iter(f"{SVG}text") if t.attrib["class"] == "mark-text"]
    notes = words(next(e for e in root.iter("dl") if e.attrib.get("class") == "versions-published"))
    assert notes.startswith("v1") and "out of the box" in notes


def test_an_empty_page_says_what_to_do_first(own_site: TestSite) -> None:
    root = page(own_site)
    assert "Nothing was counted yet" in words(root) and not list(root.iter("table"))
    narrowed = page(own_site, region="de")
    assert "Nothing was counted that fits" in words(narrowed)
    assert [a.attrib["href"] for a in narrowed.iter("a")] == ["?"]


def test_the_form_keeps_what_was_asked_for(busy: TestSite) -> None:
    root = page(busy, days="7", region="de", category="analytics")
    chosen = {
        select.attrib["name"]: option.attrib["value"]
        for select in root.iter("select")
        for option in select.iter("option")
        if "selected" in option.attrib
    }
    assert chosen == {"days": "7", "region": "de", "locale": "", "category": "analytics", "tags": ""}
    link = next(a for a in root.iter("a") if "download" in a.attrib)
    assert link.attrib["href"] == "?days=7&region=de&category=analytics&format=csv"
    assert "Banner shown" not in heads_of(root, "table-regions"), "what is not counted by category is left out"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, MONTH),
        ({"days": "365"}, Filter(date(2025, 4, 1), TODAY)),
        ({"days": "8"}, MONTH),
        (DATES, JANUARY),
        ({**DATES, "days": "7", "by": "days"}, JANUARY),
        ({**DATES, "days": "7", "by": "dates"}, WEEK),
        ({"from": "2026-03-30", "to": "2026-04-01", "days": "7"}, WEEK),
        ({"from": "1000-01-01", "to": "2026-01-01", "days": "7"}, WEEK),
        (
            {"days": "7", "region": "us-ca", "locale": "pt-br", "category": "marketing", "tags": "12"},
            Filter(WEEK.first, TODAY, "us-ca", "pt-br", Category.MARKETING, 12),
        ),
        ({"days": "7", "region": "../x", "locale": "xx", "category": "necessary", "tags": "-1"}, WEEK),
    ],
    ids=str,
)
def test_an_address_asks_for(query: dict[str, str], wanted: Filter) -> None:
    assert filter_of(query, TODAY) == wanted


@given(st.dictionaries(st.sampled_from(FIELDS), st.text()))
def test_any_address_asks_for_something(query: dict[str, str]) -> None:
    wanted = filter_of(query, TODAY)
    assert wanted.first <= wanted.last <= TODAY and wanted.span.days <= LONGEST


def lines(site: TestSite, **query: str) -> list[dict[str, str]]:
    """Return the CSV of a query, read as a program reads it."""
    return list(csv.DictReader(io.StringIO("".join(csv_of(report(site, **query))))))


def test_the_csv_says_what_the_page_says(busy: TestSite) -> None:
    found = {(line["breakdown"], line["key"]): line for line in lines(busy)}
    whole = next(line for (kind, _), line in found.items() if kind == "all")
    assert (whole["shown"], whole["accepted"], whole["refused"], whole["views"]) == ("270", "65", "37", "125")
    assert found["region", "de"]["accepted"] == "40"
    assert found["region", "fr"]["refused"] == found["region", "de"]["refused"] == "few"
    assert found["category", "analytics"]["accepted"] == "65" and found["category", "analytics"]["shown"] == ""
    assert found["tags", "2"]["shown"] == "" and found["tags", "2"]["accepted"] == "25"
    assert found["page", "/en/"]["views"] == "77"
    assert {line["breakdown"] for line in lines(busy)} == {
        "all", "day", "region", "locale", "tags", "texts", "layer", "signal", "category", "page",
    }  # fmt: skip


def test_no_small_group_is_in_the_csv(busy: TestSite) -> None:
    for query in ({}, {"days": "7"}, {"days": "365"}, {"region": "fr"}, {"locale": "fr"}, {"category": "analytics"}):
        for line in lines(busy, **query):
            shown = [int(v) for k, v in line.items() if k not in ("breakdown", "key", "acceptance") and v.isdecimal()]
            assert not [n for n in shown if 0 < n < 10], line


def test_a_spreadsheet_takes_no_cell_for_a_formula(busy: TestSite) -> None:
    text = "".join(csv_of(report(busy)))
    assert "'=HYPERLINK(1)" in text
    text.encode("utf-8")
    assert text.startswith(",".join(COLUMNS) + "\r\n")


@given(st.text())
def test_a_guarded_cell_begins_with_nothing_dangerous(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")
