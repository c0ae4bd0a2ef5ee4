"""What is wrong, or at least odd, about configured tags: looked for before they are published."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import combinations

from privacy.approvals import fitting, looser
from privacy.jurisdictions import Jurisdiction
from privacy.registry import SITE, Registry, Tag, Use, Vendor
from privacy.snippets import names_set
from privacy.templates import CUSTOM, Library

# No vendor's tag is ever admitted on forms, so those are not among them.
_PAGES = ("/", "/privacy", "/privacy/de", "/privacy/versions", "/privacy/versions/1", "/cookies", "/cookies/versions")
_ADDRESS = re.compile(r"/(privacy|cookies)(/versions(/[a-z0-9/-]+)?)?|/privacy/[a-z]{2,3}(-[a-z]{2})?")
_SNIPPET = re.compile(r"snippets/([0-9a-f]{64})\.js")


class Level(StrEnum):
    """Say what a finding does: an error stops the publication, a warning wants somebody to say that it is meant."""

    ERROR = "error"
    WARNING = "warning"


class Problem(StrEnum):
    """Name what was found."""

    NEVER_LOADS = "never-loads"
    NOWHERE = "nowhere"
    EMPTY_WINDOW = "empty-window"
    BOUNDLESS_ORIGIN = "boundless-origin"
    OVER = "over"
    UNREACHABLE_RULE = "unreachable-rule"
    CONFLICTING_PLACE = "conflicting-place"
    NO_PRIVACY_LINK = "no-privacy-link"
    NO_ENTITY = "no-entity"
    NO_COUNTRY = "no-country"
    NOTHING_DECLARED = "nothing-declared"
    UNDECLARED = "undeclared"
    UNKNOWN_LIFETIME = "unknown-lifetime"
    WIDE_ORIGIN = "wide-origin"
    UNFIT_CATEGORY = "unfit-category"
    TWICE = "twice"


_ERRORS = frozenset({Problem.NEVER_LOADS, Problem.NOWHERE, Problem.EMPTY_WINDOW, Problem.BOUNDLESS_ORIGIN})


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one finding: about which tag, what, and the detail that names the part.

    Args:
        vendor: the id of the vendor that it is about, or nothing where it is about the tag alone.
    """

    tag: str
    problem: Problem
    detail: str = ""
    vendor: str = ""

    @property
    def level(self) -> Level:
        """Give what it does."""
        return Level.ERROR if self.problem in _ERRORS else Level.WARNING

    @property
    def key(self) -> str:
        """Give a short name that stays, by which somebody can say that it is meant."""
        parts = "\n".join((self.tag, self.problem.value, self.detail, self.vendor))
        return hashlib.sha256(parts.encode()).hexdigest()[:16]


def check(
    registry: Registry, laws: Iterable[Jurisdiction], now: int, library: Library | None = None
) -> tuple[Finding, ...]:
    """Return what is wrong or odd about the tags that are switched on, errors first.

    Args:
        laws: of every region, to find tags that can load nowhere.
        now: seconds since the epoch, UTC.
        library: what the release knows of vendors and templates, to tell what a person added to it.
    """
    known = tuple(laws)
    found = [finding for tag in registry.enabled for finding in _of(tag, registry, known, now, library)]
    found += [
        Finding(two.id, Problem.TWICE, one.id)
        for one, two in combinations(registry.enabled, 2)
        if one.scripts == two.scripts and one.pairs == two.pairs and one.settings == two.settings
    ]
    return tuple(sorted(found, key=lambda finding: (finding.level is Level.WARNING, finding.tag)))


def _of(
    tag: Tag, registry: Registry, laws: tuple[Jurisdiction, ...], now: int, library: Library | None
) -> Iterator[Finding]:
    yield from _of_rules(tag, laws, now)
    for category, vendor_id in tag.pairs:
        vendor = registry.vendors[vendor_id]
        use = vendor.use(category)
        if vendor_id == SITE or use is None:
            continue
        yield from _of_vendor(tag, vendor, use)
        for origin in dict.fromkeys(o for _, origins in (*use.origins, *tag.origins) for o in origins):
            if _is_boundless(origin):
                yield Finding(tag.id, Problem.BOUNDLESS_ORIGIN, origin, vendor_id)
            elif "*." in origin and _is_wide(origin) and not _is_declared(origin, vendor_id, tag, library):
                yield Finding(tag.id, Problem.WIDE_ORIGIN, origin, vendor_id)
    template = library.templates.get(tag.template, {}) if library else {}
    if template and not template.get("container"):
        for category in {c for c, _ in tag.needs if c.value not in template["categories"]}:
            yield Finding(tag.id, Problem.UNFIT_CATEGORY, category.value)
    yield from _of_snippet(tag, registry)


