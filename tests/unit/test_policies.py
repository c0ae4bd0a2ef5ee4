"""Which version holds, which answers it makes old, and what changed between two: rules without any store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import (
    ANALYTICS,
    EVERYTHING,
    FUNCTIONAL,
    GIVEN,
    MARKETING,
    NOW,
    PROPERTY,
    REFUSED,
    SENT,
    choice,
    custom,
    decided,
    everywhere,
    granted,
    law,
    press,
    reason,
    registry,
)

from privacy.categories import Category
from privacy.choice import Answer, Intent
from privacy.jurisdictions import load
from privacy.policies import (
    FIRST_TEXT,
    OFFERED,
    Change,
    Document,
    Doubt,
    Kind,
    Section,
    Version,
    announced,
    asks_since,
    check,
    compared,
    differences,
    in_force,
    lasting,
    plain,
)

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def version(
    number: int, effective: int = 0, *, material: Iterable[Category] = (), published: int = 0, kind: Kind = Kind.PRIVACY
) -> Version:
    """Return a version that was published, and holds, so many days after the start."""
    return Version(
        kind=kind,
        number=number,
        published=START + published * DAY,
        effective=START + effective * DAY,
        author="test",
        note={"en": "A change."},
        material=frozenset(material),
        named=frozenset(),
        digest=f"digest of {number}",
    )


def numbered(versions: Iterable[Version]) -> list[int]:
    return [each.number for each in versions]


ONE, TWO, SOON, LATER = version(1), version(2, 3), version(3, 10), version(4, 20)

IN_FORCE = [
    ("nothing was published", [], 0, None),
    ("the only one is still to come", [TWO], 0, None),
    ("the first of the only one's moments", [TWO], 3, 2),
    ("a second one is announced", [ONE, TWO], 2, 1),
    ("a second one took effect", [ONE, TWO], 3, 2),
    ("two are announced", [ONE, SOON, LATER], 9, 1),
    ("one of two took effect", [ONE, SOON, LATER], 19, 3),
    ("both took effect", [ONE, SOON, LATER], 20, 4),
    ("the one published last takes effect first", [ONE, version(2, 10), version(3, 5)], 7, 3),
    ("an announced one never takes over from one published after it", [version(2, 10), version(3, 5)], 11, 3),
    ("not at the moment that was announced either", [ONE, version(2, 10), version(3, 5)], 10, 3),
    ("two took effect at the same moment", [version(2, 5), version(3, 5)], 6, 3),
]


@pytest.mark.parametrize(("what", "versions", "day", "number"), IN_FORCE, ids=[row[0] for row in IN_FORCE])
def test_of_the_versions_in_effect_the_one_published_last_holds(
    what: str, versions: list[Version], day: int, number: int | None
) -> None:
    for order in (versions, versions[::-1]):
        found = in_force(order, START + day * DAY)
        assert (found.number if found else None) == number, f"{what}: which holds is no matter of the order"


ANNOUNCED = [
    ("nothing was published", [], 0, []),
    ("all hold already", [ONE, TWO], 3, []),
    ("a second before it does", [ONE, TWO], 2, [2]),
    ("two, in the order in which they take effect", [ONE, SOON, LATER], 1, [3, 4]),
    ("one that a later one overtook is announced no more", [ONE, version(2, 20), version(3, 10)], 1, [3]),
    ("nor is it once the later one holds", [ONE, version(2, 20), version(3, 10)], 15, []),
    ("of two at the same moment the one published last", [ONE, version(2, 10), version(3, 10)], 1, [3]),
    ("one of two has taken effect", [ONE, SOON, LATER], 10, [4]),
]


@pytest.mark.parametrize(("what", "versions", "day", "numbers"), ANNOUNCED, ids=[row[0] for row in ANNOUNCED])
def test_what_is_still_to_take_effect_is_announced(
    what: str, versions: list[Version], day: int, numbers: list[int]
) -> None:
    for order in (versions, versions[::-1]):
        assert numbered(announced(order, START + day * DAY)) == numbers, what


Drawn = list[tuple[int, set[Category]]]
drawn_versions = st.lists(st.tuples(st.integers(0, 6), st.sets(st.sampled_from(EVERYTHING))), max_size=5)


def made_of(drawn: Drawn) -> list[Version]:
    return [version(number, effective, material=those) for number, (effective, those) in enumerate(drawn, 1)]


@given(drawn_versions, st.randoms(use_true_random=False))
@PROPERTY
def test_what_lasts_is_what_holds_at_some_moment(drawn: Drawn, shuffler: Random) -> None:
    versions = made_of(drawn)
    held = {found.number for day in range(8) if (found := in_force(versions, START + day * DAY))}
    shuffler.shuffle(versions)
    assert numbered(lasting(versions)) == sorted(held), "none that was overtaken, each other one, in their order"


@given(drawn_versions, st.integers(0, 7))
@PROPERTY
def test_what_was_overtaken_asks_nobody(drawn: Drawn, day: int) -> None:
    versions, now = made_of(drawn), START + day * DAY
    held = [found for past in range(day + 1) if (found := in_force(versions, START + past * DAY))]
    expected = {c: max(int(v.effective.timestamp()) for v in held if c in v.material) for v in held for c in v.material}
    assert dict(asks_since(versions, now)) == expected, "each version that held asks, and no other"


@given(drawn_versions, st.integers(0, 7))
@PROPERTY
def test_a_version_is_announced_or_has_taken_effect_and_never_both(drawn: Drawn, day: int) -> None:
    versions = made_of(drawn)
    now = START + day * DAY
    holds, coming = in_force(versions, now), announced(versions, now)
    assert holds is None or holds.effective <= now
    assert all(each.effective > now for each in coming), "what has taken effect is no longer announced"
    assert len({each.effective for each in coming}) == len(coming), "one takes effect at a time"
    for each in coming:
        assert in_force(versions, each.effective) == each, "what is announced comes true"


ASKS = [
    ("nothing was published", [], 9, {}),
    ("nothing is material", [ONE, TWO], 9, {}),
    ("a material one is only announced", [ONE, version(2, 5, material=[MARKETING])], 4, {}),
    ("a material one took effect", [ONE, version(2, 5, material=[MARKETING])], 5, {MARKETING: 5}),
    (
        "each category since the last that touches it",
        [version(1, 1, material=[MARKETING, ANALYTICS]), version(2, 5, material=[MARKETING])],
        9,
        {ANALYTICS: 1, MARKETING: 5},
    ),
    (
        "a later version that is not material forgets nothing",
        [version(1, 1, material=[FUNCTIONAL]), version(2, 5)],
        9,
        {FUNCTIONAL: 1},
    ),
    (
        "one that a later one overtook never asks",
        [ONE, version(2, 10, material=[MARKETING]), version(3, 5, material=[ANALYTICS])],
        12,
        {ANALYTICS: 5},
    ),
    (
        "a text is overtaken by its own later versions alone",
        [version(2, 10, material=[MARKETING]), version(7, 5, material=[ANALYTICS], kind=Kind.COOKIES)],
        12,
        {ANALYTICS: 5, MARKETING: 10},
    ),
    (
        "both texts count",
        [version(1, 1, material=[ANALYTICS]), version(1, 2, material=[ANALYTICS], kind=Kind.COOKIES)],
        9,
        {ANALYTICS: 2},
    ),
]


@pytest.mark.parametrize(("what", "versions", "day", "since"), ASKS, ids=[row[0] for row in ASKS])
def test_each_category_is_asked_anew_since_the_last_change_that_touches_it(
    what: str, versions: list[Version], day: int, since: dict[Category, int]
) -> None:
    expected = {category: int((START + days * DAY).timestamp()) for category, days in since.items()}
    for order in (versions, versions[::-1]):
        found = asks_since(order, START + day * DAY)
        assert dict(found) == expected, what
        assert [c for c, _ in found] == [c for c in EVERYTHING if c in expected], "in the order of the categories"


AT_ONCE = (False, True)
DOUBTS = [
    ("backdated by a day", version(2, 0, published=1), (), AT_ONCE, "before it is published"),
    ("backdated by a moment", replace(ONE, effective=START - timedelta(microseconds=1)), (), AT_ONCE, "before it is"),
    ("a cookie policy for later", version(2, 5, kind=Kind.COOKIES), (), AT_ONCE, "switched on now"),
    ("a backdated cookie policy", version(2, 0, published=1, kind=Kind.COOKIES), (), AT_ONCE, "before it is published"),
    ("before an announced one", version(4, 5), (SOON,), AT_ONCE, "Version 3 is announced for 2026-12-02 12:00 UTC"),
    ("at once before an announced one", version(4), (SOON,), AT_ONCE, "Version 3 is announced"),
    ("before one of two that are announced", version(5, 15), (SOON, LATER), AT_ONCE, "Version 4 is announced"),
    ("material and unannounced", version(2, material=[MARKETING]), (), (False,), "announced before it holds"),
    (
        "material cookies and unannounced",
        version(2, material=[MARKETING], kind=Kind.COOKIES),
        (),
        (False,),
        "announced before it holds",
    ),
    ("asking about what is necessary", version(2, 5, material=[Category.NECESSARY]), (), AT_ONCE, "strictly necessary"),
    ("asking about it at once", version(2, material=[Category.NECESSARY]), (), (True,), "strictly necessary"),
    (
        "asking about it among others",
        version(2, 5, material=[*EVERYTHING, Category.NECESSARY]),
        (),
        AT_ONCE,
        "strictly",
    ),
]


@pytest.mark.parametrize(("what", "doubtful", "coming", "ways", "says"), DOUBTS, ids=[row[0] for row in DOUBTS])
def test_what_cannot_be_published_is_refused_and_says_why(
    what: str, doubtful: Version, coming: tuple[Version, ...], ways: tuple[bool, ...], says: str
) -> None:
    for at_once in ways:
        with pytest.raises(Doubt, match=says):
            check(doubtful, coming, at_once=at_once, withdraws=False)


FINE = [
    ("the first", ONE, (), AT_ONCE),
    ("one for later", LATER, (), AT_ONCE),
    ("one after what is announced", LATER, (SOON,), AT_ONCE),
    ("one for the day that was announced, in its place", version(4, 10), (SOON,), AT_ONCE),
    ("a material one that is announced", version(2, 1, material=EVERYTHING), (), AT_ONCE),
    ("a material one that cannot wait", version(2, material=EVERYTHING), (), (True,)),
    ("a cookie policy", version(2, kind=Kind.COOKIES), (), AT_ONCE),
    ("a material cookie policy that cannot wait", version(2, material=EVERYTHING, kind=Kind.COOKIES), (), (True,)),
]


@pytest.mark.parametrize(("what", "fine", "coming", "ways"), FINE, ids=[row[0] for row in FINE])
def test_what_can_be_published_is_let_through(
    what: str, fine: Version, coming: tuple[Version, ...], ways: tuple[bool, ...]
) -> None:
    for at_once in ways:
        check(fine, coming, at_once=at_once, withdraws=False)


def test_the_first_text_is_known_by_its_date() -> None:
    assert FIRST_TEXT.isoformat() == "2023-02-10"


SECTION = Section("law", "The law", "<p>Words.</p>")


@pytest.mark.parametrize("part", ["anchor", "title", "html"])
def test_the_key_of_a_section_changes_with_any_part(part: str) -> None:
    changed = replace(SECTION, **{part: getattr(SECTION, part) + " "})
    assert changed.key != SECTION.key, f"{part} is part of what is frozen"
    assert replace(SECTION).key == SECTION.key and len(SECTION.key) == 32


def test_parts_of_a_section_cannot_be_taken_for_each_other() -> None:
    assert Section("ab", "c", "d").key != Section("a", "bc", "d").key
    assert Section('a","title":"b', "c", "d").key != Section("a", "b", "c").key


DOCUMENT = Document("en", "de", "Privacy policy", (SECTION, Section("rights", "Rights", "<p>Yours.</p>")))

OTHERS = [
    ("locale", replace(DOCUMENT, locale="de")),
    ("region", replace(DOCUMENT, region="fr")),
    ("title", replace(DOCUMENT, title="Privacy")),
    ("order", replace(DOCUMENT, sections=DOCUMENT.sections[::-1])),
    ("fewer sections", replace(DOCUMENT, sections=DOCUMENT.sections[:1])),
    ("a section twice", replace(DOCUMENT, sections=(*DOCUMENT.sections, SECTION))),
    ("html", replace(DOCUMENT, sections=(replace(SECTION, html="<p>Word.</p>"), DOCUMENT.sections[1]))),
]


@pytest.mark.parametrize(("part", "other"), OTHERS, ids=[row[0] for row in OTHERS])
def test_the_digest_of_a_document_changes_with_any_part(part: str, other: Document) -> None:
    assert other.digest != DOCUMENT.digest, f"{part} is part of what is frozen"
    assert replace(DOCUMENT).digest == DOCUMENT.digest and len(DOCUMENT.digest) == 64


PLAIN = [
    ("nothing", "", ""),
    ("bare words", "some\n  words", "some words"),
    ("two paragraphs", "<p>One.</p>\n<p>Two.</p>", "One.\n\nTwo."),
    ("marks within a line", '<p>One <b>bold</b>, <a href="/x">a link</a>.</p>', "One bold, a link </x>."),
    ("a link to elsewhere", '<p><a href="https://a.example/?b=1&amp;c">A</a></p>', "A <https://a.example/?b=1&c>"),
    ("a link within the page", '<p>See <a href="#law">the law</a>.</p>', "See the law."),
    (
        "ways to reach us",
        '<p><a href="mailto:a@b.example">Us</a>, <a href="tel:+1555">Us</a></p>',
        "Us <a@b.example>, Us <+1555>",
    ),
    ("marks within a link", '<p><a href="/x">a <b>bold</b> <span>link</span></a>.</p>', "a bold link </x>."),
    ("fine print", '<p>A copy <span class="fine">Art. 15</span>.</p>', "A copy (Art. 15)."),
    ("fine print around marks", '<li>A <span class="fine"><bdi>B</bdi></span></li>', "- A (B)"),
    ("a span that is not fine", '<p>A <span lang="en">copy</span>.</p>', "A copy."),
    ("entities", "<p>Terms &amp; &#34;more&#34; &lt;here&gt;</p>", 'Terms & "more" <here>'),
    ("a break", "<p>One<br>two</p>", "One two"),
    ("a list", "<p>Say:</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "Say:\n\n- one\n- two"),
    ("terms", "<dl><div><dt>Access</dt><dd>A copy.</dd></div></dl>", "Access\n  A copy."),
    (
        "two terms",
        "<dl><div><dt>A</dt><dd>1</dd></div>\n<div><dt>B</dt><dd>2</dd></div></dl>",
        "A\n  1\nB\n  2",
    ),
    (
        "a numbered heading",
        '<h2><a href="#x"><span class="number">1</span> <span>What</span></a></h2>\n<p>Words.</p>',
        "1 What\n\nWords.",
    ),
    (
        "a table",
        '<table><thead><tr><th>Name</th></tr></thead><tbody><tr><th scope="row"><code>_x</code></th>'
        '<td data-label="Provider">Us &amp; Co</td><td data-label="Kind">HTTP</td></tr></tbody></table>',
        "_x\n  Provider: Us & Co\n  Kind: HTTP",
    ),
    (
        "two rows of a table, and what follows it",
        "<table><thead><tr><th>Name</th><th>Kind</th></tr></thead><tbody><tr><th>a</th><td>1</td></tr>"
        "<tr><th>b</th><td>2</td></tr></tbody></table><p>After.</p>",
        "a\n  1\nb\n  2\n\nAfter.",
    ),
    ("an empty block", "<p></p><p> </p><p>One.</p>", "One."),
    ("words around blocks", "<section>before<p>within</p>after</section>", "before\n\nwithin\n\nafter"),
]


@pytest.mark.parametrize(("what", "html", "text"), PLAIN, ids=[row[0] for row in PLAIN])
def test_markup_reads_as_plain_text(what: str, html: str, text: str) -> None:
    assert plain(html) == text, what


def test_a_document_reads_as_plain_text() -> None:
    assert DOCUMENT.text == "Words.\n\nYours.\n", "its title stands before it, with what else is said of it"


PIECES = ["a", "b", "word", "Wort", " ", "  ", "\n", "\n\n", ".", ",", "_", "é", "日本", "\t", "\u00a0", "9"]
LINES = ["We keep it.", "We sell nothing.", "We sell it.", "", "- a list"]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES)).map("".join),
    st.lists(st.sampled_from(LINES)).map("\n".join),
    st.text(max_size=20),
)


def joined(runs: Iterable[tuple[Change, str]], *kept: Change) -> str:
    return "".join(text for change, text in runs if change in kept)


@given(texts, texts)
@PROPERTY
def test_what_stayed_with_what_came_or_went_is_the_new_text_or_the_old_one(old: str, new: str) -> None:
    runs = list(compared(old, new))
    assert joined(runs, Change.SAME, Change.REMOVED) == old + "\n", "nothing of the old text is lost"
    assert joined(runs, Change.SAME, Change.ADDED) == new + "\n", "nothing of the new text is lost"
    assert all(text for _, text in runs), "no run is empty"


@given(texts)
@PROPERTY
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {change for change, _ in compared(text, text)} == {Change.SAME}


def test_words_are_compared_and_not_letters() -> None:
    runs = list(compared("We keep it for 12 months.", "We keep it for 13 months."))
    assert runs == [
        (Change.SAME, "We keep it for "),
        (Change.REMOVED, "12"),
        (Change.ADDED, "13"),
        (Change.SAME, " months.\n"),
    ]


def document(**sections: str) -> Document:
    """Return a document with a section for each keyword."""
    made = (Section(anchor, anchor.title(), f"<p>{words}</p>") for anchor, words in sections.items())
    return Document("en", "de", "Privacy policy", tuple(made))


def test_sections_come_go_and_change_in_the_order_of_the_new_text() -> None:
    old = document(scope="All.", gone="Away.", rights="Yours.")
    new = document(fresh="New.", scope="All of it.", rights="Yours.")
    found = differences(old, new)
    assert [(d.anchor, d.title, d.change) for d in found] == [
        ("fresh", "Fresh", Change.ADDED),
        ("scope", "Scope", None),
        ("gone", "Gone", Change.REMOVED),
    ], "what is the same is left out, and what went stands last"
    assert found[0].runs == ((Change.ADDED, "New."),) and found[2].runs == ((Change.REMOVED, "Away."),)
    assert joined(found[1].runs, Change.ADDED) == " of it"


def test_a_link_that_leads_elsewhere_is_a_difference() -> None:
    old, new = "https://old.example/", "https://new.example/"

    def made(href: str) -> Document:
        html = f'<p><a href="{href}">The authority</a></p>'
        return Document("en", "de", "Privacy policy", (Section("law", "Law", html),))

    (found,) = differences(made(old), made(new))
    assert old in joined(found.runs, Change.SAME, Change.REMOVED) and new in joined(
        found.runs, Change.SAME, Change.ADDED
    )


@given(st.dictionaries(st.sampled_from("abcde"), texts), st.dictionaries(st.sampled_from("abcde"), texts))
@PROPERTY
def test_a_difference_leads_from_the_old_section_to_the_new_one(old: dict[str, str], new: dict[str, str]) -> None:
    def made(sections: dict[str, str]) -> Document:
        return document(**{anchor: escape(words) for anchor, words in sections.items()})

    before, after = ({s.anchor: plain(s.html) for s in made(each).sections} for each in (old, new))
    found = {d.anchor: d for d in differences(made(old), made(new))}
    assert set(found) == {a for a in before.keys() | after.keys() if before.get(a) != after.get(a)}
    for anchor, difference in found.items():
        was, became = (joined(difference.runs, Change.SAME, c) for c in (Change.REMOVED, Change.ADDED))
        assert was.removesuffix("\n") == before.get(anchor, "")
        assert became.removesuffix("\n") == after.get(anchor, "")


def test_everybody_is_offered_what_the_clauses_name() -> None:
    assert list(OFFERED) == [f"11.2.{n}" for n in range(1, 10)], "clauses 11.2.1 to 11.2.9, in their order"
    laws = load()
    named = {key for code in laws.codes for key in laws.row(code)["rights"]}
    assert not {key for keys in OFFERED.values() for key in keys} - named, "each key is a right of some law's row"
    assert {n for n, keys in OFFERED.items() if not keys} == {"11.2.9"}, "how to ask is the only one that is no right"


# What a material change makes of answers.

STATS, ADS, CHAT = custom("Acme Stats", ANALYTICS), custom("Acme Ads", MARKETING), custom("Acme Chat", FUNCTIONAL)
BEFORE = registry(STATS, ADS, CHAT)
ASKING = replace(BEFORE, asks_since=((MARKETING, NOW - 60),))
OPT_IN, OPT_OUT = ("de", "gb", "br", "ca-qc", "row"), ("us-ca", "au", "nz", "ca", "us")


@pytest.mark.parametrize(
    ("category", "at", "old"),
    [
        (MARKETING, NOW - 61, True),
        (MARKETING, NOW - 60, False),
        (MARKETING, NOW, False),
        (ANALYTICS, 0, False),
        (FUNCTIONAL, 0, False),
    ],
)
def test_an_answer_is_old_when_it_was_given_before_the_change(category: Category, at: int, old: bool) -> None:
    assert ASKING.is_old(category, at) is old
    assert not BEFORE.is_old(category, at), "where nothing changed, nothing is old"


def pairs_but(category: Category) -> set[tuple[Category, str]]:
    return {pair for pair in BEFORE.pairs if pair[0] is not category}


@pytest.mark.parametrize("code", ["de", "gb", "br", "row"])
@pytest.mark.parametrize("category", EVERYTHING)
def test_an_older_yes_is_none_under_opt_in_and_its_category_alone_is_asked_again(code: str, category: Category) -> None:
    asking = replace(BEFORE, asks_since=((category, NOW - 60),))
    accepted = choice(BEFORE, everywhere(GIVEN), made=NOW - 61)
    decision = decided(law(code), asking, accepted)
    assert granted(decision) == pairs_but(category), "what it does not touch stays as it was chosen"
    assert decision.open == decision.changed == (category,)
    (touched,) = decision.of(category)
    assert reason(decision, touched.pair) == "changed"


@pytest.mark.parametrize("code", OPT_IN)
def test_who_refused_is_asked_again_and_gets_nothing_meanwhile(code: str) -> None:
    refused = choice(BEFORE, everywhere(REFUSED), made=NOW - 61)
    decision = decided(law(code), ASKING, refused)
    assert granted(decision) == set() and decision.open == decision.changed == (MARKETING,)


@pytest.mark.parametrize("code", [*OPT_IN, *OPT_OUT])
@pytest.mark.parametrize("answer", [GIVEN, REFUSED])
def test_an_answer_since_the_change_is_as_good_as_any(code: str, answer: Answer) -> None:
    fresh = choice(BEFORE, everywhere(answer), made=NOW - 60)
    assert decided(law(code), ASKING, fresh) == decided(law(code), BEFORE, fresh)


@pytest.mark.parametrize("code", OPT_OUT)
def test_an_opt_out_goes_on_holding_and_nobody_is_asked_about_it(code: str) -> None:
    refused = choice(BEFORE, everywhere(REFUSED), made=NOW - 61)
    decision = decided(law(code), ASKING, refused)
    assert granted(decision) == set() and decision.open == (), "an objection ends by its maker's act alone"


@pytest.mark.parametrize("code", [c for c in OPT_OUT if law(c).shows_banner])
def test_a_change_switches_nothing_off_where_nothing_needs_a_yes(code: str) -> None:
    accepted = choice(BEFORE, everywhere(GIVEN), made=NOW - 61)
    decision = decided(law(code), ASKING, accepted)
    assert granted(decision) == set(BEFORE.pairs) and decision.open == (MARKETING,), "who allowed it is told"


def test_a_change_in_one_category_leaves_an_answer_to_the_signal_alone() -> None:
    informed = choice(BEFORE, everywhere(GIVEN), made=NOW - 61, during_signal=True)
    asking = replace(BEFORE, asks_since=((ANALYTICS, NOW - 60),))
    assert granted(decided(law("de"), asking, informed, SENT)) == pairs_but(ANALYTICS)


@pytest.mark.parametrize("intent", [Intent.ACCEPT, Intent.REJECT])
def test_answering_closes_the_question_and_dates_that_answer_alone(intent: Intent) -> None:
    accepted = choice(BEFORE, everywhere(GIVEN), made=NOW - 61)
    outcome = press(intent, law("de"), ASKING, previous=accepted, about=(MARKETING,))
    assert outcome.decision.open == ()
    assert ((MARKETING, "acme-ads") in granted(outcome.decision)) is (intent is Intent.ACCEPT)
    assert outcome.choice.moment(MARKETING) == NOW and outcome.choice.moment(ANALYTICS) == NOW - 61
    later = replace(BEFORE, asks_since=((ANALYTICS, NOW - 60), (MARKETING, NOW - 60)))
    assert decided(law("de"), later, outcome.choice).open == (ANALYTICS,), "the other answer is as old as it was"
