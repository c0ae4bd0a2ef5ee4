"""Switch and configure tags. Each change is a new, immutable, published version."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from privacy.approvals import Approval, Stood, approvals_needed, stood_in
from privacy.configs import TagConfig, config_from
from privacy.fields import BadTag
from privacy.ledger import canonical
from privacy.policies import Kind
from privacy.registry import EMPTY, Registry, registry_from
from privacy.templates import Library
from privacy.vendors import VendorEdit, checked, edit_from
from services.policies import Policies
from services.store import reading, writing
from storage import records


class ChangedMeanwhile(Exception):
    """Another version was published since this one was read. Nothing was changed."""


class ApprovalMissing(Exception):
    """The change needs the privacy officer's approval, and nobody gave it. Nothing was changed."""

    def __init__(self, approvals: Sequence[Approval]) -> None:
        super().__init__(self.__doc__)
        self.approvals = tuple(approvals)


@dataclass(frozen=True)
class Proposal:
    """Hold a change that is worked out and not published.

    Args:
        expected: the version that it starts from, or None before the first.
        former: cookies that tags set which are gone: still expired.
        before, after: what is live, and what would be.
        approvals: what of it the privacy officer has to approve.
    """

    expected: int | None
    configs: tuple[TagConfig, ...]
    vendor_edits: tuple[VendorEdit, ...]
    former: tuple[str, ...]
    before: Registry
    after: Registry
    text: str
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True)
class Published:
    """Hold what a version holds, as a person configured it.

    Args:
        version: its number, or None before the first.
        approvals: what was approved with it: the tag or vendor, the reason, and by whom.
    """

    version: int | None
    configs: tuple[TagConfig, ...]
    vendor_edits: tuple[VendorEdit, ...]
    former: tuple[str, ...]
    registry: Registry
    approvals: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class LastChange:
    """Hold when a tag was last changed."""

    version: int
    at: datetime
    author: str


_LOOKS_BACK = 50
"""In how many versions is looked for the category in which a script stood."""

OUT_OF_THE_BOX = TagConfig(id="site-counter", template="site-counter", enabled=True)


