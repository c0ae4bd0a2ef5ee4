"""What is wrong, or at least odd, about configured tags: looked for before they are published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from privacy.categories import Category
from privacy.jurisdictions import Jurisdiction
from privacy.registry import PROFILING, SITE, Registry, Tag

# No vendor's tag is ever admitted on forms, so those are not among them.
_PAGES = ("/", "/privacy", "/privacy/de", "/privacy/versions", "/privacy/versions/1", "/cookies", "/cookies/versions")
_ADDRESS = re.compile(r"/(privacy|cookies)(/versions(/[a-z0-9/-]+)?)?|/privacy/[a-z]{2,3}(-[a-z]{2})?")


class Level(StrEnum):
    """Say what a finding does: an error stops the publication, a warning wants somebody to say that it is meant."""

    ERROR = "error"
    WARNING = "warning"


class Problem(StrEnum):
    """Name what was found."""

    NEVER_LOADS = "never-loads"
    NOWHERE = "nowhere"
    OVER = "over"
    NO_PRIVACY_LINK = "no-privacy-link"
    NOTHING_DECLARED = "nothing-declared"
    WIDE_ORIGIN = "wide-origin"
    UNFIT_CATEGORY = "unfit-category"
    TWICE = "twice"


_ERRORS = frozenset({Problem.NEVER_LOADS, Problem.NOWHERE})


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one finding: about which tag, what, and the detail that names the part."""

    tag: str
    problem: Problem
    detail: str = ""

    @property
    def level(self) -> Level:
        """Give what it does."""
        return Level.ERROR if self.problem in _ERRORS else Level.WARNING


def check(registry: Registry, laws: Iterable[Jurisdiction], now: int) -> tuple[Finding, ...]:
    """Return what is wrong or odd about the tags that are switched on, errors first.

    Args:
        laws: of every region, to find tags that can load nowhere.
        now: seconds since the epoch, UTC.
    """
    known = tuple(laws)
    found = [finding for tag in registry.enabled for finding in _of(tag, registry, known, now)]
    found += [
        Finding(two.id, Problem.TWICE, one.id)
        for one, two in combinations(registry.enabled, 2)
        if one.scripts == two.scripts and one.pairs == two.pairs and one.settings == two.settings
    ]
    return tuple(sorted(found, key=lambda finding: (finding.level is Level.WARNING, finding.tag)))


def _of(tag: Tag, registry: Registry, laws: tuple[Jurisdiction, ...], now: int) -> Iterator[Finding]:
    named = (pattern for pattern in tag.include if _ADDRESS.fullmatch(pattern))
    if not any(tag.is_for(page) for page in (*_PAGES, *named)):
        yield Finding(tag.id, Problem.NEVER_LOADS, ", ".join((*tag.include, *(f"not {p}" for p in tag.exclude))))
    if not any(tag.limits.hold_in(law) for law in laws):
        yield Finding(tag.id, Problem.NOWHERE, ", ".join(sorted(tag.limits.places)))
    if tag.limits.ends is not None and tag.limits.ends <= now:
        yield Finding(tag.id, Problem.OVER)
    for category, vendor_id in tag.pairs:
        vendor = registry.vendors[vendor_id]
        use = vendor.use(category)
        if vendor_id == SITE or use is None:
            continue
        if vendor.privacy_url is None:
            yield Finding(tag.id, Problem.NO_PRIVACY_LINK, vendor.name or vendor_id)
        if use.storage_unknown and not use.cookies and not use.storage:
            yield Finding(tag.id, Problem.NOTHING_DECLARED, vendor.name or vendor_id)
        if category is not Category.MARKETING and not PROFILING.isdisjoint(use.purposes):
            yield Finding(tag.id, Problem.UNFIT_CATEGORY, category.value)
        for origin in dict.fromkeys(o for _, origins in (*use.origins, *tag.origins) for o in origins):
            if "*." in origin and origin.partition("*.")[2].count(".") < 2 and vendor.entity is None:
                yield Finding(tag.id, Problem.WIDE_ORIGIN, origin)
