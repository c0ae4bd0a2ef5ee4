"""A pass by which the site's own checker is seen as somebody at a place, and is counted nowhere. Free of Flask."""

from __future__ import annotations

import re
from collections.abc import Sequence

from privacy.choice import Keyring
from privacy.jurisdictions import Place

HEADER = "X-Site-Check"
KEY = "HTTP_X_SITE_CHECK"
"""The header's name in an environ."""
CHECK = "check"
"""The source of a place that a pass names."""
SECONDS = 300
"""How long a pass holds."""

_PASS = re.compile(r"(?P<said>(?:([A-Z]{2})(-[A-Z0-9]{1,3})?)?\.([0-9a-f]{1,8}))\.(?P<signature>[A-Za-z0-9_-]{43})")


class Passes:
    """Write and read passes.

    A pass leaves the site only in requests of its own checker to itself. Who forged one, or found an old one, is a
    visitor as any other.

    Args:
        keys: the site's secret keys, newest first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keyring = Keyring(keys, "check 1")

    def write(self, place: Place, now: float) -> str:
        """Return the header's value that stands for a place.

        Args:
            now: seconds since the epoch.
        """
        said = f"{place.code}.{int(now) + SECONDS:x}"
        return f"{said}.{self._keyring.sign(said)}"

    def read(self, value: str, now: float) -> Place | None:
        """Return the place that a value stands for, or None where it is no pass that holds. Never raises."""
        found = _PASS.fullmatch(value)
        if found is None or now >= int(found[4], 16):
            return None
        if not self._keyring.verifies(found["said"], found["signature"]):
            return None
        country, tail = found[2], found[3]
        return Place(country, f"{country}{tail}" if tail else None, CHECK)
