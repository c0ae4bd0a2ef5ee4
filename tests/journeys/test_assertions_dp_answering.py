"""Dark patterns, what the answers do: DP03, DP11 to DP14, DP17, DP22, DP26, DP29."""

from __future__ import annotations

import json
from itertools import product
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest
from pages import Page
from sites import TestSite
from visitors import Visitor

PAGES = ("/", "/privacy", "/cookies", "/contact", "/preferences")
FORM = "main//form"
PAIRS = {"functional": "functional:videos", "analytics": "analytics:measure", "marketing": "marketing:adver"}
TAG = {"functional": "videos", "analytics": "measure", "marketing": "ads"}


def buttons(root: Element, value: str) -> list[Element]:
    """Return the buttons of an answer."""
    return [e for e in root.iter("button") if e.attrib.get("name") == "choice" and e.attrib.get("value") == value]


def steps(visitor: Visitor, path: str, value: str) -> int:
    """Count the clicks from a page to an answer."""
    page = visitor.goes_to(path)
    if buttons(page.root, value):
        return 1
    page = visitor.goes_to(page.one("a[@data-reopen]").attrib["href"].removeprefix("/en"))
    assert buttons(page.root, value)
    return 2


def entries(site: TestSite) -> int:
    """Count the entries of the ledger."""
    return site.site.ledger.check().size


def last(site: TestSite, visitor: Visitor) -> dict[str, object]:
    """Return the newest entry of a visitor."""
    found: dict[str, object] = json.loads(site.site.ledger.of(visitor.cookies["choice"].split(".")[1])[0].body)
    return found


def states(page: Page) -> set[str]:
    """Return the marks under which the page shows the state of each category."""
    return {"".join(e.itertext()) for e in page.all("*[@data-state]")}


