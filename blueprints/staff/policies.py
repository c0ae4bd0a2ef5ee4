"""The policies: what is in force, what the working text would change, and publishing it as a new version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, flash, request

from blueprints.staff import words
from blueprints.staff.account import ActForm
from blueprints.staff.draft import unnamed
from blueprints.staff.drafting import as_drafted, note_of, own_draft, to
from blueprints.staff.pages import blueprint
from i18n.locales import BY_SLUG
from privacy.categories import CHOOSABLE, Category
from privacy.fields import BadTag
from privacy.policies import Change, Difference, Document, Doubt, Kind, differences
from privacy.registry import Registry
from services.policies import NothingNew, Overtaken
from services.staff import Permission
from web import wording
from web.languages import _, catalog
from web.policy.render import in_language
from web.site import site
from web.staff.frame import show
from web.staff.guard import FRESH, member, page


@dataclass(frozen=True)
class Run:
    """Hold words that stay, come or go."""

    words: str
    what: str


@dataclass(frozen=True)
class SectionChange:
    """Hold what becomes of a section."""

    title: str
    what: str
    blocks: tuple[tuple[Run, ...], ...]


@dataclass(frozen=True)
class PolicyRow:
    """Hold how a policy stands."""

    kind: str
    title: str
    number: str
    since: str
    coming: tuple[str, ...]


def kind_name(kind: Kind) -> str:
    """Return a policy's name."""
    return {Kind.PRIVACY: _("Privacy policy"), Kind.COOKIES: _("Cookie policy")}[kind]


def _row(kind: Kind) -> PolicyRow:
    holds, coming = site().policies.state(kind)
    return PolicyRow(
        kind.value,
        kind_name(kind),
        str(holds.number) if holds else "–",
        catalog().date(holds.effective) if holds else "",
        tuple(
            _("version %(number)s from %(day)s") % {"number": v.number, "day": catalog().date(v.effective)}
            for v in coming
        ),
    )


def _registry(drafted: bool) -> Registry:
    if drafted and member().may(Permission.EDIT_TAGS):
        state = own_draft()
        try:
            return site().tags.propose(*as_drafted(state), live=state.live).after
        except BadTag:
            pass
    return site().tags.live()


def _documents(kind: Kind, registry: Registry, slug: str, region: str) -> tuple[Document | None, Document | None]:
    """Return a text as it was published last, and as it would be now."""
    here = site()
    versions = here.policies.versions(kind)
    edition = here.policies.edition(kind, versions[0].number, slug) if versions else None
    working = next(in_language(kind, registry, here.today(), slug, iter((region,))), None)
    return edition.document(slug, region) if edition else None, working


def _view(found: Difference) -> SectionChange:
    blocks: list[list[Run]] = [[]]
    for change, text in found.runs:
        what = {Change.ADDED: "comes", Change.REMOVED: "goes"}.get(change, "stays")
        for index, piece in enumerate(text.split("\n")):
            if index:
                blocks.append([])
            if piece:
                blocks[-1].append(Run(piece, what))
    changed = tuple(tuple(block) for block in blocks if any(run.what != "stays" for run in block))
    said = {Change.ADDED: _("new"), Change.REMOVED: _("removed")}
    return SectionChange(found.title, said.get(found.change, "") if found.change else "", changed)


@page(blueprint, "/policies", Permission.SEE_TAGS)
def policies() -> Response:
    """Show both policies and how they stand."""
    missing = unnamed(site().tags.live())
    return show("policies.html", _("Policies"), rows=[_row(kind) for kind in Kind], missing=missing)


def _kind(name: str) -> Kind:
    if name not in [kind.value for kind in Kind]:
        abort(404)
    return Kind(name)


@page(blueprint, "/policies/<kind>", Permission.SEE_TAGS)
def policy(kind: str) -> Response:
    """Show what the working text would change, in one language at one place."""
    return _policy(_kind(kind))


def _policy(kind: Kind, status: int = 200, problem: str = "", given: Any = None) -> Response:
    places = words.place_choices()
    codes = [code for code, _name in places]
    query = request.args
    region = query.get("region", "") if query.get("region") in codes else "row" if "row" in codes else codes[0]
    slug = query.get("language", "") if query.get("language") in BY_SLUG else catalog().locale.slug
    drafted = query.get("draft") == "1"
    former, working = _documents(kind, _registry(drafted), slug, region)
    changes = [_view(d) for d in differences(former, working)] if former and working else []
    return show(
        "policy.html",
        kind_name(kind),
        status,
        form=ActForm(),
        row=_row(kind),
        changes=changes,
        first=former is None,
        drafted=drafted,
        region=region,
        slug=slug,
        tag=BY_SLUG[slug].tag,
        places=places,
        languages=[(s, locale.own_name) for s, locale in BY_SLUG.items()],
        categories=[(c.value, wording.category_title(c)) for c in CHOOSABLE],
        publishes=member().may(Permission.PUBLISH_POLICIES) and kind is Kind.PRIVACY and not drafted,
        problem=problem,
        given=given or {},
        ticked=given.getlist("material") if given else [],
    )


def _effective(text: str) -> datetime | None:
    """Return the start of a day in UTC, or None for at once: that is what today stands for.

    Raises:
        ValueError: when it is no day.
    """
    found = datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    return None if found and found.date() == site().today() else found


@page(
    blueprint,
    "/policies/<kind>",
    Permission.PUBLISH_POLICIES,
    fresh=FRESH,
    methods=["POST"],
    endpoint="publish_policy",
)
def publish_policy(kind: str) -> Response:
    """Publish the working text as a new version, in every language and for every place."""
    which, here, given = _kind(kind), site(), request.form
    if not ActForm().validate_on_submit() or which is not Kind.PRIVACY:
        abort(400)  # The cookie policy follows the tags by itself.
    note = note_of()
    material = frozenset(Category(c) for c in given.getlist("material") if c in [x.value for x in CHOOSABLE])
    if not note or given.get("is_material") not in ("yes", "no") or (given["is_material"] == "yes") != bool(material):
        return _policy(
            which, 422, _("Please say what changed, and whether it is material, and for which category."), given
        )
    at_once = given.get("at_once") == "1"
    try:
        effective = _effective(given.get("effective", ""))
    except ValueError:
        return _policy(which, 422, _("That is no time."), given)
    try:
        version = here.policies.publish(
            which,
            here.tags.live(),
            author=member().email,
            note={catalog().locale.slug: note} | ({} if catalog().locale.slug == "en" else {"en": note}),
            material=material,
            effective=effective,
            at_once=at_once,
        )
    except NothingNew:
        return _policy(which, 409, _("It is what was published last: there is nothing to publish."), given)
    except Overtaken:
        return _policy(which, 409, _("Somebody published since you opened this page. Please look again."), given)
    except Doubt:
        text = _("A version begins today or later, and not before one that is announced.")
        if material and effective is None and not at_once:
            text = _("A material change takes a day to come, so that it can be announced; or tick that it cannot wait.")
        return _policy(which, 422, text, given)
    here.staff.record(
        member().email, "policy-published", f"{which.value} {version.number}", after=sorted(material), note=note
    )
    here.live.refresh()
    flash(_("Published as version %(number)s of the privacy policy.") % {"number": version.number}, "success")
    return to(f"/staff/policies/{which.value}")
