"""What the pages about tags share: the own draft, and the line about it on every page."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, flash, g, redirect, request

from privacy.drafts import outcome
from privacy.fields import seen
from privacy.templates import TagConfig
from privacy.vendors import VendorEdit
from services.draft_state import DraftMoved, State
from web.languages import _
from web.site import site
from web.staff.guard import member


def own_draft() -> State:
    """Return the draft of whoever is signed in, read once a request."""
    if "draft_state" not in g:
        g.draft_state = site().drafts.of(member().email)
    found: State = g.draft_state
    return found


def as_drafted(state: State) -> tuple[tuple[TagConfig, ...], tuple[VendorEdit, ...]]:
    """Return the tags and vendors as the draft would have them."""
    return outcome(state.draft, state.live.configs, state.live.vendor_edits)


def revision_of(text: str | None) -> int:
    """Return the revision that a form was made for; -1 where it names none, which is never right."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1


def note_of(most: int = 500) -> str:
    """Return what somebody said of their act, in one line."""
    return " ".join(seen(request.form.get("note", "")).split())[:most]


def to(path: str) -> Response:
    """Lead to a page after a form."""
    return redirect(path, 303)  # type: ignore[return-value]


def attempt(act: Callable[[int], State | None], revision: str | None, what: str, subject: str = "") -> bool:
    """Change the draft and record it; where it was changed in another window, say so and change nothing.

    Args:
        act: takes the revision that the person saw.
        what: the act's key in the record.
    """
    try:
        act(revision_of(revision))
    except DraftMoved:
        flash(_("Your draft was changed in another window since you opened this page. Nothing of it is lost."), "error")
        return False
    finally:
        g.pop("draft_state", None)
    site().staff.record(member().email, what, subject)
    return True


def open_elsewhere(tag_id: str = "", vendor_id: str = "") -> list[str]:
    """Return who else has an open change of a tag or a vendor."""
    return [
        other.owner
        for other in site().drafts.others(member().email)
        if tag_id in other.tags or vendor_id in other.vendors
    ]
