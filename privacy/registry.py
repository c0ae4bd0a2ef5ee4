"""Vendors, their cookies and origins, and the tags that load them: what the gate knows, and all it knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from privacy.categories import CHOOSABLE, Category
from privacy.jurisdictions import Jurisdiction
from privacy.limits import UNLIMITED, Limits, limits_from

SITE = "site"
"""The id of the vendor that is the operator itself."""

Pair = tuple[Category, str]
"""A category and a vendor id: the finest thing that a visitor can grant."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """Describe one cookie or storage key that a vendor sets.

    Args:
        name: the exact name, or a prefix that ends in ``*``.
        purpose: a key of the closed list of cookie purposes.
        lifetime_days: days it lives; 0 stands for the session.
        kind: ``cookie``, ``local``, ``session`` or ``indexeddb``.
        party: ``first`` (on this site's domain) or ``third``.
        host: the domain of a third-party cookie, where known.
    """

    name: str
    purpose: str
    lifetime_days: int = 0
    kind: str = "cookie"
    party: str = "first"
    host: str | None = None

    def matches(self, name: str) -> bool:
        """Say whether a cookie name is this one, or falls under its wildcard."""
        return name.startswith(self.name[:-1]) if self.name.endswith("*") else name == self.name


@dataclass(frozen=True, slots=True)
class Use:
    """State what a vendor does in one category: purposes, origins per CSP directive, cookies and storage."""

    category: Category
    purposes: frozenset[str]
    origins: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cookies: tuple[Cookie, ...] = ()
    storage: tuple[Cookie, ...] = ()
    storage_unknown: bool = False
    links_identity: bool = False


@dataclass(frozen=True, slots=True)
class Vendor:
    """Name a vendor and what it does per category."""

    id: str
    name: str | None
    uses: tuple[Use, ...]
    entity: str | None = None
    country: str | None = None
    privacy_url: str | None = None
    role: str = "processor"
    links_identity: bool = False
    ask_first: bool = False

    def use(self, category: Category) -> Use | None:
        """Return what the vendor does in a category, or None."""
        return next((use for use in self.uses if use.category is category), None)

    def links(self, category: Category) -> bool:
        """Say whether the vendor links what it collects in a category with people that it knows."""
        use = self.use(category)
        return self.links_identity or (use is not None and use.links_identity)


@dataclass(frozen=True, slots=True)
class Script:
    """Hold a script element: a first-party file (relative) or an absolute URL, with its settings."""

    src: str
    data: tuple[tuple[str, str], ...] = ()
    consent: str | None = None
    integrity: str | None = None

    @property
    def first_party(self) -> bool:
        """Say whether the file is served from this site."""
        return not re.match(r"[a-z][a-z0-9+.-]*:", self.src)


@dataclass(frozen=True, slots=True)
class Tag:
    """Hold one configured tag.

    Args:
        pairs: the (category, vendor) pairs that it serves; further pairs unlock further origins.
        needs: the pairs of which one must be granted before it loads.
        exemptions: ids of the exemptions whose every condition it was marked as meeting.
        include, exclude: path patterns without the locale (``/``, ``/privacy``, ``/privacy/*``).
        limits: where and when it may load.
        priority: its place among the tags of a page: lower ones come first.
    """

    id: str
    template: str
    enabled: bool
    pairs: tuple[Pair, ...]
    needs: tuple[Pair, ...]
    scripts: tuple[Script, ...]
    origins: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exemptions: frozenset[str] = frozenset()
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    position: str = "head"
    ask_first: bool = False
    consent_mode: str | None = None
    label: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    limits: Limits = UNLIMITED
    priority: int = 0

    def is_for(self, path: str) -> bool:
        """Say whether the tag's page rules include a path (without its locale)."""
        return any(fnmatchcase(path, p) for p in self.include) and not any(fnmatchcase(path, p) for p in self.exclude)


@dataclass(frozen=True)
class Registry:
    """Hold one immutable version of all vendors and tags.

    Args:
        version: the number under which it was published; 0 is the empty registry.
        former: cookie-name patterns of vendors that were removed: still expired when a browser carries them.
        asks_since: the categories about which a policy that changed materially asks anew, each with the moment
            (seconds since the epoch) that an answer has to be younger than.
        withheld: ids of the tags that their limits keep off at this place and time.
        snippets: pasted scripts that this site serves as files of its own, by the hash in their address.
    """

    version: int = 0
    digest: str = ""
    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    former: tuple[str, ...] = ()
    asks_since: tuple[tuple[Category, int], ...] = ()
    withheld: frozenset[str] = frozenset()
    snippets: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def enabled(self) -> tuple[Tag, ...]:
        """Give the tags that are switched on, in the order in which they load."""
        return tuple(sorted((tag for tag in self.tags if tag.enabled), key=lambda tag: tag.priority))

    def at(self, jurisdiction: Jurisdiction, now: int | None = None) -> Registry:
        """Return the registry as it is under a law, at a time: what may not load there and then is switched off.

        Equal answers are one object.

        Args:
            now: seconds since the epoch; every time where it is left out.
        """
        limited = [tag for tag in self.tags if tag.enabled and tag.limits]
        off = frozenset(
            tag.id
            for tag in limited
            if not tag.limits.hold_in(jurisdiction) or (now is not None and not tag.limits.hold_at(now))
        )
        if not off:
            return self
        if off not in self._variants:
            tags = tuple(replace(tag, enabled=False) if tag.id in off else tag for tag in self.tags)
            self._variants[off] = replace(self, tags=tags, withheld=off)
        return self._variants[off]

    @cached_property
    def _variants(self) -> dict[frozenset[str], Registry]:
        return {}

    def next_change(self, now: int) -> int | None:
        """Return when the next tag starts or ends after a time, or None where none does."""
        moments = (m for tag in self.enabled for m in (tag.limits.starts, tag.limits.ends) if m is not None)
        return min((m for m in moments if m > now), default=None)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Give the distinct pairs of the enabled tags, by category, then in the order of the tags."""
        seen = dict.fromkeys(pair for tag in self.enabled for pair in tag.pairs)
        return tuple(sorted(seen, key=lambda pair: _RANK[pair[0]]))

    @cached_property
    def asked_about(self) -> tuple[Category, ...]:
        """Give the categories in which some vendor is active."""
        return tuple(c for c in CHOOSABLE if any(pair[0] is c for pair in self.pairs))

    @cached_property
    def recipients(self) -> tuple[Vendor, ...]:
        """Give the active vendors that use what they receive for themselves: that can be a sale or sharing.

        Cal. Civ. Code § 1798.140(ad), (ah).
        """
        return self._active(lambda vendor, use: vendor.role == "third_party")

    @cached_property
    def profilers(self) -> tuple[Vendor, ...]:
        """Give the active vendors that make a profile of interests or advertise by one (GDPR art. 4(4))."""
        return self._active(lambda vendor, use: not PROFILING.isdisjoint(use.purposes))

    def _active(self, which: Callable[[Vendor, Use], bool]) -> tuple[Vendor, ...]:
        found = ((self.vendors[v], self.vendors[v].use(c)) for c, v in self.pairs)
        return tuple(dict.fromkeys(vendor for vendor, use in found if use and which(vendor, use)))

    def vendors_in(self, category: Category) -> tuple[Vendor, ...]:
        """Return the active vendors of a category."""
        return tuple(self.vendors[v] for c, v in self.pairs if c is category)

    def purposes(self, pair: Pair) -> frozenset[str]:
        """Return the purposes that a vendor pursues in a category."""
        use = self.vendors[pair[1]].use(pair[0])
        return use.purposes if use else frozenset()

    def is_old(self, category: Category, at: int) -> bool:
        """Say whether an answer about a category was given before a material change of the policy.

        Args:
            at: when it was given, seconds since the epoch.
        """
        return any(c is category and at < since for c, since in self.asks_since)

    def tags_of(self, pair: Pair) -> Iterator[Tag]:
        """Iterate over the enabled tags that serve a pair."""
        return (tag for tag in self.enabled if pair in tag.pairs)

    def cookies(self) -> Iterator[tuple[Category, Vendor, Cookie]]:
        """Iterate over every cookie and storage key that an enabled tag may set."""
        for category, vendor_id in self.pairs:
            vendor = self.vendors[vendor_id]
            use = vendor.use(category)
            if use:
                for cookie in (*use.cookies, *use.storage):
                    yield category, vendor, cookie

    def without_vendors(self) -> Registry:
        """Return the registry with the operator's own tags alone: what is safe when the store is silent."""
        return replace(
            self,
            digest=self.digest + "-own",
            tags=tuple(tag for tag in self.tags if all(v == SITE for _, v in tag.pairs)),
            former=(
                *self.former,
                *(c.name for v in self.vendors.values() for u in v.uses for c in u.cookies if c.party == "first"),
            ),
        )


PROFILING = frozenset({"profiling", "retargeting", "advertising"})
"""The purposes by which a person's interests are evaluated."""

_RANK = {category: index for index, category in enumerate(Category)}

EMPTY = Registry()

NECESSARY: tuple[Cookie, ...] = (
    Cookie("choice", "remember-choice", lifetime_days=400),
    Cookie("signal", "remember-signal", lifetime_days=400),
)
"""The reviewed allow-list of strictly necessary cookies (reviewed 2026-11-22).

Both are asked for by the visitor's own act (a choice, or a signal that binds by law) and carry no more than
that act: ePrivacy Directive art. 5(3), second sentence; WP29 Opinion 04/2012, 2.3.
"""

NECESSARY_PURPOSES = frozenset({"security", "load_balancing"})
"""The purposes that can make a vendor's script strictly necessary: WP29 Opinion 04/2012, 3.3 and 3.5."""

NECESSARY_PREFIXES = ("__Host-", "__Secure-")


def is_necessary(name: str) -> bool:
    """Say whether a cookie name is on the allow-list, with or without a security prefix."""
    for prefix in NECESSARY_PREFIXES:
        name = name.removeprefix(prefix)
    return any(cookie.matches(name) for cookie in NECESSARY)


def registry_from(document: Mapping[str, Any], version: int, digest: str) -> Registry:
    """Build a registry from its published document.

    Raises:
        KeyError, ValueError: when the document is not one that :func:`document_of` could have made.
    """
    return Registry(
        version=version,
        digest=digest,
        vendors={key: _vendor(key, value) for key, value in document["vendors"].items()},
        tags=tuple(_tag(value) for value in document["tags"]),
        former=tuple(document.get("former", ())),
        snippets=dict(document.get("snippets", {})),
    )


def _origins(document: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((directive, tuple(origins)) for directive, origins in sorted(document.items()))


def _vendor(key: str, document: Mapping[str, Any]) -> Vendor:
    uses = []
    for name, use in document.get("uses", {}).items():
        cookies = tuple(
            Cookie(
                name=c["name"],
                purpose=c["purpose"],
                lifetime_days=int(c.get("lifetime_days", 0)),
                party=c.get("party", "first"),
                host=c.get("host"),
            )
            for c in use.get("cookies", ())
        )
        storage = tuple(
            Cookie(
                name=s["name"],
                purpose=s["purpose"],
                kind=s["kind"],
                lifetime_days=0 if s["kind"] == "session" else -1,
            )
            for s in use.get("storage", ())
        )
        uses.append(
            Use(
                category=Category(name),
                purposes=frozenset(use["purposes"]),
                origins=_origins(use.get("origins", {})),
                cookies=cookies,
                storage=storage,
                storage_unknown=bool(use.get("storage_unknown", False)),
                links_identity=bool(use.get("links_identity", False)),
            )
        )
    return Vendor(
        id=key,
        name=document.get("name"),
        uses=tuple(uses),
        entity=document.get("entity"),
        country=document.get("country"),
        privacy_url=document.get("privacy_url"),
        role=document.get("role", "processor"),
        links_identity=bool(document.get("links_identity")),
        ask_first=bool(document.get("ask_first")),
    )


def _tag(document: Mapping[str, Any]) -> Tag:
    return Tag(
        id=document["id"],
        template=document["template"],
        enabled=bool(document["enabled"]),
        pairs=tuple((Category(c), v) for c, v in document["pairs"]),
        needs=tuple((Category(c), v) for c, v in document["needs"]),
        scripts=tuple(
            Script(
                src=s["src"],
                data=tuple(sorted(s.get("data", {}).items())),
                consent=s.get("consent"),
                integrity=s.get("integrity"),
            )
            for s in document["scripts"]
        ),
        origins=_origins(document.get("origins", {})),
        exemptions=frozenset(document.get("exemptions", ())),
        include=tuple(document.get("include") or ("*",)),
        exclude=tuple(document.get("exclude", ())),
        position=document.get("position", "head"),
        ask_first=bool(document.get("ask_first")),
        consent_mode=document.get("consent_mode"),
        label=document.get("label", ""),
        settings=tuple(sorted((str(k), str(v)) for k, v in document.get("settings", {}).items())),
        limits=limits_from(document),
        priority=int(document.get("priority", 0)),
    )
