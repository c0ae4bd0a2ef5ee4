"""A person's open changes of tags and vendors: what differs, and how they meet what others published meanwhile.

A change holds whole configurations. Where the live version moved on, both sides are merged field by field; a field
that both changed differently is a clash, which waits for a decision with both values kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from privacy.configs import Kind, TagConfig
from privacy.fields import BadTag
from privacy.vendors import VendorCookie, VendorEdit, VendorOrigin

MOST_CHANGES = 400

Item = TagConfig | VendorEdit


@dataclass(frozen=True)
class Change:
    """Hold one change of a whole configuration. None stands for what is not there."""

    before: Item | None
    after: Item | None


@dataclass(frozen=True)
class FieldChange:
    """Hold what one field was and would be. A setting, origin or cookie is a field of its own."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Clash:
    """Hold a field that the owner and somebody else changed differently. Without a name, one of them removed it all."""

    kind: Kind
    id: str
    field: str
    mine: Any
    theirs: Any


@dataclass(frozen=True)
class Draft:
    """Hold a person's open changes by the ids of tags and vendors.

    Args:
        base: the version that they were last held against.
    """

    base: int | None = None
    tags: Mapping[str, Change] = field(default_factory=dict)
    vendors: Mapping[str, Change] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Say whether it changes anything."""
        return bool(self.tags or self.vendors)

    def of(self, kind: Kind) -> Mapping[str, Change]:
        """Return the changes of a kind."""
        return self.tags if kind is Kind.TAG else self.vendors

    def having(self, kind: Kind, changes: Mapping[str, Change]) -> Draft:
        """Return it with other changes of a kind; one that changes nothing is left out."""
        kept = {key: change for key, change in changes.items() if not _same(change.before, change.after)}
        if len(kept) > MOST_CHANGES:
            raise BadTag(f"A draft takes {MOST_CHANGES} changes at most.")
        return replace(self, tags=kept) if kind is Kind.TAG else replace(self, vendors=kept)


@dataclass(frozen=True)
class Rebased:
    """Hold a draft held against what is live, and what of it clashes. What clashes stays in it as it was."""

    draft: Draft
    clashes: tuple[Clash, ...]


def differences(before: Item | None, after: Item | None) -> tuple[FieldChange, ...]:
    """Return which fields differ. What is not there counts as one with nothing said."""
    if before is None and after is None:
        return ()
    one, other = _parts(_or_blank(before, after)), _parts(_or_blank(after, before))
    return tuple(
        FieldChange(name, one.get(name), other.get(name))
        for name in {**one, **other}
        if one.get(name) != other.get(name)
    )


def put(draft: Draft, kind: Kind, item_id: str, live: Item | None, after: Item | None) -> Draft:
    """Return a draft in which one configuration is another, or (None) is not there.

    Args:
        live: what is live under that id.
    """
    changes = dict(draft.of(kind))
    known = changes.get(item_id)
    changes[item_id] = Change(known.before if known else live, after)
    return draft.having(kind, changes)


def undo(draft: Draft, kind: Kind, item_id: str) -> Draft:
    """Return a draft without one change."""
    return draft.having(kind, {key: change for key, change in draft.of(kind).items() if key != item_id})


def rebase(
    draft: Draft,
    live_configs: Sequence[TagConfig],
    live_vendor_edits: Sequence[VendorEdit],
    base: int | None = None,
) -> Rebased:
    """Hold a draft against what is live now: changes of other fields merge, equal ones vanish, others clash.

    Args:
        base: the number of the live version.
    """
    clashes: list[Clash] = []
    made = replace(draft, base=base if base is not None else draft.base)
    for kind, live in ((Kind.TAG, _by_id(live_configs)), (Kind.VENDOR, _by_id(live_vendor_edits))):
        changes: dict[str, Change] = {}
        for key, change in draft.of(kind).items():
            theirs = live.get(key)
            merged, found = _merged(change, theirs)
            clashes += [Clash(kind, key, name, mine, other) for name, mine, other in found]
            changes[key] = change if found else Change(theirs, merged)
        made = made.having(kind, changes)
    return Rebased(made, tuple(clashes))


def keep_mine(draft: Draft, kind: Kind, item_id: str, theirs: Item | None) -> Draft:
    """Return a draft in which the owner's side of a clash holds; what only the other changed holds too."""
    changes = dict(draft.of(kind))
    merged, _ = _merged(changes[item_id], theirs)
    changes[item_id] = Change(theirs, merged)
    return draft.having(kind, changes)