def _of_rules(tag: Tag, laws: tuple[Jurisdiction, ...], now: int) -> Iterator[Finding]:
    named = (pattern for pattern in tag.include if _ADDRESS.fullmatch(pattern))
    if not any(tag.is_for(page) for page in (*_PAGES, *named)):
        yield Finding(tag.id, Problem.NEVER_LOADS, ", ".join((*tag.include, *(f"not {p}" for p in tag.exclude))))
    else:
        for pattern in tag.include:
            # The pattern itself is a path that the other takes: then so is whatever it stands for.
            if any(fnmatchcase(pattern, excluded) for excluded in tag.exclude):
                yield Finding(tag.id, Problem.UNREACHABLE_RULE, pattern)
    holding = [law for law in laws if tag.limits.hold_in(law)]
    if not holding:
        yield Finding(tag.id, Problem.NOWHERE, ", ".join(sorted(tag.limits.places)))
    else:
        for code in sorted(tag.limits.places):
            if not any(code in law.names for law in holding):
                yield Finding(tag.id, Problem.CONFLICTING_PLACE, code)
    starts, ends = tag.limits.starts, tag.limits.ends
    if starts is not None and ends is not None and ends <= starts:
        yield Finding(tag.id, Problem.EMPTY_WINDOW)
    elif ends is not None and ends <= now:
        yield Finding(tag.id, Problem.OVER)


def _of_vendor(tag: Tag, vendor: Vendor, use: Use) -> Iterator[Finding]:
    name = vendor.name or vendor.id
    if vendor.privacy_url is None:
        yield Finding(tag.id, Problem.NO_PRIVACY_LINK, name, vendor.id)
    if tag.template in CUSTOM and not vendor.entity:
        yield Finding(tag.id, Problem.NO_ENTITY, name, vendor.id)
    if tag.template in CUSTOM and not vendor.country:
        yield Finding(tag.id, Problem.NO_COUNTRY, name, vendor.id)
    if use.storage_unknown and not use.cookies and not use.storage:
        yield Finding(tag.id, Problem.NOTHING_DECLARED, name, vendor.id)
    if looser(use.category, fitting(use.purposes)):
        yield Finding(tag.id, Problem.UNFIT_CATEGORY, use.category.value, vendor.id)
    if tag.exemptions:
        for cookie in use.cookies:
            if cookie.party == "first" and cookie.lifetime_days < 0:
                yield Finding(tag.id, Problem.UNKNOWN_LIFETIME, cookie.name, vendor.id)


def _of_snippet(tag: Tag, registry: Registry) -> Iterator[Finding]:
    """Find what a snippet sets by name and nothing declares. What it builds its names from is not seen."""
    uses = [use for category, v in tag.pairs if (use := registry.vendors[v].use(category))]
    for script in tag.scripts:
        found = _SNIPPET.fullmatch(script.src)
        cookies, keys = names_set(registry.snippets.get(found[1], "")) if found else (frozenset(), frozenset())
        declared = [c for use in uses for c in use.cookies]
        stored = [s for use in uses for s in use.storage]
        for name in sorted(cookies):
            if not any(cookie.matches(name) for cookie in declared):
                yield Finding(tag.id, Problem.UNDECLARED, name)
        for name in sorted(keys):
            if not any(key.matches(name) for key in stored):
                yield Finding(tag.id, Problem.UNDECLARED, name)


def _is_boundless(origin: str) -> bool:
    """Say whether an origin lets anybody in: a scheme, a star, or a whole top-level domain."""
    scheme, _, host = origin.partition("://")
    return origin == "*" or (scheme.endswith(":") and not host) or (host.startswith("*") and "." not in host[2:])


def _is_wide(origin: str) -> bool:
    return origin.partition("*.")[2].count(".") < 2


def _is_declared(origin: str, vendor_id: str, tag: Tag, library: Library | None) -> bool:
    """Say whether the library states an origin: its own wildcards were reviewed."""
    if library is None:
        return tag.template not in CUSTOM
    uses = library.vendors.get(vendor_id, {"uses": {}})["uses"].values()
    return any(origin in origins for use in uses for origins in use["origins"].values())
