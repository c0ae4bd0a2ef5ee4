"""Laws that hold for every registry, place, choice and signal, tried on thousands of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from rulebook import (
    ANALYTICS,
    DAY,
    EVERYTHING,
    FUNCTIONAL,
    ID,
    LATER,
    LAWS,
    LIBRARY,
    MARKETING,
    NO_SIGNAL,
    NOW,
    PROPERTY,
    TODAY,
    at,
    custom,
    decided,
    granted,
    press,
    snippet,
    tag,
)

from privacy.admission import SOURCES, Admission, admit
from privacy.categories import Category, Model
from privacy.choice import PURPOSES, Answer, Choice, Intent, Keyring, Ticks, decode, encode
from privacy.decision import Decision, Signals
from privacy.jurisdictions import Jurisdiction, Place
from privacy.registry import Registry, registry_from
from privacy.templates import TagConfig, merge

POOL: list[TagConfig] = [
    *(tag(name) for name in LIBRARY.templates if name not in ("custom", "snippet", "gtm")),
    tag("gtm", settings={"vendors": "google-analytics,google-ads,meta"}),
    tag("gtm", "gtm-small", settings={"vendors": "hotjar"}),
    tag("matomo", "matomo-exempt", exemptions=("fr-audience-measurement", "uk-statistics")),
    custom("Statistics", ANALYTICS, settings={"connect": ("https://a.example", "wss://b.example")}, cookies=("_st_*",)),
    custom("Sold", ANALYTICS, vendor_role="third_party", settings={"img": "https://*.sold.example"}),
    custom("Sold", MARKETING, id="sold-ads", vendor_role="third_party", storage=("sold",)),
    custom("Chat", FUNCTIONAL, settings={"frame": "https://chat.example", "style": "https://css.example"}),
    custom(
        "Film", FUNCTIONAL, exemptions=("eu-user-requested", "uk-appearance"), settings={"font": "https://f.example"}
    ),
    custom("Pages", MARKETING, include=("/privacy",), exclude=("/contact",)),
    custom("Off", MARKETING, enabled=False),
    snippet("Pasted", MARKETING, settings={"script": "https://pasted.example"}, cookies=("_pasted",)),
]

PLACES = [
    *(Place(code) for code in ("US", "CA", "GG", "GP", "PR", "XK")),
    Place(),
    *(Place(code.partition("-")[0], code if "-" in code else None) for code in LAWS.codes if code not in ("EU", "ROW")),
    *(Place(state["iso"]) for state in LAWS.row("EU")["states"]),
]

MADE = [LIBRARY.materialise(config, loopback_http=False) for config in POOL]
HELD = [LAWS.resolve(place, day) for place in PLACES for day in (TODAY, LATER)]

registries = st.lists(st.sampled_from(range(len(MADE))), unique=True, max_size=6).map(
    lambda picked: registry_from(merge([MADE[i] for i in picked], ()), 1, "digest")
)
laws = st.sampled_from(HELD)
ages = st.sampled_from([None, None, (0, 13), (13, 16), (13, 18), (16, 18), (0, 18)])
signals = st.builds(Signals, sent=st.booleans(), remembered=st.booleans())
paths = st.sampled_from(["/", "/privacy", "/privacy/de", "/cookies", "/contact"])
intents = st.sampled_from(Intent)


@st.composite
def choices(draw: st.DrawFn, known: Registry) -> Choice | None:
    """Draw a choice: about the registry's vendors, about others, old, from the future, contradictory."""
    if draw(st.booleans()) and draw(st.booleans()):
        return None
    categories = draw(st.dictionaries(st.sampled_from(EVERYTHING), st.sampled_from(Answer)))
    strangers = [(ANALYTICS, "gone"), (MARKETING, "stranger")]
    pairs = draw(st.lists(st.sampled_from([*known.pairs, *strangers]), unique=True))
    answers = []
    for pair in pairs:
        covered = known.purposes(pair) if pair[1] in known.vendors else frozenset()
        purposes = draw(st.one_of(st.just(covered), st.frozensets(st.sampled_from(sorted(PURPOSES)), max_size=3)))
        answers.append((pair, draw(st.sampled_from(Answer)), purposes))
    age_in_days = draw(st.sampled_from([0, 1, 100, 182, 200, 365, 396, 1000, -1, -5, -1000]))
    return Choice(
        ID, NOW - age_in_days * DAY, tuple(categories.items()), tuple(answers), draw(st.booleans()), draw(ages)
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Jurisdiction, Registry, Choice | None, Signals]:
    """Draw a visitor and a site."""
    known = draw(registries)
    return draw(laws), known, draw(choices(known)), draw(signals)


