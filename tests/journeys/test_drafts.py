"""Several people change tags at once: nobody overwrites what they did not see, and nothing is published unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sites import TestSite
from sqlalchemy import text

from privacy.approvals import Ground
from privacy.categories import Category
from privacy.checks import Problem
from privacy.configs import Kind, TagConfig
from privacy.fields import BadTag
from privacy.vendors import VendorCookie, VendorEdit, VendorOrigin
from services.draft_state import (
    Clashed,
    DraftMoved,
    DraftUnreadable,
    Found,
    NothingChanged,
    NotSubmitted,
    OwnApproval,
)
from services.drafts import Drafts
from services.tags import ApprovalMissing, ChangedMeanwhile
from storage import db

MARKETING = Category.MARKETING
POLL = TagConfig(
    "poll",
    "custom",
    category=MARKETING,
    settings={"src": ("https://poll.example/t.js",)},
    vendor="Poll",
    vendor_id="poll",
    country="IE",
    privacy_url="https://poll.example/privacy",
    storage=(),
    enabled=True,
)
ENTITY = VendorEdit("poll", entity="Poll Ltd")
COUNTER = TagConfig("site-counter", "site-counter", enabled=True)


@pytest.fixture
def drafts(own_site: TestSite) -> Drafts:
    with own_site.app.app_context():
        engine = db.engine
    return Drafts(engine, own_site.site.tags, lambda: datetime.now(UTC), own_site.site.jurisdictions)


def published(site: TestSite, drafts: Drafts, owner: str, **ways: object) -> int:
    """Publish a person's draft, let this worker see it, and return the version."""
    number = drafts.publish(owner, drafts.of(owner).revision, author=owner, note="", **ways)  # type: ignore[arg-type]
    site.site.live.refresh()
    return number


def with_poll(site: TestSite, drafts: Drafts, owner: str = "ann") -> None:
    """Publish the poll's tag and what is said of its vendor."""
    state = drafts.put_tag(owner, drafts.of(owner).revision, POLL)
    drafts.put_vendor(owner, state.revision, ENTITY)
    published(site, drafts, owner)


def test_a_draft_from_its_first_change_to_its_publication(own_site: TestSite, drafts: Drafts) -> None:
    state = drafts.of("ann")
    assert (state.revision, bool(state.draft), state.live.version) == (0, False, 1)
    state = drafts.put_tag("ann", 0, replace(POLL, vendor_id=None))
    assert state.revision == 1 and state.draft.tags["poll"].before is None
    assert state.draft.tags["poll"].after == POLL, "the vendor gets its id"
    state = drafts.put_vendor("ann", 1, ENTITY)
    state = drafts.remove_tag("ann", 2, "site-counter")
    visitor = own_site.visitor("AU")
    assert visitor.goes_to("/").scripts == ["site-counter"], "nothing is published yet"
    assert {each.id for each in drafts.proposal("ann").configs} == {"poll"}
    state = drafts.undo("ann", 3, Kind.TAG, "site-counter")
    assert set(state.draft.tags) == {"poll"}
    assert drafts.publish("ann", state.revision, author="Ann", note="a poll") == 2
    own_site.site.live.refresh()
    assert visitor.goes_to("/").scripts == ["site-counter", "poll"]
    closed = drafts.of("ann")
    assert not closed.draft and closed.revision == state.revision + 1 and closed.live.version == 2
    assert own_site.site.tags.history()[0][2:] == ("Ann", "a poll")
    assert own_site.site.tags.published().vendor_edits == (ENTITY,)


