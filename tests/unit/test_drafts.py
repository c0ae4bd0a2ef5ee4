"""Open changes: what differs, and that nothing of anybody's is lost when the live version moves on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import ANALYTICS, COUNTER, GA4, MARKETING, PROPERTY, custom, snippet

from privacy.approvals import Approval, Ground
from privacy.configs import Kind, TagConfig
from privacy.draft_format import MOST_CHARACTERS, Unreadable, draft_document, draft_from, draft_text, print_of
from privacy.drafts import (
    MOST_CHANGES,
    Change,
    Clash,
    Draft,
    FieldChange,
    differences,
    keep_mine,
    outcome,
    put,
    rebase,
    take_theirs,
    towards,
    undo,
)
from privacy.fields import BadTag
from privacy.ledger import canonical
from privacy.vendors import VendorCookie, VendorEdit, VendorOrigin

TAG, VENDOR = Kind.TAG, Kind.VENDOR
ACME = custom("Acme", MARKETING)
COOKIE = VendorCookie(MARKETING, "_acme", "security", 30)
ORIGIN = VendorOrigin(MARKETING, "img-src", "https://img.acme.example")
EDIT = VendorEdit("acme", entity="Acme Ltd", origins=(ORIGIN,), cookies=(COOKIE,))


def changed(**fields: Any) -> Draft:
    """Return a draft that changes Acme's tag."""
    return put(Draft(1), TAG, "acme", ACME, replace(ACME, **fields))


def test_what_differs_is_told_field_by_field() -> None:
    after = replace(ACME, enabled=False, settings={**ACME.settings, "connect": ("https://a.example",)})
    assert set(differences(ACME, after)) == {
        FieldChange("enabled", True, False),
        FieldChange("settings.connect", None, ("https://a.example",)),
    }
    assert differences(ACME, ACME) == () and differences(None, None) == ()


def test_a_new_or_removed_one_differs_in_what_is_said_of_it() -> None:
    assert {each.field for each in differences(None, COUNTER)} == {"template", "enabled"}
    assert FieldChange("enabled", True, False) in differences(COUNTER, None)
    assert set(differences(None, EDIT)) == {
        FieldChange("entity", None, "Acme Ltd"),
        FieldChange("origins.marketing img-src https://img.acme.example", None, ORIGIN),
        FieldChange("cookies.marketing cookie _acme", None, COOKIE),
    }


def test_a_change_keeps_what_it_began_from_and_vanishes_when_it_is_taken_back() -> None:
    draft = changed(priority=1)
    draft = put(draft, TAG, "acme", replace(ACME, priority=9), replace(ACME, priority=2))
    assert draft.tags["acme"].before == ACME
    assert not put(draft, TAG, "acme", ACME, ACME)
    assert not undo(draft, TAG, "acme") and undo(draft, VENDOR, "acme") == draft


def test_what_would_be_keeps_its_order() -> None:
    draft = put(Draft(1), TAG, "ga4", GA4, None)
    draft = put(draft, TAG, "acme", None, ACME)
    draft = put(draft, TAG, COUNTER.id, COUNTER, replace(COUNTER, enabled=False))
    draft = put(draft, VENDOR, "acme", None, EDIT)
    tags, edits = outcome(draft, [GA4, COUNTER], [])
    assert tags == (replace(COUNTER, enabled=False), ACME) and edits == (EDIT,)


def test_other_fields_merge_by_themselves() -> None:
    theirs = replace(ACME, exclude=("/cookies",), settings={**ACME.settings, "img": ("https://i.example",)})
    mine = changed(priority=3, settings={**ACME.settings, "connect": ("https://c.example",)})
    made = rebase(mine, [theirs], [], 2)
    assert made.clashes == () and made.draft.base == 2
    (tags, _) = outcome(made.draft, [theirs], [])
    assert (tags[0].priority, tags[0].exclude) == (3, ("/cookies",))
    assert set(tags[0].settings) == {"src", "connect", "img"}


def test_further_origins_and_cookies_of_two_people_merge_too() -> None:
    other = VendorCookie(MARKETING, "_other")
    draft = put(Draft(1), VENDOR, "acme", EDIT, replace(EDIT, cookies=(COOKIE, other)))
    theirs = replace(EDIT, cookies=(replace(COOKIE, lifetime_days=7),), origins=())
    made = rebase(draft, [], [theirs], 2)
    assert made.clashes == ()
    assert outcome(made.draft, [], [theirs])[1] == (
        replace(EDIT, origins=(), cookies=(replace(COOKIE, lifetime_days=7), other)),
    )


