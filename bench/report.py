"""What a measurement comes to, and how it is told."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """Hold one line of the table.

    Args:
        value: the figure that the bar is about; None where it could not be measured here.
        note: what stands behind the figure, in words.
    """

    work: str
    bar: str
    measured: str
    holds: bool | None
    value: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Give the verdict in a word."""
        return {True: "holds", False: "MISSED", None: "not measured"}[self.holds]


def ratio_of(pairs: Iterable[tuple[float, float]]) -> float:
    """Return the median of the ratios of interleaved pairs: what slows the machine for a while slows both of a pair."""
    return statistics.median(mine / floor for mine, floor in pairs)


def spread(pairs: Sequence[tuple[float, float]]) -> str:
    """Say between which ratios the pairs lay."""
    ratios = [mine / floor for mine, floor in pairs]
    return f"{len(ratios)} pairs, {min(ratios):.2f} to {max(ratios):.2f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below or at which so great a share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def as_table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown, aligned for a terminal."""
    lines = [("work", "bar", "measured", "verdict"), *((r.work, r.bar, r.measured, r.verdict) for r in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    out = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    out.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"  {r.work}: {r.note}" for r in rows if r.note]
    return "\n".join([*out, "", *notes])


def as_json(machine: str, rows: Sequence[Row]) -> str:
    """Return the rows as JSON."""
    listed = [{**asdict(r), "verdict": r.verdict} for r in rows]
    return json.dumps({"machine": machine, "rows": listed, "missed": missed(rows)}, indent=2)


def missed(rows: Sequence[Row]) -> list[str]:
    """List the works whose bar is missed."""
    return [r.work for r in rows if r.holds is False]