@st.composite
def ticks(draw: st.DrawFn, known: Registry) -> Ticks:
    """Draw a saved form: any boxes, before and after."""
    boxes = st.frozensets(st.sampled_from(known.pairs)) if known.pairs else st.just(frozenset())
    switches = st.frozensets(st.sampled_from(EVERYTHING))
    return Ticks(draw(switches), draw(boxes), draw(switches), draw(boxes))


def sources(csp: str) -> dict[str, list[str]]:
    """Return the directives of a policy with their sources."""
    return {part.split()[0]: part.split()[1:] for part in csp.split("; ")}


def origins_of(csp: str) -> set[str]:
    """Return every source of a policy that is not a keyword."""
    return {source for found in sources(csp).values() for source in found if not source.startswith("'")}


def owners(known: Registry, decision: Decision) -> set[str]:
    """Return every origin that some granted pair, or a tag that such a pair loads, states as its own."""
    allowed = granted(decision)
    mine = {
        o for c, v in allowed for use in known.vendors[v].uses if use.category is c for _, os in use.origins for o in os
    }
    return mine | {
        o for one in known.tags if one.enabled and allowed & set(one.needs) for _, found in one.origins for o in found
    }


def takes(patterns: list[str], url: str) -> bool:
    """Say whether a directive's sources take an address (CSP 3, 6.7.2)."""
    parts = urlsplit(url)
    for pattern in patterns:
        scheme, _, host = pattern.partition("://")
        if scheme == parts.scheme and (
            host == parts.netloc or (host.startswith("*.") and parts.netloc.endswith(host[1:]))
        ):
            return True
    return False


def admitted(
    law: Jurisdiction, known: Registry, choice: Choice | None, sent: Signals, path: str
) -> tuple[Decision, Admission]:
    decision = decided(law, known, choice, sent)
    return decision, admit(known, decision, path=path)


@PROPERTY
@given(situations(), paths)
def test_no_origin_appears_unless_its_vendor_is_granted(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals], path: str
) -> None:
    known = situation[1]
    decision, admission = admitted(*situation, path)
    foreign = origins_of(admission.csp) - owners(known, decision)
    assert not foreign, f"the policy admits {foreign}, which no granted vendor states: granted is {granted(decision)}"


@PROPERTY
@given(situations(), paths)
def test_no_script_appears_unless_its_vendor_is_granted_and_its_page_rules_hold(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals], path: str
) -> None:
    known = situation[1]
    decision, admission = admitted(*situation, path)
    tags = {one.id: one for one in known.tags}
    for element in admission.elements:
        one = tags[element.tag]
        assert one.enabled, f"{one.id} is switched off"
        assert granted(decision) & set(one.needs), f"{one.id} is sent and none of its vendors is granted"
        assert one.is_for(path)


@PROPERTY
@given(situations(), paths)
def test_what_is_admitted_can_load_under_the_policy_that_admits_it(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals], path: str
) -> None:
    _, admission = admitted(*situation, path)
    scripts = sources(admission.csp)["script-src"]
    for element in admission.elements:
        assert element.first_party or takes(scripts, element.src), f"{element.src} is blocked by script-src {scripts}"


