"""What a browser saw against what the gate admits: each line of a report, and who comes as whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rulebook import ANALYTICS, COUNTER, FUNCTIONAL, MARKETING, NOW, custom, law, registry, tag

from privacy.decision import Signals, decide
from privacy.jurisdictions import Place
from services.inspection import (
    Allowed,
    Item,
    Kept,
    Policy,
    Report,
    Seen,
    SeenScript,
    Table,
    Trouble,
    Visitor,
    allowed,
    choice_of,
    judge,
    place_of,
    report_from_json,
    report_to_json,
    seen_from_json,
)

HOST = "site.example"
POLL = custom(
    "Poll", ANALYTICS, settings={"connect": "https://api.poll.example"}, cookies=("_poll_*",), storage=("poll",)
)
ADS = custom("Ads", MARKETING, settings={"img": "https://*.ads.example"}, cookies=("_ad",), storage=())
CHAT = custom("Chat", FUNCTIONAL, storage=None)
KNOWN = registry(COUNTER, POLL, ADS)
UNKNOWN, DENIED, FAILED, REFUSED = Trouble.UNKNOWN, Trouble.DENIED, Trouble.FAILED, Trouble.REFUSED


def may(visitor: Visitor, region: str = "de", known: Any = KNOWN) -> Allowed:
    where = law(region)
    return allowed(known, where, choice_of(visitor, where, known, NOW), NOW, host=HOST, path="/")


def report(visitor: Visitor, known: Any = KNOWN, **seen: Any) -> Report:
    there = may(visitor, known=known)
    policy = max(there.policies, key=len)
    return judge(Seen(visitor, **{"status": 200, "policy": policy, **seen}), there)


CONSENTING, REFUSING = Visitor.CONSENTING, Visitor.REFUSING

HOSTS = [
    ("https://poll.example", CONSENTING, "Poll", None),
    ("https://api.poll.example", CONSENTING, "Poll", None),
    ("wss://api.poll.example", CONSENTING, "Poll", None),
    ("https://poll.example:8443", CONSENTING, "", UNKNOWN),
    ("https://x.poll.example", CONSENTING, "", UNKNOWN),
    ("https://a.b.ads.example", CONSENTING, "Ads", None),
    ("https://nobody.example", CONSENTING, "", UNKNOWN),
    ("https://poll.example.nobody.example", CONSENTING, "", UNKNOWN),
    ("https://[broken", CONSENTING, "", UNKNOWN),
    ("https://poll.example", REFUSING, "Poll", DENIED),
    ("https://nobody.example", REFUSING, "", UNKNOWN),
]


@pytest.mark.parametrize(("origin", "visitor", "by", "trouble"), HOSTS)
def test_a_host_belongs_to_what_was_granted_or_is_named(
    origin: str, visitor: Visitor, by: str, trouble: Trouble | None
) -> None:
    (found,) = report(visitor, hosts=((origin, 3),)).of(Table.HOSTS)
    assert found == Item(origin, "", by, 3, trouble)


COOKIES = [
    ("choice", HOST, REFUSING, "", None),
    ("__Host-choice", HOST, REFUSING, "", None),
    ("choice", "nobody.example", REFUSING, "", UNKNOWN),
    ("_poll_id", HOST, CONSENTING, "Poll", None),
    ("_poll_id", ".example", CONSENTING, "Poll", None),
    ("_poll_id", "poll.example", CONSENTING, "", UNKNOWN),
    ("_poll_id", HOST, REFUSING, "Poll", DENIED),
    ("_id", HOST, CONSENTING, "", UNKNOWN),
]


@pytest.mark.parametrize(("name", "host", "visitor", "by", "trouble"), COOKIES)
def test_a_cookie_is_declared_or_is_named(
    name: str, host: str, visitor: Visitor, by: str, trouble: Trouble | None
) -> None:
    (found,) = report(visitor, kept=(Kept("cookie", name, host),)).of(Table.COOKIES)
    assert found == Item(name, host, by, 1, trouble)


def test_a_cookie_of_the_vendors_own_site_is_known_by_its_host() -> None:
    known = registry(tag("linkedin-insight"))
    declared = [c for _, _, c in known.cookies() if c.party == "third" and c.host]
    seen = report(CONSENTING, known, kept=tuple(Kept("cookie", c.name, f".{c.host}") for c in declared))
    assert declared and not seen.troubles
    elsewhere = report(CONSENTING, known, kept=tuple(Kept("cookie", c.name, "nobody.example") for c in declared))
    assert all(item.trouble is UNKNOWN for item in elsewhere.of(Table.COOKIES))


STORAGE = [
    ("local", "poll", HOST, KNOWN, CONSENTING, "Poll", None),
    ("local", "poll", HOST, KNOWN, REFUSING, "Poll", DENIED),
    ("local", "other", HOST, KNOWN, CONSENTING, "", UNKNOWN),
    ("local", "other", "frame.example", KNOWN, CONSENTING, "frame.example", None),
    ("indexeddb", "any", HOST, registry(CHAT), CONSENTING, "Chat", None),
    ("indexeddb", "any", HOST, registry(CHAT), REFUSING, "", UNKNOWN),
]


@pytest.mark.parametrize(("kind", "key", "host", "known", "visitor", "by", "trouble"), STORAGE)
def test_a_storage_key_is_declared_or_is_named(
    kind: str, key: str, host: str, known: Any, visitor: Visitor, by: str, trouble: Trouble | None
) -> None:
    (found,) = report(visitor, known, kept=(Kept(kind, key, host),)).of(Table.STORAGE)
    assert found == Item(key, kind, by, 1, trouble)


SCRIPTS = [
    (SeenScript("https://poll.example/t.js", "poll"), CONSENTING, None),
    (SeenScript("https://poll.example/t.js", "poll", loaded=False), CONSENTING, FAILED),
    (SeenScript("https://poll.example/t.js", "poll"), REFUSING, DENIED),
    (SeenScript("https://poll.example/more.js"), CONSENTING, None),
]


@pytest.mark.parametrize(("script", "visitor", "trouble"), SCRIPTS, ids=str)
def test_a_script_came_and_may_be_there(script: SeenScript, visitor: Visitor, trouble: Trouble | None) -> None:
    (found,) = report(visitor, scripts=(script,)).of(Table.SCRIPTS)
    assert found == Item(script.url, by=script.tag, trouble=trouble)


def test_whatever_the_policy_refused_is_named() -> None:
    seen = report(CONSENTING, refusals=(("img-src", "https://nobody.example/i.gif"),))
    assert seen.troubles == ((Table.REFUSALS, Item("https://nobody.example/i.gif", "img-src", trouble=REFUSED)),)
    assert not seen.is_fine


def test_the_policy_is_the_one_of_the_gate() -> None:
    there = may(CONSENTING)
    for policy in there.policies:
        for text in (policy, f"{policy}; upgrade-insecure-requests"):
            assert report(CONSENTING, policy=text).is_fine
    for text, expected in (("", Policy.MISSING), ("default-src *", Policy.OTHER)):
        seen = report(CONSENTING, policy=text)
        assert seen.policy is expected and not seen.is_fine
    admitted = max(there.policies, key=len)
    assert report(REFUSING, policy=admitted).policy is Policy.OTHER, "another visitor's policy is not this one's"


def test_a_page_that_is_not_there_is_not_fine() -> None:
    assert report(REFUSING).is_fine and not report(REFUSING, status=404).is_fine


@pytest.mark.parametrize("region", ["de", "gb", "us-ca", "us", "au", "jp", "row"])
def test_everything_is_granted_to_who_consents_and_nothing_to_who_refuses(region: str) -> None:
    where = law(region)
    for visitor, expected in ((CONSENTING, {True}), (REFUSING, {False})):
        chosen = choice_of(visitor, where, KNOWN, NOW)
        grants = decide(where, chosen, Signals(), KNOWN, NOW).grants
        assert {grant.granted for grant in grants} == expected
    assert may(REFUSING, region).sources == () and "https://poll.example" in may(CONSENTING, region).sources


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ("de", Place("DE")),
        ("us-ca", Place("US", "US-CA")),
        ("us", Place("US")),
        ("row", Place()),
        ("", Place()),
        ("../x", Place()),
    ],
)
def test_a_region_is_somewhere(region: str, place: Place) -> None:
    assert place_of(region) == place


def test_a_report_outlives_its_storage() -> None:
    seen = report(
        CONSENTING,
        status=200,
        scripts=(SeenScript("https://poll.example/t.js", "poll", loaded=False),),
        hosts=(("https://nobody.example", 2),),
        kept=(Kept("cookie", "_x", HOST), Kept("local", "k", HOST)),
        refusals=(("img-src", "inline"),),
    )
    assert report_from_json(json.loads(json.dumps(report_to_json(seen)))) == seen


def test_what_a_page_calls_itself_is_cut_to_what_can_be_shown() -> None:
    document = {
        "visitor": "refusing",
        "status": 200,
        "policy": "p" * 9000,
        "scripts": [],
        "hosts": [],
        "kept": [["cookie", "n" * 5000, HOST]],
        "refusals": [],
    }
    seen = seen_from_json(document)
    assert len(seen.kept[0].name) == 300 and len(seen.policy) == 9000
