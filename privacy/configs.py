"""What a person configured for a tag, and its form in a published document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from privacy.categories import Category
from privacy.fields import BadTag, check_list, check_text
from privacy.limits import moment

_MOST = {"purposes": 20, "cookies": 100, "storage": 100, "exemptions": 20, "places": 300, "not_places": 300}


class Kind(StrEnum):
    """Name what a person configures."""

    TAG = "tag"
    VENDOR = "vendor"


@dataclass(frozen=True)
class TagConfig:
    """Hold what a person configured.

    Args:
        settings: parameter name to its values; only repeatable ones have more than one.
        vendor, entity: the vendor's name and its legal name, for a custom script.
        vendor_id: its id, which stays when the name is corrected: a typo asks nobody again.
        cookies, storage: names that a custom script sets (``*`` at the end stands for anything).
        exemptions: ids of exemptions whose every condition was ticked.
        places, not_places: region codes.
        starts, ends: times in ISO 8601; UTC where they name no zone.
        priority: -100 to 100; lower ones load first.
        snippet: the script itself, as it was pasted, for a snippet.
        reason: why it is strictly necessary, in the words of who answers for that; for that category alone.
    """

    id: str
    template: str
    category: Category | None = None
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vendor: str | None = None
    vendor_id: str | None = None
    links_identity: bool = False
    vendor_role: str = "processor"
    privacy_url: str | None = None
    country: str | None = None
    purposes: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    storage: tuple[str, ...] | None = None
    exemptions: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    position: str | None = None
    integrity: str | None = None
    enabled: bool = False
    places: tuple[str, ...] = ()
    not_places: tuple[str, ...] = ()
    starts: str | None = None
    ends: str | None = None
    priority: int = 0
    entity: str | None = None
    snippet: str | None = None
    reason: str | None = None


LISTS = ("purposes", "cookies", "exemptions", "include", "exclude", "places", "not_places")
"""The fields that hold several values; ``storage`` holds several or says that nobody knows."""


def config_document(config: TagConfig) -> dict[str, Any]:
    """Return a configuration as it is published."""
    document = asdict(config)
    document["settings"] = {name: list(values) for name, values in config.settings.items()}
    return document


def config_from(document: Mapping[str, Any]) -> TagConfig:
    """Read a configuration; what an earlier release did not know has its default.

    Raises:
        KeyError, TypeError, ValueError: when this release cannot read it.
    """
    values = dict(document)
    values["settings"] = {name: tuple(given) for name, given in values["settings"].items()}
    values["category"] = Category(values["category"]) if values["category"] else None
    for name in LISTS:
        values[name] = tuple(values.get(name, ()))
    if values["storage"] is not None:
        values["storage"] = tuple(values["storage"])
    return TagConfig(**values)


def limits_document(config: TagConfig, regions: frozenset[str] | None) -> dict[str, Any]:
    """Return where and when a tag may load, and in which order, as it is published.

    Args:
        regions: the codes there are, or None where any is taken.

    Raises:
        BadTag: on the first part that cannot be taken.
    """
    places = {name: sorted({p.lower() for p in getattr(config, name)}) for name in ("places", "not_places")}
    for name, codes in places.items():
        for code in codes:
            if regions is not None and code not in regions:
                raise BadTag(f"There is no place {code!r}: it takes codes such as de, us-ca or eu.", name)
    if both := set(places["places"]) & set(places["not_places"]):
        raise BadTag(f"{min(both)!r} is both among the places and among those left out.", "not_places")
    times = {}
    for name in ("starts", "ends"):
        text = getattr(config, name)
        try:
            times[name] = moment(text) if text else None
        except (ValueError, OverflowError) as error:
            raise BadTag(
                f"{text!r} is no time: it takes one such as 2026-12-24 or 2026-12-24T18:00+01:00.", name
            ) from error
    if times["starts"] is not None and times["ends"] is not None and times["ends"] <= times["starts"]:
        raise BadTag("The end comes before the start.", "ends")
    if not -100 <= config.priority <= 100:
        raise BadTag("The priority takes a whole number from -100 to 100.", "priority")
    return {**places, **times, "priority": config.priority}


def check_rest(config: TagConfig) -> None:
    """Refuse control characters and doubles in whatever nothing else has looked at.

    Raises:
        BadTag: when there are.
    """
    for each in fields(config):
        value = getattr(config, each.name)
        if each.name == "snippet" or value is None:
            continue
        if isinstance(value, str):
            check_text(value, each.name, 1000)
        elif isinstance(value, tuple):
            check_list(value, each.name, _MOST.get(each.name, 100))
            for text in value:
                check_text(text, each.name, 1000)
    for name, given in config.settings.items():
        for text in given:
            check_text(text, f"settings.{name}")
