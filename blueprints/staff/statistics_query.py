"""What the address of the statistics asks for, and the form that asks for more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from i18n.locales import BY_SLUG
from privacy.categories import CHOOSABLE, Category
from privacy.periods import LONGEST
from services.reports import Filter, Report, last_days
from web import wording
from web.languages import _, catalog, ngettext
from web.site import site

DAYS = (7, 30, 90, 365)
_USUAL = 30
_REGION = re.compile(r"[a-z]{2,4}(-[a-z0-9]{1,4})?\Z")
_FIELDS = ("by", "days", "from", "to", "region", "locale", "category", "tags")


@dataclass(frozen=True)
class Option:
    """Hold an option of a field."""

    value: str
    text: str
    selected: bool


@dataclass(frozen=True)
class Choice:
    """Hold a field with options."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class DateField:
    """Hold a field for a day."""

    name: str
    label: str
    value: str
    most: str


@dataclass(frozen=True)
class FilterForm:
    """Hold the form by which a report is narrowed down. It is sent to the page's own address.

    Args:
        by: how the days were chosen before: ``days`` or ``dates``. Where both come, the one that is new counts.
    """

    label: str
    by: str
    choices: tuple[Choice, ...]
    dates: tuple[DateField, ...]
    submit: str
    clear: str | None


def filter_of(query: Mapping[str, str], today: date) -> Filter:
    """Return what a query asks for. Total on any text: what cannot be meant is as if absent."""
    days = _number(query.get("days"), max(DAYS))
    wanted = last_days(today, days if days in DAYS else _USUAL)
    first, last = _date(query.get("from")), _date(query.get("to"))
    if days in DAYS and query.get("by") == "dates":
        first = None  # The dates still stood in the form from before.
    if first and last and first <= last <= today and (today - first).days < LONGEST:
        wanted = Filter(first, last)
    region, locale, category = (query.get(name, "") for name in ("region", "locale", "category"))
    return Filter(
        wanted.first,
        wanted.last,
        region=region if _REGION.match(region) else None,
        locale=locale if locale in BY_SLUG else None,
        category=Category(category) if category in {c.value for c in CHOOSABLE} else None,
        tags=_number(query.get("tags"), 10**9),
    )


def _number(text: str | None, most: int) -> int | None:
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 10:
        return None
    number = int(text)
    return number if 1 <= number <= most else None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "") if len(text or "") == 10 else None
    except ValueError:
        return None


def csv_address(query: Mapping[str, str]) -> str:
    """Return where the same report stands as CSV: the page's own address with ``format=csv``."""
    kept = [(name, query[name]) for name in _FIELDS if query.get(name)]
    return "?" + urlencode([*kept, ("format", "csv")])


def filter_form(report: Report, query: Mapping[str, str], today: date) -> FilterForm:
    """Return the form with what is asked for now."""
    wanted, options = report.filter, report.options
    days = wanted.span.days if wanted.last == today and wanted.span.days in DAYS else None
    spans = [(str(n), ngettext("Last day", "Last %(n)d days", n) % {"n": n}, n == days) for n in DAYS]
    if days is None:
        spans.insert(0, ("", _("From and to, as below"), True))
    return FilterForm(
        label=_("What to show"),
        by="days" if days else "dates",
        choices=(
            Choice("days", _("Days"), tuple(Option(*option) for option in spans)),
            _choice("region", _("Place"), _("All places"), wanted.region, _named(options.regions, region_name)),
            _choice("locale", _("Language"), _("All languages"), wanted.locale, _named(options.locales, language_name)),
            _choice(
                "category",
                _("Category"),
                _("All categories"),
                wanted.category and wanted.category.value,
                [(c.value, wording.category_title(c)) for c in CHOOSABLE],
            ),
            _choice(
                "tags",
                _("Version of the tags"),
                _("All versions"),
                None if wanted.tags is None else str(wanted.tags),
                [(str(n), tags_name(str(n))) for n in reversed(options.tags)],
            ),
        ),
        dates=(
            DateField("from", _("From"), "" if days else wanted.first.isoformat(), today.isoformat()),
            DateField("to", _("To"), "" if days else wanted.last.isoformat(), today.isoformat()),
        ),
        submit=_("Show"),
        clear=_("Show everything") if any(query.get(name) for name in _FIELDS[1:]) else None,
    )


def _choice(name: str, label: str, all_: str, now: str | None, options: list[tuple[str, str]]) -> Choice:
    if now is not None and now not in {value for value, _text in options}:
        options = [(now, now), *options]
    named = [Option(value, text, value == now) for value, text in options]
    return Choice(name, label, (Option("", all_, now is None), *named))


def _named(values: tuple[str, ...], name: Callable[[str], str]) -> list[tuple[str, str]]:
    return sorted(((value, name(value)) for value in values), key=lambda pair: catalog().sort_key(pair[1]))


def region_name(code: str) -> str:
    """Return a region's name, or its code where no law of its own is in force there any more."""
    law = site().jurisdictions.region(code, site().statistics.today()) if code else None
    return wording.region_name(law) if law else code.upper() or _("unknown")


def language_name(slug: str) -> str:
    """Return a language's name in the reader's."""
    return catalog().language(BY_SLUG[slug].tag) if slug in BY_SLUG else slug or _("unknown")


def tags_name(version: str) -> str:
    """Return how a version of the tags is called."""
    return _("Version %(n)s") % {"n": version} if version else _("unknown")