class Tags:
    """Read and change the configured tags.

    Args:
        now: the server's time, aware.
        policies: publishes the cookie policy along with the tags that it lists.
        loopback_http: whether ``http`` addresses on the loopback interface are taken.
    """

    def __init__(
        self,
        engine: Engine,
        library: Library,
        now: Callable[[], datetime],
        policies: Policies,
        *,
        loopback_http: bool,
    ) -> None:
        self._engine = engine
        self._policies = policies
        self.vendor_library = library
        self._now = now
        self._loopback_http = loopback_http
        self._changes_lock = threading.Lock()
        self._changes: dict[str, LastChange] = {}
        self._changes_of: Mapping[str, TagConfig] = {}
        self._changes_to = 0
        self._stood_lock = threading.Lock()
        self._stood: dict[int, Stood] = {}

    def last_changes(self) -> Mapping[str, LastChange]:
        """Return per tag when, by whom and in which version its configuration was last changed.

        Versions never change, so each is read once.
        """
        with reading(self._engine) as connection:
            history = records.tag_history(connection)
        with self._changes_lock:
            for number, at, author, _note in reversed(history):
                if number <= self._changes_to:
                    continue
                configs = {config.id: config for config in self.published(number).configs}
                for tag_id, config in configs.items():
                    if self._changes_of.get(tag_id) != config:
                        self._changes[tag_id] = LastChange(number, at, author)
                self._changes_of, self._changes_to = configs, number
            return dict(self._changes)

    def live(self) -> Registry:
        """Return the live version, or the empty registry before the first."""
        return self.published().registry

    def configs(self) -> list[TagConfig]:
        """Return what is configured in the live version."""
        return list(self.published().configs)

    def published(self, number: int | None = None) -> Published:
        """Return what a version holds; the live one where none is named, or nothing before the first.

        Raises:
            BadTag: when there is no such version.
        """
        with reading(self._engine) as connection:
            version = records.live_version(connection, records.TAGS) if number is None else number
            found = records.tag_document(connection, version) if version is not None else None
        if found is None:
            if number is not None:
                raise BadTag(f"There is no version {number}.")
            return Published(version, (), (), (), EMPTY)
        document = json.loads(found[0])
        return Published(
            version,
            tuple(config_from(value) for value in document.get("configs", ())),
            tuple(edit_from(value) for value in document.get("vendor_edits", ())),
            tuple(document.get("former", ())),
            registry_from(document, version or 0, found[1]),
            tuple(document.get("approvals", ())),
        )

    def history(self) -> list[tuple[int, datetime, str, str]]:
        """List version, time, author and note, newest first."""
        with reading(self._engine) as connection:
            return records.tag_history(connection)

    def ensure_first(self) -> int | None:
        """Publish what is on out of the box, when nothing was ever published; return the version or None."""
        if self.published().version is not None:
            return None
        return self.publish(self.propose([OUT_OF_THE_BOX], ()), "setup", "out of the box: the site's own statistics")

    def checked(self, config: TagConfig, vendor_edits: Sequence[VendorEdit] = ()) -> TagConfig:
        """Return a tag's configuration as it would be published, with its vendor's id.

        Raises:
            BadTag: when it cannot be taken.
        """
        if config.vendor and config.vendor_id is None:
            config = replace(config, vendor_id=self.vendor_library.vendor_id(config))
        edits = {edit.id: edit for edit in vendor_edits}
        self.vendor_library.materialise(config, loopback_http=self._loopback_http, edits=edits)
        return config

    def checked_vendor(self, edit: VendorEdit) -> VendorEdit:
        """Return a vendor's edit as it would be published.

        Raises:
            BadTag: when it cannot be taken.
        """
        return checked(edit, self.vendor_library.facts, loopback_http=self._loopback_http)

    def propose(
        self,
        configs: Sequence[TagConfig],
        vendor_edits: Sequence[VendorEdit],
        *,
        live: Published | None = None,
        former: Sequence[str] = (),
    ) -> Proposal:
        """Propose whole lists of tags and of what is said of vendors. What goes is still expired.

        Args:
            live: the live version that they start from; asked of the store where it is left out.
            former: further cookies that are to be expired.

        Raises:
            BadTag: when they cannot be taken; its subject is the tag or vendor at fault.
        """
        live = live or self.published()
        document = self.vendor_library.document(configs, vendor_edits, loopback_http=self._loopback_http)
        number = (live.version or 0) + 1
        still = _own_cookies(registry_from(document, number, ""))
        gone = [name for name in _own_cookies(live.registry) if name not in still]
        document["former"] = sorted({*live.former, *former, *gone})
        text = canonical(document)
        # What cannot be read back is not published.
        after = registry_from(document, number, hashlib.sha256(text.encode()).hexdigest())
        return Proposal(
            expected=live.version,
            configs=tuple(configs),
            vendor_edits=tuple(edit_from(value) for value in document["vendor_edits"]),
            former=tuple(document["former"]),
            before=live.registry,
            after=after,
            text=text,
            approvals=approvals_needed(
                live.configs,
                configs,
                self.vendor_library,
                live.vendor_edits,
                vendor_edits,
                earlier=self._earlier(live),
                loopback_http=self._loopback_http,
            ),
        )

    def _earlier(self, live: Published) -> list[Stood]:
        """Return what stood where in the last versions. Versions never change, so each is read once."""
        if live.version is None:
            return []
        wanted = range(max(1, live.version - _LOOKS_BACK + 1), live.version + 1)
        with self._stood_lock:
            for number in wanted:
                if number not in self._stood:
                    try:
                        self._stood[number] = stood_in(self.published(number).registry)
                    except BadTag:  # There is no such version.
                        self._stood[number] = {}
            for number in [n for n in self._stood if n not in wanted]:
                del self._stood[number]
            return list(self._stood.values())

    def add(self, config: TagConfig) -> Proposal:
        """Propose a further tag, switched off unless its configuration says otherwise.

        Raises:
            BadTag: when it cannot be taken.
        """
        live = self.published()
        if any(c.id == config.id for c in live.configs):
            raise BadTag(f"There is a tag {config.id!r} already.", "id")
        if config.vendor and config.vendor_id is None:
            config = replace(config, vendor_id=self.vendor_library.vendor_id(config))
        return self.propose([*live.configs, config], live.vendor_edits, live=live)

    def change(self, tag_id: str, **fields: Any) -> Proposal:
        """Propose other fields of a tag's configuration.

        Raises:
            BadTag: when there is no such tag, or the change cannot be taken.
        """
        live = self.published()
        old = _find(live.configs, tag_id)
        configs = [replace(c, **fields) if c is old else c for c in live.configs]
        return self.propose(configs, live.vendor_edits, live=live)

    def remove(self, tag_id: str) -> Proposal:
        """Propose a tag's removal; what its vendor set in browsers is still expired. Raises as :meth:`change` does."""
        live = self.published()
        old = _find(live.configs, tag_id)
        return self.propose([c for c in live.configs if c is not old], live.vendor_edits, live=live)

    def change_vendor(self, edit: VendorEdit) -> Proposal:
        """Propose what is said of a vendor; one that says nothing takes back what was said.

        Raises:
            BadTag: when it cannot be taken.
        """
        live = self.published()
        edits = {old.id: old for old in live.vendor_edits} | {edit.id: edit}
        return self.propose(live.configs, [each for each in edits.values() if each], live=live)

    def roll_back(self, number: int) -> Proposal:
        """Propose what an earlier version had; what tags set that it did not have is still expired.

        Raises:
            BadTag: when there is no such version, or this release cannot take it any more.
        """
        earlier = self.published(number)
        return self.propose(earlier.configs, earlier.vendor_edits, former=earlier.former)

    def publish(
        self,
        proposal: Proposal,
        author: str,
        note: str,
        *,
        approved_by: str | None = None,
        also: Callable[[Connection, int], None] | None = None,
    ) -> int:
        """Make a proposal the live version, with the cookie policy that states it, and return its number.

        Args:
            approved_by: the privacy officer who approves what of it is to be approved. On the machine itself that is
                who acts there.
            also: what is to be done in the same transaction, or not at all; it is given the version's number.

        Raises:
            ApprovalMissing: when it needs an approval and nobody is named.
            ChangedMeanwhile: when somebody else published since the proposal was made.
        """
        if proposal.approvals and not (approved_by or "").strip():
            raise ApprovalMissing(proposal.approvals)
        text = _with_approvals(proposal, approved_by)
        digest = hashlib.sha256(text.encode()).hexdigest()
        # Made before the transaction: who holds the store's lock keeps every choice waiting.
        documents = self._policies.working(Kind.COOKIES, proposal.after)
        try:
            with writing(self._engine) as connection:
                version = records.publish_tags(
                    connection,
                    expected=proposal.expected,
                    at=self._now(),
                    author=author[:200],
                    note=note[:500],
                    digest=digest,
                    document=text,
                )
                if version is None:
                    raise ChangedMeanwhile
                self._policies.follow(connection, proposal.after, documents, author)
                if also:
                    also(connection, version)
        except IntegrityError as error:
            raise ChangedMeanwhile from error
        return version


def _with_approvals(proposal: Proposal, approved_by: str | None) -> str:
    """Return the document to publish, with who approved what."""
    if not proposal.approvals:
        return proposal.text
    given = [
        {each.kind.value: each.id, "reason": each.reason.value, "detail": each.detail, "by": (approved_by or "")[:200]}
        for each in proposal.approvals
    ]
    return canonical(json.loads(proposal.text) | {"approvals": given})


def _find(configs: Sequence[TagConfig], tag_id: str) -> TagConfig:
    for config in configs:
        if config.id == tag_id:
            return config
    raise BadTag(f"There is no tag {tag_id!r}.", "id")


def _own_cookies(registry: Registry) -> list[str]:
    """Return the cookies that vendors set on this site's domain."""
    uses = [use for vendor in registry.vendors.values() for use in vendor.uses]
    return [cookie.name for use in uses for cookie in use.cookies if cookie.party == "first"]
