"""The own draft: what it changes, what that does to whom, what is odd about it, and publishing it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, g, request

from blueprints.staff import words
from blueprints.staff.account import ActForm
from blueprints.staff.drafting import attempt, note_of, own_draft, revision_of, to
from blueprints.staff.effects_view import act_of, at_place, place_of, reaches, worked_out
from blueprints.staff.pages import blueprint
from privacy.checks import Finding, Level
from privacy.configs import Kind
from privacy.drafts import Draft
from privacy.effects import ACTS
from privacy.fields import BadTag, seen
from privacy.policies import Kind as Text
from privacy.registry import Registry
from services.draft_state import (
    Clashed,
    DraftMoved,
    DraftUnreadable,
    Found,
    NothingChanged,
    NotSubmitted,
    OwnApproval,
    SecondMissing,
    State,
)
from services.staff import Permission
from services.tags import ApprovalMissing, ChangedMeanwhile, Proposal
from web.languages import _, catalog
from web.site import site
from web.staff.fairness import slants
from web.staff.frame import show
from web.staff.guard import FRESH, FRESH_FOR_TAGS, member, page


@dataclass(frozen=True)
class ChangeView:
    """Hold one change of a tag or vendor.

    Args:
        became: what became of it, as it stands in the record: ``new``, ``changed`` or ``removed``.
        what: the same in words.
    """

    kind: str
    id: str
    became: str
    what: str
    lines: list[tuple[str, str, str]]
    href: str


@dataclass(frozen=True)
class ClashView:
    """Hold what somebody else changed differently meanwhile: of one tag or vendor each field, with both values."""

    kind: str
    id: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class FindingView:
    """Hold what a check found."""

    key: str
    subject: str
    text: str
    error: bool
    meant: bool = False


@dataclass(frozen=True)
class ApprovalView:
    """Hold what the privacy officer has to approve."""

    subject: str
    text: str
    detail: str


@dataclass(frozen=True)
class AgainView:
    """Hold who is asked again, about what, because of whom."""

    places: str
    categories: str
    vendors: str


def change_views(draft: Draft) -> list[ChangeView]:
    """Return changes for reading."""
    named = {"new": _("new"), "removed": _("removed"), "changed": _("changed")}
    made = []
    for kind, base in ((Kind.TAG, "tags"), (Kind.VENDOR, "vendors")):
        for key, change in draft.of(kind).items():
            became = "new" if change.before is None else "removed" if change.after is None else "changed"
            lines = words.config_lines(change.before, change.after) if change.after is not None else []
            made.append(ChangeView(kind.value, key, became, named[became], lines, f"/staff/{base}/{key}"))
    return made


def clash_views(state: State) -> list[ClashView]:
    """Return what waits for a decision: one for each tag or vendor, since a press settles all of its fields."""
    found: dict[tuple[Kind, str], list[tuple[str, str, str]]] = {}
    for c in state.clashes:
        line = words.field_name(c.field) if c.field else "", words.value(c.mine), words.value(c.theirs)
        found.setdefault((c.kind, c.id), []).append(line)
    return [ClashView(kind.value, key, tuple(lines)) for (kind, key), lines in found.items()]


def finding_views(found: tuple[Finding, ...], meant: Collection[str] = ()) -> list[FindingView]:
    """Return findings for reading, errors first.

    Args:
        meant: the keys of those whose box is ticked already.
    """
    return [FindingView(f.key, f.tag, words.finding(f), f.level is Level.ERROR, f.key in meant) for f in found]


def layer_views(after: Registry) -> list[FindingView]:
    """Return what is wrong with the layers that visitors would see; each stops the publication."""
    here = site()
    places = tuple((code, place) for code, _name in words.place_choices() if (place := place_of(code)) is not None)
    found = slants(here, here.live.with_questions(after), places)
    return [FindingView(each.what.value, _("The banner"), words.slant(each), True) for each in found]


def approval_views(proposal: Proposal) -> list[ApprovalView]:
    """Return what has to be approved."""
    return [ApprovalView(a.id, words.ground(a.reason), a.detail) for a in proposal.approvals]


def again_views(old: Registry, new: Registry) -> list[AgainView]:
    """Return who would be asked again."""
    return [
        AgainView(
            words.regions(each.regions),
            words.categories(each.categories),
            catalog().list([new.vendors[v].name or _("this site itself") for v in each.vendors]),
        )
        for each in worked_out(old, new)[1]
    ]


def unnamed(new: Registry) -> list[str]:
    """Return the vendors whom the privacy policy does not name yet, and has to."""
    versions = site().policies.versions(Text.PRIVACY)
    named = versions[0].named if versions else frozenset()
    found = [v.name or v.id for v in (*new.recipients, *new.profilers) if v.id not in named]
    return list(dict.fromkeys(found))


def place_view(old: Registry, new: Registry, query: Any) -> dict[str, Any]:
    """Return what the form *at one place* shows, and its answer where a place was chosen."""
    place_code, act, page_path = query.get("place", ""), query.get("act", "accept"), query.get("page", "/") or "/"
    signal = query.get("signal") == "1"
    place = place_of(place_code) if place_code else None
    path = seen(page_path) if page_path.startswith("/") and len(page_path) <= 200 else "/"
    return {
        "place": place_code,
        "act": act_of(act).key,
        "page": path,
        "signal": signal,
        "places": [(code, name) for code, name in words.place_choices() if place_of(code) is not None],
        "acts": [(each.key, words.act_name(each.key)) for each in ACTS],
        "exact": at_place(old, new, place, act_of(act), signal, path) if place is not None else None,
    }


@page(blueprint, "/draft", Permission.EDIT_TAGS)
def draft() -> Response:
    """Show the own draft."""
    return _draft(own_draft())


@blueprint.errorhandler(DraftUnreadable)
def unreadable(error: DraftUnreadable) -> Response:
    """Show, in place of whatever asked for it, that the draft cannot be read, and the way on."""
    return show("draft_unreadable.html", _("Draft"), 409, form=ActForm(), revision=error.revision)


def _draft(state: State, status: int = 200, problem: str = "", note: str = "") -> Response:
    here, person = site(), member()
    clashes = clash_views(state)
    proposal: Proposal | None = None
    broken = ""
    if state.draft and not clashes:
        try:
            proposal = here.drafts.proposal_of(state)
        except BadTag as error:
            broken = f"{error.subject or ''}: {error}".lstrip(": ")
    context: dict[str, Any] = {"proposal": None}
    if proposal is not None:
        found, layers = here.drafts.findings(proposal), layer_views(proposal.after)
        # What was ticked stays ticked where the form is to be mended; not where something else stands there now.
        meant = request.form.getlist("meant") if status == 422 else ()
        effects = worked_out(proposal.before, proposal.after)[0]
        context = {
            "proposal": proposal,
            "findings": [*layers, *finding_views(found, meant)],
            "errors": bool(layers) or any(f.level is Level.ERROR for f in found),
            "approvals": approval_views(proposal),
            "reaches": reaches(effects),
            "nobody": not effects,
            "again": again_views(proposal.before, proposal.after),
            "unnamed": unnamed(proposal.after),
            "at": place_view(proposal.before, proposal.after, request.args),
        }
    return show(
        "draft.html",
        _("Draft"),
        status,
        form=ActForm(),
        state=state,
        revision=state.revision,
        changes=change_views(state.draft),
        clashes=clashes,
        broken=broken,
        problem=problem,
        note=note,
        approves=person.may(Permission.APPROVE),
        second=here.drafts.second_person,
        submitted=catalog().short_moment(state.submitted) if state.submitted else "",
        others=[o.owner for o in here.drafts.others(person.email)],
        languages=[(slug, words_.locale.own_name) for slug, words_ in here.catalogs.items()],
        **context,
    )


@page(blueprint, "/draft", Permission.EDIT_TAGS, methods=["POST"], endpoint="change_draft")
def change_draft() -> Response:
    """Undo one change, settle a clash, or discard the draft."""
    if not ActForm().validate_on_submit():
        abort(400)
    drafts, owner = site().drafts, member().email
    revision = request.form.get("revision")
    act, _colon, rest = request.form.get("act", "").partition(":")
    kind_name, _colon, item = rest.partition(":")
    if act == "discard":
        if attempt(lambda seen: drafts.discard(owner, seen), revision, "draft-discarded"):
            flash(_("Your draft is empty again. What is live was never touched."), "success")
        return to("/staff/draft")
    settle = {"undo": drafts.undo, "mine": drafts.keep_mine, "theirs": drafts.take_theirs}.get(act)
    if settle is None or kind_name not in [k.value for k in Kind]:
        abort(400)
    try:
        attempt(lambda seen: settle(owner, seen, Kind(kind_name), item), revision, "draft-undone", item)
    except BadTag as error:
        flash(str(error), "error")
    return to("/staff/draft")


@page(blueprint, "/draft/publish", Permission.PUBLISH_TAGS, fresh=FRESH_FOR_TAGS, methods=["POST"])
def publish() -> Response:
    """Publish the own draft, or ask for an approval of it."""
    if not ActForm().validate_on_submit():
        abort(400)
    here, person = site(), member()
    drafts, owner = here.drafts, person.email
    revision, note = revision_of(request.form.get("revision")), note_of()
    act = request.form.get("act")
    try:
        if act == "submit":
            drafts.submit(owner, revision, note)
            here.staff.record(owner, "draft-submitted", note=note)
            flash(_("The privacy officer, or a second person, can now approve it."), "success")
            return to("/staff/draft")
        if act == "withdraw":
            drafts.withdraw(owner, revision)
            here.staff.record(owner, "draft-withdrawn")
            return to("/staff/draft")
        if not note:
            return _draft(own_draft(), 422, _("Please say in a few words why: those who look back will thank you."))
        state = own_draft()
        if state.draft and not state.clashes and layer_views(here.drafts.proposal_of(state).after):
            return _draft(state, 422, _("Mend what stops it, and tick the warnings that are meant."), note)
        plain = {f"{c.kind} {c.id}": {"became": c.became, "fields": c.lines} for c in change_views(state.draft)}
        version = drafts.publish(
            owner,
            revision,
            author=owner,
            note=note,
            acknowledged_warnings=request.form.getlist("meant"),
            approver=owner if person.may(Permission.APPROVE) else None,
            seen_live=revision_of(request.form.get("live")),
            also=here.staff.recording(owner, "tags-published", after=plain, note=note),
        )
    except (DraftMoved, ChangedMeanwhile):
        text = _("Something was published, or your draft was changed, since you opened this page. Please look again.")
        return _draft(_afresh(), 409, text, note)
    except Found as found:
        text = _("Mend what stops it, and tick the warnings that are meant.")
        if all(f.level is Level.WARNING for f in found.findings):
            text = _("Please tick the warnings that are meant.")
        return _draft(own_draft(), 422, text, note)
    except (ApprovalMissing, SecondMissing):
        return _draft(own_draft(), 409, _("Somebody else has to approve this first. Ask for it below."), note)
    except NothingChanged:
        return _draft(own_draft(), 409, _("There is nothing to publish."), note)
    except (BadTag, Clashed) as error:
        return _draft(own_draft(), 409, str(error), note)
    here.live.refresh()
    flash(
        _("Published as version %(number)s. Every worker serves it within five seconds.") % {"number": version},
        "success",
    )
    return to(f"/staff/versions/{version}")


def _afresh() -> State:
    g.pop("draft_state", None)
    return own_draft()


@page(blueprint, "/approvals", Permission.SEE_TAGS)
def approvals() -> Response:
    """List the drafts that wait for an approval."""
    waiting = [(o.owner, catalog().short_moment(o.submitted), o.note) for o in site().drafts.others("") if o.submitted]
    return show("approvals.html", _("Waiting for approval"), waiting=waiting)


@page(blueprint, "/approvals/<owner>", Permission.SEE_TAGS)
def approval(owner: str) -> Response:
    """Show somebody's draft to who may approve it."""
    return _approval(owner)


