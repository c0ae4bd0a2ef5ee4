"""Keep each person's open changes apart until they are published, and let nobody overwrite what they did not see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from privacy.checks import Finding, Level, check
from privacy.configs import Kind, TagConfig
from privacy.draft_format import Unreadable, draft_from, draft_text, print_of
from privacy.drafts import (
    Draft,
    keep_mine,
    outcome,
    put,
    rebase,
    take_theirs,
    towards,
    undo,
)
from privacy.fields import BadTag
from privacy.jurisdictions import Jurisdictions
from privacy.vendors import VendorEdit
from services.draft_state import (
    Clashed,
    DraftMoved,
    DraftUnreadable,
    Found,
    NothingChanged,
    NotSubmitted,
    Open,
    OwnApproval,
    SecondMissing,
    State,
)
from services.store import reading, writing
from services.tags import ChangedMeanwhile, Proposal, Tags
from storage import drafts as rows
from storage.drafts import DraftRow

SNIPPETS_LAST = timedelta(hours=1)
"""How long a snippet that is not published is served after a preview showed it."""


class _Moved(Exception):
    """The draft was changed while it was being published."""


class Drafts:
    """Read, change and publish drafts.

    Args:
        now: the server's time, aware.
        laws: of every region, for the checks.
        second_person: whether each draft wants somebody else's approval.
    """

    def __init__(
        self,
        engine: Engine,
        tags: Tags,
        now: Callable[[], datetime],
        laws: Jurisdictions,
        *,
        second_person: bool = False,
    ) -> None:
        self.second_person = second_person
        self._engine = engine
        self._tags = tags
        self._now = now
        self._laws = laws

    def of(self, owner: str) -> State:
        """Return a person's draft, held against what is live; an empty one where nothing is open.

        Raises:
            DraftUnreadable: when this release cannot read it.
            StoreSilent: when the store does not answer.
        """
        with reading(self._engine) as connection:
            row = rows.draft(connection, owner)
        live = self._tags.published()
        if row is None or not row.document:
            return State(owner, row.revision if row else 0, Draft(live.version), live)
        try:
            stored = draft_from(row.document)
        except Unreadable as error:
            raise DraftUnreadable(owner, row.revision, row.at) from error
        made = rebase(stored, live.configs, live.vendor_edits, live.version)
        state = State(owner, row.revision, made.draft, live, made.clashes, row.at, row.submitted, row.note)
        return replace(
            state,
            approved_by=row.approved_by if self._is_approved(state, row) else None,
            answer=row.answer or "",
            answered_by=row.answered_by,
        )

    def size(self, owner: str) -> int:
        """Return how many changes a person's draft holds; none where it cannot be read."""
        with reading(self._engine) as connection:
            row = rows.draft(connection, owner)
        if row is None or not row.document:
            return 0
        try:
            found = draft_from(row.document)
        except Unreadable:
            return 0
        return len(found.tags) + len(found.vendors)

    def others(self, owner: str) -> tuple[Open, ...]:
        """Return who else has open changes, the latest first."""
        with reading(self._engine) as connection:
            found = rows.drafts(connection)
        return tuple(_open(row) for row in found if row.owner != owner)

    def keep_snippets(self, snippets: Mapping[str, str]) -> None:
        """Keep snippets that a preview shows, by the hashes of their texts, where every worker finds them."""
        now = self._now()
        for digest, text in snippets.items():
            with reading(self._engine) as connection:
                kept = rows.snippet(connection, digest, now)
            if kept is not None and kept[1] > now + SNIPPETS_LAST / 2:
                continue
            with suppress(IntegrityError), writing(self._engine) as connection:
                rows.keep_snippet(connection, digest, text, now + SNIPPETS_LAST, now)

    def snippet(self, digest: str) -> str | None:
        """Return the text of a snippet that a preview showed within the hour, by its hash, or None."""
        with reading(self._engine) as connection:
            found = rows.snippet(connection, digest, self._now())
        return found[0] if found else None

    def put_tag(self, owner: str, revision: int, config: TagConfig, *, new: bool = False) -> State:
        """Put a tag's whole configuration into the draft.

        Args:
            revision: the one that the owner saw.
            new: there must be no tag of that id yet.

        Raises:
            BadTag: when it cannot be taken.
            DraftMoved: when the draft was changed since.
        """

        def act(state: State) -> Draft:
            configs, edits = outcome(state.draft, state.live.configs, state.live.vendor_edits)
            if new and any(each.id == config.id for each in configs):
                raise BadTag(f"There is a tag {config.id!r} already.", "id", config.id)
            taken = self._tags.checked(config, edits)
            return put(state.draft, Kind.TAG, config.id, _live(state, Kind.TAG, config.id), taken)

        return self._change(owner, revision, act)

    def remove_tag(self, owner: str, revision: int, tag_id: str) -> State:
        """Put a tag's removal into the draft. Raises as :meth:`put_tag` does."""

        def act(state: State) -> Draft:
            configs, _ = outcome(state.draft, state.live.configs, state.live.vendor_edits)
            if all(each.id != tag_id for each in configs):
                raise BadTag(f"There is no tag {tag_id!r}.", "id", tag_id)
            return put(state.draft, Kind.TAG, tag_id, _live(state, Kind.TAG, tag_id), None)

        return self._change(owner, revision, act)

    def put_vendor(self, owner: str, revision: int, edit: VendorEdit) -> State:
        """Put what is said of a vendor into the draft; where it says nothing, nothing is said any more.

        Raises as :meth:`put_tag` does.
        """

        def act(state: State) -> Draft:
            taken = self._tags.checked_vendor(edit)
            live = _live(state, Kind.VENDOR, edit.id)
            return put(state.draft, Kind.VENDOR, edit.id, live, taken if taken else None)

        return self._change(owner, revision, act)

    def undo(self, owner: str, revision: int, kind: Kind, item_id: str) -> State:
        """Take one change back. Raises as :meth:`put_tag` does."""
        return self._change(owner, revision, lambda state: undo(state.draft, kind, item_id))

    def keep_mine(self, owner: str, revision: int, kind: Kind, item_id: str) -> State:
        """Let the owner's side of a clash hold. Raises as :meth:`put_tag` does."""
        return self._resolve(owner, revision, kind, item_id, keep_mine)

    def take_theirs(self, owner: str, revision: int, kind: Kind, item_id: str) -> State:
        """Let the side of a clash hold that was published. Raises as :meth:`put_tag` does."""
        return self._resolve(owner, revision, kind, item_id, take_theirs)

    def roll_back_to(self, owner: str, revision: int, number: int) -> State:
        """Fill the draft, in place of what is open, with what leads back to an earlier version.

        Raises as :meth:`put_tag` does, and BadTag when there is no such version.
        """
        earlier = self._tags.published(number)

        def act(state: State) -> Draft:
            live = state.live
            return towards(live.version, (live.configs, earlier.configs), (live.vendor_edits, earlier.vendor_edits))

        return self._change(owner, revision, act)

    def discard(self, owner: str, revision: int) -> None:
        """Take every change back, also of a draft that cannot be read.

        Raises:
            DraftMoved: when the draft was changed since.
        """
        if revision == 0:
            self._seen(owner, revision)
            return
        self._write(DraftRow(owner, revision + 1, self._now()), revision)

    def proposal(self, owner: str) -> Proposal:
        """Return what would be published.

        Raises:
            BadTag: when it cannot be taken; its subject is the tag or vendor at fault.
            Clashed: when a clash waits for a decision.
            DraftUnreadable: when this release cannot read the draft.
        """
        return self.proposal_of(self.of(owner))

    def proposal_of(self, state: State) -> Proposal:
        """Return what would be published of a draft as it was read. Raises as :meth:`proposal` does."""
        return self._proposal(state)

    def findings(self, proposal: Proposal) -> tuple[Finding, ...]:
        """Return what the checks find in a proposal that they do not find in what is live."""
        now = self._now()
        today, seconds = now.date(), int(now.timestamp())
        laws = [law for code, _ in self._laws.regions(today) if (law := self._laws.region(code, today))]
        library = self._tags.vendor_library
        known = set(check(proposal.before, laws, seconds, library))
        return tuple(each for each in check(proposal.after, laws, seconds, library) if each not in known)

    def submit(self, owner: str, revision: int, note: str) -> State:
        """Ask for an approval of the draft as it is.

        Raises:
            DraftMoved: when the draft was changed since.
            NothingChanged: when there is nothing to approve.
            BadTag, Clashed: when it could not be published.
        """
        state = self._seen(owner, revision)
        if not state.draft:
            raise NothingChanged
        self._proposal(state)
        return self._mark(owner, revision, submitted=self._now(), note=note[:500])

    def withdraw(self, owner: str, revision: int) -> State:
        """Ask for no approval any more; one that was given is void. Raises DraftMoved as :meth:`submit` does."""
        self._seen(owner, revision)
        return self._mark(owner, revision)

    def send_back(self, who: str, owner: str, revision: int, answer: str) -> State:
        """End the waiting of somebody's draft, with a word to its owner. Raises DraftMoved as :meth:`submit` does."""
        self._seen(owner, revision)
        return self._mark(owner, revision, answer=answer[:500], answered_by=who[:200])

    def approve(
        self, approver: str, owner: str, revision: int, *, seen_live: int | None = None, answer: str = ""
    ) -> State:
        """Approve exactly what is submitted. Any later change of it voids the approval.

        Args:
            also: what is to be done in the same transaction, or not at all.
            seen_live: the live version against which the approver was shown it, where that is to be the one: what is
                published in between can change what the same draft does.
            answer: a word to its owner.

        Raises:
            ChangedMeanwhile: when somebody published since the approver was shown it.
            OwnApproval: when the owner is the one who approves.
            NotSubmitted: when the owner did not ask for it.
            DraftMoved: when the draft was changed since.
            BadTag, Clashed: when it could not be published.
        """
        if approver.strip() in ("", owner):
            raise OwnApproval
        state = self._seen(owner, revision)
        if state.submitted is None:
            raise NotSubmitted
        if seen_live is not None and state.live.version != seen_live:
            raise ChangedMeanwhile
        approved = print_of(state.draft, self._proposal(state).approvals)
        return self._mark(
            owner,
            revision,
            submitted=state.submitted,
            note=state.note,
            approved_by=approver[:200],
            approved_print=approved,
            answer=answer[:500],
            answered_by=approver[:200],
        )

    def publish(
        self,
        owner: str,
        revision: int,
        *,
        author: str,
        note: str,
        acknowledged_warnings: Collection[str] = (),
        approver: str | None = None,
        seen_live: int | None = None,
        also: Callable[[Connection, int], None] | None = None,
    ) -> int:
        """Publish a draft, close it in the same transaction, and return the number of the version.

        Args:
            acknowledged_warnings: the keys of the findings that are meant.
            approver: the privacy officer who approves with this very act, in place of an approval that was recorded.
            seen_live: the live version against which the owner was shown the draft, where that is to be the one.

        Raises:
            DraftMoved: when the draft was changed since.
            NothingChanged: when there is nothing to publish.
            BadTag, Clashed: when it cannot be taken as it is.
            Found: on errors, and on warnings that are not acknowledged.
            SecondMissing: when a second person has to approve each draft.
            ApprovalMissing: when the privacy officer has to approve it.
            ChangedMeanwhile: when somebody published in between. The draft is as it was.
        """
        state = self._seen(owner, revision)
        if seen_live is not None and state.live.version != seen_live:
            raise ChangedMeanwhile
        if not state.draft:
            raise NothingChanged
        proposal = self._proposal(state)
        found = self.findings(proposal)
        if open_ := tuple(f for f in found if f.level is Level.ERROR or f.key not in acknowledged_warnings):
            raise Found(open_)
        if self.second_person and state.approved_by is None:
            raise SecondMissing

        def close(connection: Connection, version: int) -> None:
            if not rows.write_draft(connection, DraftRow(owner, revision + 1, self._now()), revision):
                raise _Moved
            if also:
                also(connection, version)

        try:
            return self._tags.publish(proposal, author, note, approved_by=approver or state.approved_by, also=close)
        except _Moved:
            raise DraftMoved(self.of(owner)) from None

    def _seen(self, owner: str, revision: int) -> State:
        state = self.of(owner)
        if state.revision != revision:
            raise DraftMoved(state)
        return state

    def _change(self, owner: str, revision: int, act: Callable[[State], Draft]) -> State:
        if not owner or len(owner) > 64:
            raise ValueError("an owner is named by 1 to 64 characters")
        state = self._seen(owner, revision)
        draft = act(state)
        row = DraftRow(owner, revision + 1, self._now(), draft_text(draft) if draft else "")
        self._write(row, revision)
        return self.of(owner)

    def _resolve(
        self,
        owner: str,
        revision: int,
        kind: Kind,
        item_id: str,
        side: Callable[[Draft, Kind, str, TagConfig | VendorEdit | None], Draft],
    ) -> State:
        def act(state: State) -> Draft:
            if item_id not in state.draft.of(kind):
                raise BadTag(f"There is no open change of {item_id!r}.", "id", item_id)
            return side(state.draft, kind, item_id, _live(state, kind, item_id))

        return self._change(owner, revision, act)

    def _mark(
        self,
        owner: str,
        revision: int,
        *,
        submitted: datetime | None = None,
        note: str = "",
        approved_by: str | None = None,
        approved_print: str | None = None,
        answer: str | None = None,
        answered_by: str | None = None,
    ) -> State:
        """Write what is said about a draft; its changes and its revision stay."""
        with reading(self._engine) as connection:
            row = rows.draft(connection, owner)
        if row is not None:
            marked = replace(
                row,
                submitted=submitted,
                note=note,
                approved_by=approved_by,
                approved_print=approved_print,
                answer=answer,
                answered_by=answered_by,
            )
            self._write(marked, revision)
        return self.of(owner)

    def _write(self, row: DraftRow, expected: int) -> None:
        try:
            with writing(self._engine) as connection:
                written = rows.write_draft(connection, row, expected)
        except IntegrityError:
            written = False
        if not written:
            raise DraftMoved(self.of(row.owner))

    def _proposal(self, state: State) -> Proposal:
        if state.clashes:
            raise Clashed(state.clashes)
        configs, edits = outcome(state.draft, state.live.configs, state.live.vendor_edits)
        return self._tags.propose(configs, edits, live=state.live)

    def _is_approved(self, state: State, row: DraftRow) -> bool:
        if row.approved_print is None or state.clashes:
            return False
        try:
            return print_of(state.draft, self._proposal(state).approvals) == row.approved_print
        except BadTag:
            return False


def _live(state: State, kind: Kind, item_id: str) -> TagConfig | VendorEdit | None:
    items = state.live.configs if kind is Kind.TAG else state.live.vendor_edits
    return next((item for item in items if item.id == item_id), None)


def _open(row: DraftRow) -> Open:
    try:
        draft = draft_from(row.document)
    except Unreadable:
        return Open(row.owner, row.revision, row.at, (), (), row.submitted, row.note, readable=False)
    return Open(row.owner, row.revision, row.at, tuple(draft.tags), tuple(draft.vendors), row.submitted, row.note)
