"""One decision gives the scripts, the policy, the cookies to expire and the consent signals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rulebook import (
    ANALYTICS,
    COUNTER,
    FUNCTIONAL,
    GA4,
    GIVEN,
    MARKETING,
    REFUSED,
    choice,
    custom,
    decided,
    everywhere,
    law,
    registry,
    tag,
)

from privacy.admission import Admission, admit, clears_storage, consent_mode, expiries
from privacy.categories import Category
from privacy.choice import Answer
from privacy.registry import EMPTY, Cookie, Pair, Registry, is_necessary
from privacy.templates import TagConfig

GERMANY = law("de")
GA: Pair = (ANALYTICS, "google-analytics")
GA_ADS: Pair = (MARKETING, "google-analytics")


def given(known: Registry, *pairs: Pair, path: str = "/", tags_allowed: bool = True) -> Admission:
    """Admit what follows when exactly these pairs were given in Germany."""
    answers: dict[Pair, Answer] = {pair: GIVEN if pair in pairs else REFUSED for pair in known.pairs}
    chosen = choice(known, everywhere(REFUSED), vendors=answers)
    return admit(known, decided(GERMANY, known, chosen), path=path, tags_allowed=tags_allowed)


def sources(admission: Admission, directive: str) -> list[str]:
    """Return the sources of a directive."""
    return next(part.split()[1:] for part in admission.csp.split("; ") if part.split()[0] == directive)


PAGES = [
    # include, exclude, path, loads
    ((), (), "/", True),
    ((), (), "/privacy/de", True),
    (("/",), (), "/", True),
    (("/",), (), "/privacy", False),
    (("/privacy",), (), "/privacy", True),
    (("/privacy",), (), "/privacy/de", False),
    (("/privacy/*",), (), "/privacy/de", True),
    (("/privacy/*",), (), "/privacy", False),
    (("/privacy*",), (), "/privacy/de", True),
    (("*",), ("/privacy",), "/privacy", False),
    (("*",), ("/privacy",), "/privacy/de", True),
    (("/", "/cookies"), (), "/cookies", True),
    (("/privacy/*",), ("/privacy/de",), "/privacy/de", False),
    (("/Privacy",), (), "/privacy", False),
]


@pytest.mark.parametrize(("include", "exclude", "path", "loads"), PAGES)
def test_page_rules_decide_where_a_granted_tag_loads(
    include: tuple[str, ...], exclude: tuple[str, ...], path: str, loads: bool
) -> None:
    known = registry(custom("Acme", ANALYTICS, include=include, exclude=exclude))
    admission = given(known, (ANALYTICS, "acme"), path=path)
    assert bool(admission.elements) is loads
    assert ("https://acme.example" in admission.csp) is loads, "an origin stands in the policy only where its tag loads"


def test_no_tag_loads_where_none_is_allowed_whatever_its_patterns_say() -> None:
    known = registry(COUNTER, custom("Acme", ANALYTICS, include=("/contact",)))
    admission = given(known, (ANALYTICS, "acme"), (ANALYTICS, "site"), path="/contact", tags_allowed=False)
    assert admission.elements == ()
    assert admission.csp == given(EMPTY).csp
    assert admission.kept == given(known, (ANALYTICS, "acme"), (ANALYTICS, "site")).kept, "its cookies stay granted"


def test_a_tag_keeps_its_position_and_its_integrity() -> None:
    digest = "sha384-" + "A" * 64
    known = registry(custom("Acme", ANALYTICS, position="body", integrity=digest))
    (element,) = given(known, (ANALYTICS, "acme")).elements
    assert (element.position, element.integrity, element.first_party) == ("body", digest, False)


HOSTS = [
    ("www.example.com", (None, "www.example.com", "example.com")),
    ("privacy.eu.example.co.uk", (None, "privacy.eu.example.co.uk", "eu.example.co.uk", "example.co.uk", "co.uk")),
    ("example.com", (None, "example.com")),
    ("example.com.", (None, "example.com")),
    ("localhost", (None,)),
    ("127.0.0.1", (None,)),
    ("::1", (None,)),
    ("[2001:db8::1]", (None,)),
    ("", (None,)),
]


@pytest.mark.parametrize(("host", "domains"), HOSTS)
def test_a_cookie_is_expired_for_the_host_and_for_each_parent_domain(
    host: str, domains: tuple[str | None, ...]
) -> None:
    assert expiries(host) == domains


HEADER = "_ga=1; _ga_ABC123=2; choice=3; theme=dark; _gcl_au=4; _gat=5; IDE=6; _fbp=7"


def test_the_cookies_of_what_is_denied_are_expired_and_no_others() -> None:
    known = registry(GA4)
    assert given(known).to_expire(HEADER) == ("_ga", "_ga_ABC123", "_gcl_au")
    assert given(known, GA).to_expire(HEADER) == ("_gcl_au",)
    assert given(known, GA, GA_ADS).to_expire(HEADER) == ()


@pytest.mark.parametrize("header", [None, "", ";", "theme=dark", "_ga", "=_ga", "x_ga=1", "_GA=1", "\xff\xfe=1; ;;"])
def test_a_request_without_such_cookies_expires_none(header: str | None) -> None:
    assert given(registry(GA4)).to_expire(header) == ()


def test_a_cookie_is_named_once_however_often_it_was_sent() -> None:
    assert given(registry(GA4)).to_expire("_ga=1; _ga=2") == ("_ga",)


def test_a_cookie_that_a_granted_vendor_shares_is_kept() -> None:
    known = registry(custom("One", ANALYTICS, cookies=("_shared",)), custom("Two", MARKETING, cookies=("_sh*",)))
    assert given(known, (ANALYTICS, "one")).to_expire("_shared=1; _short=2") == ("_short",)
    assert given(known, (MARKETING, "two")).to_expire("_shared=1; _short=2") == ()
    assert given(known).to_expire("_shared=1; _short=2") == ("_shared", "_short")


OWN = ["choice", "signal", "__Host-choice", "__Host-signal", "__Secure-choice", "__Secure-signal"]


@pytest.mark.parametrize("name", OWN)
def test_the_site_s_own_cookies_are_never_expired(name: str) -> None:
    assert is_necessary(name)
    known = registry(custom("Greedy", ANALYTICS, cookies=("ch*", "si*", "__*")))
    assert given(known).to_expire(f"{name}=1; chat=2") == ("chat",)


@pytest.mark.parametrize("name", ["choices", "xchoice", "__Host-", "Choice", "signal2", "__host-choice"])
def test_what_only_looks_like_an_own_cookie_is_none(name: str) -> None:
    assert not is_necessary(name)


def test_what_a_removed_vendor_left_is_expired() -> None:
    known = registry(COUNTER, former=("_old", "_old_*"))
    admission = given(known, (ANALYTICS, "site"))
    assert admission.to_expire("_old=1; _old_x=2; _new=3") == ("_old", "_old_x")


def test_what_a_removed_vendor_left_is_kept_when_a_granted_vendor_sets_it_too() -> None:
    known = registry(GA4, former=("_ga", "_ga_*"))
    assert given(known, GA).to_expire("_ga=1; _ga_X=2") == ()
    assert given(known).to_expire("_ga=1; _ga_X=2") == ("_ga", "_ga_X")


def test_cookies_of_the_vendor_s_own_domain_are_left_to_the_vendor() -> None:
    assert "IDE" not in {c.name for c in given(registry(GA4)).denied}


def test_a_tag_that_is_switched_off_has_its_cookies_expired() -> None:
    assert given(registry(replace(GA4, enabled=False))).to_expire("_ga=1") == ("_ga",)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("_ga", "_ga", True),
        ("_ga", "_ga_X", False),
        ("_ga_*", "_ga_X", True),
        ("_ga_*", "_ga_", True),
        ("_ga_*", "_ga", False),
        ("_pk_id.*", "_pk_id.1.1fff", True),
        ("_pk_id.*", "_pk_id", False),
    ],
)
def test_a_star_at_the_end_stands_for_anything(pattern: str, name: str, matches: bool) -> None:
    assert Cookie(pattern, "unstated").matches(name) is matches


CONSENT_MODE = [
    # what was given -> which of Google's signals are granted (Consent Mode v2)
    ((), ()),
    ((ANALYTICS,), ("analytics_storage",)),
    ((MARKETING,), ("ad_personalization", "ad_storage", "ad_user_data")),
    ((FUNCTIONAL,), ("functionality_storage", "personalization_storage")),
    (
        (FUNCTIONAL, ANALYTICS, MARKETING),
        (
            "ad_personalization",
            "ad_storage",
            "ad_user_data",
            "analytics_storage",
            "functionality_storage",
            "personalization_storage",
        ),
    ),
]


@pytest.mark.parametrize(("categories", "signals"), CONSENT_MODE)
def test_each_category_has_its_signals_of_consent_mode(
    categories: tuple[Category, ...], signals: tuple[str, ...]
) -> None:
    known = registry(GA4, custom("Chat", FUNCTIONAL))
    chosen = choice(known, everywhere(REFUSED) | dict.fromkeys(categories, GIVEN))
    states = dict(consent_mode(decided(GERMANY, known, chosen)))
    assert states.pop("security_storage") == "granted", "security is strictly necessary"
    assert tuple(sorted(name for name, state in states.items() if state == "granted")) == signals
    assert len(states) == 6


def test_a_category_that_is_partly_given_is_denied_to_google() -> None:
    known = registry(GA4, COUNTER)
    states = dict(given(known, (ANALYTICS, "site")).consent_mode)
    assert states["analytics_storage"] == "denied"


def test_another_vendor_s_grant_does_not_speak_for_google() -> None:
    known = registry(GA4, custom("Acme Ads", MARKETING))
    admission = given(known, GA, (MARKETING, "acme-ads"))
    said = dict(next(e for e in admission.elements if e.src == "tags/ga4.js").data)
    assert said == {"id": "G-ABCD123456", "analytics": "granted", "marketing": "denied", "functional": "denied"}


def test_another_vendor_s_refusal_does_not_silence_google() -> None:
    known = registry(GA4, custom("Acme Ads", MARKETING))
    admission = given(known, GA, GA_ADS)
    said = dict(next(e for e in admission.elements if e.src == "tags/ga4.js").data)
    assert (said["analytics"], said["marketing"]) == ("granted", "granted")


@pytest.mark.parametrize("with_marketing", [False, True])
def test_clarity_is_told_what_was_chosen(with_marketing: bool) -> None:
    # Its consent API asks for both; without the word, advertising storage stays denied for ever.
    known = registry(tag("clarity"))
    pairs: list[Pair] = [(ANALYTICS, "microsoft-clarity")]
    pairs += [(MARKETING, "microsoft-clarity")] if with_marketing else []
    admission = given(known, *pairs)
    said = dict(next(e for e in admission.elements if e.src == "tags/clarity.js").data)
    assert said["analytics"] == "granted"
    assert said["marketing"] == ("granted" if with_marketing else "denied")
    assert ("https://c.bing.com" in admission.csp) is with_marketing


ADVERTISING = ("doubleclick.net", "googlesyndication.com", "https://www.google.com")


def test_ga4_s_advertising_origins_come_only_with_marketing() -> None:
    known = registry(GA4)
    statistics = given(known, GA)
    assert not any(host in statistics.csp for host in ADVERTISING)
    assert "https://*.google-analytics.com" in statistics.csp
    both = given(known, GA, GA_ADS)
    assert all(host in both.csp for host in ADVERTISING)


def test_ga4_does_not_load_for_marketing_alone() -> None:
    admission = given(registry(GA4), GA_ADS)
    assert admission.elements == ()
    assert admission.csp == given(EMPTY).csp


CONTAINER = tag("gtm", settings={"vendors": "google-analytics,google-ads,meta"})


def test_a_container_loads_only_once_one_of_its_vendors_is_granted() -> None:
    known = registry(CONTAINER)
    nothing = given(known)
    assert nothing.elements == ()
    assert nothing.csp == given(EMPTY).csp
    assert [e.src for e in given(known, GA).elements] == [
        "tags/gtm.js",
        "https://www.googletagmanager.com/gtm.js?id=GTM-ABCD123",
    ]


@pytest.mark.parametrize(
    ("pairs", "there", "absent"),
    [
        ((GA,), ("google-analytics.com",), ("doubleclick", "facebook", "googleadservices")),
        (((MARKETING, "meta"),), ("connect.facebook.net",), ("google-analytics.com", "doubleclick")),
        (((MARKETING, "google-ads"),), ("googleadservices", "doubleclick"), ("facebook", "google-analytics.com")),
        ((GA, (MARKETING, "meta")), ("google-analytics.com", "facebook"), ("doubleclick", "googleadservices")),
    ],
)
def test_the_policy_of_a_container_carries_granted_vendors_alone(
    pairs: tuple[Pair, ...], there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    csp = given(registry(CONTAINER), *pairs).csp
    assert "https://www.googletagmanager.com" in csp
    assert all(word in csp for word in there)
    assert not any(word in csp for word in absent)


def test_the_counter_adds_no_foreign_origin() -> None:
    admission = given(registry(COUNTER), (ANALYTICS, "site"))
    assert sources(admission, "connect-src") == ["'self'"]
    assert "://" not in admission.csp


def test_a_socket_and_a_wildcard_can_be_admitted() -> None:
    known = registry(custom("Acme", ANALYTICS, settings={"connect": ("wss://w.example", "https://*.acme.test")}))
    assert sources(given(known, (ANALYTICS, "acme")), "connect-src") == ["wss://w.example", "https://*.acme.test"]


STORAGE = [
    ("a vendor that declares keys", tag("meta-pixel"), (MARKETING, "meta"), True),
    ("a vendor that declares none", GA4, GA, False),
    ("the same vendor's advertising", GA4, GA_ADS, True),
    ("a recorder", tag("hotjar"), (ANALYTICS, "hotjar"), True),
    ("a script of unknown make", custom("Acme", ANALYTICS), (ANALYTICS, "acme"), True),
    (
        "a script whose owner says that it keeps nothing",
        custom("Acme", ANALYTICS, storage=()),
        (ANALYTICS, "acme"),
        False,
    ),
    ("a script whose owner names its keys", custom("Acme", ANALYTICS, storage=("ac_*",)), (ANALYTICS, "acme"), True),
    ("the site itself", COUNTER, (ANALYTICS, "site"), False),
]


@pytest.mark.parametrize(("what", "config", "pair", "clears"), STORAGE, ids=[row[0] for row in STORAGE])
def test_a_withdrawal_clears_storage_where_something_may_be_stored(
    what: str, config: TagConfig, pair: Pair, clears: bool
) -> None:
    known = registry(config)
    assert clears_storage(known, [pair]) is clears, what
    assert not clears_storage(known, [])


def test_a_registry_without_vendors_serves_only_the_site_s_own_tags_and_expires_the_rest() -> None:
    known = registry(COUNTER, GA4, custom("Acme", ANALYTICS, cookies=("_ac",))).without_vendors()
    assert [one.id for one in known.enabled] == ["site-counter"]
    admission = given(known, (ANALYTICS, "site"))
    assert [e.tag for e in admission.elements] == ["site-counter"]
    assert "://" not in admission.csp
    assert admission.to_expire("_ga=1; _ac=2; choice=3") == ("_ga", "_ac")


def test_a_registry_lists_each_cookie_that_its_tags_may_set() -> None:
    listed = {(c.value, v.id, k.name) for c, v, k in registry(GA4).cookies()}
    assert ("analytics", "google-analytics", "_ga_*") in listed
    assert ("marketing", "google-analytics", "_gcl_ls") in listed, "storage keys too"
    assert not list(registry(replace(GA4, enabled=False)).cookies())
