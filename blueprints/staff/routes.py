"""All pages of the console."""

from __future__ import annotations

from blueprints.staff import (
    account,
    checks,
    draft,
    figures,
    overview,
    people,
    policies,
    preview,
    record,
    tags,
    vendors,
    versions,
)
from blueprints.staff.pages import blueprint

__all__ = [
    "account",
    "blueprint",
    "checks",
    "draft",
    "figures",
    "overview",
    "people",
    "policies",
    "preview",
    "record",
    "tags",
    "vendors",
    "versions",
]
