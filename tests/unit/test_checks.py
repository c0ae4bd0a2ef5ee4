"""What is wrong or odd about tags is found before they are published, and what is right is let be."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from rulebook import ANALYTICS, GA4, LAWS, LIBRARY, MARKETING, NOW, TODAY, documents, law, registry, snippet, tag

from privacy.categories import Category
from privacy.checks import Finding, Level, Problem, check
from privacy.jurisdictions import Jurisdiction
from privacy.limits import Limits
from privacy.registry import Registry, registry_from
from privacy.templates import TagConfig
from privacy.vendors import VendorCookie, VendorEdit, VendorOrigin

LAWS_TODAY: list[Jurisdiction] = [law(code) for code, _ in LAWS.regions(TODAY)]
POLL = VendorEdit("poll", entity="Poll Ltd")


def poll(**fields: object) -> TagConfig:
    config = TagConfig(
        "poll",
        "custom",
        category=ANALYTICS,
        settings={"src": ("https://poll.example/t.js",)},
        vendor="Poll",
        country="IE",
        privacy_url="https://poll.example/privacy",
        storage=(),
        enabled=True,
    )
    return replace(config, **fields)  # type: ignore[arg-type]


ADS = TagConfig("ads", "meta-pixel", settings={"id": ("123456789012345",)}, enabled=True)


def found(known: Registry) -> tuple[Finding, ...]:
    return check(known, LAWS_TODAY, NOW, LIBRARY)


def connect(origin: str) -> dict[str, tuple[str, ...]]:
    return {"src": ("https://poll.example/t.js",), "connect": (origin,)}


CASES: list[tuple[dict[str, Any], Problem, str]] = [
    ({"include": ("/nope",)}, Problem.NEVER_LOADS, "/nope"),
    ({"include": ("/contact",)}, Problem.NEVER_LOADS, "/contact"),
    ({"exclude": ("*",)}, Problem.NEVER_LOADS, "*, not *"),
    ({"include": ("/privacy*",), "exclude": ("/privacy*",)}, Problem.NEVER_LOADS, "/privacy*, not /privacy*"),
    ({"include": ("/", "/privacy/*"), "exclude": ("/privacy*",)}, Problem.UNREACHABLE_RULE, "/privacy/*"),
    ({"places": ("us-ca",), "not_places": ("us",)}, Problem.NOWHERE, "us-ca"),
    ({"places": ("fr",), "not_places": ("eu",)}, Problem.NOWHERE, "fr"),
    ({"places": ("fr", "us"), "not_places": ("eu",)}, Problem.CONFLICTING_PLACE, "fr"),
    ({"ends": "2026-01-01"}, Problem.OVER, ""),
    ({"privacy_url": None}, Problem.NO_PRIVACY_LINK, "Poll"),
    ({"country": None}, Problem.NO_COUNTRY, "Poll"),
    ({"storage": None}, Problem.NOTHING_DECLARED, "Poll"),
    ({"purposes": ("advertising",)}, Problem.UNFIT_CATEGORY, "analytics"),
    ({"purposes": ("social",)}, Problem.UNFIT_CATEGORY, "analytics"),
    ({"category": Category.FUNCTIONAL, "purposes": ("statistics",)}, Problem.UNFIT_CATEGORY, "functional"),
    ({"exemptions": ("uk-statistics",), "cookies": ("_poll",)}, Problem.UNKNOWN_LIFETIME, "_poll"),
    ({"settings": connect("https://*.example.com")}, Problem.WIDE_ORIGIN, "https://*.example.com"),
]
ERRORS = {Problem.NEVER_LOADS, Problem.NOWHERE, Problem.EMPTY_WINDOW, Problem.BOUNDLESS_ORIGIN}


@pytest.mark.parametrize(("fields", "problem", "detail"), CASES, ids=[case[1].value for case in CASES])
def test_what_is_wrong_or_odd_is_found(fields: dict[str, Any], problem: Problem, detail: str) -> None:
    (one,) = found(registry(poll(**fields), edits=[POLL]))
    assert (one.tag, one.problem, one.detail) == ("poll", problem, detail)
    assert one.level is (Level.ERROR if problem in ERRORS else Level.WARNING)


def test_what_is_about_a_vendor_names_it() -> None:
    (one,) = found(registry(poll()))
    assert (one.problem, one.vendor, one.detail) == (Problem.NO_ENTITY, "poll", "Poll")
    assert found(registry(poll(), edits=[POLL])) == ()


def test_every_problem_can_be_found() -> None:
    elsewhere = {Problem.NO_ENTITY, Problem.TWICE, Problem.UNDECLARED, Problem.BOUNDLESS_ORIGIN, Problem.EMPTY_WINDOW}
    assert {case[1] for case in CASES} | elsewhere == set(Problem)


@pytest.mark.parametrize("origin", ["https:", "*", "https://*", "https://*.com", "wss:"])
def test_an_origin_without_bounds_in_a_version_of_another_release_is_an_error(origin: str) -> None:
    document = documents(poll(settings=connect("https://api.example.com")), edits=[POLL])
    document["tags"][0]["origins"]["connect-src"] = [origin]
    (one,) = found(registry_from(document, 1, "d"))
    assert (one.problem, one.detail, one.level) == (Problem.BOUNDLESS_ORIGIN, origin, Level.ERROR)


def test_a_category_that_the_template_does_not_take_is_named() -> None:
    document = deepcopy(documents(ADS))
    document["tags"][0]["pairs"] = document["tags"][0]["needs"] = [["analytics", "meta"]]
    document["vendors"]["meta"]["uses"] = {"analytics": {**LIBRARY.vendors["meta"]["uses"]["marketing"]}}
    one, two = found(registry_from(document, 1, "d"))
    assert one.problem is two.problem is Problem.UNFIT_CATEGORY
    assert {one.vendor, two.vendor} == {"", "meta"}


def test_an_empty_window_in_a_version_of_another_release_is_an_error() -> None:
    known = registry(poll(), edits=[POLL])
    empty = replace(known, tags=tuple(replace(tag, limits=Limits(starts=NOW, ends=NOW)) for tag in known.tags))
    (one,) = found(empty)
    assert (one.problem, one.level) == (Problem.EMPTY_WINDOW, Level.ERROR)


def test_a_snippet_s_cookies_are_looked_for_among_what_is_declared() -> None:
    text = "document.cookie = '_seen=1'; document.cookie = '_who=2'; localStorage.setItem('late', 1);"
    edit = VendorEdit("pasted", entity="Pasted Ltd", cookies=(VendorCookie(MARKETING, "_w*"),))
    config = snippet("Pasted", MARKETING, text, country="IE", privacy_url="https://pasted.example/p")
    named = {(one.problem, one.detail) for one in found(registry(config, edits=[edit]))}
    assert named == {(Problem.UNDECLARED, "_seen"), (Problem.UNDECLARED, "late")}
    whole = replace(config, cookies=("_seen",), storage=("late",))
    assert found(registry(whole, edits=[edit])) == ()


def test_what_a_person_adds_to_a_vendor_of_the_library_is_looked_at_and_what_the_library_states_is_not() -> None:
    clarity = tag("clarity")
    assert found(registry(clarity, GA4)) == ()
    wide = VendorEdit("microsoft-clarity", origins=(VendorOrigin(ANALYTICS, "connect-src", "https://*.example.com"),))
    (one,) = found(registry(clarity, edits=[wide]))
    assert (one.problem, one.vendor) == (Problem.WIDE_ORIGIN, "microsoft-clarity")


def test_what_is_right_is_let_be() -> None:
    assert found(registry(poll(), ADS, edits=[POLL])) == ()
    assert found(registry(poll(include=("/nope",), enabled=False), edits=[POLL])) == (), "it is off"
    for page in ("/privacy/gb", "/privacy/us-ca", "/privacy/versions/7/fr", "/cookies*", "*"):
        assert found(registry(poll(include=(page,)), edits=[POLL])) == (), page


@pytest.mark.parametrize("name", [n for n in LIBRARY.templates if n not in ("custom", "snippet")])
def test_every_template_is_right_out_of_the_box(name: str) -> None:
    assert found(registry(tag(name))) == ()


def test_the_same_thing_twice_is_named() -> None:
    (one,) = found(registry(poll(), poll(id="poll2"), edits=[POLL]))
    assert one.problem is Problem.TWICE and {one.tag, one.detail} == {"poll", "poll2"}


def test_a_finding_has_a_key_that_stays_and_is_its_own() -> None:
    one, other = Finding("a", Problem.OVER), Finding("b", Problem.OVER)
    assert one.key == Finding("a", Problem.OVER).key != other.key
