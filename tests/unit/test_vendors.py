"""What a person says of a vendor: added and corrected, never taken away, and in force once a tag uses the vendor."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import (
    ANALYTICS,
    FUNCTIONAL,
    GA4,
    GIVEN,
    LIBRARY,
    MARKETING,
    PROPERTY,
    choice,
    custom,
    decided,
    everywhere,
    law,
    registry,
    tag,
)

from privacy.admission import SOURCES, admit
from privacy.categories import Category
from privacy.fields import BadTag
from privacy.templates import load
from privacy.vendors import (
    KINDS,
    MOST_COOKIES,
    MOST_EDITS,
    MOST_ORIGINS,
    VendorCookie,
    VendorEdit,
    VendorOrigin,
    applied,
    checked,
    edit_document,
    edit_from,
)

API = VendorOrigin(ANALYTICS, "connect-src", "https://eu.stats.example")
GA = VendorEdit("google-analytics", origins=(API,), cookies=(VendorCookie(ANALYTICS, "_gx", "security", 30),))


def take(edit: VendorEdit) -> VendorEdit:
    return checked(edit, LIBRARY.facts, loopback_http=False)


def refused(edit: VendorEdit) -> BadTag:
    with pytest.raises(BadTag) as caught:
        take(edit)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    return caught.value


def many_cookies(number: int) -> tuple[VendorCookie, ...]:
    return tuple(VendorCookie(ANALYTICS, f"_c{i}") for i in range(number))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"id": "Acme"}, "id"),
    ({"id": "site"}, "id"),
    ({"name": ""}, "name"),
    ({"name": "Ac\x00me"}, "name"),
    ({"name": "A\u202ecme"}, "name"),
    ({"name": "x" * 81}, "name"),
    ({"entity": "Acme\nLtd"}, "entity"),
    ({"entity": "x" * 121}, "entity"),
    ({"country": "Atlantis"}, "country"),
    ({"country": "ZZ"}, "country"),
    ({"country": "de"}, "country"),
    ({"privacy_url": "javascript:alert(1)"}, "privacy_url"),
    ({"privacy_url": "data:text/html,x"}, "privacy_url"),
    ({"privacy_url": "http://acme.example/privacy"}, "privacy_url"),
    ({"privacy_url": "https://acme.example/\x1b"}, "privacy_url"),
    ({"privacy_url": "https://acme.example/" + "x" * 1000}, "privacy_url"),
    ({"role": "operator"}, "role"),
    ({"origins": (replace(API, origin="https:"),)}, "origins"),
    ({"origins": (replace(API, origin="*"),)}, "origins"),
    ({"origins": (replace(API, origin="https://*.com"),)}, "origins"),
    ({"origins": (replace(API, origin="https://acme.example/path"),)}, "origins"),
    ({"origins": (replace(API, origin="https://acme.example:0"),)}, "origins"),
    ({"origins": (replace(API, origin="https://acme.example:65536"),)}, "origins"),
    ({"origins": (replace(API, origin="data:"),)}, "origins"),
    ({"origins": (replace(API, directive="default-src"),)}, "origins"),
    ({"origins": (replace(API, directive="script-src 'unsafe-inline'"),)}, "origins"),
    ({"origins": (API, replace(API, origin="https://EU.stats.example/"))}, "origins"),
    ({"origins": tuple(replace(API, origin=f"https://h{i}.example") for i in range(MOST_ORIGINS + 1))}, "origins"),
    ({"cookies": (VendorCookie(ANALYTICS, "choice"),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "__Host-x"),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "a b"),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "_a", "spying"),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "_a", lifetime_days=-2),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "_a", lifetime_days=3651),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "_a", kind="cache"),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "_a", host="acme"),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "_a", kind="local", host="acme.example"),)}, "cookies"),
    ({"cookies": (VendorCookie(ANALYTICS, "_a"), VendorCookie(ANALYTICS, "_a", "security"))}, "cookies"),
    ({"cookies": many_cookies(MOST_COOKIES + 1)}, "cookies"),
]


@pytest.mark.parametrize(("fields", "field"), BAD, ids=[f"{i} {field}" for i, (_, field) in enumerate(BAD)])
def test_what_cannot_be_taken_is_refused_at_its_field(fields: dict[str, Any], field: str) -> None:
    assert refused(replace(VendorEdit("acme"), **fields)).field == field


@pytest.mark.parametrize("category", [FUNCTIONAL, Category.NECESSARY])
def test_a_vendor_of_the_library_is_used_in_no_category_that_the_library_does_not_name(category: Category) -> None:
    assert refused(VendorEdit("meta", origins=(replace(API, category=category),))).field == "origins"
    assert refused(VendorEdit("meta", cookies=(VendorCookie(category, "_x"),))).field == "cookies"


def test_what_is_taken_has_one_spelling_and_one_order() -> None:
    made = take(
        VendorEdit(
            "acme",
            privacy_url=" https://acme.example/privacy ",
            origins=(replace(API, origin="HTTPS://Z.example/"), API),
            cookies=(VendorCookie(ANALYTICS, "_z"), VendorCookie(ANALYTICS, "_a")),
        )
    )
    assert made.privacy_url == "https://acme.example/privacy"
    assert [o.origin for o in made.origins] == ["https://eu.stats.example", "https://z.example"]
    assert [c.name for c in made.cookies] == ["_a", "_z"]
    assert take(made) == made


def test_an_edit_without_a_word_says_nothing() -> None:
    assert not VendorEdit("acme") and VendorEdit("acme", links_identity=False)


def test_gate_policy_list_and_expiry_follow_an_edit() -> None:
    known = registry(GA4, edits=[GA])
    here = law("de")
    admission = admit(known, decided(here, known, choice(known, everywhere(GIVEN))), path="/")
    assert "https://eu.stats.example" in admission.csp
    assert "_gx" in {cookie.name for cookie in admission.kept}
    assert ("_gx", 30) in {(c.name, c.lifetime_days) for _, _, c in known.cookies()}
    before = admit(known, decided(here, known), path="/")
    assert "https://eu.stats.example" not in before.csp and before.to_expire("_gx=1") == ("_gx",)


def test_an_edit_whose_vendor_no_tag_uses_adds_nothing_and_stays() -> None:
    document = LIBRARY.document([tag("hotjar")], [GA], loopback_http=False)
    assert "eu.stats.example" not in json.dumps({**document, "vendor_edits": []})
    assert [edit_from(each) for each in document["vendor_edits"]] == [GA]


def test_a_container_follows_the_edits_of_the_vendors_it_fires() -> None:
    known = registry(tag("gtm", settings={"vendors": "google-analytics"}), edits=[GA])
    use = known.vendors["google-analytics"].use(ANALYTICS)
    assert use is not None and "https://eu.stats.example" in dict(use.origins)["connect-src"]


def test_a_declared_cookie_is_corrected_by_its_name() -> None:
    correction = VendorEdit("google-analytics", cookies=(VendorCookie(ANALYTICS, "_ga", lifetime_days=395),))
    use = registry(GA4, edits=[correction]).vendors["google-analytics"].use(ANALYTICS)
    assert use is not None
    assert [(c.name, c.lifetime_days, c.purpose) for c in use.cookies if c.name == "_ga"] == [
        ("_ga", 395, "distinguish-visitors")
    ], "what the correction leaves unstated stays"


def test_facts_are_replaced_where_they_are_stated() -> None:
    edit = VendorEdit("acme", name="Acme B.V.", entity="Acme Holding", country="NL", role="third_party")
    vendor = registry(custom("Acme", MARKETING, privacy_url="https://acme.example/p"), edits=[edit]).vendors["acme"]
    assert (vendor.name, vendor.entity, vendor.country) == ("Acme B.V.", "Acme Holding", "NL")
    assert vendor.role == "third_party" and vendor.privacy_url == "https://acme.example/p"


def test_an_exemption_is_held_against_the_corrected_lifetime() -> None:
    library = load({"short": 100})
    exempt = tag("matomo", exemptions=("short",))
    names = ("_pk_id.*", "_pk_ref.*")
    short = VendorEdit("matomo", cookies=tuple(VendorCookie(ANALYTICS, name, lifetime_days=90) for name in names))
    with pytest.raises(BadTag, match="live 100 days at most") as caught:
        library.document([exempt], loopback_http=False)
    assert (caught.value.field, caught.value.subject) == ("exemptions", "matomo")
    assert library.document([exempt], [short], loopback_http=False)["tags"][0]["exemptions"] == ["short"]


def test_one_vendor_is_edited_once_and_only_so_many_are() -> None:
    with pytest.raises(BadTag, match="stands there twice") as caught:
        LIBRARY.document([], [GA, GA], loopback_http=False)
    assert caught.value.subject == "google-analytics"
    with pytest.raises(BadTag, match=f"{MOST_EDITS} edited vendors"):
        LIBRARY.document([], [VendorEdit(f"v{i}") for i in range(MOST_EDITS + 1)], loopback_http=False)


def test_a_version_without_edits_is_what_it_was() -> None:
    document = LIBRARY.document([GA4], loopback_http=False)
    assert document["vendors"]["google-analytics"] == LIBRARY.vendors["google-analytics"]
    assert document["vendor_edits"] == []


USES = [(v, Category(c)) for v, document in LIBRARY.vendors.items() if v != "site" for c in document["uses"]]
hosts = st.sampled_from([f"https://h{i}.example" for i in range(6)])


@st.composite
def edits(draw: st.DrawFn) -> VendorEdit:
    """Draw an edit of a vendor of the library that can be taken."""
    vendor, _ = draw(st.sampled_from(USES))
    categories = st.sampled_from([c for v, c in USES if v == vendor])
    declared = [c["name"] for use in LIBRARY.vendors[vendor]["uses"].values() for c in use["cookies"]]
    names = st.sampled_from([*declared, "_new", "_other_*"])
    cookies = st.builds(
        VendorCookie,
        categories,
        names,
        st.sampled_from([*LIBRARY.cookie_purposes, "unstated"]),
        st.integers(-1, 400),
        st.sampled_from(KINDS),
    )
    return take(
        VendorEdit(
            vendor,
            name=draw(st.none() | st.just("Named")),
            role=draw(st.none() | st.sampled_from(["processor", "third_party"])),
            links_identity=draw(st.none() | st.booleans()),
            origins=tuple(draw(st.sets(st.builds(VendorOrigin, categories, st.sampled_from(SOURCES), hosts)))),
            cookies=tuple(draw(st.lists(cookies, unique_by=lambda c: (c.category, c.name, c.kind)))),
        )
    )


@PROPERTY
@given(edits())
def test_an_edit_takes_nothing_away_and_adds_all_that_it_says(edit: VendorEdit) -> None:
    before = LIBRARY.vendors[edit.id]
    untouched = json.dumps(before)
    after = applied(before, edit)
    assert json.dumps(before) == untouched, "the library is not written to"
    for category, use in before["uses"].items():
        now = after["uses"][category]
        for directive, origins in use["origins"].items():
            assert set(origins) <= set(now["origins"][directive])
        assert {(c["name"], c.get("host")) for c in use["cookies"]} <= {
            (c["name"], c.get("host")) for c in now["cookies"]
        }
        assert {(s["name"], s["kind"]) for s in use["storage"]} <= {(s["name"], s["kind"]) for s in now["storage"]}
        assert use["purposes"] == now["purposes"]
    for origin in edit.origins:
        assert origin.origin in after["uses"][origin.category.value]["origins"][origin.directive]
    for cookie in edit.cookies:
        found = after["uses"][cookie.category.value]["cookies" if cookie.kind == "cookie" else "storage"]
        assert cookie.name in {each["name"] for each in found}
    assert applied(after, edit) == after, "laid over twice, it says no more"


@PROPERTY
@given(edits())
def test_an_edit_survives_its_document(edit: VendorEdit) -> None:
    assert edit_from(json.loads(json.dumps(edit_document(edit)))) == edit
