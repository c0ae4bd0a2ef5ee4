"""A marketer limits a tag to places and times, looks before publishing, and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sites import TestSite

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADD = (
    *("tags", "add", "poll", "--template", "custom", "--category", "analytics", "--vendor", "Poll", "--no-storage"),
    *("--privacy-url", "https://poll.example/privacy", "--set", "src=https://poll.example/t.js", "--cookie", "_poll"),
)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def accepts(site: TestSite, place: str) -> list[str]:
    visitor = site.visitor(place)
    visitor.accepts()
    return [script for script in visitor.goes_to("/").scripts if script == "poll"]


def test_a_tag_loads_only_where_it_is_meant_to(own_site: TestSite) -> None:
    assert own_site.command(*ADD, "--place", "de", "--place", "us", "--not-place", "us-ca")[0] == 0
    assert own_site.command("tags", "enable", "poll")[0] == 0
    found = {place: bool(accepts(own_site, place)) for place in ("DE", "FR", "US-CO", "US-CA", "US")}
    assert found == {"DE": True, "FR": False, "US-CO": True, "US-CA": False, "US": False}
    assert "Poll" in own_site.visitor("DE").goes_to("/cookies").words("main")
    assert "Poll" not in own_site.visitor("FR").goes_to("/cookies").words("main"), (
        "nor does the policy tell of it there"
    )


def test_a_tag_comes_and_goes_at_its_time(own_site: TestSite, clock: time_machine.Coordinates) -> None:
    times = ("--from", "2026-11-23T06:00", "--until", "2026-11-24T06:00")
    assert own_site.command(*ADD, *times)[0] == 0
    assert own_site.command("tags", "enable", "poll")[0] == 0
    own_site.site.live._clock = lambda: 0.0
    own_site.site.live.refresh()
    visitor = own_site.visitor("DE")
    visitor.accepts()
    assert "poll" not in visitor.goes_to("/").scripts
    clock.move_to(NOW + timedelta(hours=19))
    own_site.site.live.refresh()
    page = visitor.goes_to("/")
    assert page.shows_banner, "what comes in is asked about"
    visitor.accepts()
    assert "poll" in visitor.goes_to("/").scripts
    clock.move_to(NOW + timedelta(hours=43))
    own_site.site.live.refresh()
    assert "poll" not in visitor.goes_to("/").scripts


def test_a_dry_run_shows_what_it_would_do_and_does_nothing(own_site: TestSite) -> None:
    assert own_site.command(*ADD)[0] == 0
    before = own_site.command("tags", "history", "--json")[1]
    status, shown = own_site.command("tags", "enable", "poll", "--dry-run")
    assert status == 0 and "Nothing was published." in shown
    assert "+ script poll https://poll.example/t.js" in shown and "+ policy script-src https://poll.example" in shown
    assert "after Accept" in shown and "Asked again about analytics (Poll)" in shown
    assert own_site.command("tags", "history", "--json")[1] == before
    assert accepts(own_site, "DE") == []


def test_what_can_never_load_is_refused(own_site: TestSite) -> None:
    assert own_site.command(*ADD, "--include", "/nowhere")[0] == 0, "it is off, so it does no harm"
    status, said = own_site.command("tags", "enable", "poll")
    assert status != 0 and "can load on no page: /nowhere" in said
    assert accepts(own_site, "DE") == []


def test_an_earlier_version_comes_back_and_what_came_since_is_cleaned_up(own_site: TestSite) -> None:
    own_site.command(*ADD)
    own_site.command("tags", "enable", "poll")
    assert accepts(own_site, "DE") == ["poll"]
    status, said = own_site.command("tags", "rollback", "1")
    assert status == 0 and "(as version 4)" in said
    assert accepts(own_site, "DE") == []
    assert "_poll" in own_site.site.tags.live().former, "browsers that carry its cookie are still cleaned"
    assert own_site.command("tags", "rollback", "99")[0] != 0
    assert own_site.command("tags", "rollback", "3")[0] == 0 and accepts(own_site, "DE") == ["poll"]
