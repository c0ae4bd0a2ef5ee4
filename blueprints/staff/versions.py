"""Every version that was ever published, what it changed, and the way back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, request

from blueprints.staff.account import ActForm
from blueprints.staff.draft import ChangeView, again_views, approval_views, change_views, finding_views, layer_views
from blueprints.staff.drafting import attempt, note_of, own_draft, revision_of, to
from blueprints.staff.effects_view import reaches, worked_out
from blueprints.staff.pages import blueprint
from privacy.checks import Level
from privacy.drafts import towards
from privacy.fields import BadTag
from privacy.registry import EMPTY
from services.staff import Permission
from services.tags import ApprovalMissing, ChangedMeanwhile, Proposal, Published
from web.languages import _, catalog
from web.site import site
from web.staff.frame import show
from web.staff.guard import FRESH_FOR_TAGS, member, page


@dataclass(frozen=True)
class VersionRow:
    """Hold a version in the list."""

    number: int
    at: str
    stamp: str
    who: str
    note: str
    live: bool


def _rows() -> list[VersionRow]:
    live = site().tags.published().version
    return [
        VersionRow(n, catalog().short_moment(at), at.isoformat(timespec="seconds"), who, note, n == live)
        for n, at, who, note in site().tags.history()
    ]


def _difference(one: Published, other: Published) -> list[ChangeView]:
    """Return what another version has that one has not: per tag or vendor what became of it, and its fields."""
    return change_views(towards(None, (one.configs, other.configs), (one.vendor_edits, other.vendor_edits)))


@page(blueprint, "/versions", Permission.SEE_TAGS)
def versions() -> Response:
    """List the versions, newest first."""
    return show("versions.html", _("Versions"), rows=_rows())


@page(blueprint, "/versions/<int:number>", Permission.SEE_TAGS)
def version(number: int) -> Response:
    """Show a version: what it changed, and what going back to it would do."""
    return _version(number)


def _version(number: int, status: int = 200, problem: str = "") -> Response:
    here, person = site(), member()
    rows = {row.number: row for row in _rows()}
    if number not in rows:
        abort(404)
    shown = here.tags.published(number)
    earlier = max((n for n in rows if n < number), default=None)
    before = here.tags.published(earlier) if earlier is not None else Published(None, (), (), (), EMPTY)
    live = here.tags.published()
    context: dict[str, Any] = {"back": None}
    if not rows[number].live and person.may(Permission.PUBLISH_TAGS):
        try:
            proposal = here.tags.roll_back(number)
        except BadTag as error:
            problem = problem or str(error)
        else:
            findings = [*layer_views(proposal.after), *finding_views(here.drafts.findings(proposal))]
            second = here.drafts.second_person
            context = {
                "back": {
                    "changes": _difference(live, shown),
                    "reaches": reaches(worked_out(proposal.before, proposal.after)[0]),
                    "again": again_views(proposal.before, proposal.after),
                    "findings": findings,
                    "errors": not second and any(f.error for f in findings),
                    "approvals": approval_views(proposal),
                    "may": second or not proposal.approvals or person.may(Permission.APPROVE),
                    "second": second,
                }
            }
    previous = max((n for n in rows if n < (live.version or 0)), default=None)
    return show(
        "version.html",
        _("Version %(number)s") % {"number": number},
        status,
        form=ActForm(),
        row=rows[number],
        changes=_difference(before, shown),
        approvals=shown.approvals,
        previous=previous if rows[number].live else None,
        live=live.version,
        problem=problem,
        publishes=person.may(Permission.PUBLISH_TAGS),
        **context,
    )


@page(
    blueprint,
    "/versions/<int:number>",
    Permission.PUBLISH_TAGS,
    fresh=FRESH_FOR_TAGS,
    methods=["POST"],
    endpoint="roll_back",
)
def roll_back(number: int) -> Response:
    """Bring back what an earlier version had, as a new version, in one step.

    Where a second person has to approve each draft, it fills the own draft instead: a way back is a change too.
    """
    if not ActForm().validate_on_submit():
        abort(400)
    here, person = site(), member()
    note = note_of(400)
    try:
        proposal = here.tags.roll_back(number)
        if proposal.expected != revision_of(request.form.get("live")):
            raise ChangedMeanwhile
        if here.drafts.second_person:
            return _to_draft(number)
        if _is_stopped(proposal):
            return _version(number, 422, _("It cannot come back as it was: the check found what stops it."))
        # Translators: The reason that stands in the list of versions when nobody gave one.
        said = note or _("Back to version %(number)s") % {"number": number}
        made = here.tags.publish(
            proposal,
            person.email,
            said,
            approved_by=person.email if person.may(Permission.APPROVE) else None,
            also=here.staff.recording(
                person.email, "tags-rolled-back", before=proposal.expected, after=number, note=said
            ),
        )
    except BadTag:
        abort(404)
    except ChangedMeanwhile:
        return _version(number, 409, _("Somebody published since you opened this page. Please look again."))
    except ApprovalMissing:
        return _version(number, 409, _("That version holds something that the privacy officer has to approve."))
    here.live.refresh()
    flash(
        _("Version %(old)s is back, as version %(new)s. Every worker serves it within five seconds.")
        % {"old": number, "new": made},
        "success",
    )
    return to(f"/staff/versions/{made}")


def _is_stopped(proposal: Proposal) -> bool:
    """Say whether what stops a draft would stop a way back: errors, or a banner that steers."""
    errors = any(each.level is Level.ERROR for each in site().drafts.findings(proposal))
    return errors or bool(layer_views(proposal.after))


def _to_draft(number: int) -> Response:
    """Fill the own draft with the way back, where nothing is open in it."""
    state = own_draft()
    if state.draft:
        return _version(number, 409, _("Your draft is not empty. Publish it or discard it first."))
    drafts, owner = site().drafts, member().email
    if attempt(
        lambda seen: drafts.roll_back_to(owner, seen, number), str(state.revision), "draft-rolled-back", str(number)
    ):
        flash(
            _("Your draft now leads back to version %(number)s. Somebody else has to approve it: ask for it below.")
            % {"number": number},
            "success",
        )
    return to("/staff/draft")