@PROPERTY
@given(situations(), paths)
def test_the_policy_never_weakens(situation: tuple[Jurisdiction, Registry, Choice | None, Signals], path: str) -> None:
    _, admission = admitted(*situation, path)
    for directive, found in sources(admission.csp).items():
        for source in found:
            assert source not in ("*", "https:", "http:", "wss:", "data:", "blob:", "'unsafe-inline'", "'unsafe-eval'")
            assert "unsafe" not in source
            assert source in ("'self'", "'none'") or "." in urlsplit(source).netloc, f"{source} stands for everybody"
        assert found == ["'none'"] or "'none'" not in found, f"{directive} says none and something"
        assert directive in SOURCES or not any("://" in source for source in found)
    assert not set(admission.csp) & set("\r\n,")


@PROPERTY
@given(situations(), paths)
def test_where_no_tag_is_allowed_the_policy_and_the_page_are_bare(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals], path: str
) -> None:
    decision = decided(*situation)
    admission = admit(situation[1], decision, path=path, tags_allowed=False)
    assert admission.elements == ()
    assert origins_of(admission.csp) == set()


@PROPERTY
@given(situations())
def test_a_signal_never_adds_a_grant(situation: tuple[Jurisdiction, Registry, Choice | None, Signals]) -> None:
    law, known, choice, sent = situation
    added = granted(decided(law, known, choice, sent)) - granted(decided(law, known, choice, NO_SIGNAL))
    assert not added, f"the signal granted {added}"


@PROPERTY
@given(situations())
def test_a_signal_beats_every_choice_but_an_act_that_was_made_while_it_was_in_force(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals],
) -> None:
    law, known, choice, _ = situation
    for pair in granted(decided(law, known, choice, Signals(sent=True))):
        if pair[0] in law.signal.denies:
            assert choice is not None
            answer = choice.answer(pair)
            assert choice.during_signal, f"an earlier choice beat the signal for {pair}"
            assert answer is not None
            assert answer[0] is Answer.GIVEN, f"{pair} was left on, and that beat the signal"


@PROPERTY
@given(situations())
def test_nothing_is_granted_under_opt_in_without_an_act_of_the_visitor(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals],
) -> None:
    law, known, choice, sent = situation
    for grant in decided(law, known, choice, sent).grants:
        if grant.granted and grant.model is Model.OPT_IN:
            assert choice is not None, f"{grant.pair} was never asked about"
            answer = choice.answer(grant.pair)
            assert answer is not None
            assert answer[0] is Answer.GIVEN, f"{grant.pair} was left on, not given"
            assert known.purposes(grant.pair) <= answer[1], f"{grant.pair} was given for other purposes"


@PROPERTY
@given(situations(), intents, st.data())
def test_what_is_prohibited_is_never_granted_by_any_act(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals], intent: Intent, data: st.DataObject
) -> None:
    law, known, choice, sent = situation
    age = data.draw(ages)
    outcome = press(intent, law, known, previous=choice, signals=sent, ticks=data.draw(ticks(known)), age=age)
    for decision in (decided(law, known, choice, sent), outcome.decision):
        assert not any(g.granted for g in decision.grants if g.model is Model.PROHIBITED)
    if age:
        forbidden = law.band_of(age) is Model.PROHIBITED
        answers = [a for p, a, _ in outcome.choice.answers if p[0] is MARKETING and p in known.pairs]
        assert not forbidden or set(answers) <= {Answer.REFUSED}, "a consent was recorded that cannot be given"


@PROPERTY
@given(situations())
def test_accept_then_reject_leaves_nothing(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals],
) -> None:
    law, known, choice, sent = situation
    accepted = press(Intent.ACCEPT, law, known, previous=choice, signals=sent, now=NOW)
    rejected = press(Intent.REJECT, law, known, previous=accepted.choice, signals=sent, now=NOW + 1)
    assert granted(rejected.decision) == set()
    assert granted(accepted.decision) == set(rejected.withdrawn), "what was on and is off now was withdrawn"
    assert rejected.decision.banner is None, "who has just refused is not asked again"