def _approval(owner: str, status: int = 200, problem: str = "") -> Response:
    here, person = site(), member()
    try:
        state = here.drafts.of(owner)
        proposal = here.drafts.proposal_of(state)
    except (BadTag, Clashed, DraftUnreadable):
        abort(404)
    if state.submitted is None:
        abort(404)
    grounds = bool(proposal.approvals)
    return show(
        "approval.html",
        _("Draft of %(who)s") % {"who": owner},
        status,
        form=ActForm(),
        owner=owner,
        state=state,
        revision=state.revision,
        live=state.live.version,
        note=state.note,
        changes=change_views(state.draft),
        approvals=approval_views(proposal),
        findings=finding_views(here.drafts.findings(proposal)),
        reaches=reaches(worked_out(proposal.before, proposal.after)[0]),
        again=again_views(proposal.before, proposal.after),
        at=place_view(proposal.before, proposal.after, request.args),
        may=owner != person.email and person.may(Permission.APPROVE if grounds else Permission.PUBLISH_TAGS),
        needs_officer=grounds,
        approved_by=state.approved_by or "",
        problem=problem,
    )


@page(blueprint, "/approvals/<owner>", Permission.PUBLISH_TAGS, fresh=FRESH, methods=["POST"], endpoint="approve")
def approve(owner: str) -> Response:
    """Approve somebody's draft exactly as it stands, or send it back."""
    if not ActForm().validate_on_submit():
        abort(400)
    here, person = site(), member()
    revision = revision_of(request.form.get("revision"))
    try:
        proposal = here.drafts.proposal(owner)
        if owner == person.email or (proposal.approvals and not person.may(Permission.APPROVE)):
            abort(403)
        if request.form.get("act") == "refuse":
            here.drafts.send_back(person.email, owner, revision, note_of())
            here.staff.record(person.email, "draft-refused", owner, note=note_of())
            flash(_("Sent back. Its owner sees it, with your word."), "success")
            return to("/staff/approvals")
        seen_live = revision_of(request.form.get("live"))
        here.drafts.approve(person.email, owner, revision, seen_live=seen_live, answer=note_of())
    except ChangedMeanwhile:
        return _approval(owner, 409, _("Somebody published since you opened this page. Please look again."))
    except DraftMoved:
        return _approval(owner, 409, _("The draft was changed since you opened this page. Please look again."))
    except (NotSubmitted, OwnApproval, Clashed, BadTag, DraftUnreadable):
        abort(404)
    here.staff.record(
        person.email,
        "draft-approved",
        owner,
        after=[f"{a.id}: {a.reason.value} {a.detail}" for a in proposal.approvals],
        note=note_of(),
    )
    flash(_("Approved. %(who)s can publish it as it stands.") % {"who": owner}, "success")
    return to("/staff/approvals")
