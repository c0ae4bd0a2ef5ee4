"""All pages of the console."""

from __future__ import annotations

from blueprints.staff import account, draft, overview, people, preview, record, tags, versions
from blueprints.staff.pages import blueprint

__all__ = ["account", "blueprint", "draft", "overview", "people", "preview", "record", "tags", "versions"]
