"""The form by which a visitor chooses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import request
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, Optional, Regexp, ValidationError

from privacy.categories import CHOOSABLE, Category
from privacy.choice import Intent, Ticks
from privacy.registry import Pair, Registry
from web.visitor import Kept

_CATEGORIES = [c.value for c in CHOOSABLE]


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold what a form said.

    Args:
        about: the categories that it asked about: all, unless it names some.
        age: ``adult``, a band such as ``13-16``, or nothing where it does not ask.
    """

    intent: Intent
    ticks: Ticks
    about: tuple[Category, ...]
    layer: str
    notice: str | None
    next: str | None
    age: str | None

    def stated_age(self, before: tuple[int, int] | None) -> tuple[int, int] | None:
        """Return the age band that holds from now on: the stated one, else the one before."""
        if not self.age:
            return before
        return None if self.age == "adult" else _band(self.age)


class ChoiceForm(FlaskForm):  # type: ignore[misc]
    """Check what the banner and the preferences send.

    There is no token: the origin check stands in for it, so that no cookie is needed before a choice.
    """

    class Meta:
        """Switch the token off (docs/decisions/0004)."""

        csrf = False

    choice = StringField(validators=[InputRequired(), AnyOf([intent.value for intent in Intent])])
    category = SelectMultipleField(choices=_CATEGORIES)
    shown_category = SelectMultipleField(choices=_CATEGORIES)
    about = SelectMultipleField(choices=_CATEGORIES)
    vendor = SelectMultipleField(choices=[])
    shown_vendor = SelectMultipleField(choices=[])
    age = StringField(validators=[Optional(), Length(max=10)])
    next = StringField(validators=[Optional(), Length(max=200)])
    notice = StringField(validators=[Optional(), Regexp(r"[0-9a-f]{64}\Z")])
    layer = StringField(validators=[Optional(), AnyOf(["banner", "footer", "policy", "preferences"])])

    def __init__(self, registry: Registry, bands: tuple[tuple[int, int], ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._bands = bands
        self._by_name: dict[str, list[Pair]] = {}
        # Also of tags that were switched off while the form was open: they are known, and nothing comes of them.
        for pair in dict.fromkeys(pair for tag in registry.tags for pair in tag.pairs):
            self._by_name.setdefault(pair[1], []).append(pair)
            self._by_name[f"{pair[0].value}:{pair[1]}"] = [pair]
        self.vendor.choices = list(self._by_name)
        self.shown_vendor.choices = list(self._by_name)

    def validate_next(self, field: StringField) -> None:
        """Take only a path of this site.

        Raises:
            ValidationError: on anything that a browser could read as another site's address.
        """
        if not is_own_path(field.data or ""):
            raise ValidationError("next")

    def validate_age(self, field: StringField) -> None:
        """Take only a band that the place offers.

        Raises:
            ValidationError: on any other.
        """
        if field.data not in ("", "adult", *(f"{start}-{end}" for start, end in self._bands)):
            raise ValidationError("age")

    def sent(self) -> Sent:
        """Return what the form says. Only a form that was validated can tell."""
        named = self.about.data or _CATEGORIES
        return Sent(
            intent=Intent(self.choice.data),
            ticks=Ticks(
                categories=frozenset(Category(c) for c in self.category.data or ()),
                vendors=self._named(self.vendor.data or (), self.category.data or ()),
                shown_categories=frozenset(Category(c) for c in self.shown_category.data or ()),
                shown_vendors=self._named(self.shown_vendor.data or (), self.shown_category.data or ()),
            ),
            about=tuple(c for c in CHOOSABLE if c.value in named),
            layer=self.layer.data or "preferences",
            notice=self.notice.data,
            next=self.next.data,
            age=self.age.data,
        )

    def _named(self, names: list[str] | tuple[str, ...], categories: list[str] | tuple[str, ...]) -> frozenset[Pair]:
        found: set[Pair] = set()
        for name in names:
            pairs = self._by_name[name]
            # A bare id of a vendor in several categories means those that are ticked, so that none slips in.
            found.update(p for p in pairs if len(pairs) == 1 or p[0].value in categories)
        return frozenset(found)


_LONGEST = 1000
_READ: Kept[tuple[object, ...], tuple[Registry, Sent]] = Kept(500)


def sent(registry: Registry, bands: tuple[tuple[int, int], ...]) -> Sent | None:
    """Return what this request's form says, or None where it cannot be taken.

    The banner's forms are few, and equal bytes say the same under the same registry and bands: what could be
    taken is kept for the next visitor who sends them. Nothing of a visitor's is in it but those bytes.
    """
    body = request.get_data()
    # The registry is kept along, so that its identity stays its own.
    key = (body, request.content_type, id(registry), bands)
    kept = _READ.get(key)
    if kept:
        return kept[1]
    form = ChoiceForm(registry, bands, formdata=request.form)
    if not form.validate():
        return None
    found = form.sent()
    if len(body) <= _LONGEST:
        _READ.put(key, (registry, found))
    return found


def _band(text: str) -> tuple[int, int]:
    start, _, end = text.partition("-")
    return int(start), int(end)


def is_own_path(text: str) -> bool:
    """Say whether a text is a plain path of this site: nothing that leaves it, whatever the browser makes of it."""
    if not re.fullmatch(r"/[A-Za-z0-9/_.~-]*", text) or text.startswith("//") or ".." in text:
        return False
    parts = urlsplit(text)
    return not parts.scheme and not parts.netloc
