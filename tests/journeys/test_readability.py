"""The English text can be read with ten years of school, by the Flesch-Kincaid grade."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from readability import grade, sentences, syllables
from sites import TestSite

from privacy.policies import Kind

HIGHEST = 10
"""Years of school that a text may ask for."""

HARD = (
    "Notwithstanding the aforementioned provisions, the undersigned organisation reserves the unconditional "
    "prerogative to communicate individually identifiable information concerning participants to affiliated "
    "intermediaries whensoever, in accordance with applicable jurisdictional requirements, such communication "
    "is determined to be commercially advantageous."
)
"""What nobody should write: one sentence, long words."""

Record = Callable[[str, object], None]


@pytest.mark.parametrize("region", ["us-ca", "de", "gb", "br"])
@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_a_text_is_plain(site: TestSite, kind: Kind, region: str, record_property: Record) -> None:
    # The cookie policy has no address of its own for a region: it follows the visitor.
    path = f"/en/privacy/{region}.json" if kind is Kind.PRIVACY else "/en/cookies.json"
    document = site.visitor(region.upper()).get(path).get_json()
    assert document["region"] == region and document["inLanguage"] == "en"
    texts = {section["id"]: section["text"] for section in document["sections"]}
    assert all(sentences(text) for text in texts.values()), f"{path}: every section has sentences to measure"

    found = grade("\n".join(texts.values()))
    grades = {name: grade(text) for name, text in texts.items()}
    hardest = max(grades, key=lambda name: grades[name])
    print(f"{kind} {region}: Flesch-Kincaid grade {found:.1f}; hardest section: {hardest}, {grades[hardest]:.1f}")
    record_property("flesch_kincaid_grade", round(found, 1))
    record_property("flesch_kincaid_grade_hardest", round(grades[hardest], 1))
    assert found <= HIGHEST, f"{path} for {region} asks for {found:.1f} years of school: shorter sentences and words"
    hard = {name: round(years, 1) for name, years in grades.items() if years > HIGHEST}
    assert not hard, f"{path} for {region}: the mean hides sections that are too hard: {hard}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 0.39 * 6 / 1 + 11.8 * 6 / 6 - 15.59
        ("The cat sat on the mat.", -1.45),
        # 0.39 * 12 / 2 + 11.8 * 12 / 12 - 15.59: sentences are counted, not lines
        ("The cat sat on the mat. The dog lay on the rug.", -1.45),
        ("The cat sat on the mat.\nThe dog lay on the rug.", -1.45),
        # 0.39 * 4 / 1 + 11.8 * 6 / 4 - 15.59
        ("Our rabbit loves winter.", 3.67),
        # 0.39 * 4 / 1 + 11.8 * 9 / 4 - 15.59
        ("Information helps winter rabbits.", 12.52),
    ],
)
def test_the_formula_gives_the_grade_that_is_worked_out_by_hand(text: str, expected: float) -> None:
    assert grade(text) == pytest.approx(expected, abs=0.01)


def test_syllables_are_counted_where_a_word_can_be_parted() -> None:
    assert [syllables(word) for word in ("cat", "rabbit", "winter", "information")] == [1, 2, 2, 4]


def test_a_hard_text_fails() -> None:
    assert grade(HARD) > HIGHEST


def test_hard_sentences_show_among_plain_ones() -> None:
    plain = "We keep it safe. We tell you why. You can say no. "
    assert grade(plain) < grade(plain + HARD) < grade(HARD)