def test_equal_changes_vanish() -> None:
    theirs = replace(ACME, priority=3)
    assert not rebase(changed(priority=3), [theirs], [], 2).draft
    gone = put(Draft(1), TAG, "acme", ACME, None)
    assert not rebase(gone, [], [], 2).draft


def test_the_same_field_clashes_and_both_sides_are_kept() -> None:
    theirs = replace(ACME, priority=5, position="body")
    made = rebase(changed(priority=3, enabled=False), [theirs], [], 2)
    assert made.clashes == (Clash(TAG, "acme", "priority", 3, 5),)
    mine = keep_mine(made.draft, TAG, "acme", theirs)
    assert rebase(mine, [theirs], []).clashes == ()
    assert mine.tags["acme"].after == replace(ACME, priority=3, enabled=False, position="body")
    taken = take_theirs(made.draft, TAG, "acme", theirs)
    assert rebase(taken, [theirs], []).clashes == ()
    assert taken.tags["acme"].after == replace(ACME, priority=5, enabled=False, position="body")


@pytest.mark.parametrize("removed_by_me", [True, False])
def test_what_one_removed_and_the_other_changed_clashes_whole(removed_by_me: bool) -> None:
    touched = replace(ACME, priority=5)
    mine, theirs = (None, touched) if removed_by_me else (touched, None)
    live = [theirs] if theirs else []
    made = rebase(put(Draft(1), TAG, "acme", ACME, mine), live, [], 2)
    assert made.clashes == (Clash(TAG, "acme", "", mine, theirs),)
    kept = keep_mine(made.draft, TAG, "acme", theirs)
    assert kept.tags["acme"] == Change(theirs, mine) and rebase(kept, live, []).clashes == ()
    assert not take_theirs(made.draft, TAG, "acme", theirs)


def test_two_new_tags_of_one_id_clash_where_both_say_something() -> None:
    mine, theirs = replace(ACME, priority=1), custom("Acme", ANALYTICS, enabled=False)
    made = rebase(put(Draft(1), TAG, "acme", None, mine), [theirs], [], 2)
    assert {clash.field for clash in made.clashes} == {"category"}
    kept = keep_mine(made.draft, TAG, "acme", theirs).tags["acme"].after
    assert isinstance(kept, TagConfig)
    assert (kept.category, kept.priority, kept.enabled) == (MARKETING, 1, True)


def test_the_way_back_to_an_earlier_version_is_a_draft() -> None:
    live, earlier = ([ACME, COUNTER], [EDIT]), ([replace(ACME, priority=1), GA4], [])
    draft = towards(7, (live[0], earlier[0]), (live[1], earlier[1]))
    tags, edits = outcome(draft, *live)
    assert set(draft.tags) == {"acme", "ga4", "site-counter"} and set(draft.vendors) == {"acme"}
    assert ({each.id: each for each in tags}, edits) == ({each.id: each for each in earlier[0]}, ())


def test_a_draft_survives_its_store() -> None:
    draft = put(changed(priority=1), VENDOR, "acme", None, EDIT)
    draft = put(draft, TAG, "pasted", None, snippet("Pasted", ANALYTICS))
    assert draft_from(draft_text(draft)) == draft


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "{}",
        '{"format": 2, "base": 1, "tags": [], "vendors": []}',
        '{"format": 1, "base": 1, "tags": [["a", null, {"id": "a", "colour": "red"}]], "vendors": []}',
        '{"format": 1, "base": 1, "tags": [["a"]], "vendors": []}',
        '{"format": 1, "base": 1, "tags": 7, "vendors": []}',
        '{"format": 1, "base": 1, "tags": [], "vendors": [["a", null, {"id": "a", "origins": 1, "cookies": []}]]}',
    ],
)
def test_what_another_release_wrote_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        draft_from(text)


