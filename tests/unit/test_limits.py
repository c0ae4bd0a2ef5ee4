"""Where and when a tag may load, whatever is chosen."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import ANALYTICS, LAWS, LIBRARY, NO_SIGNAL, NOW, PROPERTY, law, law_at, registry

from privacy import templates
from privacy.decision import decide
from privacy.limits import Limits, limits_from, moment
from privacy.templates import BadTag, TagConfig

REGIONS = frozenset(code for code, _ in LAWS.regions(date.max))


def custom(tag_id: str, **limits: object) -> TagConfig:
    return TagConfig(
        tag_id,
        "custom",
        category=ANALYTICS,
        settings={"src": (f"https://{tag_id}.example/t.js",)},
        vendor=tag_id.title(),
        enabled=True,
        **limits,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("places", "not_places", "place", "holds"),
    [
        ((), (), "DE", True),
        (("de",), (), "DE", True),
        (("de",), (), "FR", False),
        (("eu",), (), "FR", True),
        (("eu",), (), "GB", False),
        (("eu",), ("fr",), "FR", False),
        (("us",), (), "US-CA", True),
        (("us-ca",), (), "US-CO", False),
        (("us",), ("us-ca",), "US-CA", False),
        (("us",), ("us-ca",), "US-CO", True),
        # The visitor is somewhere in the United States, perhaps in California: it stays off.
        (("us",), ("us-ca",), "US", False),
        (("us-ca",), (), "US", False),
        # Nothing is within the rest of the world but an unknown place.
        (("row",), (), "DE", False),
        (("row",), (), None, True),
    ],
)
def test_places(places: tuple[str, ...], not_places: tuple[str, ...], place: str | None, holds: bool) -> None:
    limits = Limits(frozenset(places), frozenset(not_places))
    country, _, part = (place or "").partition("-")
    found = law_at(country or None, place if part else None)
    assert limits.hold_in(found) is holds


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(None, None, True), (NOW, None, True), (NOW + 1, None, False), (None, NOW, False), (None, NOW + 1, True)],
)
def test_times(starts: int | None, ends: int | None, holds: bool) -> None:
    assert Limits(starts=starts, ends=ends).hold_at(NOW) is holds


def test_what_may_not_load_here_is_not_asked_about_and_not_listed() -> None:
    whole = registry(custom("near", places=("de",)), custom("far", not_places=("de",)))
    here = whole.at(law("de"), NOW)
    assert [tag.id for tag in here.enabled] == ["near"] and here.withheld == {"far"}
    decision = decide(law("de"), None, NO_SIGNAL, here, NOW)
    assert [grant.vendor for grant in decision.grants] == ["near"]
    assert whole.at(law("de"), NOW) is here, "equal answers are one object"


def test_a_registry_without_limits_is_itself_everywhere() -> None:
    whole = registry(custom("one"))
    assert all(whole.at(law(code), NOW) is whole for code in sorted(REGIONS) if LAWS.region(code, law("de").reviewed))


@PROPERTY
@given(st.lists(st.sampled_from(["de", "fr", "eu", "us", "us-ca", "gb", "row"]), max_size=4, unique=True))
def test_what_is_left_out_is_never_there(places: list[str]) -> None:
    whole = registry(custom("one", not_places=tuple(places)))
    for code in places:
        assert not whole.at(law(code), NOW).enabled


def test_the_next_change_is_the_next_start_or_end() -> None:
    day = 86_400
    whole = registry(custom("a", starts="2026-11-25", ends="2026-12-01"), custom("b", ends="2026-11-24T06:00+02:00"))
    moments = [moment("2026-11-24T04:00"), moment("2026-11-25"), moment("2026-12-01")]
    assert whole.next_change(NOW) == moments[0]
    assert whole.next_change(moments[0]) == moments[1] and whole.next_change(moments[1]) == moments[2]
    assert whole.next_change(moments[2]) is None and whole.next_change(moments[2] + day) is None


def test_lower_priorities_load_first() -> None:
    whole = registry(custom("late", priority=5), custom("plain"), custom("early", priority=-5))
    assert [tag.id for tag in whole.enabled] == ["early", "plain", "late"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"places": ("zz",)}, "no place 'zz'"),
        ({"places": ("de",), "not_places": ("DE",)}, "both among the places"),
        ({"starts": "tomorrow"}, "'tomorrow' is no time"),
        ({"starts": "2026-12-24", "ends": "2026-12-24"}, "comes before the start"),
        ({"priority": 101}, "-100 to 100"),
    ],
)
def test_limits_that_cannot_be_taken(limits: dict[str, object], words: str) -> None:
    library = templates.load(regions=REGIONS)
    with pytest.raises(BadTag, match=words):
        library.materialise(custom("one", **limits), loopback_http=False)


def test_a_tag_of_an_earlier_release_has_no_limits() -> None:
    document, _ = LIBRARY.materialise(custom("one"), loopback_http=False)
    for name in ("places", "not_places", "starts", "ends", "priority"):
        del document[name]

    assert not limits_from(document)
