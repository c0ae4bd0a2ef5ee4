"""Days, weeks and months of a report: so few that each can be seen, and that groups grow large enough to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_DAYS, _WEEKS = 62, 371
"""Up to so many days a report goes by days, then by weeks, then by months."""
LONGEST = 3660
"""The most days that a report spans."""


@dataclass(frozen=True, slots=True)
class Span:
    """Hold days that are counted together, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Give how many days these are."""
        return (self.last - self.first).days + 1


def spans(whole: Span) -> tuple[Span, ...]:
    """Split days into single days, weeks from Monday, or months. The first and last may be cut off."""
    return tuple(_split(whole))


def _split(whole: Span) -> Iterator[Span]:
    day = whole.first
    while day <= whole.last:
        if whole.days <= _DAYS:
            end = day
        elif whole.days <= _WEEKS:
            end = day + timedelta(days=6 - day.weekday())
        else:
            end = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        yield Span(day, min(end, whole.last))
        day = end + timedelta(days=1)
