"""The form of a tag: made for its template, filled from a configuration, and read back into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from blueprints.staff import words
from privacy.categories import Category
from privacy.choice import PURPOSES
from privacy.fields import seen
from privacy.templates import CUSTOM, TagConfig
from web.languages import _
from web.site import site

_LONG = Length(max=70_000)
_TEXT = Length(max=2_000)
SETTING = "set_"


class TagForm(FlaskForm):  # type: ignore[misc]
    """What every tag has. A template adds its own fields and drops what it has no use for."""

    revision = HiddenField()
    id = StringField(validators=[Length(max=200)])
    enabled = BooleanField()
    category = SelectField(validate_choice=False, choices=[])
    conditions = SelectMultipleField(validate_choice=False, choices=[])
    include = TextAreaField(validators=[_TEXT])
    exclude = TextAreaField(validators=[_TEXT])
    places = SelectMultipleField(validate_choice=False, choices=[])
    not_places = SelectMultipleField(validate_choice=False, choices=[])
    starts = StringField(validators=[Length(max=40)])
    ends = StringField(validators=[Length(max=40)])
    priority = IntegerField(validators=[Optional()])
    position = RadioField(validate_choice=False, choices=[SelectChoice("head"), SelectChoice("body")])
    integrity = StringField(validators=[Length(max=200)])
    snippet = TextAreaField(validators=[_LONG])
    reason = TextAreaField(validators=[Length(max=1_000)])
    vendor = StringField(validators=[Length(max=200)])
    entity = StringField(validators=[Length(max=300)])
    vendor_role = RadioField(validate_choice=False, choices=[SelectChoice("processor"), SelectChoice("third_party")])
    links_identity = BooleanField()
    privacy_url = StringField(validators=[Length(max=1_000)])
    country = SelectField(validate_choice=False, choices=[])
    purposes = SelectMultipleField(validate_choice=False, choices=[])
    cookies = TextAreaField(validators=[_TEXT])
    stores = RadioField(
        validate_choice=False, choices=[SelectChoice("unknown"), SelectChoice("none"), SelectChoice("some")]
    )
    storage = TextAreaField(validators=[_TEXT])

    def refuse(self, field: str | None, detail: str) -> None:
        """Say at a field that it was refused, and why.

        Args:
            field: its name as the rules call it, or None where it is about the whole.
            detail: the rules' own sentence.
        """
        name = {None: "id", "exemptions": "conditions", "vendor_id": "vendor"}.get(field, field) or "id"
        if name.startswith("settings."):
            name = SETTING + name.removeprefix("settings.")
        target = getattr(self, name, None) or self.id
        said = words.FIELD_PROBLEMS.get(field or "")
        message = said() if said else _("That cannot be taken.")
        if name.startswith(SETTING):
            example = self.examples.get(name, "")
            message = _("It takes something like %(example)s.") % {"example": example} if example else message
        target.errors = [*target.errors, message]
        self.detail = detail

    examples: Mapping[str, str] = {}
    detail = ""


def show_seen(form: FlaskForm) -> None:
    """Show again what was typed, without what nobody sees in it."""
    for field in form:
        if isinstance(field.data, str):
            field.data = seen(field.data)


def say_plainly(form: FlaskForm) -> None:
    """Say in the console's words, in the reader's language, what the form library found at a field."""
    for field in form:
        if field.errors and field.name != "csrf_token":
            said = words.FIELD_PROBLEMS.get(field.name) if isinstance(field, IntegerField) else None
            field.errors = [said() if said else _("That is too long.")]


_CUSTOM_FIELDS = (
    "vendor",
    "entity",
    "vendor_role",
    "links_identity",
    "privacy_url",
    "country",
    "purposes",
    "cookies",
    "stores",
    "storage",
    "reason",
)


@lru_cache(maxsize=64)
def form_class(template: str) -> type[TagForm]:
    """Return the form for a template's tags."""
    library = site().tags.vendor_library
    found = library.templates[template]
    fields: dict[str, Any] = {"examples": {}}
    for parameter in found["parameters"]:
        name = SETTING + parameter["name"]
        kind = TextAreaField if parameter.get("repeatable") else StringField
        fields[name] = kind(validators=[_TEXT])
        fields["examples"][name] = str(parameter.get("example") or "")
    if template not in CUSTOM:
        fields |= dict.fromkeys(_CUSTOM_FIELDS)
    if template != "custom":
        fields["integrity"] = None
    if not found.get("snippet"):
        fields["snippet"] = None
    if len(found["categories"]) < 2:
        fields["category"] = None
    if not found["exemptable"]:
        fields["conditions"] = None
    return type(f"TagForm_{template}", (TagForm,), fields)


def lines(text: str | None) -> tuple[str, ...]:
    """Return the lines of a box, without blanks around and between them."""
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def _time(text: str | None) -> str | None:
    """Return a time as the browser's field gives it, or None where there is none."""
    return (text or "").strip() or None


def shown_time(text: str | None) -> str:
    """Return a stored time for the browser's field, in UTC."""
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (found.astimezone(UTC) if found.tzinfo else found).strftime("%Y-%m-%dT%H:%M")


