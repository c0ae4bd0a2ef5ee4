"""Every assertion of the legal table has a test that begins with its id."""

from __future__ import annotations

import re
from pathlib import Path

IDS = {
    *(f"DP{n:02}" for n in range(1, 33)),
    *(f"US{n:02}" for n in range(1, 14)),
    *(f"RC{n:02}" for n in range(1, 5)),
    "GC01",
    "GC02",
}

LEFT_OUT = {"RC04": "due dates of rights requests: there are none before the issue that brings data-subject requests"}


def test_every_assertion_has_a_test_named_by_its_id() -> None:
    found: set[str] = set()
    for path in Path(__file__).parent.glob("test_assertions_*.py"):
        found |= {name.upper() for name in re.findall(r"^def test_([a-z]{2}\d\d)_", path.read_text("utf-8"), re.M)}
    assert len(IDS) == 51
    assert found == IDS - LEFT_OUT.keys(), (
        f"without a test: {sorted(IDS - LEFT_OUT.keys() - found)}; "
        f"with a test and yet not listed: {sorted(found - IDS)}; "
        f"left out on purpose: {LEFT_OUT}"
    )
