"""Tags: what there is, adding one, changing one. Everything goes into the own draft first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, flash, request

from blueprints.staff import words
from blueprints.staff.account import ActForm
from blueprints.staff.drafting import as_drafted, attempt, open_elsewhere, own_draft, revision_of, to
from blueprints.staff.pages import blueprint
from blueprints.staff.tag_forms import (
    SETTING,
    TagForm,
    config_of,
    data_of,
    exemptions,
    fill_choices,
    form_class,
    half_ticked,
    say_plainly,
    show_seen,
    unique_id,
)
from privacy.categories import Category
from privacy.choice import PURPOSES
from privacy.fields import BadTag
from privacy.limits import moment
from privacy.registry import SITE
from privacy.templates import TagConfig
from services.draft_state import DraftMoved
from services.staff import Permission
from web import wording
from web.languages import _, catalog
from web.site import site
from web.staff.frame import show
from web.staff.guard import member, page


@dataclass(frozen=True)
class TagRow:
    """Hold a tag in the list."""

    id: str
    label: str
    on: bool
    drafted: str
    vendor: str
    category: str
    places: str
    pages: str
    schedule: str
    changed: str
    changed_by: str
    gone: bool = False


@dataclass(frozen=True)
class TemplateView:
    """Hold a template to choose from."""

    id: str
    label: str
    vendor: str
    category: str
    unsafe: str


@dataclass(frozen=True)
class SettingView:
    """Hold a template's own field."""

    name: str
    label: str
    example: str
    many: bool
    required: bool


@dataclass(frozen=True)
class ExemptionChoice:
    """Hold an exemption with its conditions to tick."""

    id: str
    places: str
    category: str
    basis: str
    conditions: tuple[tuple[str, str], ...]


def _library() -> Any:
    return site().tags.vendor_library


def _label(template: str) -> str:
    found = _library().templates.get(template)
    return words.said(found["label"]) if found else template


def _vendor_name(config: TagConfig) -> str:
    if config.vendor:
        return config.vendor
    vendor = _library().templates.get(config.template, {}).get("vendor")
    if vendor == SITE:
        return _("This site itself")
    if vendor:
        return str(_library().vendors[vendor]["name"])
    return catalog().list(
        [
            str(_library().vendors[v]["name"])
            for value in config.settings.get("vendors", ())
            for v in value.split(",")
            if v in _library().vendors
        ]
    )


def _vendor_of(key: str | None) -> str:
    if key == SITE:
        return _("This site itself")
    return str(_library().vendors[key]["name"]) if key else ""


def _category_of(config: TagConfig) -> str:
    found = _library().templates.get(config.template, {})
    key = config.category.value if config.category else found.get("category")
    return wording.category_title(Category(key)) if key else _("As its vendors")


def _schedule(config: TagConfig) -> str:
    def shown(text: str) -> str:
        try:
            return catalog().short_moment(words.at(moment(text)))
        except ValueError:
            return text

    if config.starts and config.ends:
        return _("%(start)s to %(end)s") % {"start": shown(config.starts), "end": shown(config.ends)}
    if config.starts:
        return _("from %(start)s") % {"start": shown(config.starts)}
    if config.ends:
        return _("until %(end)s") % {"end": shown(config.ends)}
    return _("always")


def _places(config: TagConfig) -> str:
    if config.places:
        return words.regions(config.places, 3)
    if config.not_places:
        return _("everywhere but %(places)s") % {"places": words.regions(config.not_places, 3)}
    return _("everywhere")


def _pages(config: TagConfig) -> str:
    if not config.include and not config.exclude:
        return _("all pages")
    return ", ".join([*(config.include or ("*",)), *(_("not %(page)s") % {"page": p} for p in config.exclude)])


def _row(config: TagConfig, drafted: str, gone: bool = False) -> TagRow:
    changed = site().tags.last_changes().get(config.id)
    return TagRow(
        id=config.id,
        label=_label(config.template),
        on=config.enabled,
        drafted=drafted,
        vendor=_vendor_name(config),
        category=_category_of(config),
        places=_places(config),
        pages=_pages(config),
        schedule=_schedule(config),
        changed=catalog().date(changed.at) if changed else _("not yet published"),
        changed_by=changed.author if changed else "",
        gone=gone,
    )


