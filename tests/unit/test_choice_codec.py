"""The cookie of a choice: whole, ours and under the limits, or as if absent."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rulebook import ANALYTICS, EVERYTHING, FUNCTIONAL, GIVEN, ID, KEPT, MARKETING, NOW, PROPERTY, REFUSED

from privacy.choice import (
    MAX_LENGTH,
    PURPOSES,
    Answer,
    Choice,
    Keyring,
    Ticks,
    decode,
    encode,
    is_choosable,
    only,
    pairs_of,
    tally,
)
from privacy.registry import Pair

KEYS = Keyring(["a key of this site, 1"], "choice cookie 1")
OTHER = Keyring(["a key of another site"], "choice cookie 1")

vendors = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
pairs = st.tuples(st.sampled_from(EVERYTHING), vendors)
answers = st.lists(
    st.tuples(pairs, st.sampled_from(Answer), st.frozensets(st.sampled_from(sorted(PURPOSES)))),
    unique_by=lambda answer: answer[0],
    max_size=20,
)
bands = st.tuples(st.integers(0, 98), st.integers(1, 99)).filter(lambda band: band[0] < band[1])
choices = st.builds(
    Choice,
    id=st.from_regex(r"[A-Za-z0-9_-]{22}", fullmatch=True),
    at=st.integers(0, 16**8 - 1),
    categories=st.dictionaries(st.sampled_from(EVERYTHING), st.sampled_from(Answer)).map(lambda d: tuple(d.items())),
    answers=answers.map(tuple),
    during_signal=st.booleans(),
    age=st.none() | bands,
)

MADE = Choice(
    ID,
    NOW,
    ((FUNCTIONAL, REFUSED), (ANALYTICS, GIVEN), (MARKETING, KEPT)),
    (
        ((ANALYTICS, "google-analytics"), GIVEN, frozenset({"statistics"})),
        ((MARKETING, "meta"), REFUSED, frozenset({"advertising", "social"})),
    ),
    during_signal=True,
    age=(13, 16),
)
VALUE = encode(MADE, KEYS)


@PROPERTY
@given(choices)
def test_what_is_written_is_read_back(choice: Choice) -> None:
    value = encode(choice, KEYS)
    assert decode(value, KEYS) == choice
    assert decode(value, OTHER) is None


@PROPERTY
@given(choices)
def test_the_value_needs_no_quoting_in_a_header(choice: Choice) -> None:
    # RFC 6265, 4.1.1: cookie-octet excludes controls, space, double quote, comma, semicolon and backslash.
    value = encode(choice, KEYS)
    assert value.isascii()
    assert not set(value) & set(' ",;\\')
    assert only(f"a=1; choice={value}; b=2", "choice") == value


@PROPERTY
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | st.none())
def test_any_text_counts_as_absent(text: str | None) -> None:
    assert decode(text, KEYS) is None


@PROPERTY
@given(st.text(alphabet=st.characters(codec="ascii")))
def test_any_payload_under_a_true_signature_is_read_or_absent_and_never_raises(payload: str) -> None:
    decode(f"{payload}.{KEYS.sign(payload)}", KEYS)


@PROPERTY
@given(
    st.lists(
        st.sampled_from([*VALUE.rpartition(".")[0].split("."), "", "x", "f", "zz!", "*", "a!_", "16-13", "99-"]),
        min_size=6,
        max_size=8,
    )
)
def test_any_mixture_of_true_parts_under_a_true_signature_never_raises(parts: list[str]) -> None:
    payload = ".".join(parts)
    found = decode(f"{payload}.{KEYS.sign(payload)}", KEYS)
    assert found is None or len(parts) == 7


@PROPERTY
@given(st.integers(0, len(VALUE) - 1), st.characters())
def test_one_changed_character_makes_it_absent(position: int, character: str) -> None:
    assume(VALUE[position] != character)
    assert decode(VALUE[:position] + character + VALUE[position + 1 :], KEYS) is None


@pytest.mark.parametrize("length", range(len(VALUE)))
def test_a_cut_cookie_is_absent(length: int) -> None:
    assert decode(VALUE[:length], KEYS) is None


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("doubled", VALUE + VALUE),
        ("with something after it", VALUE + "x"),
        ("with something before it", "x" + VALUE),
        ("quoted", f'"{VALUE}"'),
        ("with a line break", VALUE + "\n"),
        ("in upper case", VALUE.upper()),
        ("signature alone", VALUE.rpartition(".")[2]),
        ("payload alone", VALUE.rpartition(".")[0]),
        ("payload with an empty signature", VALUE.rpartition(".")[0] + "."),
        ("non-ASCII digits", VALUE.replace("13-16", "١٣-16")),
        ("not UTF-8", b"\xff\xfe\x80".decode("latin-1")),
        ("a lone surrogate", "\ud800." + VALUE),
        ("oversized", "x" * (MAX_LENGTH + 1)),
        ("oversized and true", f"{'9' * MAX_LENGTH}.{KEYS.sign('9' * MAX_LENGTH)}"),
        ("empty", ""),
        ("dots", "." * 50),
    ],
)
def test_what_is_not_whole_is_absent(what: str, value: str) -> None:
    assert decode(value, KEYS) is None, f"a cookie that is {what} was read"


@pytest.mark.parametrize(
    ("what", "payload"),
    [
        ("an older format", VALUE.rpartition(".")[0].replace("1.", "0.", 1)),
        ("a short id", f"1.AAAA.{NOW:x}.-...".removesuffix(".")),
        ("an empty time", f"1.{ID}..-..."),
        ("a negative time", f"1.{ID}.-1.-..."),
        ("a time beyond every calendar", f"1.{ID}.{'f' * 12}.-..."),
        ("an unknown flag", f"1.{ID}.{NOW:x}.x..."),
        ("an age band that ends before it begins", f"1.{ID}.{NOW:x}.-.16-13.."),
        ("an age band of no years", f"1.{ID}.{NOW:x}.-.13-13.."),
        ("an unknown category", f"1.{ID}.{NOW:x}.-..z!."),
        ("half an answer", f"1.{ID}.{NOW:x}.-..a."),
        ("an unknown answer", f"1.{ID}.{NOW:x}.-..a?."),
        ("an unknown purpose", f"1.{ID}.{NOW:x}.-...a!Z_meta"),
        ("a vendor without a name", f"1.{ID}.{NOW:x}.-...a!s_"),
        ("a vendor in capitals", f"1.{ID}.{NOW:x}.-...a!s_Meta"),
        ("an empty answer", f"1.{ID}.{NOW:x}.-...*"),
        ("a part too many", f"1.{ID}.{NOW:x}.-....x"),
    ],
)
def test_a_true_signature_does_not_save_what_cannot_be_read(what: str, payload: str) -> None:
    assert decode(f"{payload}.{KEYS.sign(payload)}", KEYS) is None, f"{what} was read"


def test_the_smallest_true_payload_is_read() -> None:
    payload = f"1.{ID}.{NOW:x}.-...."
    assert decode(f"{payload}.{KEYS.sign(payload)}", KEYS) == Choice(ID, NOW, (), ())


def test_a_choice_about_more_vendors_than_fit_is_refused_loudly() -> None:
    many = tuple(((ANALYTICS, f"vendor-with-a-long-name-{i}"), GIVEN, frozenset({"statistics"})) for i in range(200))
    with pytest.raises(ValueError, match="more vendors than a cookie can carry"):
        encode(Choice(ID, NOW, ((ANALYTICS, GIVEN),), many), KEYS)


def test_forty_vendors_fit_in_a_cookie() -> None:
    many = tuple(((MARKETING, f"vendor-number-{i}"), GIVEN, frozenset(PURPOSES)) for i in range(40))
    assert len(encode(Choice(ID, NOW, ((MARKETING, GIVEN),), many), KEYS)) <= MAX_LENGTH < 4096


def test_a_key_that_rotated_still_reads_and_the_newest_writes() -> None:
    old, new = "the key of last year", "the key of this year"
    before, during, after = (Keyring(keys, "choice") for keys in ([old], [new, old], [new]))
    written_before, written_during = encode(MADE, before), encode(MADE, during)
    assert decode(written_before, during) == MADE, "a cookie that the old key signed stands while the key is kept"
    assert decode(written_during, after) == MADE, "the newest key signs"
    assert decode(written_before, after) is None, "a key that was dropped signs for nobody"
    assert decode(written_during, before) is None


def test_one_use_of_a_key_cannot_stand_for_another() -> None:
    key = "one key, two uses"
    assert decode(encode(MADE, Keyring([key], "choice cookie 1")), Keyring([key], "signal cookie 1")) is None


def test_a_keyring_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Keyring([], "choice")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (None, None),
        ("", None),
        ("choice=1", "1"),
        ("a=b; choice=1", "1"),
        ("choice=1;a=b", "1"),
        (" choice = 1 ", "1"),
        ("choice=", ""),
        ("choice", None),
        ("Choice=1", None),
        ("xchoice=1", None),
        ("choice=a=b", "a=b"),
        ("choice=1; choice=1", None),
        ("choice=1; a=b; choice=2", None),
        ("choice=; choice=1", None),
        (";;;choice=1;;", "1"),
    ],
)
def test_a_cookie_counts_only_when_it_is_sent_exactly_once(header: str | None, value: str | None) -> None:
    assert only(header, "choice") == value


@PROPERTY
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_cookie_header_can_be_split(header: str) -> None:
    for name, value in pairs_of(header):
        assert name
        assert ";" not in name + value


SITE: Pair = (ANALYTICS, "site")
GA: Pair = (ANALYTICS, "google-analytics")
HOTJAR: Pair = (ANALYTICS, "hotjar")
BOTH = (SITE, GA)

TICKS = [
    # what the visitor did; category before -> now; vendors before -> now; granted
    ("left everything off", False, False, (), (), ()),
    ("left everything on", True, True, BOTH, BOTH, BOTH),
    ("switched the category on", False, True, (), (), BOTH),
    ("switched the category off", True, False, BOTH, BOTH, ()),
    ("switched the category off, its boxes still ticked", True, False, BOTH, (SITE, GA), ()),
    ("ticked one vendor alone", False, False, (), (SITE,), (SITE,)),
    ("switched the category on and ticked one vendor", False, True, (), (SITE,), (SITE,)),
    ("unticked one vendor", True, True, BOTH, (SITE,), (SITE,)),
    ("unticked every vendor, the switch still on", True, True, BOTH, (), ()),
    ("switched the category off and ticked one vendor", True, False, (SITE,), (SITE, GA), (GA,)),
    ("ticked the second vendor", True, True, (SITE,), BOTH, BOTH),
    ("left a category that was partly on", True, True, (SITE,), (SITE,), (SITE,)),
    ("swapped one vendor for the other", True, True, (SITE,), (GA,), (GA,)),
    ("switched on a category of which one was on already", False, True, (SITE,), (SITE,), BOTH),
]


@pytest.mark.parametrize(("what", "was_on", "on", "before", "now", "expected"), TICKS, ids=[row[0] for row in TICKS])
def test_what_the_visitor_changed_decides(
    what: str, was_on: bool, on: bool, before: tuple[Pair, ...], now: tuple[Pair, ...], expected: tuple[Pair, ...]
) -> None:
    ticks = Ticks(
        categories=frozenset({ANALYTICS} if on else ()),
        vendors=frozenset(now),
        shown_categories=frozenset({ANALYTICS} if was_on else ()),
        shown_vendors=frozenset(before),
    )
    assert tuple(pair for pair in BOTH if ticks.grants(pair, BOTH)) == expected, f"a visitor {what}"


def test_a_box_of_another_category_touches_nothing_here() -> None:
    other: Pair = (MARKETING, "meta")
    ticks = Ticks(categories=frozenset({ANALYTICS}), vendors=frozenset({other}))
    assert ticks.grants(SITE, BOTH)
    assert ticks.grants(other, (other,))


@pytest.mark.parametrize(
    ("answered", "expected"),
    [({}, False), ({SITE: True, GA: True}, True), ({SITE: False, GA: False}, False), ({SITE: True, GA: False}, None)],
)
def test_a_category_is_on_off_or_partly_on(answered: dict[Pair, bool], expected: bool | None) -> None:
    assert tally(answered, ANALYTICS) is expected
    assert tally(answered, MARKETING) is False


def test_what_is_strictly_necessary_is_no_choice() -> None:
    from privacy.categories import Category

    assert [c.value for c in Category if is_choosable(c)] == ["functional", "analytics", "marketing"]


def test_each_purpose_has_a_letter_of_its_own() -> None:
    assert len(set(PURPOSES.values())) == len(PURPOSES)
    assert all(len(letter) == 1 and letter.isalpha() for letter in PURPOSES.values())
