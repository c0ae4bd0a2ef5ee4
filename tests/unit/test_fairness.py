"""A layer on which refusing is harder than accepting, or something is ticked beforehand, is found out."""

from __future__ import annotations

import pytest
from rulebook import ANALYTICS, MARKETING, NO_SIGNAL, NOW, law, registry

from privacy.decision import Decision, decide
from privacy.templates import TagConfig
from web.staff.fairness import Unfair, of_banner, of_preferences

FAIR = """<section data-banner><form><button class="close" name="choice" value="reject">x</button>
<div class="trio"><button name="choice" value="reject">Reject</button>
<button name="choice" value="accept">Accept</button><a data-choose href="/p">Choose</a></div></form></section>"""


def test_a_fair_banner_has_nothing_wrong_with_it() -> None:
    assert of_banner(FAIR) is None
    assert of_banner("<p>no banner here</p><button name='choice' value='accept'>On</button>") is None


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ('<button name="choice" value="reject">Reject</button>', "", Unfair.NO_REFUSAL),
        ('<button name="choice" value="accept">', '<button class="big" name="choice" value="accept">', Unfair.UNEQUAL),
        (
            '<button name="choice" value="reject">Reject</button>',
            '<p class="fine"><button name="choice" value="reject">Reject</button></p>',
            Unfair.UNEQUAL,
        ),
        (
            '<button name="choice" value="reject">Reject</button>',
            '<input type="submit" name="choice" value="reject">',
            Unfair.UNEQUAL,
        ),
        ('name="choice" value="accept">', 'name="choice" value="accept" autofocus>', Unfair.UNEQUAL),
    ],
)
def test_a_slanted_banner_is_found_out(before: str, after: str, what: Unfair) -> None:
    slanted = FAIR.replace(before, after)
    assert slanted != FAIR
    assert of_banner(slanted) is what


def asked(code: str) -> Decision:
    poll = TagConfig(
        "poll", "custom", category=ANALYTICS, settings={"src": ("https://p.example/t.js",)}, vendor="Poll", enabled=True
    )
    ads = TagConfig("ads", "meta-pixel", settings={"id": ("123456789012345",)}, enabled=True)
    return decide(law(code), None, NO_SIGNAL, registry(poll, ads), NOW)


@pytest.mark.parametrize("box", ['name="category" value="analytics"', 'name="vendor" value="analytics:poll"'])
def test_what_is_ticked_where_the_law_wants_a_yes_is_found_out(box: str) -> None:
    assert of_preferences(f'<input type="checkbox" {box}>', asked("de")) is None
    assert of_preferences(f'<input type="checkbox" {box} checked>', asked("de")) is Unfair.TICKED


def test_what_the_law_lets_be_on_may_be_ticked() -> None:
    found = asked("us-ca")
    assert any(g.granted for g in found.of(ANALYTICS))
    assert of_preferences('<input type="checkbox" name="category" value="analytics" checked>', found) is None
    assert of_preferences('<input type="checkbox" name="category" value="functional" checked>', found) is None
    assert MARKETING in {g.category for g in found.grants}
