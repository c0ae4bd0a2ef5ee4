"""What a person says of a vendor beside what the library and the tags say: facts, further origins and cookies.

An edit adds and corrects; it takes away nothing that the library declares. It outlives the tags of its vendor, and
does nothing until a tag uses the vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from privacy.admission import SOURCES
from privacy.categories import Category
from privacy.fields import (
    BadTag,
    check_country,
    check_id,
    check_role,
    check_text,
    checked_origin,
    checked_url,
    cookie_name,
    is_host,
)
from privacy.registry import SITE

MOST_EDITS = 200
MOST_ORIGINS = 100
MOST_COOKIES = 100
LONGEST_DAYS = 3650
KINDS = ("cookie", "local", "session", "indexeddb")
UNSTATED = "unstated"

_FACTS = ("name", "entity", "country", "privacy_url", "role", "links_identity")


@dataclass(frozen=True, order=True)
class VendorOrigin:
    """Hold a further origin of a vendor: for which category and for which directive of the policy."""

    category: Category
    directive: str
    origin: str


@dataclass(frozen=True, order=True)
class VendorCookie:
    """Hold a further or corrected cookie or storage key of a vendor.

    Args:
        name: the exact name, or a prefix that ends in ``*``; a declared one of that name is corrected.
        purpose: a key of the closed list of cookie purposes, or ``unstated``.
        lifetime_days: -1 where it is unknown, 0 for the session.
        kind: ``cookie``, ``local``, ``session`` or ``indexeddb``.
        host: the domain on which it is set, where that is not this site's.
    """

    category: Category
    name: str
    purpose: str = UNSTATED
    lifetime_days: int = -1
    kind: str = "cookie"
    host: str = ""


@dataclass(frozen=True)
class VendorEdit:
    """Hold what a person says of a vendor. None stands for what the library or the tag says."""

    id: str
    name: str | None = None
    entity: str | None = None
    country: str | None = None
    privacy_url: str | None = None
    role: str | None = None
    links_identity: bool | None = None
    origins: tuple[VendorOrigin, ...] = ()
    cookies: tuple[VendorCookie, ...] = ()

    def __bool__(self) -> bool:
        """Say whether it says anything."""
        return self != VendorEdit(self.id)


@dataclass(frozen=True)
class Facts:
    """Hold what a release knows of vendors, and the closed lists that edits take their words from."""

    vendors: Mapping[str, Any]
    cookie_purposes: frozenset[str]
    countries: frozenset[str]


def checked(edit: VendorEdit, facts: Facts, *, loopback_http: bool) -> VendorEdit:
    """Return an edit in one spelling: origins and cookies in their order.

    Args:
        facts: what the release knows.
        loopback_http: also take ``http`` addresses on the loopback interface (while developing).

    Raises:
        BadTag: on the first part that cannot be taken.
    """
    check_id(edit.id)
    if edit.id == SITE:
        raise BadTag("The vendor 'site' is this site itself: its facts are settings.", "id")
    for name, most in (("name", 80), ("entity", 120)):
        text = getattr(edit, name)
        if text is not None:
            check_text(text, name, most)
            if not text.strip():
                raise BadTag(f"{name} is empty: leave it out for what is known already.", name)
    if edit.country is not None:
        check_country(edit.country, facts.countries)
    if edit.role is not None:
        check_role(edit.role, "role")
    url = edit.privacy_url
    return replace(
        edit,
        privacy_url=url if url is None else checked_url(url, "privacy_url", loopback_http),
        origins=_checked_origins(edit, facts, loopback_http),
        cookies=_checked_cookies(edit, facts),
    )


def _checked_origins(edit: VendorEdit, facts: Facts, loopback_http: bool) -> tuple[VendorOrigin, ...]:
    if len(edit.origins) > MOST_ORIGINS:
        raise BadTag(f"A vendor takes {MOST_ORIGINS} further origins at most.", "origins")
    found: dict[VendorOrigin, None] = {}
    for one in edit.origins:
        _check_category(edit.id, one.category, facts, "origins")
        if one.directive not in SOURCES:
            raise BadTag(f"The directive takes {', '.join(SOURCES)}; {one.directive!r} is none of them.", "origins")
        made = replace(one, origin=checked_origin(one.origin, "origins", loopback_http))
        if made in found:
            raise BadTag(f"{made.origin!r} stands twice for {made.directive}.", "origins")
        found[made] = None
    return tuple(sorted(found))


def _checked_cookies(edit: VendorEdit, facts: Facts) -> tuple[VendorCookie, ...]:
    if len(edit.cookies) > MOST_COOKIES:
        raise BadTag(f"A vendor takes {MOST_COOKIES} further cookies at most.", "cookies")
    found: dict[tuple[str, ...], VendorCookie] = {}
    for one in edit.cookies:
        _check_category(edit.id, one.category, facts, "cookies")
        cookie_name(one.name, "cookies")
        if one.purpose != UNSTATED and one.purpose not in facts.cookie_purposes:
            raise BadTag(
                f"There is no purpose {one.purpose!r} of cookies: it takes {', '.join(sorted(facts.cookie_purposes))}.",
                "cookies",
            )
        if not -1 <= one.lifetime_days <= LONGEST_DAYS:
            raise BadTag(
                f"The lifetime of {one.name} takes days from 0 (the session) to {LONGEST_DAYS}, or -1 if unknown.",
                "cookies",
            )
        if one.kind not in KINDS:
            raise BadTag(f"The kind of {one.name} takes {', '.join(KINDS)}; {one.kind!r} is none of them.", "cookies")
        if one.host and (one.kind != "cookie" or not is_host(one.host)):
            raise BadTag(f"The host of {one.name} takes a cookie's domain; {one.host!r} is none.", "cookies")
        key = (one.category.value, one.name, one.kind, one.host)
        if key in found:
            raise BadTag(f"The cookie {one.name!r} stands twice.", "cookies")
        found[key] = one
    return tuple(found[key] for key in sorted(found))


def _check_category(vendor_id: str, category: Category, facts: Facts, field: str) -> None:
    known = facts.vendors.get(vendor_id)
    # What the library says of its vendors is whole: none of them is used in a category that it does not name.
    if known is not None and category.value not in known["uses"]:
        uses = " or ".join(known["uses"]) or "none"
        raise BadTag(f"The category of {vendor_id} takes {uses}; {category.value!r} is not open to it.", field)


def applied(vendor: Mapping[str, Any], edit: VendorEdit) -> dict[str, Any]:
    """Return a vendor's document with an edit laid over it: nothing that it declared is missing in the result."""
    facts = {name: value for name in _FACTS if (value := getattr(edit, name)) is not None}
    uses = {name: _use(use, Category(name), edit) for name, use in vendor["uses"].items()}
    return {**vendor, **facts, "uses": uses}


