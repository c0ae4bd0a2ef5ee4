"""All pages of the console."""

from __future__ import annotations

from blueprints.staff import account, checks, overview, people, record
from blueprints.staff.pages import blueprint

__all__ = ["account", "blueprint", "checks", "overview", "people", "record"]
