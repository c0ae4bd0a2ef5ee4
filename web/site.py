"""What one application holds: its settings, values and services, built once at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from flask import current_app

from i18n.catalogs import Catalog
from privacy.jurisdictions import Jurisdictions
from services.checks import Checks
from services.choices import Choices
from services.counters import Counters
from services.drafts import Drafts
from services.jobs import Jobs
from services.ledger import Ledger
from services.live import Live
from services.notices import Notices
from services.policies import Policies
from services.staff import Staff
from services.statistics import Statistics
from services.tags import Tags
from storage.writer import Writer
from web.assets import Assets
from web.settings import Settings
from web.visitor import Reader

if TYPE_CHECKING:
    from web.front import Front
    from web.staff.lazy import Lazy


@dataclass
class Site:
    """Hold everything that blueprints share."""

    settings: Settings
    jurisdictions: Jurisdictions
    catalogs: Mapping[str, Catalog]
    assets: Assets
    live: Live
    reader: Reader
    writer: Writer
    notices: Notices
    counters: Counters
    choices: Choices
    policies: Policies
    tags: Tags
    drafts: Drafts
    ledger: Ledger
    staff: Staff
    statistics: Statistics
    jobs: Jobs
    checks: Checks
    texts: str
    console: Lazy = field(init=False)
    front: Front = field(init=False)

    def today(self) -> date:
        """Give the server's day, in UTC."""
        return datetime.fromtimestamp(self.reader.now(), UTC).date()

    def start(self) -> None:
        """Start what runs beside requests, in a worker that serves."""
        self.live.start()

    def stop(self) -> None:
        """End what runs beside requests; what waits is written first."""
        self.checks.stop()
        self.writer.stop()
        self.live.stop()


def site() -> Site:
    """Return the site of the current application."""
    found: Site = current_app.extensions["site"]
    return found
