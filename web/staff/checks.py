"""Plan a check of the live page: where, as whom, and what is to be expected there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from i18n.locales import BY_SLUG
from privacy.choice import encode
from privacy.decision import DAY
from privacy.jurisdictions import Jurisdiction
from services.checks import Judge
from services.inspection import Report, Seen, Visit, Visitor, allowed, choice_of, judge, place_of
from web.passes import HEADER
from web.site import site
from web.visitor import day_of

_PATH = re.compile(r"/(?:[A-Za-z0-9._~-]+/?)*")


@dataclass(frozen=True)
class Plan:
    """Hold a check that can be started.

    Args:
        about: what is kept of it, in plain values.
        judge: compares what was seen with what is live now.
    """

    about: dict[str, Any]
    visits: list[Visit]
    judge: Judge


def law_there(region: str) -> Jurisdiction:
    """Return the law that a visitor meets at a region's place."""
    return site().reader.law(place_of(region), _today())


def offered() -> tuple[str, ...]:
    """Return the regions where somebody can be, the unknown place last."""
    # Nobody is at a group of countries: its countries stand beside it.
    found = site().jurisdictions.regions(day_of(_today()))
    return tuple(region for region, _name in found if law_there(region).region == region)


def is_path(path: str) -> bool:
    """Say whether a text can be the path of a page, without its locale."""
    return len(path) <= 200 and _PATH.fullmatch(path) is not None and ".." not in path


def plan(region: str, path: str, language: str) -> Plan:
    """Plan the visits of a consenting and of a refusing visitor to a page of a region.

    Args:
        path: the page's path, without its locale.
        language: the slug of its locale.
    """
    here, law = site(), law_there(region)
    origin, reader = here.settings.SITE_ORIGIN, here.reader
    now, snapshot = int(reader.now()), here.live.snapshot
    registry = snapshot.registry.at(law, now)
    host = urlsplit(origin).hostname or ""
    url = f"{origin}/{language}{path}"
    choices = {visitor: choice_of(visitor, law, registry, now) for visitor in Visitor}
    # What is live now is what is judged by: whatever is published while the browser looks is for the next check.
    may = {v: allowed(registry, law, c, now, host=host, path=path) for v, c in choices.items()}
    headers = ((HEADER, reader.passes.write(place_of(region), now)),)
    visits = [
        Visit(
            visitor, url, origin, headers, (reader.choice_cookie, encode(choice, reader.choices)), BY_SLUG[language].tag
        )
        for visitor, choice in choices.items()
    ]

    def compare(seen: Seen) -> Report:
        return judge(seen, may[seen.visitor])

    about = {"region": region, "path": path, "language": language, "url": url, "origin": origin}
    return Plan(about | {"version": registry.version}, visits, compare)


def _today() -> int:
    return int(site().reader.now() // DAY)
