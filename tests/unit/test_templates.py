"""What a marketer fills in, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import (
    ANALYTICS,
    COUNTER,
    EVERYTHING,
    FUNCTIONAL,
    GA4,
    LIBRARY,
    MARKETING,
    PROPERTY,
    custom,
    documents,
    example,
    registry,
    tag,
)

from privacy.admission import SOURCES
from privacy.categories import Category
from privacy.choice import PURPOSES
from privacy.registry import registry_from
from privacy.templates import CUSTOM, BadTag, TagConfig, choosable, merge

TEMPLATES = LIBRARY.templates
FIXED = [name for name in TEMPLATES if name not in CUSTOM]
USES = [
    (vendor, category, use)
    for vendor, document in LIBRARY.vendors.items()
    for category, use in document["uses"].items()
]


def refused(config: TagConfig, *, loopback_http: bool = False) -> str:
    """Return the one line with which a tag is refused."""
    with pytest.raises(BadTag) as caught:
        LIBRARY.materialise(config, loopback_http=loopback_http)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith("."), f"a message is a sentence: {text!r}"
    return text


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_made_from_its_own_examples(name: str) -> None:
    config = example(name)
    made = registry_from(merge([LIBRARY.materialise(config, loopback_http=False)], ()), 1, "d")
    (one,) = made.tags
    assert one.needs, "a tag that needs nothing would load for everybody"
    assert set(one.needs) <= set(one.pairs)
    assert one.scripts
    for script in one.scripts:
        assert "{" not in script.src
        assert not any("{" in value for _, value in script.data)
    for directive, origins in one.origins:
        assert directive in SOURCES
        assert all("{" not in origin for origin in origins)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_optional_parameter_takes_its_example_too(name: str) -> None:
    parameters = TEMPLATES[name]["parameters"]
    settings = {p["name"]: (str(p["example"]),) for p in parameters}
    made, _ = LIBRARY.materialise(replace(example(name), settings=settings), loopback_http=False)
    assert set(made["settings"]) == set(settings)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, p["name"]) for name in TEMPLATES for p in TEMPLATES[name]["parameters"] if p["required"]],
)
def test_a_required_parameter_that_is_missing_is_named(name: str, parameter: str) -> None:
    whole = example(name)
    rest = {key: value for key, value in whole.settings.items() if key != parameter}
    assert refused(replace(whole, settings=rest)).startswith(f"{parameter} is missing: it takes ")


@pytest.mark.parametrize(
    "evil", ['" onload="x', "a b", "<script>", "x;y", "x'y", "", "x\ny", "{id}", "é" * 8, "x" * 1001]
)
@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, p["name"]) for name in TEMPLATES for p in TEMPLATES[name]["parameters"] if p["default"] is None],
)
def test_a_value_that_could_break_out_is_refused(name: str, parameter: str, evil: str) -> None:
    whole = example(name)
    assert parameter in refused(replace(whole, settings={**whole.settings, parameter: (evil,)}))


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("ga4", "id", "UA-12345-1"),
        ("ga4", "id", "G-abc"),
        ("gtm", "id", "G-ABCD123456"),
        ("gtm", "vendors", "nobody"),
        ("gtm", "vendors", "google-analytics,,"),
        ("gtm", "vendors", "plausible"),
        ("gtm", "vendors", "google-tag-manager"),
        ("gtm", "vendors", ","),
        ("matomo", "site", "0"),
        ("matomo", "site", "x"),
        ("matomo", "path", "/../x y"),
        ("matomo", "path", "matomo"),
        ("matomo", "cookies", "maybe"),
        ("plausible", "script", "evil.js"),
        ("plausible", "script", "../x.js"),
        ("meta-pixel", "id", "12"),
        ("linkedin-insight", "id", "abc"),
        ("clarity", "id", "ABC"),
        ("hotjar", "version", "six"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused(name: str, parameter: str, value: str) -> None:
    refused(tag(name, settings={parameter: value}))


BAD_ORIGINS = [
    "http://stats.example.com",
    "ws://stats.example.com",
    "//stats.example.com",
    "stats.example.com",
    "https://",
    "https:stats.example.com",
    "https://com",
    "https://*",
    "https://*.com",
    "https://*.localhost",
    "https://*.*.example.com",
    "https://a*.example.com",
    "https://stats.*.com",
    "https://user@stats.example.com",
    "https://user:pass@stats.example.com",
    "https://@stats.example.com",
    "https://stats.example.com:",
    "https://stats.example.com:0",
    "https://stats.example.com:99999",
    "https://stats.example.com:*",
    "https://stats.example.com:x",
    "https://stats.example.com/path",
    "https://stats.example.com?x=1",
    "https://stats.example.com#x",
    "https://stats.example.com;script-src *",
    "https://stats.example.com, https://evil.example",
    "https://stats.example.com 'unsafe-inline'",
    "https://stäts.example.com",
    "https://stats_x.example.com",
    "https://[::1",
    "data:",
    "blob:https://stats.example.com",
    "javascript:alert(1)",
    "'self'",
    "*",
    "https:",
]


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_what_is_no_foreign_https_origin_is_refused(origin: str) -> None:
    assert "connect=" in refused(custom("Acme", ANALYTICS, settings={"connect": origin}))


@pytest.mark.parametrize(
    ("given_origin", "kept"),
    [
        ("https://stats.example.com", "https://stats.example.com"),
        ("https://stats.example.com/", "https://stats.example.com"),
        ("https://stats.example.com?", "https://stats.example.com"),
        ("HTTPS://Stats.Example.COM", "https://stats.example.com"),
        ("https://stats.example.com:8443", "https://stats.example.com:8443"),
        ("wss://live.example.com", "wss://live.example.com"),
        ("https://*.example.com", "https://*.example.com"),
        (" https://stats.example.com ", "https://stats.example.com"),
    ],
)
def test_an_origin_is_kept_in_one_spelling(given_origin: str, kept: str) -> None:
    made, vendors = LIBRARY.materialise(
        custom("Acme", ANALYTICS, settings={"connect": given_origin}), loopback_http=False
    )
    assert made["origins"]["connect-src"] == [kept]
    assert vendors["acme"]["uses"]["analytics"]["origins"]["connect-src"] == [kept]


@PROPERTY
@given(st.text(max_size=60) | st.text(alphabet="htps:/.*@?#abc;, '-[]0", max_size=40).map(lambda t: "https://" + t))
def test_whatever_is_taken_for_an_origin_is_one_source_that_stands_for_one_host(text: str) -> None:
    config = custom("Acme", ANALYTICS, settings={"connect": text})
    try:
        made, _ = LIBRARY.materialise(config, loopback_http=False)
    except BadTag:
        return
    (kept,) = made["origins"]["connect-src"]
    parts = urlsplit(kept)
    assert kept == f"{parts.scheme}://{parts.netloc}"
    assert parts.scheme in ("https", "wss")
    assert "." in parts.netloc.removeprefix("*.")
    assert not set(kept) & set(" ;,'\"<>@")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000", "ws://localhost:9000"]
)
def test_http_is_taken_on_loopback_while_developing_alone(address: str) -> None:
    config = custom("Acme", ANALYTICS, settings={"connect": address})
    assert "connect=" in refused(config)
    made, _ = LIBRARY.materialise(config, loopback_http=True)
    assert made["origins"]["connect-src"] == [address]


@pytest.mark.parametrize(
    "address", ["http://192.168.0.1", "http://10.0.0.1:80", "http://example.com", "http://0.0.0.0"]
)
def test_http_elsewhere_is_never_taken(address: str) -> None:
    refused(custom("Acme", ANALYTICS, settings={"connect": address}), loopback_http=True)


@pytest.mark.parametrize(
    "src",
    [
        "https://*.example.com/t.js",
        "wss://cdn.example.com/t.js",
        "http://cdn.example.com/t.js",
        "/t.js",
        "t.js",
        "data:text/javascript,alert(1)",
        "https://cdn.example.com/t.js' onload='x",
        "https://@cdn.example.com/t.js",
    ],
)
def test_a_script_stands_at_one_https_address(src: str) -> None:
    assert "src=" in refused(custom("Acme", ANALYTICS, settings={"src": src}))


def test_one_value_is_one_value_and_a_repeatable_one_may_be_many() -> None:
    assert "given twice" in refused(tag("ga4", settings={"id": ("G-ABCD123456", "G-ABCD123457")}))
    many = custom("Acme", ANALYTICS, settings={"connect": ("https://a.example", "https://b.example")})
    made, _ = LIBRARY.materialise(many, loopback_http=False)
    assert made["origins"]["connect-src"] == ["https://a.example", "https://b.example"]


def test_a_setting_that_the_template_does_not_have_is_named() -> None:
    assert refused(tag("ga4", settings={"anonymise": "on"})) == (
        "Google Analytics 4 has no setting 'anonymise': it takes id."
    )
    assert "it takes none" in refused(tag("site-counter", settings={"x": "y"}))


@pytest.mark.parametrize("tag_id", ["", "-x", "X", "a b", "a" * 41, "ä", "a/b", "a\n"])
def test_an_id_of_the_wrong_shape_is_refused(tag_id: str) -> None:
    assert "id takes" in refused(replace(COUNTER, id=tag_id))


def test_an_unknown_template_names_those_there_are() -> None:
    assert "site-counter" in refused(TagConfig("x", "nobody"))


def test_a_position_and_an_integrity_of_the_wrong_shape_are_refused() -> None:
    assert "position" in refused(replace(COUNTER, position="footer"))
    assert "integrity" in refused(custom("Acme", ANALYTICS, integrity="md5-x"))


def test_an_integrity_goes_to_the_vendor_s_file_alone() -> None:
    digest = "sha256-" + "A" * 43 + "="
    made, _ = LIBRARY.materialise(replace(GA4, integrity=digest), loopback_http=False)
    assert [script.get("integrity") for script in made["scripts"]] == [None, digest]


@pytest.mark.parametrize(
    "name",
    ["choice", "signal", "choice*", "__Host-choice", "__Secure-signal", "__Host-x", "__Secure-*", "__Host-*"],
)
def test_the_site_s_own_cookie_names_are_reserved(name: str) -> None:
    assert "one of this site's own" in refused(custom("Acme", ANALYTICS, cookies=(name,)))


@pytest.mark.parametrize("name", ["", "*", "a", "a*b", "**", "a b", "a;b", "a=b", "a,b", "ä1", "x" * 81, "a\n"])
def test_a_cookie_name_of_the_wrong_shape_is_refused(name: str) -> None:
    assert "cookie name" in refused(custom("Acme", ANALYTICS, cookies=(name,)))
    assert "cookie name" in refused(custom("Acme", ANALYTICS, storage=(name,)))


@pytest.mark.parametrize("name", ["_x_id", "_x_*", "ph_phc_*", "x.y", "_pk_id.*"])
def test_a_cookie_name_of_the_right_shape_is_taken(name: str) -> None:
    _, vendors = LIBRARY.materialise(custom("Acme", ANALYTICS, cookies=(name,)), loopback_http=False)
    (cookie,) = vendors["acme"]["uses"]["analytics"]["cookies"]
    assert cookie == {"name": name, "purpose": "unstated", "lifetime_days": -1, "party": "first"}


@pytest.mark.parametrize("name", ["ga4", "gtm", "meta-pixel", "linkedin-insight", "clarity", "hotjar"])
def test_a_vendor_that_uses_what_it_collects_can_have_no_exemption(name: str) -> None:
    assert "can have no exemption" in refused(tag(name, exemptions=("fr-audience-measurement",)))


@pytest.mark.parametrize("name", ["site-counter", "matomo", "plausible", "custom", "snippet"])
def test_where_an_exemption_is_possible_none_is_marked_out_of_the_box(name: str) -> None:
    config = example(name)
    assert LIBRARY.materialise(config, loopback_http=False)[0]["exemptions"] == []
    marked = replace(config, exemptions=("fr-audience-measurement",))
    assert LIBRARY.materialise(marked, loopback_http=False)[0]["exemptions"] == ["fr-audience-measurement"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_tag_is_strictly_necessary_for_the_asking(name: str) -> None:
    config = example(name)
    if TEMPLATES[name].get("container"):
        made, _ = LIBRARY.materialise(replace(config, category=Category.NECESSARY), loopback_http=False)
        assert "necessary" not in {category for category, _ in made["pairs"]}
    else:
        refused(replace(config, category=Category.NECESSARY))


def test_what_is_strictly_necessary_is_a_reviewed_list_and_no_setting() -> None:
    assert [choosable(c.value) for c in EVERYTHING] == list(EVERYTHING)
    for name in ("necessary", "", "Marketing", "other"):
        with pytest.raises(BadTag, match="functional, analytics, marketing"):
            choosable(name)


@pytest.mark.parametrize("name", ["ga4", "matomo", "plausible", "site-counter", "clarity", "hotjar"])
def test_statistics_cannot_be_moved_to_another_category(name: str) -> None:
    assert "analytics" in refused(tag(name, category=FUNCTIONAL))


@pytest.mark.parametrize("vendor", [None, "", "   ", "x" * 81])
def test_a_custom_script_names_its_vendor(vendor: str | None) -> None:
    assert "--vendor is missing" in refused(replace(custom("Acme", ANALYTICS), vendor=vendor))


@pytest.mark.parametrize(
    ("vendor", "vendor_id"),
    [
        ("Acme Stats", "acme-stats"),
        ("Ácmé!", "cm"),
        ("日本", "custom-tag"),
        ("Google Analytics", "google-analytics-custom"),
        ("Site", "site-custom"),
        ("x" * 80, "x" * 40),
    ],
)
def test_a_custom_vendor_gets_an_id_that_is_nobody_else_s(vendor: str, vendor_id: str) -> None:
    made, vendors = LIBRARY.materialise(
        replace(custom("Acme", ANALYTICS), id="custom-tag", vendor=vendor), loopback_http=False
    )
    assert list(vendors) == [vendor_id]
    assert made["pairs"] == [["analytics", vendor_id]]


def test_two_tags_of_one_vendor_are_one_vendor_with_all_that_both_do() -> None:
    known = registry(
        custom("Acme", ANALYTICS, id="one", settings={"connect": "https://a.example"}, cookies=("_a1",), storage=()),
        custom("Acme", ANALYTICS, id="two", settings={"connect": "https://b.example"}, cookies=("_a1", "_a2")),
        custom("Acme", MARKETING, id="three", vendor_role="third_party"),
    )
    assert known.pairs == ((ANALYTICS, "acme"), (MARKETING, "acme"))
    vendor = known.vendors["acme"]
    assert vendor.role == "third_party", "the stricter fact stands"
    use = vendor.use(ANALYTICS)
    assert use is not None
    assert [c.name for c in use.cookies] == ["_a1", "_a2"]
    assert dict(use.origins)["connect-src"] == ("https://a.example", "https://b.example")
    assert use.storage_unknown, "one of them keeps nobody knows what"


def test_what_google_links_with_people_is_known_of_its_advertising_alone() -> None:
    for known in (registry(GA4), registry(GA4, tag("ga4", "ga4-again"))):
        vendor = known.vendors["google-analytics"]
        assert vendor.links(MARKETING), "lost on the way from the library to the registry"
        assert not vendor.links(ANALYTICS)


def test_two_tags_cannot_have_one_id() -> None:
    with pytest.raises(BadTag, match="There is a tag 'ga4' already"):
        documents(GA4, GA4)


def test_a_container_names_its_vendors_and_gets_their_uses() -> None:
    known = registry(tag("gtm", settings={"vendors": "google-analytics,hotjar"}))
    assert known.pairs == (
        (ANALYTICS, "google-analytics"),
        (ANALYTICS, "hotjar"),
        (MARKETING, "google-analytics"),
    )
    assert known.tags[0].needs == (
        (ANALYTICS, "google-analytics"),
        (MARKETING, "google-analytics"),
        (ANALYTICS, "hotjar"),
    )


@pytest.mark.parametrize(("vendor", "category", "use"), USES, ids=[f"{v} {c}" for v, c, _ in USES])
def test_every_word_of_a_vendor_is_in_a_closed_list(vendor: str, category: str, use: dict[str, Any]) -> None:
    assert Category(category) in EVERYTHING
    assert use["purposes"]
    assert set(use["purposes"]) <= set(PURPOSES), "the cookie has no letter for it"
    assert set(use["origins"]) <= set(SOURCES)
    for origin in (o for origins in use["origins"].values() for o in origins):
        assert origin == "'self'" or origin.startswith(("https://", "wss://"))
    for cookie in use["cookies"]:
        assert cookie["party"] in ("first", "third")
        assert (cookie["party"] == "third") is bool(cookie["host"]), cookie["name"]
        assert cookie["lifetime_days"] >= -1
    for key in use["storage"]:
        assert key["kind"] in ("local", "session", "indexeddb")


def test_every_purpose_has_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    wording = pytest.importorskip("web.wording")
    monkeypatch.setattr(wording, "pgettext", lambda context, text: text)
    stated = {c["purpose"] for _, _, use in USES for c in [*use["cookies"], *use["storage"]]}
    for key in [*stated, "unstated", "remember-choice", "remember-signal"]:
        assert wording.cookie_purpose(key)
    for key in PURPOSES:
        assert wording.purpose(key)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_says_what_a_reader_needs(name: str) -> None:
    template = TEMPLATES[name]
    assert template["label"]
    assert template["vendor"] is None or template["vendor"] in LIBRARY.vendors
    if name != "site-counter" and name not in CUSTOM:
        assert template["csp_page"]["url"].startswith("https://"), "the vendor's own page on the policy"
    if template["ask_first"]:
        assert not template["exemptable"], "what asks first in every place can have no exemption"


@pytest.mark.parametrize("vendor", ["meta", "linkedin", "microsoft-clarity", "hotjar", "google-ads"])
def test_vendors_that_ask_first_do_so_in_a_container_too(vendor: str) -> None:
    assert LIBRARY.vendors[vendor]["ask_first"]


def test_the_lists_in_the_library_are_the_ones_in_the_code() -> None:
    stated = {p for _, _, use in USES for p in use["purposes"]}
    assert stated <= set(PURPOSES)
    assert set(FIXED) | CUSTOM == set(TEMPLATES)