def test_what_cannot_be_taken_is_said_at_its_field_and_changes_nothing(drafts: Drafts) -> None:
    acts: list[tuple[Callable[[], object], str]] = [
        (lambda: drafts.put_tag("ann", 0, replace(POLL, include=("poll",))), "include"),
        (lambda: drafts.put_tag("ann", 0, COUNTER, new=True), "id"),
        (lambda: drafts.remove_tag("ann", 0, "nobody"), "id"),
        (lambda: drafts.put_vendor("ann", 0, VendorEdit("poll", country="ZZ")), "country"),
        (lambda: drafts.keep_mine("ann", 0, Kind.TAG, "poll"), "id"),
    ]
    for act, field in acts:
        with pytest.raises(BadTag) as caught:
            act()
        assert caught.value.field == field
    assert drafts.of("ann").revision == 0
    with pytest.raises(ValueError, match="owner"):
        drafts.put_tag("x" * 65, 0, POLL)


def test_a_stale_page_overwrites_nothing_and_gets_both_states(drafts: Drafts) -> None:
    drafts.put_tag("ann", 0, POLL)
    drafts.put_tag("ann", 1, replace(POLL, priority=5))
    stale: list[Callable[[], object]] = [
        lambda: drafts.put_tag("ann", 1, replace(POLL, priority=9)),
        lambda: drafts.put_tag("ann", 0, POLL),
        lambda: drafts.put_vendor("ann", 1, ENTITY),
        lambda: drafts.undo("ann", 1, Kind.TAG, "poll"),
        lambda: drafts.discard("ann", 1),
        lambda: drafts.discard("ann", 0),
        lambda: drafts.roll_back_to("ann", 1, 1),
        lambda: drafts.submit("ann", 1, ""),
        lambda: drafts.approve("pia", "ann", 1),
        lambda: drafts.publish("ann", 1, author="Ann", note=""),
    ]
    for act in stale:
        with pytest.raises(DraftMoved) as caught:
            act()
        after = caught.value.state.draft.tags["poll"].after
        assert isinstance(after, TagConfig) and (after.priority, caught.value.state.revision) == (5, 2)
    assert drafts.of("ann").draft.tags["poll"].after == replace(POLL, priority=5)


def test_a_page_of_a_draft_that_was_closed_does_not_reach_the_next_one(own_site: TestSite, drafts: Drafts) -> None:
    with_poll(own_site, drafts)
    next_revision = drafts.put_tag("ann", drafts.of("ann").revision, replace(POLL, priority=1)).revision
    assert next_revision > 3
    with pytest.raises(DraftMoved):
        drafts.discard("ann", 1)


def test_two_people_see_each_other_and_what_they_change_in_different_fields_merges(
    own_site: TestSite, drafts: Drafts
) -> None:
    with_poll(own_site, drafts)
    drafts.put_tag("ann", drafts.of("ann").revision, replace(POLL, exclude=("/cookies",)))
    drafts.put_tag("bob", 0, replace(POLL, priority=7))
    (other,) = drafts.others("ann")
    assert (other.owner, other.tags, other.vendors, other.submitted) == ("bob", ("poll",), (), None)
    published(own_site, drafts, "bob")
    state = drafts.of("ann")
    assert state.clashes == () and state.draft.base == 3
    published(own_site, drafts, "ann")
    (poll,) = [c for c in own_site.site.tags.configs() if c.id == "poll"]
    assert (poll.priority, poll.exclude) == (7, ("/cookies",))
    assert drafts.others("ann") == ()


@pytest.mark.parametrize("mine", [True, False])
def test_what_two_people_change_in_one_field_waits_for_a_decision(
    own_site: TestSite, drafts: Drafts, mine: bool
) -> None:
    with_poll(own_site, drafts)
    drafts.put_tag("ann", drafts.of("ann").revision, replace(POLL, priority=3, position="body"))
    drafts.put_tag("bob", 0, replace(POLL, priority=7))
    published(own_site, drafts, "bob")
    state = drafts.of("ann")
    (clash,) = state.clashes
    assert (clash.kind, clash.id, clash.field, clash.mine, clash.theirs) == (Kind.TAG, "poll", "priority", 3, 7)
    for act in (
        lambda: drafts.proposal("ann"),
        lambda: drafts.submit("ann", state.revision, ""),
        lambda: drafts.publish("ann", state.revision, author="Ann", note=""),
    ):
        with pytest.raises(Clashed) as caught:
            act()
        assert caught.value.clashes == state.clashes
    decide = drafts.keep_mine if mine else drafts.take_theirs
    decide("ann", state.revision, Kind.TAG, "poll")
    published(own_site, drafts, "ann")
    (poll,) = [c for c in own_site.site.tags.configs() if c.id == "poll"]
    assert (poll.priority, poll.position) == (3 if mine else 7, "body")


