"""Where and when a tag may load at all, whatever is chosen: places and a time span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from privacy.jurisdictions import Jurisdiction


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold a tag's limits. The empty ones hold everywhere and always.

    Args:
        places: region codes in which it may load; empty for everywhere. A country stands for its parts too.
        not_places: region codes in which it may not, though a place above them is named.
        starts: from when, seconds since the epoch (UTC), or None.
        ends: until when, exclusive, or None.
    """

    places: frozenset[str] = frozenset()
    not_places: frozenset[str] = frozenset()
    starts: int | None = None
    ends: int | None = None

    def __bool__(self) -> bool:
        """Say whether there is any limit."""
        return self != UNLIMITED

    def hold_in(self, jurisdiction: Jurisdiction) -> bool:
        """Say whether the tag may load under a law.

        Where only a country is known, the visitor may be in any part of it: one excluded part excludes it all.
        """
        names = set(jurisdiction.names)
        parts = {code.lower() for code in jurisdiction.merged}
        return (not self.places or not names.isdisjoint(self.places)) and (names | parts).isdisjoint(self.not_places)

    def hold_at(self, now: int) -> bool:
        """Say whether the tag may load at a time, seconds since the epoch."""
        return (self.starts is None or self.starts <= now) and (self.ends is None or now < self.ends)


UNLIMITED = Limits()


def limits_from(document: Mapping[str, Any]) -> Limits:
    """Build limits from a tag's published document; one of an earlier release has none."""
    return Limits(
        places=frozenset(document.get("places", ())),
        not_places=frozenset(document.get("not_places", ())),
        starts=document.get("starts"),
        ends=document.get("ends"),
    )


def moment(text: str) -> int:
    """Return a time as seconds since the epoch. Without a zone it is UTC.

    Raises:
        ValueError: when it is none (ISO 8601, such as ``2026-12-24`` or ``2026-12-24T18:00+01:00``).
    """
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
