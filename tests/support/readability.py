"""How hard a text is to read: the Flesch-Kincaid grade, with syllables counted by pyphen.

Kincaid, Fishburne, Rogers, Chissom: Derivation of new readability formulas for Navy enlisted personnel, 1975:
``0.39 * words / sentences + 11.8 * syllables / words - 15.59``.
"""

from __future__ import annotations

import re

import pyphen

_HYPHENS = pyphen.Pyphen(lang="en_US")
# Names and citations are as long as they are: nobody can write them more plainly.
_CITATIONS = re.compile(
    r"(§+|\bart\.|\bCal\. Civ\. Code|\bLei\b|\bnº|\bS\.C\.|\bc\.)\s*[\w().,/-]*|\([A-Z]{2,}\)|https?://\S+"
)


def sentences(text: str) -> list[list[str]]:
    """Return the sentences of a text as lists of words, without citations and proper names."""
    found = []
    for line in text.splitlines():
        bare = _CITATIONS.sub(" ", re.sub(r"(?<=\d)\.(?=\d)", " ", line))
        for sentence in re.split(r"(?<=[.!?:;])\s+", bare):
            words = re.findall(r"[A-Za-z][A-Za-z’'-]*", sentence)
            kept = [w for i, w in enumerate(words) if not (i and w[0].isupper() and w.lower() not in ("i", "we"))]
            if len(kept) > 1:
                found.append(kept)
    return found


def syllables(word: str) -> int:
    """Count the syllables of an English word: the places where it could be parted, or its groups of vowels if more."""
    bare = word.replace("’", "").lower()
    parted = sum(len(_HYPHENS.inserted(part).split("-")) for part in bare.split("-") if part)
    spoken = re.sub(r"(?<=[^aeiouyl])e[sd]?$", "", bare)
    return max(parted, len(re.findall(r"[aeiouy]+", spoken)), 1)


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of a text: the years of school that it asks for."""
    lines = sentences(text)
    words = [word for line in lines for word in line]
    return 0.39 * len(words) / len(lines) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