@page(blueprint, "/tags", Permission.SEE_TAGS)
def tags() -> Response:
    """List the tags, as the own draft would have them."""
    edits = member().may(Permission.EDIT_TAGS)
    state = own_draft() if edits else None
    rows = []
    if state is None:
        rows = [_row(config, "") for config in site().tags.configs()]
    else:
        live = {config.id for config in state.live.configs}
        for config in as_drafted(state)[0]:
            change = state.draft.tags.get(config.id)
            drafted = (
                ""
                if change is None
                else _("new in your draft")
                if config.id not in live
                else _("changed in your draft")
            )
            rows.append(_row(config, drafted))
        rows += [
            _row(change.before, _("removed in your draft"), gone=True)  # type: ignore[arg-type]
            for change in state.draft.tags.values()
            if change.after is None and change.before is not None
        ]
    return show(
        "tags.html",
        _("Tags"),
        rows=rows,
        edits=edits,
        form=ActForm(),
        revision=state.revision if state else 0,
        only_counter=[row.id for row in rows] == ["site-counter"],
    )


@page(blueprint, "/tags/new", Permission.EDIT_TAGS)
def templates() -> Response:
    """Show what can be added."""
    found = [
        TemplateView(
            key,
            words.said(t["label"]),
            _vendor_of(t["vendor"]),
            wording.category_title(Category(t["category"])) if t["category"] else "",
            words.said(t["unsafe"]) if t.get("unsafe") else "",
        )
        for key, t in _library().templates.items()
    ]
    return show("templates.html", _("Add a tag"), templates=found)


