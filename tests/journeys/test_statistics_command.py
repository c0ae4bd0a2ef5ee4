"""``flask stats`` tells an operator what came of the banner, and nothing of a small group."""

from __future__ import annotations

import json
from typing import Any

import pytest
from entries import entry, refusal, write
from publishing import gone
from sites import TestSite


@pytest.fixture
def busy(own_site: TestSite) -> TestSite:
    """Give a site where many chose in Germany and few in France, after one page each."""
    write(own_site, *(entry() for _ in range(40)), *(refusal() for _ in range(30)))
    write(own_site, *(refusal(jurisdiction={"region": "fr"}, locale="fr") for _ in range(9)))
    for region, locale, pages in (("de", "en", 100), ("fr", "fr", 20)):
        for _ in range(pages):
            own_site.site.counters.shown((own_site.site.statistics.today(), region, locale))
    own_site.site.counters.flush()
    return own_site


def rows(site: TestSite, *words: str) -> dict[str, dict[str, Any]]:
    """Return what a command prints for programs, by its first column."""
    status, output = site.command("stats", "choices", *words, "--json")
    assert status == 0, output
    return {next(iter(row.values())): row for row in json.loads(output)}


def test_it_shows_what_came_of_the_banner(busy: TestSite) -> None:
    by_day = rows(busy)
    day = busy.site.statistics.today().isoformat()
    assert list(by_day) == [day, "all"]
    assert by_day["all"] == {
        "day": "all", "shown": 120, "accepted": 40, "partly": 0, "refused": 39, "ignored": 41, "withdrawn": 0,
        "renewed": 0, "signals": 0, "acceptance": 51,
    }  # fmt: skip


def test_small_groups_are_printed_nowhere(busy: TestSite) -> None:
    by_region = rows(busy, "--by", "region")
    assert (by_region["fr"]["refused"], by_region["de"]["refused"], by_region["all"]["refused"]) == ("few", "few", 39)
    status, output = busy.command("stats", "choices", "--by", "region")
    assert status == 0
    assert "* stands for fewer than ten" in output
    for words in ((), ("--by", "region"), ("--by", "locale"), ("--region", "fr"), ("--locale", "fr")):
        assert " 9" not in busy.command("stats", "choices", *words)[1].replace("-09", "")


@pytest.mark.parametrize("by", ["locale", "category", "tags", "texts", "layer", "signal"])
def test_it_breaks_down_by_anything(busy: TestSite, by: str) -> None:
    assert len(rows(busy, "--by", by)) >= 2
    assert busy.command("stats", "choices", "--by", by)[1].startswith(by.upper())


def test_it_can_be_narrowed_down(busy: TestSite) -> None:
    narrowed = rows(busy, "--region", "de", "--locale", "en", "--tags", "1", "--category", "analytics")["all"]
    assert narrowed["accepted"] == 40 and narrowed["shown"] == "uncounted"


def test_it_says_where_there_is_nothing(own_site: TestSite) -> None:
    assert own_site.command("stats", "choices", "--days", "7") == (
        0,
        "No banner was shown or answered in the last 7 days.\n",
    )


def test_it_fails_where_the_store_does_not_answer(busy: TestSite) -> None:
    with gone(busy):
        status, output = busy.command("stats", "choices")
    assert status == 1 and "does not answer" in output


def test_views_and_signals_are_printed_by_the_same_rule(own_site: TestSite) -> None:
    for path, times in (("/en/", 30), ("/en/privacy", 4), ("/de/", 12)):
        for _ in range(times):
            own_site.site.counters.page(path)
    for _ in range(11):
        own_site.site.counters.signal("us-ca")
    own_site.site.counters.flush()
    status, output = own_site.command("stats", "show", "--json")
    assert status == 0
    assert {row["path"]: row["views"] for row in json.loads(output)} == {
        "/en/": 30,
        "/de/": "few",
        "/en/privacy": "few",
    }
    assert json.loads(own_site.command("stats", "signals", "--json")[1])[0]["pages"] == 11