def take_theirs(draft: Draft, kind: Kind, item_id: str, theirs: Item | None) -> Draft:
    """Return a draft in which the other's side of a clash holds; what only the owner changed holds too."""
    changes = dict(draft.of(kind))
    merged, clashes = _merged(changes[item_id], theirs)
    if not clashes:
        changes[item_id] = Change(theirs, merged)
    elif theirs is None or merged is None:
        changes[item_id] = Change(theirs, theirs)
    else:
        parts = _parts(merged) | {name: other for name, _, other in clashes}
        changes[item_id] = Change(theirs, _built(theirs, parts))
    return draft.having(kind, changes)


def outcome(
    draft: Draft, configs: Sequence[TagConfig], vendor_edits: Sequence[VendorEdit]
) -> tuple[tuple[TagConfig, ...], tuple[VendorEdit, ...]]:
    """Return what there would be if a draft were published over some configurations, in their order."""
    tags = tuple(item for item in _laid(configs, draft.tags) if isinstance(item, TagConfig))
    return tags, tuple(item for item in _laid(vendor_edits, draft.vendors) if isinstance(item, VendorEdit))


def towards(
    base: int | None,
    configs: tuple[Sequence[TagConfig], Sequence[TagConfig]],
    vendor_edits: tuple[Sequence[VendorEdit], Sequence[VendorEdit]],
) -> Draft:
    """Return the draft that leads from what is live to what is wanted.

    Args:
        base: the number of the live version.
        configs, vendor_edits: each what is live, and what is wanted.
    """
    draft = Draft(base)
    for kind, (live, wanted) in ((Kind.TAG, configs), (Kind.VENDOR, vendor_edits)):
        here, there = _by_id(live), _by_id(wanted)
        draft = draft.having(kind, {key: Change(here.get(key), there.get(key)) for key in {**here, **there}})
    return draft


def _by_id(items: Iterable[Item]) -> dict[str, Item]:
    return {item.id: item for item in items}


def _or_blank(item: Item | None, other: Item | None) -> Item:
    """Return a configuration, or where there is none, one like the other in which nothing is said."""
    if item is not None:
        return item
    return VendorEdit(other.id) if isinstance(other, VendorEdit) else TagConfig(other.id if other else "", "")


def _parts(item: Item) -> dict[str, Any]:
    """Part a configuration into what can change by itself."""
    parts: dict[str, Any] = {}
    for each in fields(item):
        value = getattr(item, each.name)
        if each.name == "settings":
            parts |= {f"settings.{name}": tuple(given) for name, given in value.items()}
        elif isinstance(item, VendorEdit) and each.name == "origins":
            parts |= {f"origins.{o.category} {o.directive} {o.origin}": o for o in value}
        elif isinstance(item, VendorEdit) and each.name == "cookies":
            parts |= {f"cookies.{c.category} {c.kind} {c.name} {c.host}".rstrip(): c for c in value}
        else:
            parts[each.name] = value
    return parts


def _built(like: Item, parts: Mapping[str, Any]) -> Item:
    """Join parts again. A setting, origin or cookie whose part is None is not there."""
    found = {name: value for name, value in parts.items() if "." not in name}
    if isinstance(like, TagConfig):
        settings = {
            n.removeprefix("settings."): v for n, v in parts.items() if n.startswith("settings.") and v is not None
        }
        return TagConfig(**found, settings=settings)
    origins = sorted(v for v in parts.values() if isinstance(v, VendorOrigin))
    cookies = sorted(v for v in parts.values() if isinstance(v, VendorCookie))
    return VendorEdit(**found, origins=tuple(origins), cookies=tuple(cookies))


def _same(one: Item | None, other: Item | None) -> bool:
    if one is None or other is None:
        return one is other
    return type(one) is type(other) and _parts(one) == _parts(other)


def _merged(change: Change, theirs: Item | None) -> tuple[Item | None, list[tuple[str, Any, Any]]]:
    """Merge a change with what is live: the result, with the owner's side where both differ, and where they do."""
    before, mine = change.before, change.after
    if _same(before, theirs) or _same(mine, theirs):
        return mine, []
    if mine is None or theirs is None:
        return mine, [("", mine, theirs)]
    was, my, their = _parts(_or_blank(before, mine)), _parts(mine), _parts(theirs)
    merged: dict[str, Any] = {}
    clashes = []
    for name in {**their, **my, **was}:
        old, one, other = was.get(name), my.get(name), their.get(name)
        merged[name] = other if one == old else one
        if one not in (old, other) and other != old:
            clashes.append((name, one, other))
    return _built(theirs, merged), clashes


def _laid(items: Sequence[Item], changes: Mapping[str, Change]) -> list[Item]:
    ids = {item.id for item in items}
    found = [changes[item.id].after if item.id in changes else item for item in items]
    found += [change.after for key, change in changes.items() if key not in ids]
    return [item for item in found if item is not None]