def _template(name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = _library().templates.get(name)
    if found is None:
        abort(404)
    return found


@page(blueprint, "/tags/new/<template>", Permission.EDIT_TAGS)
def new_tag(template: str) -> Response:
    """Show the form of a further tag."""
    _template(template)
    state = own_draft()
    taken = [config.id for config in (*state.live.configs, *as_drafted(state)[0])]
    blank = TagConfig(unique_id(template, taken), template, enabled=True, category=None)
    form = form_class(template)(data=data_of(blank) | _defaults(template) | {"revision": str(state.revision)})
    return _form(form, template, None)


def _defaults(template: str) -> dict[str, Any]:
    found = _template(template)
    made: dict[str, Any] = {
        f"{SETTING}{p['name']}": str(p["default"]) for p in found["parameters"] if p.get("default") is not None
    }
    # Nothing is looser than its purpose by default: who does not choose gets the strictest.
    made["category"] = found["category"] or (found["categories"][-1] if found["categories"] else "")
    made["position"] = found["position"]
    return made


@page(blueprint, "/tags/new/<template>", Permission.EDIT_TAGS, methods=["POST"], endpoint="add_tag")
def add_tag(template: str) -> Response:
    """Put a further tag into the draft."""
    _template(template)
    form = form_class(template)()
    return _save(form, template, None)


def _found(tag_id: str) -> TagConfig:
    state = own_draft()
    found = next((c for c in as_drafted(state)[0] if c.id == tag_id), None)
    if found is None:
        abort(404)
    return found


@page(blueprint, "/tags/<tag_id>", Permission.SEE_TAGS)
def tag(tag_id: str) -> Response:
    """Show a tag's form, or to those who may not change it what it says."""
    if not member().may(Permission.EDIT_TAGS):
        found = next((c for c in site().tags.configs() if c.id == tag_id), None)
        if found is None:
            abort(404)
        return _form(form_class(found.template)(data=data_of(found)), found.template, found, edits=False)
    found = _found(tag_id)
    form = form_class(found.template)(data=data_of(found) | {"revision": str(own_draft().revision)})
    return _form(form, found.template, found)


@page(blueprint, "/tags/<tag_id>", Permission.EDIT_TAGS, methods=["POST"], endpoint="change_tag")
def change_tag(tag_id: str) -> Response:
    """Put a changed tag, or its removal, into the draft."""
    found = _found(tag_id)
    if request.form.get("act") == "remove":
        drafts, owner = site().drafts, member().email
        if not ActForm().validate_on_submit():
            abort(400)
        if attempt(
            lambda seen: drafts.remove_tag(owner, seen, tag_id),
            request.form.get("revision"),
            "draft-tag-removed",
            tag_id,
        ):
            flash(_("Removed in your draft. Visitors still have it until you publish."), "success")
        return to("/staff/tags")
    return _save(form_class(found.template)(), found.template, found)


def _save(form: TagForm, template: str, before: TagConfig | None) -> Response:
    fill_choices(form, template)
    if not form.validate_on_submit():
        say_plainly(form)
        return _form(form, template, before, status=422)
    if before is not None:
        form.id.data = before.id
    config = config_of(form, template, before)
    if (half := half_ticked(form)) is not None:
        form.refuse("exemptions", half)
        return _form(form, template, before, status=422)
    drafts, owner = site().drafts, member().email
    try:
        drafts.put_tag(owner, revision_of(form.revision.data), config, new=before is None)
    except BadTag as error:
        form.refuse(error.field, str(error))
        return _form(form, template, before, status=422)
    except DraftMoved as moved:
        # What was typed stays in the form; the next press takes it over what the other window saved.
        form.revision.data = str(moved.state.revision)
        now = next((c for c in as_drafted(moved.state)[0] if c.id == config.id), None)
        there = words.config_lines(config, now) if now else []
        return _form(form, template, before, status=409, meanwhile=there or [("", "", "")])
    site().staff.record(owner, "draft-tag", config.id, before=words.plain(before), after=words.plain(config))
    flash(_("Saved in your draft. Visitors get it when you publish."), "success")
    return to("/staff/draft")


@page(blueprint, "/tags/<tag_id>/switch", Permission.EDIT_TAGS, methods=["POST"])
def switch(tag_id: str) -> Response:
    """Switch a tag on or off, in the draft."""
    if not ActForm().validate_on_submit():
        abort(400)
    found = _found(tag_id)
    config = replace(found, enabled=not found.enabled)
    drafts, owner = site().drafts, member().email
    try:
        done = attempt(
            lambda seen: drafts.put_tag(owner, seen, config), request.form.get("revision"), "draft-tag", tag_id
        )
    except BadTag as error:
        flash(str(error), "error")
        return to(f"/staff/tags/{tag_id}")
    if done:
        on = _("Switched on in your draft. Visitors get it when you publish.")
        flash(
            on if config.enabled else _("Switched off in your draft. It ends for visitors when you publish."), "success"
        )
    return to("/staff/tags")


def _form(
    form: TagForm,
    template: str,
    config: TagConfig | None,
    *,
    status: int = 200,
    edits: bool = True,
    meanwhile: list[tuple[str, str, str]] | None = None,
) -> Response:
    found = _template(template)
    fill_choices(form, template)
    show_seen(form)
    settings = [
        SettingView(
            SETTING + p["name"],
            words.said(p["label"]),
            str(p.get("example") or ""),
            bool(p.get("repeatable")),
            bool(p["required"]) and p.get("default") is None,
        )
        for p in found["parameters"]
    ]
    further = [s for s in settings if s.many]
    allowed = {*found["categories"], *found.get("extra_uses", [])}
    title = config.id if config else _("Add: %(tag)s") % {"tag": words.said(found["label"])}
    return show(
        "tag.html",
        title,
        status,
        form=form,
        label=words.said(found["label"]),
        unsafe=words.said(found["unsafe"]) if found.get("unsafe") else "",
        action=f"/staff/tags/{config.id}" if config else f"/staff/tags/new/{template}",
        is_new=config is None,
        edits=edits,
        settings=[s for s in settings if not s.many],
        further=further,
        categories=[(c, wording.category_title(Category(c)), _category_hint(c)) for c in found["categories"]],
        purposes=[(p, wording.purpose(p), "") for p in PURPOSES],
        countries=_countries(),
        places=[(code, name, "") for code, name in words.place_choices()],
        exemptions=_exemption_choices(allowed) if form.conditions is not None else [],
        elsewhere=open_elsewhere(tag_id=config.id) if config and edits else [],
        meanwhile=meanwhile,
        problems=_problems(form),
        more_open=_has_more(form),
    )


def _problems(form: TagForm) -> list[tuple[str, str]]:
    return [(field.id, str(error)) for field in form for error in field.errors if field.name != "csrf_token"]


def _has_more(form: TagForm) -> bool:
    """Say whether something beyond the usual is set, or refused: then it is not folded away."""
    names = ("include", "exclude", "places", "not_places", "starts", "ends", "integrity", "conditions")
    fields = [field for name in names if (field := getattr(form, name, None)) is not None]
    return any(field.data or field.errors for field in fields) or bool(form.priority.data or form.priority.errors)


def _category_hint(category: str) -> str:
    return {
        "necessary": _("Always loads. The privacy officer has to approve it, with a reason."),
        "functional": _("Extras that people use."),
        "analytics": _("Counting and measuring this site."),
        "marketing": _("Advertising, and what it measures."),
    }[category]


def _countries() -> list[tuple[str, str]]:
    found = [(code, wording.country(code) or code) for code in _library().countries]
    return sorted(found, key=lambda pair: catalog().sort_key(pair[1]))


def _exemption_choices(allowed: set[str]) -> list[ExemptionChoice]:
    return [
        ExemptionChoice(
            found.id,
            words.regions(found.places, 4),
            wording.category_title(found.category),
            found.basis,
            tuple((f"{found.id}:{key}", words.said(text)) for key, text in found.conditions),
        )
        for found in exemptions().values()
        if found.category.value in allowed
    ]