def data_of(config: TagConfig) -> dict[str, Any]:
    """Return what a form shows of a configuration."""
    storage = config.storage
    data = {
        "id": config.id,
        "enabled": config.enabled,
        "category": config.category.value if config.category else "",
        "conditions": [
            f"{exemption}:{condition}"
            for exemption, those in exemptions().items()
            if exemption in config.exemptions
            for condition, _text in those.conditions
        ],
        "include": "\n".join(config.include),
        "exclude": "\n".join(config.exclude),
        "places": list(config.places),
        "not_places": list(config.not_places),
        "starts": shown_time(config.starts),
        "ends": shown_time(config.ends),
        "priority": config.priority,
        "position": config.position or "",
        "integrity": config.integrity or "",
        "snippet": config.snippet or "",
        "reason": config.reason or "",
        "vendor": config.vendor or "",
        "entity": config.entity or "",
        "vendor_role": config.vendor_role,
        "links_identity": config.links_identity,
        "privacy_url": config.privacy_url or "",
        "country": config.country or "",
        "purposes": list(config.purposes),
        "cookies": "\n".join(config.cookies),
        "stores": "unknown" if storage is None else "some" if storage else "none",
        "storage": "\n".join(storage or ()),
    }
    return data | {f"{SETTING}{name}": "\n".join(values) for name, values in config.settings.items()}


def config_of(form: TagForm, template: str, before: TagConfig | None) -> TagConfig:
    """Return the configuration that a form states.

    Args:
        before: what it was, so that what the form does not show stays.
    """

    def text(name: str) -> str | None:
        field = getattr(form, name, None)
        return ((field.data or "").strip() or None) if field is not None else None

    def many(name: str) -> tuple[str, ...]:
        field = getattr(form, name, None)
        return tuple(field.data or ()) if field is not None else ()

    settings = {
        name.removeprefix(SETTING): values
        for name, field in form._fields.items()
        if name.startswith(SETTING)
        and (values := lines(field.data) if isinstance(field, TextAreaField) else _single(field.data))
    }
    stores = text("stores")
    category = text("category")
    return TagConfig(
        id=text("id") or "",
        template=template,
        category=Category(category) if category in [c.value for c in Category] else None,
        settings=settings,
        vendor=text("vendor"),
        entity=text("entity"),
        vendor_id=before.vendor_id if before else None,
        links_identity=bool(form.links_identity and form.links_identity.data),
        vendor_role=text("vendor_role") or "processor",
        privacy_url=text("privacy_url"),
        country=text("country"),
        purposes=many("purposes"),
        cookies=lines(text("cookies")),
        storage=lines(text("storage")) if stores == "some" else () if stores == "none" else None,
        exemptions=_whole_exemptions(form),
        include=lines(text("include")),
        exclude=lines(text("exclude")),
        position=text("position"),
        integrity=text("integrity"),
        enabled=bool(form.enabled.data),
        places=many("places"),
        not_places=many("not_places"),
        starts=_time(text("starts")),
        ends=_time(text("ends")),
        priority=form.priority.data or 0,
        snippet=text("snippet"),
        # Each category but the strictly necessary goes without a reason.
        reason=text("reason") if category == Category.NECESSARY.value else None,
    )


def _single(value: str | None) -> tuple[str, ...]:
    text = (value or "").strip()
    return (text,) if text else ()


def half_ticked(form: TagForm) -> str | None:
    """Return an exemption of which some conditions were ticked and others not, or None."""
    if form.conditions is None:
        return None
    ticked = set(form.conditions.data or ())
    for key, exemption in exemptions().items():
        wanted = {f"{key}:{condition}" for condition, _text in exemption.conditions}
        if wanted & ticked and not wanted <= ticked:
            return key
    return None


def _whole_exemptions(form: TagForm) -> tuple[str, ...]:
    if form.conditions is None:
        return ()
    ticked = set(form.conditions.data or ())
    return tuple(
        key
        for key, exemption in exemptions().items()
        if all(f"{key}:{condition}" in ticked for condition, _text in exemption.conditions)
    )


@dataclass(frozen=True)
class ExemptionView:
    """Hold an exemption with the places that have it."""

    id: str
    category: Category
    conditions: tuple[tuple[str, str], ...]
    basis: str
    places: tuple[str, ...]


def exemptions() -> dict[str, ExemptionView]:
    """Return every exemption in force, with where."""
    found: dict[str, ExemptionView] = {}
    for law in words.laws_today():
        for category, rule in law.rules:
            for exemption in rule.exemptions:
                places = (*found[exemption.id].places, law.region) if exemption.id in found else (law.region,)
                found[exemption.id] = ExemptionView(
                    exemption.id, category, exemption.conditions, exemption.basis or "", places
                )
    return found


def fill_choices(form: TagForm, template: str) -> None:
    """Give the fields their choices."""
    found = site().tags.vendor_library.templates[template]
    if form.category is not None:
        form.category.choices = [SelectChoice(name) for name in found["categories"]]
    if form.purposes is not None:
        form.purposes.choices = [SelectChoice(name) for name in PURPOSES]


def unique_id(wanted: str, taken: Iterable[str]) -> str:
    """Return an id that is not taken: the wanted one, else with a number."""
    known = set(taken)
    if wanted not in known:
        return wanted
    return next(made for number in range(2, 1000) if (made := f"{wanted}-{number}") not in known)
