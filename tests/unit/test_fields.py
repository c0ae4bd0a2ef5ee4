"""Every refusal says at which field, so that a form can say it there."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import ANALYTICS, COUNTER, GA4, LAWS, PROPERTY, custom, snippet, tag

from privacy import templates
from privacy.fields import MOST_PATTERNS, BadTag, check_patterns
from privacy.registry import Tag
from privacy.templates import MOST_TAGS, TagConfig, choosable

LIBRARY = templates.load(LAWS.exemptions, frozenset({"de", "eu"}))
MINE = custom("Mine", ANALYTICS)
CONTROL = ["\x00", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\ud800"]


def refused(config: TagConfig) -> BadTag:
    with pytest.raises(BadTag) as caught:
        LIBRARY.materialise(config, loopback_http=False)
    assert "\n" not in str(caught.value) and "\x00" not in str(caught.value)
    return caught.value


BAD: list[tuple[TagConfig, dict[str, Any], str]] = [
    (MINE, {"id": "Mine!"}, "id"),
    (MINE, {"template": "nothing"}, "template"),
    (MINE, {"category": None}, "category"),
    (GA4, {"settings": {}}, "settings.id"),
    (GA4, {"settings": {"id": ("UA-1",)}}, "settings.id"),
    (GA4, {"settings": {"id": ("G-ABCD123456", "G-ABCD123457")}}, "settings.id"),
    (GA4, {"settings": {"id": ("G-ABCD123456",), "colour": ("red",)}}, "settings.colour"),
    (GA4, {"settings": {"id": ("G-ABCD123456",), "a b": ("red",)}}, "settings"),
    (GA4, {"exemptions": ("uk-statistics",)}, "exemptions"),
    (GA4, {"snippet": "go();"}, "snippet"),
    (GA4, {"position": "footer"}, "position"),
    (GA4, {"integrity": "md5-x"}, "integrity"),
    (GA4, {"priority": 101}, "priority"),
    (tag("gtm"), {"settings": {"id": ("GTM-ABCD123",), "vendors": ("nobody",)}}, "settings.vendors"),
    (COUNTER, {"exemptions": ("no-such-thing",)}, "exemptions"),
    (COUNTER, {"exemptions": ("uk-statistics", "uk-statistics")}, "exemptions"),
    (MINE, {"settings": {"src": ("javascript:alert(1)",)}}, "settings.src"),
    (MINE, {"settings": {"src": ("data:text/javascript,x",)}}, "settings.src"),
    (MINE, {"settings": {**MINE.settings, "connect": ("https://a.example/path",)}}, "settings.connect"),
    (MINE, {"settings": {**MINE.settings, "connect": ("https://a.example:0",)}}, "settings.connect"),
    (MINE, {"settings": {**MINE.settings, "connect": ("https://a.example",) * 2}}, "settings.connect"),
    (
        MINE,
        {"settings": {**MINE.settings, "connect": tuple(f"https://h{i}.example" for i in range(51))}},
        "settings.connect",
    ),
    (MINE, {"vendor": ""}, "vendor"),
    (MINE, {"entity": "x" * 121}, "entity"),
    (MINE, {"vendor_id": "meta"}, "vendor_id"),
    (MINE, {"vendor_id": "site"}, "vendor_id"),
    (MINE, {"vendor_id": "../x"}, "vendor_id"),
    (MINE, {"vendor_role": "operator"}, "vendor_role"),
    (MINE, {"privacy_url": "javascript:alert(1)"}, "privacy_url"),
    (MINE, {"privacy_url": "data:text/html,x"}, "privacy_url"),
    (MINE, {"country": "ZZ"}, "country"),
    (MINE, {"purposes": ("spying",)}, "purposes"),
    (MINE, {"purposes": ("statistics", "statistics")}, "purposes"),
    (MINE, {"cookies": ("choice",)}, "cookies"),
    (MINE, {"cookies": ("_a", "_a")}, "cookies"),
    (MINE, {"cookies": tuple(f"_c{i}" for i in range(101))}, "cookies"),
    (MINE, {"storage": ("a b",)}, "storage"),
    (MINE, {"include": ("privacy",)}, "include"),
    (MINE, {"include": ("**",)}, "include"),
    (MINE, {"include": ("/a?b=1",)}, "include"),
    (MINE, {"include": ("/a#b",)}, "include"),
    (MINE, {"include": ("/a b",)}, "include"),
    (MINE, {"include": ("/" + "x" * 200,)}, "include"),
    (MINE, {"include": ("/a", "/a")}, "include"),
    (MINE, {"exclude": ("https://site.example/a",)}, "exclude"),
    (MINE, {"exclude": tuple(f"/{i}" for i in range(MOST_PATTERNS + 1))}, "exclude"),
    (MINE, {"places": ("zz",)}, "places"),
    (MINE, {"not_places": ("zz",)}, "not_places"),
    (MINE, {"places": ("de",), "not_places": ("DE",)}, "not_places"),
    (MINE, {"starts": "tomorrow"}, "starts"),
    (MINE, {"starts": "2026-12-24", "ends": "2026-12-23"}, "ends"),
    (MINE, {"reason": "It guards the forms against robots."}, "reason"),
    (snippet("Mine", ANALYTICS), {"snippet": None}, "snippet"),
    (snippet("Mine", ANALYTICS), {"snippet": "<img>"}, "snippet"),
]


@pytest.mark.parametrize(
    ("config", "changed", "field"), BAD, ids=[f"{i} {field}" for i, (_, _, field) in enumerate(BAD)]
)
def test_every_refusal_names_its_field(config: TagConfig, changed: dict[str, Any], field: str) -> None:
    LIBRARY.materialise(config, loopback_http=False)
    assert refused(replace(config, **changed)).field == field


def test_every_field_of_a_configuration_can_be_the_one_at_fault() -> None:
    named = {field.partition(".")[0] for _, _, field in BAD}
    assert named >= {each.name for each in fields(TagConfig)} - {"enabled", "links_identity"}, (
        "the one is a switch, the other is held against the category in test_necessary"
    )


@pytest.mark.parametrize("evil", CONTROL, ids=ascii)
@pytest.mark.parametrize(
    "field",
    ["id", "template", "vendor", "vendor_id", "privacy_url", "country", "position", "integrity", "starts", "ends"],
)
def test_no_text_holds_a_control_character(field: str, evil: str) -> None:
    value = getattr(MINE, field) or "x"
    assert refused(replace(MINE, **{field: f"{value}{evil}x"})).field == field


@pytest.mark.parametrize("evil", CONTROL, ids=ascii)
@pytest.mark.parametrize("field", ["purposes", "cookies", "storage", "exemptions", "include", "exclude", "places"])
def test_no_list_holds_a_control_character(field: str, evil: str) -> None:
    assert refused(replace(MINE, **{field: (f"/x{evil}x",)})).field == field


@pytest.mark.parametrize("evil", ["\n", "\x00", "\t"])
def test_no_setting_holds_one_even_at_its_end(evil: str) -> None:
    for name in ("src", "connect"):
        given = {**MINE.settings, name: (f"https://a.example{evil}",)}
        assert refused(replace(MINE, settings=given)).field == f"settings.{name}"


@PROPERTY
@given(st.text(max_size=30))
def test_a_pattern_that_is_taken_can_match_a_path(text: str) -> None:
    try:
        check_patterns((text,), "include")
    except BadTag:
        return
    tag = Tag("x", "custom", True, (), (), (), include=(text,))
    assert text == "*" or text.startswith("/")
    assert "[" in text or tag.is_for(text.replace("*", ""))


def test_the_limit_of_tags_is_said() -> None:
    LIBRARY.document([replace(COUNTER, id=f"t{i}") for i in range(MOST_TAGS)], loopback_http=False)
    with pytest.raises(BadTag, match=f"{MOST_TAGS} tags at most; these are {MOST_TAGS + 1}"):
        LIBRARY.document([replace(COUNTER, id=f"t{i}") for i in range(MOST_TAGS + 1)], loopback_http=False)


def test_among_many_the_one_at_fault_is_named() -> None:
    with pytest.raises(BadTag) as caught:
        LIBRARY.document([COUNTER, replace(MINE, include=("x",))], loopback_http=False)
    assert (caught.value.subject, caught.value.field) == ("mine", "include")
    with pytest.raises(BadTag, match="already") as caught:
        LIBRARY.document([COUNTER, COUNTER], loopback_http=False)
    assert (caught.value.subject, caught.value.field) == ("site-counter", "id")


def test_a_category_that_is_not_open_is_said_at_its_field() -> None:
    with pytest.raises(BadTag) as caught:
        choosable("spying")
    assert caught.value.field == "category"
