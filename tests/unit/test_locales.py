"""Which language a visitor reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import PROPERTY

from i18n.locales import BY_SLUG, DEFAULT, LOCALES, negotiate, parse_accept_language

NEGOTIATED = [
    # Accept-Language, the place's languages, the locale
    (None, (), "en"),
    ("", (), "en"),
    ("de", (), "de"),
    ("DE", (), "de"),
    ("de-AT", (), "de"),
    ("de-Latn-CH", (), "de"),
    ("fr-CA,fr;q=0.9,en;q=0.8", (), "fr"),
    ("pt-BR", (), "pt-br"),
    ("pt-br", (), "pt-br"),
    ("pt", (), "pt-br"),
    ("pt-PT", (), "pt-br"),
    ("en-GB", (), "en"),
    ("ja", (), "en"),
    ("ja,fr;q=0.5", (), "fr"),
    ("en;q=0.1,de;q=0.9", (), "de"),
    ("en;q=0.5,de;q=0.5", (), "en"),
    ("de;q=0,fr", (), "fr"),
    ("de;q=0", (), "en"),
    ("de;q=0.0,*", (), "en"),
    ("*", (), "en"),
    ("*", ("de",), "de"),
    ("ja", ("fr",), "fr"),
    (None, ("de", "fr"), "de"),
    (None, ("nl", "fr", "de"), "fr"),
    (None, ("pt",), "pt-br"),
    (None, ("lb",), "en"),
    ("pt-BR", ("de",), "pt-br"),
    ("de;q=1.000", (), "de"),
    ("de;q=1.0000", (), "en"),
    ("de;q=2", (), "en"),
    ("de;q=x,fr;q=0.1", (), "fr"),
    ("  de ; q = 0.7 , fr ; q = 0.3 ", (), "de"),
    ("de,,fr", (), "de"),
    ("../../etc/passwd", (), "en"),
    ("d€", (), "en"),
    ("en_US,de", (), "de"),
]


@pytest.mark.parametrize(("header", "languages", "slug"), NEGOTIATED)
def test_the_browser_decides_then_the_place_then_english(
    header: str | None, languages: tuple[str, ...], slug: str
) -> None:
    assert negotiate(header, languages).slug == slug


def test_a_brazilian_in_berlin_reads_portuguese() -> None:
    assert negotiate("pt-BR,pt;q=0.9,en;q=0.1", ("de",)).tag == "pt-BR"


@PROPERTY
@given(
    st.none() | st.text() | st.text(alphabet="ptbrdefn-*;q=0.1 ,", max_size=200),
    st.lists(st.text(max_size=5), max_size=3),
)
def test_any_header_finds_a_locale(header: str | None, languages: list[str]) -> None:
    assert negotiate(header, languages) in LOCALES


@PROPERTY
@given(st.lists(st.tuples(st.sampled_from(["de", "fr", "en", "pt-br"]), st.integers(1, 1000)), min_size=1, max_size=6))
def test_the_highest_quality_wins_and_the_first_among_equals(wanted: list[tuple[str, int]]) -> None:
    header = ", ".join(f"{language};q={quality / 1000:.3f}" for language, quality in wanted)
    best = max(range(len(wanted)), key=lambda i: (wanted[i][1], -i))
    assert negotiate(header).slug == wanted[best][0]


def test_a_header_without_end_is_read_to_a_bound() -> None:
    assert len(parse_accept_language("de," * 100_000)) <= 50
    assert negotiate("x" * 1_000_000 + ",de") is DEFAULT


@pytest.mark.parametrize(
    ("slug", "tag", "direction", "own_name"),
    [
        ("en", "en", "ltr", "English"),
        ("pt-br", "pt-BR", "ltr", "Português (Brasil)"),
        ("de", "de", "ltr", "Deutsch"),
        ("fr", "fr", "ltr", "Français"),
    ],
)
def test_a_locale_names_itself(slug: str, tag: str, direction: str, own_name: str) -> None:
    locale = BY_SLUG[slug]
    assert (locale.tag, locale.direction, locale.own_name) == (tag, direction, own_name)


def test_slugs_are_the_tags_in_lower_case() -> None:
    assert [locale.slug for locale in LOCALES] == [locale.tag.lower() for locale in LOCALES]
    assert all(locale.code == locale.tag.replace("-", "_") for locale in LOCALES)