def test_dp03_reject_takes_one_click_as_accept_does_and_denies_everything(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    (form,) = visitor.goes_to("/").one("*[@data-banner]").iter("form")
    assert buttons(form, "accept") and buttons(form, "reject")
    assert steps(visitor, "/", "accept") == steps(visitor, "/", "reject") == 1
    page = visitor.rejects()
    assert page.scripts == [] and states(page) == {"off"} and page.csp["script-src"] == ["'self'"]
    page = visitor.goes_to("/preferences")
    assert not any(page.is_ticked(box) for box in (*PAIRS, *PAIRS.values(), "analytics:site"))


def test_dp11_withdrawing_takes_no_more_steps_than_accepting(busy_site: TestSite, opt_in_place: str | None) -> None:
    fresh, decided = busy_site.visitor(opt_in_place), busy_site.visitor(opt_in_place)
    decided.accepts()
    for path in PAGES:
        assert steps(decided, path, "reject") <= steps(fresh, path, "accept"), path


def test_dp12_after_a_withdrawal_cookies_are_expired_and_nothing_loads(
    busy_site: TestSite, opt_in_place: str | None
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    assert set(visitor.accepts().scripts) == {"site-counter", "ads", "measure", "videos"}
    names = {"_adver_id", "_measure_x.1", "_videos_"}
    for name in names:
        visitor.bring_cookie(name, "42")
    assert visitor.goes_to("/").set_cookies == [], "what is granted keeps its cookies"
    visitor.rejects()
    expired = [c for c in visitor.answer.headers.getlist("Set-Cookie") if "Max-Age=0" in c]
    assert {c.partition("=")[0] for c in expired} == names
    assert visitor.answer.headers["Clear-Site-Data"] == '"storage"'
    assert set(visitor.cookies) == {"choice"}
    visitor.bring_cookie("_adver_id", "42")
    again = visitor.goes_to("/privacy")
    assert again.scripts == [] and any(c.startswith("_adver_id=;") and "Max-Age=0" in c for c in again.set_cookies)
    for path in PAGES:
        assert visitor.goes_to(path).scripts == []


def test_dp13_nothing_but_the_button_grants(busy_site: TestSite, opt_in_place: str | None) -> None:
    before = entries(busy_site)
    visitor = busy_site.visitor(opt_in_place)
    for path in (
        *PAGES,
        "/privacy/eu",
        "/?choice=accept",
        "/preferences?choice=accept&category=marketing",
        "/privacy#x",
    ):
        page = visitor.goes_to(path.partition("#")[0])
        assert page.set_cookies == [] and "ads" not in page.scripts and "site-counter" not in page.scripts
        assert page.sources == [] or opt_in_place == "CA-QC", (
            "there is no script that Escape, scrolling or time could run"
        )
        assert not page.has("meta[@http-equiv]") and not page.has("dialog")
        for form in page.all("form"):
            assert form.attrib["method"] == "post"
            # Enter in a field presses the first button of its form (HTML, implicit submission).
            first = next(form.iter("button"))
            # One that saves the switch beside it saves it as it stood when it was shown: that is no act.
            fields = list(form.iter("input"))
            ticked = {e.attrib["value"] for e in fields if e.attrib.get("type") == "checkbox" and "checked" in e.attrib}
            shown = {e.attrib["value"] for e in fields if e.attrib["name"] == "shown_category"}
            as_it_stood = "data-live" in form.attrib and ticked == shown
            assert first.attrib["value"] == "reject" or (first.attrib["value"] == "save" and as_it_stood)
            assert all(
                "form" not in e.attrib and e.attrib.get("type", "submit") == "submit" for e in form.iter("button")
            )
    assert visitor.cookies == {} and entries(busy_site) == before
    assert visitor.goes_to("/").shows_banner


def test_dp14_the_close_mark_refuses(own_site: TestSite) -> None:
    visitor = own_site.visitor("IT")
    page = visitor.goes_to("/")
    (form,) = page.one("*[@data-banner]").iter("form")
    marks = [e for e in buttons(form, "reject") if e.attrib.get("aria-label")]
    assert len(marks) == 1, "the layer has a mark that closes it (Garante, 231/2021)"
    assert "".join(marks[0].itertext()).strip() == "×" and "refuse" in marks[0].attrib["aria-label"].lower()
    sent = [*page.fields("*[@data-banner]/form"), (marks[0].attrib["name"], marks[0].attrib["value"])]
    assert visitor.post(sent).status_code == 303
    entry = last(own_site, visitor)
    assert entry["event"] == "refused" and entry["method"] == "banner:reject"
    page = visitor.goes_to("/")
    assert page.scripts == [] and not page.shows_banner


def test_dp17_nothing_is_held_back_after_a_reject(busy_site: TestSite, opt_in_place: str | None) -> None:
    willing, unwilling = busy_site.visitor(opt_in_place), busy_site.visitor(opt_in_place)
    willing.accepts()
    unwilling.rejects()
    for path in PAGES:
        one, other = willing.goes_to(path), unwilling.goes_to(path)
        assert [e.tag for e in one.one("main").iter() if e.tag.startswith("h")] == [
            e.tag for e in other.one("main").iter() if e.tag.startswith("h")
        ]
        if path in ("/privacy", "/contact"):
            assert one.words("main") == other.words("main")
    assert unwilling.get("/en/privacy/us-ca").status_code == 200


SUBSETS = [tuple(c for c, on in zip(PAIRS, bits, strict=True) if on) for bits in product((False, True), repeat=3)]


@pytest.mark.parametrize("wanted", SUBSETS, ids=lambda s: "+".join(s) or "none")
def test_dp22_save_stores_exactly_the_boxes_that_are_ticked(
    busy_site: TestSite, opt_in_place: str | None, wanted: tuple[str, ...]
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    page = visitor.goes_to("/preferences")
    on = {c for c in PAIRS if page.is_ticked(c)}
    page = visitor.saves(
        tick=tuple(c for c in wanted if c not in on),
        untick=tuple(c for c in on if c not in wanted),
    )
    assert {c for c in PAIRS if page.is_ticked(c)} == set(wanted)
    assert {c for c, pair in PAIRS.items() if page.is_ticked(pair)} == set(wanted)
    entry = last(busy_site, visitor)
    stored = {(v["category"], v["vendor"]): v["granted"] for v in entry["vendors"]}  # type: ignore[attr-defined]
    assert stored == {(c, v): c in wanted for c, v in [*(p.split(":") for p in PAIRS.values()), ("analytics", "site")]}
    assert entry["categories"] == {c: "granted" if c in wanted else "denied" for c in PAIRS}
    shown = set(visitor.goes_to("/").scripts)
    assert shown == {TAG[c] for c in wanted} | ({"site-counter"} if "analytics" in wanted else set())


@pytest.mark.parametrize("category", PAIRS)
def test_dp26_each_purpose_can_be_chosen_by_itself(
    busy_site: TestSite, opt_in_place: str | None, category: str
) -> None:
    visitor = busy_site.visitor(opt_in_place)
    visitor.rejects()
    page = visitor.saves(tick=(category,))
    assert {c for c in PAIRS if page.is_ticked(c)} == {category}
    visitor.rejects()
    page = visitor.saves(tick=(PAIRS[category],))
    boxes = [p for p in (*PAIRS.values(), "analytics:site") if page.is_ticked(p)]
    assert boxes == [PAIRS[category]], "and each provider by itself"
    assert visitor.goes_to("/").scripts == [TAG[category]]


def test_dp29_it_works_without_a_script_and_denied_is_the_default(busy_site: TestSite, any_place: str | None) -> None:
    visitor = busy_site.visitor(any_place)
    page = visitor.goes_to("/")
    asks = page.shows_banner and "May we" in page.words("*[@data-banner]")
    if asks:
        assert "ads" not in page.scripts
    visitor.goes_to("/preferences")
    answer = visitor.post([("choice", "save")])
    assert answer.status_code == 303 and urlsplit(answer.headers["Location"]).fragment == "choice-state"
    assert visitor.goes_to("/").scripts == [], "what is not ticked is denied"
    visitor.accepts()
    assert set(visitor.goes_to("/").scripts) == {"site-counter", "ads", "measure", "videos"}
    visitor.rejects()
    page = visitor.goes_to("/")
    assert page.scripts == [] and not page.has("script") and not page.has("noscript")
    assert not page.has("*[@hidden]"), "nothing waits for a script to be shown"
