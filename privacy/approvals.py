"""Which changes the privacy officer has to approve: whatever makes a tag run with less consent than it would else.

An approval holds for what a tag did when it was given. Where that changes (its address, its snippet, its vendor's
origins), the exemption or category that was approved for it is to be approved again. What stood in a stricter category
is known again by its script's address and by its vendor, under whatever id it comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from privacy.categories import Category
from privacy.configs import Kind, TagConfig
from privacy.fields import BadTag
from privacy.ledger import canonical
from privacy.registry import Registry, registry_from
from privacy.templates import CUSTOM, Library
from privacy.vendors import VendorEdit, united

_STRICTNESS = {category: index for index, category in enumerate(Category)}

_FITS: Mapping[str, Category] = {
    "security": Category.NECESSARY,
    "load_balancing": Category.NECESSARY,
    "preferences": Category.FUNCTIONAL,
    "video": Category.FUNCTIONAL,
    "chat": Category.FUNCTIONAL,
    "feedback": Category.FUNCTIONAL,
    "tag_management": Category.FUNCTIONAL,
    "statistics": Category.ANALYTICS,
    "performance": Category.ANALYTICS,
    "heatmaps": Category.ANALYTICS,
    "session_replay": Category.ANALYTICS,
    "ab_testing": Category.ANALYTICS,
    "advertising": Category.MARKETING,
    "retargeting": Category.MARKETING,
    "conversion": Category.MARKETING,
    "profiling": Category.MARKETING,
    "social": Category.MARKETING,
}
"""The loosest category in which a purpose can stand."""

# What does not change what a tag does, once it runs: whether, where, when and in which order.
_BESIDE = frozenset({"enabled", "exemptions", "position", "label", "priority"})
_LIMITS = frozenset({"include", "exclude", "places", "not_places", "starts", "ends"})

Stood = Mapping[str, Category]
"""The strictest category in which something stood: the address or origin of a script, the id or name of a vendor."""


class Ground(StrEnum):
    """Say why a change needs an approval."""

    EXEMPTION = "exemption"
    LOOSER_CATEGORY = "looser-category"
    LOOSER_VENDOR = "looser-vendor"
    NECESSARY = "necessary"


@dataclass(frozen=True, order=True)
class Approval:
    """Hold one thing that is to be approved.

    Args:
        kind, id: the tag or the vendor.
        detail: the exemptions, the category that would fit, the fact that is softened, or why it is necessary.
        print: the hash of what the tag does: an approval is given to that and to nothing else.
    """

    kind: Kind
    id: str
    reason: Ground
    detail: str = ""
    print: str = ""


def looser(one: Category, other: Category) -> bool:
    """Say whether one category is looser than another: it stands closer to what is strictly necessary."""
    return _STRICTNESS[one] < _STRICTNESS[other]


def fitting(purposes: Iterable[str]) -> Category:
    """Return the loosest category that all of some purposes fit into. One that nobody knows fits marketing alone."""
    found = (_FITS.get(purpose, Category.MARKETING) for purpose in purposes)
    return max(found, key=_strictness, default=Category.NECESSARY)


@dataclass(frozen=True)
class _Made:
    config: TagConfig
    tag: Mapping[str, Any]
    vendors: Mapping[str, Any]

    @cached_property
    def print(self) -> str:
        uses = [
            [category, vendor, self.vendors[vendor]["uses"].get(category)] for category, vendor in self.tag["pairs"]
        ]
        # Nobody is asked about what is strictly necessary: how far it reaches is part of what was approved.
        beside = _BESIDE if self.category is Category.NECESSARY else _BESIDE | _LIMITS
        does = {name: value for name, value in self.tag.items() if name not in beside}
        return hashlib.sha256(canonical({"tag": does, "uses": uses}).encode()).hexdigest()

    @property
    def category(self) -> Category | None:
        """Give its category, or None for a container, which has those of its vendors."""
        needs = {category for category, _ in self.tag["needs"]}
        return Category(needs.pop()) if len(needs) == 1 else None

    @cached_property
    def stood(self) -> Stood:
        """Give by what it would be known again, and in which category."""
        return stood_in(registry_from({"vendors": self.vendors, "tags": [self.tag]}, 0, ""))

    @property
    def purposes(self) -> set[str]:
        return {p for category, v in self.tag["needs"] for p in self.vendors[v]["uses"][category]["purposes"]}


def stood_in(registry: Registry) -> Stood:
    """Return in which category each script and vendor of a version stood, also of tags that were off."""
    found: dict[str, Category] = {}
    for tag in registry.tags:
        for category, vendor_id in tag.needs:
            vendor = registry.vendors[vendor_id]
            use = vendor.use(category)
            origins = dict(use.origins).get("script-src", ()) if use else ()
            keys = [f"address {_address(script.src)}" for script in tag.scripts]
            keys += [f"origin {origin.lower()}" for origin in origins]
            keys += [f"vendor {vendor_id}", *([f"name {_plain(vendor.name)}"] if vendor.name else [])]
            for key in keys:
                found[key] = max(found.get(key, category), category, key=_strictness)
    return found


def approvals_needed(
    before_configs: Sequence[TagConfig],
    after_configs: Sequence[TagConfig],
    library: Library,
    before_edits: Sequence[VendorEdit] = (),
    after_edits: Sequence[VendorEdit] = (),
    *,
    earlier: Sequence[Stood] = (),
    loopback_http: bool = False,
) -> tuple[Approval, ...]:
    """Return what of a change is to be approved, in a fixed order.

    Args:
        before_configs, before_edits: what is live.
        after_configs, after_edits: what would be.
        earlier: what stood in versions before.
        loopback_http: also take ``http`` addresses on the loopback interface (while developing).

    Raises:
        BadTag: when what would be cannot be taken.
    """
    edits = {edit.id: edit for edit in after_edits}
    old = list(_made(before_configs, library, before_edits, loopback_http))
    new = [
        _Made(config, *library.materialise(config, loopback_http=loopback_http, edits=edits))
        for config in after_configs
    ]
    found = [approval for made in new for approval in _of_tag(made, old, earlier)]
    found += _of_facts(_vendors(old), _vendors(new), library)
    live = {(edit.id, cookie) for edit in before_edits for cookie in edit.cookies}
    found += [
        Approval(Kind.VENDOR, edit.id, Ground.NECESSARY, cookie.name)
        for edit in after_edits
        for cookie in edit.cookies
        if cookie.category is Category.NECESSARY and (edit.id, cookie) not in live
    ]
    return tuple(sorted(found))


def _made(
    configs: Sequence[TagConfig], library: Library, edits: Sequence[VendorEdit], loopback_http: bool
) -> Iterator[_Made]:
    """Make what is live. What this release does not take any more counts as not live: it is approved afresh."""
    by_id = {edit.id: edit for edit in edits}
    for config in configs:
        try:
            yield _Made(config, *library.materialise(config, loopback_http=loopback_http, edits=by_id))
        except BadTag:
            continue


def _of_tag(made: _Made, old: Sequence[_Made], earlier: Sequence[Stood]) -> Iterator[Approval]:
    tag_id = made.config.id
    same = next((o for o in old if o.config.id == tag_id and o.print == made.print), None)
    held = set(same.config.exemptions) if same else set()
    if missing := sorted(set(made.config.exemptions) - held):
        yield Approval(Kind.TAG, tag_id, Ground.EXEMPTION, ", ".join(missing), made.print)
    category = made.category
    if category is Category.NECESSARY:
        if same is None or same.config.reason != made.config.reason:
            yield Approval(Kind.TAG, tag_id, Ground.NECESSARY, made.config.reason or "", made.print)
    elif same is None and category is not None:
        changed = [o.category for o in old if o.config.id == tag_id and o.category]
        # A template of the library says itself what its tag is for; of any other its vendor may say what it likes.
        keys = [key for key in made.stood if made.config.template in CUSTOM or key.startswith("address ")]
        versions = [o.stood for o in old] + (list(earlier) if made.config.template in CUSTOM else [])
        stood = [version[key] for version in versions for key in keys if key in version]
        fits = max((fitting(made.purposes), *changed, *stood), key=_strictness)
        if looser(category, fits):
            yield Approval(Kind.TAG, tag_id, Ground.LOOSER_CATEGORY, fits.value, made.print)


def _strictness(category: Category) -> int:
    return _STRICTNESS[category]


def _address(src: str) -> str:
    """Return the origin and path of a script: what follows them changes nothing of who it is."""
    parts = urlsplit(src)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".lower() if parts.netloc else src


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _vendors(made: Iterable[_Made]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in made:
        for key, vendor in one.vendors.items():
            found[key] = united(found[key], vendor) if key in found else vendor
    return found


def _of_facts(old: Mapping[str, Any], new: Mapping[str, Any], library: Library) -> Iterator[Approval]:
    """Find vendors that would count as milder than they do: fewer laws would then ask before their tags load."""
    for key, vendor in new.items():
        known = old.get(key) or library.vendors.get(key)
        if known is None:
            continue
        if known["role"] == "third_party" and vendor["role"] != "third_party":
            yield Approval(Kind.VENDOR, key, Ground.LOOSER_VENDOR, "role")
        if known["links_identity"] and not vendor["links_identity"]:
            yield Approval(Kind.VENDOR, key, Ground.LOOSER_VENDOR, "links_identity")
