"""All pages of the console."""

from __future__ import annotations

from blueprints.staff import account, overview, people, record
from blueprints.staff.pages import blueprint

__all__ = ["account", "blueprint", "overview", "people", "record"]
