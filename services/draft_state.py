"""What is said of drafts: how one stands, and why it could not be changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from privacy.checks import Finding
from privacy.drafts import Clash, Draft
from services.tags import Published


@dataclass(frozen=True)
class State:
    """Hold a person's draft, held against what is live.

    Args:
        revision: what every change of it has to name; 0 before the first.
        clashes: what somebody else changed differently meanwhile; it waits for a decision.
        at: when it was last changed.
        submitted: since when it waits for an approval, or None.
        note: what its owner said when submitting it.
        approved_by: who approved exactly this, or None.
        answer, answered_by: what was said to its owner by who approved it or sent it back, until it is changed or
            submitted again.
    """

    owner: str
    revision: int
    draft: Draft
    live: Published
    clashes: tuple[Clash, ...] = ()
    at: datetime | None = None
    submitted: datetime | None = None
    note: str = ""
    approved_by: str | None = None
    answer: str = ""
    answered_by: str | None = None


@dataclass(frozen=True)
class Open:
    """Hold who has open changes, and on what. Of a draft that cannot be read, nothing more is known."""

    owner: str
    revision: int
    at: datetime
    tags: tuple[str, ...]
    vendors: tuple[str, ...]
    submitted: datetime | None
    note: str
    readable: bool = True


class DraftMoved(Exception):
    """The draft was changed since it was read. Nothing was changed now."""

    def __init__(self, state: State) -> None:
        super().__init__(self.__doc__)
        self.state = state


class DraftUnreadable(Exception):
    """Another release wrote the draft, and this one cannot read it. It can be discarded."""

    def __init__(self, owner: str, revision: int, at: datetime) -> None:
        super().__init__(self.__doc__)
        self.owner, self.revision, self.at = owner, revision, at


class Clashed(Exception):
    """Somebody else changed the same fields meanwhile: which side holds is to be said first."""

    def __init__(self, clashes: tuple[Clash, ...]) -> None:
        super().__init__(self.__doc__)
        self.clashes = clashes


class Found(Exception):
    """The checks found errors, or warnings that nobody said are meant. Nothing was published."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(self.__doc__)
        self.findings = findings


class NothingChanged(Exception):
    """The draft changes nothing."""


class NotSubmitted(Exception):
    """The draft was not submitted for approval."""


class SecondMissing(Exception):
    """A second person has to approve each draft, and nobody did."""


class OwnApproval(Exception):
    """Nobody approves their own draft."""
