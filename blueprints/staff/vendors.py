"""Vendors: who they are, where data go, and what they set. A change goes into the own draft first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from blueprints.staff import words
from blueprints.staff.drafting import as_drafted, open_elsewhere, own_draft, revision_of, to
from blueprints.staff.pages import blueprint
from blueprints.staff.tag_forms import lines, say_plainly, show_seen
from privacy.admission import SOURCES
from privacy.categories import Category
from privacy.fields import BadTag
from privacy.registry import SITE, Registry, Vendor
from privacy.vendors import KINDS, UNSTATED, VendorCookie, VendorEdit, VendorOrigin
from services.draft_state import DraftMoved
from services.staff import Permission
from web import wording
from web.languages import _, catalog
from web.site import site
from web.staff.frame import show
from web.staff.guard import member, page


class VendorForm(FlaskForm):  # type: ignore[misc]
    """What can be said of a vendor. An empty field leaves what the library or the tag says."""

    revision = HiddenField()
    name = StringField(validators=[Length(max=200)])
    entity = StringField(validators=[Length(max=300)])
    privacy_url = StringField(validators=[Length(max=1_000)])
    country = SelectField(validate_choice=False, choices=[])
    role = RadioField(
        validate_choice=False, choices=[SelectChoice(""), SelectChoice("processor"), SelectChoice("third_party")]
    )
    links_identity = RadioField(
        validate_choice=False, choices=[SelectChoice(""), SelectChoice("yes"), SelectChoice("no")]
    )
    origins = TextAreaField(validators=[Length(max=20_000)])
    cookies = TextAreaField(validators=[Length(max=20_000)])


@dataclass(frozen=True)
class VendorRow:
    """Hold a vendor in the list."""

    id: str
    name: str
    entity: str
    country: str
    role: str
    tags: str
    edited: bool
    drafted: bool


@dataclass(frozen=True)
class UseView:
    """Hold what a vendor does in a category, as it is known."""

    category: str
    purposes: str
    origins: tuple[tuple[str, str], ...]
    cookies: tuple[tuple[str, str, str], ...]


def _registry() -> Registry:
    """Return the tags as the own draft would have them; the live ones where it cannot be taken, or is not theirs."""
    if not member().may(Permission.EDIT_TAGS):
        return site().tags.live()
    state = own_draft()
    try:
        return site().tags.propose(*as_drafted(state), live=state.live).after
    except BadTag:
        return state.live.registry


def _edits() -> tuple[dict[str, VendorEdit], set[str]]:
    if not member().may(Permission.EDIT_TAGS):
        return {e.id: e for e in site().tags.published().vendor_edits}, set()
    state = own_draft()
    return {e.id: e for e in as_drafted(state)[1]}, set(state.draft.vendors)


@page(blueprint, "/vendors", Permission.SEE_TAGS)
def vendors() -> Response:
    """List the vendors of the tags that there are, and those of whom somebody said something."""
    registry, (edits, drafted) = _registry(), _edits()
    used: dict[str, list[str]] = {}
    for tag in registry.tags:
        for _category, vendor in tag.pairs:
            if tag.id not in used.setdefault(vendor, []):
                used[vendor].append(tag.id)
    rows = [
        _row(vendor, used.get(key, []), key in edits, key in drafted)
        for key, vendor in registry.vendors.items()
        if key != SITE
    ]
    known = {row.id for row in rows}
    rows += [
        VendorRow(key, edit.name or key, edit.entity or "", _country(edit.country), "", "", True, key in drafted)
        for key, edit in edits.items()
        if key not in known
    ]
    return show("vendors.html", _("Vendors"), rows=rows)


def _country(code: str | None) -> str:
    return (wording.country(code) or code) if code else ""


def _row(vendor: Vendor, tags: list[str], edited: bool, drafted: bool) -> VendorRow:
    return VendorRow(
        vendor.id,
        vendor.name or vendor.id,
        vendor.entity or "",
        _country(vendor.country),
        wording.role(vendor.role),
        ", ".join(tags),
        edited,
        drafted,
    )


@page(blueprint, "/vendors/<vendor_id>", Permission.SEE_TAGS)
def vendor(vendor_id: str) -> Response:
    """Show what is known of a vendor, and what is said on top."""
    edit = _edits()[0].get(vendor_id, VendorEdit(vendor_id))
    form = VendorForm(data=_data(edit))
    if member().may(Permission.EDIT_TAGS):
        form.revision.data = str(own_draft().revision)
    return _form(form, vendor_id)


def _data(edit: VendorEdit) -> dict[str, Any]:
    return {
        "name": edit.name or "",
        "entity": edit.entity or "",
        "privacy_url": edit.privacy_url or "",
        "country": edit.country or "",
        "role": edit.role or "",
        "links_identity": {None: "", True: "yes", False: "no"}[edit.links_identity],
        "origins": "\n".join(f"{o.category} {o.directive} {o.origin}" for o in edit.origins),
        "cookies": "\n".join(
            f"{c.category} {c.kind} {c.name} {c.lifetime_days} {c.purpose} {c.host}".rstrip() for c in edit.cookies
        ),
    }


def _origin(line: str) -> VendorOrigin:
    parts = line.split()
    if len(parts) != 3 or parts[0] not in [c.value for c in Category]:
        raise BadTag(f"{line!r}: an origin takes category, directive and address.", "origins")
    return VendorOrigin(Category(parts[0]), parts[1], parts[2])


def _cookie(line: str) -> VendorCookie:
    parts = line.split()
    if not 3 <= len(parts) <= 6 or parts[0] not in [c.value for c in Category] or parts[1] not in KINDS:
        raise BadTag(f"{line!r}: a cookie takes category, kind, name, days, purpose.", "cookies")
    days = parts[3] if len(parts) > 3 else "-1"
    if not days.removeprefix("-").isdecimal() or len(days) > 6:
        raise BadTag(f"{line!r}: the days take a whole number.", "cookies")
    return VendorCookie(
        Category(parts[0]),
        parts[2],
        parts[4] if len(parts) > 4 else UNSTATED,
        int(days),
        parts[1],
        parts[5] if len(parts) > 5 else "",
    )


@page(blueprint, "/vendors/<vendor_id>", Permission.EDIT_TAGS, methods=["POST"], endpoint="change_vendor")
def change_vendor(vendor_id: str) -> Response:
    """Put what is said of a vendor into the draft."""
    form, drafts, owner = VendorForm(), site().drafts, member().email
    _known(vendor_id)
    if not form.validate_on_submit():
        say_plainly(form)
        return _form(form, vendor_id, 422)
    try:
        edit = VendorEdit(
            vendor_id,
            name=form.name.data or None,
            entity=form.entity.data or None,
            country=form.country.data or None,
            privacy_url=form.privacy_url.data or None,
            role=form.role.data or None,
            links_identity={"yes": True, "no": False}.get(form.links_identity.data or ""),
            origins=tuple(_origin(line) for line in lines(form.origins.data)),
            cookies=tuple(_cookie(line) for line in lines(form.cookies.data)),
        )
        drafts.put_vendor(owner, revision_of(form.revision.data), edit)
    except BadTag as error:
        field = getattr(form, error.field or "name", None) or form.name
        said = words.FIELD_PROBLEMS.get(error.field or "")
        field.errors = [*field.errors, said() if said else _("That cannot be taken.")]
        return _form(form, vendor_id, 422, str(error))
    except DraftMoved as moved:
        form.revision.data = str(moved.state.revision)
        text = _("Your draft was changed in another window since you opened this page.")
        flash(text, "error")
        return _form(form, vendor_id, 409)
    site().staff.record(owner, "draft-vendor", vendor_id, after=words.plain(edit))
    flash(_("Saved in your draft. Visitors get it when you publish."), "success")
    return to("/staff/draft")


def _known(vendor_id: str) -> Vendor | None:
    """Return a vendor that is in use; None for one that is only known. There is no page of any other."""
    found = _registry().vendors.get(vendor_id)
    known = found or vendor_id in site().tags.vendor_library.vendors or vendor_id in _edits()[0]
    if vendor_id == SITE or not known:
        abort(404)
    return found


def _form(form: VendorForm, vendor_id: str, status: int = 200, detail: str = "") -> Response:
    library = site().tags.vendor_library
    found = _known(vendor_id)
    show_seen(form)
    in_library = library.vendors.get(vendor_id, {})
    categories = [u.category.value for u in found.uses] if found else list(in_library.get("uses", {}))
    countries = [(code, wording.country(code) or code) for code in library.countries]
    return show(
        "vendor.html",
        (found.name if found else None) or str(in_library.get("name") or vendor_id),
        status,
        form=form,
        vendor_id=vendor_id,
        found=found,
        country=_country(found.country) if found else "",
        role=wording.role(found.role) if found else "",
        uses=[_use(found, category) for category in categories] if found else [],
        categories=categories or [c.value for c in Category],
        directives=SOURCES,
        kinds=KINDS,
        cookie_purposes=[(p, wording.cookie_purpose(p)) for p in library.cookie_purposes],
        countries=sorted(countries, key=lambda pair: catalog().sort_key(pair[1])),
        edits=member().may(Permission.EDIT_TAGS),
        elsewhere=open_elsewhere(vendor_id=vendor_id) if member().may(Permission.EDIT_TAGS) else [],
        detail=detail,
    )


def _use(vendor: Vendor, category: str) -> UseView:
    use = vendor.use(Category(category))
    assert use is not None  # noqa: S101  # nosec B101 - the category comes from the uses
    return UseView(
        wording.category_title(use.category),
        catalog().list([wording.purpose(p) for p in sorted(use.purposes)]),
        tuple((directive, ", ".join(those)) for directive, those in use.origins),
        tuple(
            (c.name, wording.cookie_purpose(c.purpose), wording.lifetime(c.lifetime_days))
            for c in (*use.cookies, *use.storage)
        ),
    )