@PROPERTY
@given(situations())
def test_who_has_just_accepted_everything_is_not_asked_again(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals],
) -> None:
    law, known, choice, sent = situation
    decision = press(Intent.ACCEPT, law, known, previous=choice, signals=sent).decision
    assert decision.banner is None
    assert decision.open == ()
    assert all(g.granted for g in decision.grants if g.model is not Model.PROHIBITED)


@PROPERTY
@given(situations(), st.data())
def test_the_order_of_the_tags_decides_nothing(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals], data: st.DataObject
) -> None:
    law, known, choice, sent = situation
    shuffled = replace(known, tags=tuple(data.draw(st.permutations(known.tags))))
    one, other = decided(law, known, choice, sent), decided(law, shuffled, choice, sent)
    assert {g.pair: g for g in one.grants} == {g.pair: g for g in other.grants}
    assert replace(one, grants=()) == replace(other, grants=())


@PROPERTY
@given(situations(), intents, st.data())
def test_a_choice_survives_its_cookie_and_means_the_same_on_the_next_request(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals], intent: Intent, data: st.DataObject
) -> None:
    law, known, previous, sent = situation
    keys = Keyring(["k" * 16], "test")
    outcome = press(intent, law, known, previous=previous, signals=sent, ticks=data.draw(ticks(known)))
    read = decode(encode(outcome.choice, keys), keys)
    assert read == outcome.choice
    assert decided(law, known, read, sent) == outcome.decision


@PROPERTY
@given(situations())
def test_what_is_expired_in_the_browser_is_never_a_cookie_of_a_granted_vendor(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals],
) -> None:
    known = situation[1]
    decision, admission = admitted(*situation, "/")
    names = {c.name.replace("*", "1") for _, _, c in known.cookies() if c.kind == "cookie" and c.party == "first"}
    header = "; ".join(f"{name}=1" for name in sorted(names))
    expired = set(admission.to_expire(header))
    for category, vendor, cookie in known.cookies():
        if cookie.kind == "cookie" and cookie.party == "first":
            name = cookie.name.replace("*", "1")
            if decision.grants_pair((category, vendor.id)):
                assert name not in expired
    denied_only = {
        c.name.replace("*", "1")
        for category, vendor, c in known.cookies()
        if c.kind == "cookie" and c.party == "first" and not decision.grants_pair((category, vendor.id))
    }
    assert {n for n in denied_only if not any(k.matches(n) for k in admission.kept)} <= expired


@PROPERTY
@given(situations())
def test_a_decision_is_the_same_each_time_and_can_be_a_key(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals],
) -> None:
    one, other = decided(*situation), decided(*situation)
    assert one == other
    assert hash(one) == hash(other)


@PROPERTY
@given(situations())
def test_a_question_stands_open_only_about_what_is_in_use(
    situation: tuple[Jurisdiction, Registry, Choice | None, Signals],
) -> None:
    law, known, choice, sent = situation
    decision = decided(law, known, choice, sent)
    assert set(decision.open) <= set(known.asked_about)
    assert set(decision.changed) <= set(decision.open)
    assert (decision.banner is not None) is bool(decision.open)
    assert law.shows_banner or not decision.open
    unasked: list[Any] = [
        g for g in decision.grants if g.model is Model.OPT_IN and choice is None and g.category not in decision.open
    ]
    silenced = sent.sent or sent.remembered
    assert silenced or not law.shows_banner or not unasked, f"{unasked} could never be agreed to"


def test_the_pool_holds_every_template_and_every_category() -> None:
    assert {config.template for config in POOL} == set(LIBRARY.templates)
    used = {c for config in POOL for c, _ in LIBRARY.materialise(config, loopback_http=False)[0]["pairs"]}
    assert used == {c.value for c in EVERYTHING}
    assert Category.NECESSARY.value not in used
    assert at(TODAY) == NOW