def _use(use: Mapping[str, Any], category: Category, edit: VendorEdit) -> dict[str, Any]:
    origins = {directive: list(those) for directive, those in use["origins"].items()}
    for further in edit.origins:
        if further.category is category and further.origin not in origins.setdefault(further.directive, []):
            origins[further.directive].append(further.origin)
    cookies, storage = [dict(c) for c in use["cookies"]], [dict(s) for s in use["storage"]]
    for one in edit.cookies:
        if one.category is category and one.kind == "cookie":
            _lay_cookie(cookies, one)
        elif one.category is category:
            _lay_key(storage, one)
    return {**use, "origins": {d: o for d, o in origins.items() if o}, "cookies": cookies, "storage": storage}


def _lay_cookie(cookies: list[dict[str, Any]], one: VendorCookie) -> None:
    known = [c for c in cookies if c["name"] == one.name and (not one.host or c.get("host") == one.host)]
    for cookie in known:
        cookie["lifetime_days"] = one.lifetime_days
        if one.purpose != UNSTATED:
            cookie["purpose"] = one.purpose
    if not known:
        cookies.append(
            {
                "name": one.name,
                "purpose": one.purpose,
                "lifetime_days": one.lifetime_days,
                "party": "third" if one.host else "first",
                "host": one.host or None,
            }
        )


def _lay_key(storage: list[dict[str, Any]], one: VendorCookie) -> None:
    known = [s for s in storage if s["name"] == one.name and s["kind"] == one.kind]
    for key in known:
        if one.purpose != UNSTATED:
            key["purpose"] = one.purpose
    if not known:
        storage.append({"name": one.name, "purpose": one.purpose, "kind": one.kind})


def united(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of a vendor that two tags use: all that both do, and the stricter fact."""
    uses = {key: dict(use) for key, use in one["uses"].items()}
    for category, use in other["uses"].items():
        mine = uses.get(category)
        if mine is None:
            uses[category] = dict(use)
            continue
        uses[category] = {
            "purposes": sorted({*mine["purposes"], *use["purposes"]}),
            "origins": {
                directive: list(
                    dict.fromkeys([*mine["origins"].get(directive, ()), *use["origins"].get(directive, ())])
                )
                for directive in {**mine["origins"], **use["origins"]}
            },
            "cookies": _distinct([*mine["cookies"], *use["cookies"]]),
            "storage": _distinct([*mine["storage"], *use["storage"]]),
            "storage_unknown": bool(mine.get("storage_unknown") or use.get("storage_unknown")),
            "links_identity": bool(mine.get("links_identity") or use.get("links_identity")),
        }
    role = "third_party" if "third_party" in (one["role"], other["role"]) else one["role"]
    links = bool(one["links_identity"] or other["links_identity"])
    return {**one, "role": role, "links_identity": links, "uses": uses}


def _distinct(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return list({(i["name"], i.get("host"), i.get("kind")): dict(i) for i in items}.values())


def edit_document(edit: VendorEdit) -> dict[str, Any]:
    """Return an edit as it is published."""
    return asdict(edit)


def edit_from(document: Mapping[str, Any]) -> VendorEdit:
    """Read an edit.

    Raises:
        KeyError, TypeError, ValueError: when this release cannot read it.
    """
    values = dict(document)
    values["origins"] = tuple(VendorOrigin(**{**o, "category": Category(o["category"])}) for o in values["origins"])
    values["cookies"] = tuple(VendorCookie(**{**c, "category": Category(c["category"])}) for c in values["cookies"])
    return VendorEdit(**values)