def test_a_publication_that_another_overtakes_leaves_the_draft_as_it_is(
    own_site: TestSite, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = drafts.put_tag("ann", 0, replace(POLL, enabled=False))
    tags = own_site.site.tags
    whole = tags.propose

    def overtaken(*args: object, **ways: object) -> object:
        made = whole(*args, **ways)  # type: ignore[arg-type]
        monkeypatch.setattr(tags, "propose", whole)
        tags.publish(tags.change("site-counter", priority=4), "Bob", "")
        return made

    monkeypatch.setattr(tags, "propose", overtaken)
    with pytest.raises(ChangedMeanwhile):
        drafts.publish("ann", state.revision, author="Ann", note="")
    again = drafts.of("ann")
    assert (again.revision, again.draft.tags, again.live.version) == (state.revision, state.draft.tags, 2)
    assert published(own_site, drafts, "ann") == 3
    assert {c.id: c.priority for c in tags.configs()} == {"site-counter": 4, "poll": 0}


def test_a_draft_that_changes_while_it_is_published_is_not_published(
    own_site: TestSite, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = drafts.put_tag("ann", 0, replace(POLL, enabled=False))
    whole = drafts.findings

    def meanwhile(proposal: object) -> object:
        drafts.put_tag("ann", state.revision, replace(POLL, enabled=False, priority=9))
        return whole(proposal)  # type: ignore[arg-type]

    monkeypatch.setattr(drafts, "findings", meanwhile)
    with pytest.raises(DraftMoved):
        drafts.publish("ann", state.revision, author="Ann", note="")
    assert own_site.site.tags.live().version == 1 and drafts.of("ann").revision == state.revision + 1


def test_what_is_odd_wants_somebody_to_say_that_it_is_meant(own_site: TestSite, drafts: Drafts) -> None:
    drafts.put_tag("ann", 0, replace(POLL, privacy_url=None))
    revision = drafts.put_vendor("ann", 1, ENTITY).revision
    with pytest.raises(Found) as caught:
        drafts.publish("ann", revision, author="Ann", note="")
    (finding,) = caught.value.findings
    assert finding.problem is Problem.NO_PRIVACY_LINK
    assert drafts.publish("ann", revision, author="Ann", note="", acknowledged_warnings=[finding.key]) == 2
    revision = drafts.put_tag("ann", drafts.of("ann").revision, replace(POLL, include=("/nope",))).revision
    keys: list[str] = []
    for _ in range(2):  # An error is not lifted by saying that it is meant.
        with pytest.raises(Found) as caught:
            drafts.publish("ann", revision, author="Ann", note="", acknowledged_warnings=keys)
        assert [f.problem for f in caught.value.findings] == [Problem.NEVER_LOADS]
        keys = [f.key for f in caught.value.findings]


def exempted(drafts: Drafts, owner: str = "ann") -> int:
    """Submit a draft that exempts the counter, and return its revision."""
    state = drafts.put_tag(owner, drafts.of(owner).revision, replace(COUNTER, exemptions=("uk-statistics",)))
    drafts.submit(owner, state.revision, "we count by paths alone")
    return state.revision


def test_an_exemption_is_published_once_another_person_approved_it(own_site: TestSite, drafts: Drafts) -> None:
    revision = exempted(drafts)
    with pytest.raises(ApprovalMissing) as caught:
        drafts.publish("ann", revision, author="Ann", note="")
    assert [each.reason for each in caught.value.approvals] == [Ground.EXEMPTION]
    for nobody in ("ann", "", " "):
        with pytest.raises(OwnApproval):
            drafts.approve(nobody, "ann", revision)
    (waiting,) = drafts.others("pia")
    assert waiting.submitted and waiting.note == "we count by paths alone"
    assert drafts.approve("pia", "ann", revision).approved_by == "pia"
    visitor = own_site.visitor("GB")
    assert visitor.goes_to("/").scripts == []
    published(own_site, drafts, "ann")
    assert visitor.goes_to("/").scripts == ["site-counter"]
    (given,) = own_site.site.tags.published().approvals
    assert given == {"tag": "site-counter", "reason": "exemption", "detail": "uk-statistics", "by": "pia"}


def test_who_publishes_as_privacy_officer_approves_by_that_act(own_site: TestSite, drafts: Drafts) -> None:
    revision = exempted(drafts)
    with pytest.raises(ApprovalMissing):
        drafts.publish("ann", revision, author="Ann", note="", approver=" ")
    assert drafts.publish("ann", revision, author="Pia", note="", approver="pia") == 2


def test_a_later_edit_voids_an_approval(own_site: TestSite, drafts: Drafts) -> None:
    revision = exempted(drafts)
    drafts.approve("pia", "ann", revision)
    state = drafts.put_tag("ann", revision, replace(COUNTER, exemptions=("uk-statistics",), priority=1))
    assert state.approved_by is None and state.submitted is None
    with pytest.raises(ApprovalMissing):
        drafts.publish("ann", state.revision, author="Ann", note="")
    with pytest.raises(NotSubmitted):
        drafts.approve("pia", "ann", state.revision)


def test_withdrawing_voids_an_approval_too(drafts: Drafts) -> None:
    revision = exempted(drafts)
    drafts.approve("pia", "ann", revision)
    state = drafts.withdraw("ann", revision)
    assert (state.approved_by, state.submitted, state.note) == (None, None, "")
    with pytest.raises(ApprovalMissing):
        drafts.publish("ann", revision, author="Ann", note="")


def test_an_approval_stands_when_others_publish_what_it_has_nothing_to_do_with(
    own_site: TestSite, drafts: Drafts
) -> None:
    revision = exempted(drafts)
    drafts.approve("pia", "ann", revision)
    with_poll(own_site, drafts, "bob")
    assert drafts.of("ann").approved_by == "pia"
    assert published(own_site, drafts, "ann") == 3


def test_an_approval_is_void_when_others_change_what_the_approved_tag_would_do(
    own_site: TestSite, drafts: Drafts
) -> None:
    matomo = TagConfig("matomo", "matomo", settings={"url": ("https://m.example",), "site": ("1",)}, enabled=True)
    state = drafts.put_tag("ann", 0, replace(matomo, exemptions=("uk-statistics",)))
    drafts.submit("ann", state.revision, "")
    drafts.approve("pia", "ann", state.revision)
    edit = VendorEdit("matomo", origins=(VendorOrigin(Category.ANALYTICS, "connect-src", "https://else.example"),))
    drafts.put_vendor("bob", 0, edit)
    published(own_site, drafts, "bob")
    state = drafts.of("ann")
    assert state.approved_by is None
    with pytest.raises(ApprovalMissing):
        drafts.publish("ann", state.revision, author="Ann", note="")


def test_what_changes_nothing_is_neither_submitted_nor_published(drafts: Drafts) -> None:
    for revision in (0, 1):
        with pytest.raises(NothingChanged):
            drafts.submit("ann", revision, "")
        with pytest.raises(NothingChanged):
            drafts.publish("ann", revision, author="Ann", note="")
        assert drafts.others("") == ()
        if revision == 0:
            drafts.discard("ann", 0)
            drafts.put_tag("ann", 0, COUNTER)  # As it is live.


def test_the_way_back_is_a_draft_and_brings_back_what_was_said_of_vendors(own_site: TestSite, drafts: Drafts) -> None:
    with_poll(own_site, drafts)
    revision = drafts.put_vendor(
        "ann", drafts.of("ann").revision, replace(ENTITY, cookies=(VendorCookie(MARKETING, "_poll"),))
    ).revision
    published(own_site, drafts, "ann")
    with pytest.raises(BadTag, match="no version 99"):
        drafts.roll_back_to("ann", revision + 1, 99)
    state = drafts.roll_back_to("ann", revision + 1, 1)
    assert set(state.draft.tags) == {"poll"} and set(state.draft.vendors) == {"poll"}
    state = drafts.roll_back_to("ann", state.revision, 2)
    assert set(state.draft.tags) == set() and set(state.draft.vendors) == {"poll"}
    published(own_site, drafts, "ann")
    assert own_site.site.tags.published().vendor_edits == (ENTITY,)
    visitor = own_site.visitor("AU")
    visitor.bring_cookie("_poll", "1")
    assert [c for c in visitor.goes_to("/").set_cookies if c.startswith("_poll=;")], "what it set is still expired"


def test_a_draft_of_another_release_is_reported_and_can_be_discarded(own_site: TestSite, drafts: Drafts) -> None:
    drafts.put_tag("ann", 0, POLL)
    with own_site.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE tag_draft SET document = :d"), {"d": json.dumps({"format": 99})})
    for act in (lambda: drafts.of("ann"), lambda: drafts.put_tag("ann", 1, POLL), lambda: drafts.proposal("ann")):
        with pytest.raises(DraftUnreadable) as caught:
            act()
        assert (caught.value.owner, caught.value.revision) == ("ann", 1)
    (other,) = drafts.others("bob")
    assert other.owner == "ann" and not other.readable
    drafts.discard("ann", 1)
    assert drafts.of("ann").revision == 2 and drafts.others("bob") == ()


def test_ten_thousand_tags_are_refused(own_site: TestSite, drafts: Drafts) -> None:
    with pytest.raises(BadTag, match="200 tags at most; these are 10000"):
        own_site.site.tags.propose([replace(COUNTER, id=f"t{i}") for i in range(10_000)], ())
    assert own_site.site.tags.live().version == 1


def test_the_other_ways_to_change_tags_carry_along_what_is_said_of_vendors(own_site: TestSite, drafts: Drafts) -> None:
    with_poll(own_site, drafts)
    tags = own_site.site.tags
    for proposal in (tags.change("poll", priority=1), tags.add(replace(COUNTER, id="again")), tags.remove("poll")):
        assert proposal.vendor_edits == (ENTITY,)
    assert tags.roll_back(1).vendor_edits == ()
    with pytest.raises(ApprovalMissing):
        tags.publish(tags.change("site-counter", exemptions=("uk-statistics",)), "Ann", "")
    assert tags.live().version == 2


@pytest.mark.parametrize("earlier", [0, 1], ids=["the first change", "a later one"])
def test_of_two_who_write_at_the_same_moment_one_is_told(
    drafts: Drafts, monkeypatch: pytest.MonkeyPatch, earlier: int
) -> None:
    for revision in range(earlier):
        drafts.put_tag("ann", revision, POLL)
    seen, whole = drafts.of("ann"), drafts.of
    drafts.put_tag("ann", earlier, replace(POLL, priority=5))

    def as_it_was(owner: str) -> object:
        monkeypatch.setattr(drafts, "of", whole)
        return seen

    monkeypatch.setattr(drafts, "of", as_it_was)
    with pytest.raises(DraftMoved) as caught:
        drafts.put_tag("ann", earlier, replace(POLL, priority=9))
    assert caught.value.state.draft.tags["poll"].after == replace(POLL, priority=5)