def test_a_draft_has_limits() -> None:
    tags = {f"t{i}": Change(None, replace(COUNTER, id=f"t{i}")) for i in range(MOST_CHANGES)}
    full = Draft(1).having(TAG, tags)
    with pytest.raises(BadTag, match=f"{MOST_CHANGES} changes"):
        put(full, TAG, "more", None, COUNTER)
    long = {f"t{i}": Change(None, snippet("V", ANALYTICS, "x" * 60_000, id=f"t{i}")) for i in range(40)}
    assert len(canonical(draft_document(Draft(1, tags=long)))) > MOST_CHARACTERS
    with pytest.raises(BadTag, match="2 MB"):
        draft_text(Draft(1, tags=long))


def test_what_is_approved_is_named_by_what_it_changes_and_by_what_it_would_do() -> None:
    draft = changed(priority=1)
    approval = Approval(TAG, "acme", Ground.EXEMPTION, "x", "does this")
    one = print_of(draft, [approval])
    assert one == print_of(replace(draft, base=9), [approval]), "what others publish beside it does not count"
    assert one != print_of(changed(priority=2), [approval])
    assert one != print_of(draft, [replace(approval, print="does that")])


settings = st.dictionaries(
    st.sampled_from(["src", "img", "font"]), st.tuples(st.sampled_from(["https://a.example", "https://b.example"]))
)
tags = st.builds(
    replace,
    st.just(ACME),
    enabled=st.booleans(),
    priority=st.integers(0, 2),
    include=st.sampled_from([(), ("/",), ("/a", "/b")]),
    settings=settings,
)
cookies = st.lists(
    st.builds(VendorCookie, st.just(MARKETING), st.sampled_from(["_a", "_b"]), lifetime_days=st.integers(0, 2)),
    unique_by=lambda cookie: cookie.name,
)
edits = st.builds(
    VendorEdit,
    st.just("acme"),
    entity=st.sampled_from([None, "A", "B"]),
    role=st.sampled_from([None, "processor"]),
    cookies=cookies.map(lambda found: tuple(sorted(found))),
)
sides = st.one_of(
    st.tuples(st.just(TAG), *[st.none() | tags] * 3), st.tuples(st.just(VENDOR), *[st.none() | edits] * 3)
)


def parts(before: Any, after: Any) -> dict[str, FieldChange]:
    return {change.field: change for change in differences(before, after)}


def live_of(kind: Kind, item: Any) -> tuple[list[TagConfig], list[VendorEdit]]:
    found = [item] if item is not None else []
    return (found, []) if kind is TAG else ([], found)


@PROPERTY
@given(sides)
def test_a_rebase_loses_nothing_of_either_side(three: tuple[Kind, Any, Any, Any]) -> None:
    kind, before, mine, theirs = three
    live = live_of(kind, theirs)
    made = rebase(put(Draft(1), kind, "acme", before, mine), *live, 2)
    said_by_me, said_by_them = parts(before, mine), parts(before, theirs)
    whole = [clash for clash in made.clashes if not clash.field]
    if whole:
        assert (whole[0].mine, whole[0].theirs) == (mine, theirs) and len(made.clashes) == 1
        return
    clashing = {clash.field for clash in made.clashes}
    for clash in made.clashes:
        assert said_by_me[clash.field].after == clash.mine and said_by_them[clash.field].after == clash.theirs
        assert clash.mine != clash.theirs
    sided = {
        "mine": keep_mine(made.draft, kind, "acme", theirs) if made.draft else made.draft,
        "theirs": take_theirs(made.draft, kind, "acme", theirs) if made.draft else made.draft,
    }
    for side, draft in sided.items():
        assert rebase(draft, *live).clashes == (), "a decision decides"
        results = outcome(draft, *live)[0 if kind is TAG else 1]
        result = results[0] if results else None
        for name, change in said_by_me.items():
            if name not in clashing or side == "mine":
                assert parts(before, result).get(name) == change, f"{name} of the owner's is lost"
        for name, change in said_by_them.items():
            if name not in clashing or side == "theirs":
                assert parts(before, result).get(name) == change, f"{name} of the other's is lost"


@PROPERTY
@given(sides)
def test_held_twice_against_the_same_a_draft_stays_as_it_is(three: tuple[Kind, Any, Any, Any]) -> None:
    kind, before, mine, theirs = three
    live = live_of(kind, theirs)
    once = rebase(put(Draft(1), kind, "acme", before, mine), *live, 2)
    assert rebase(once.draft, *live, 2) == once
    assert draft_from(draft_text(once.draft)) == once.draft
