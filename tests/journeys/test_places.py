"""One visit from every place that has a row: what is asked, what is sent before a choice, whose law is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from sites import TestSite

from privacy.jurisdictions import load

F, A, M = "videos", "measure", "ads"
ALL = {F, A, M}

# Place: (asked by a banner, tags that run before a choice, region). The counter runs with the statistics.
ROWS: dict[str | None, tuple[bool, set[str], str]] = {
    "DE": (True, set(), "de"),
    "FR": (True, set(), "fr"),
    "IT": (True, set(), "it"),
    "NO": (True, set(), "no"),
    "GP": (True, set(), "fr"),
    "AX": (True, set(), "fi"),
    "GB": (True, set(), "gb"),
    "GG": (True, set(), "gb"),
    "CH": (True, set(), "ch"),
    "BR": (True, set(), "br"),
    "CA": (True, {F}, "ca"),
    "CA-ON": (True, ALL, "ca"),
    "CA-QC": (True, {F}, "ca-qc"),
    "AU": (True, ALL, "au"),
    "NZ": (True, ALL, "nz"),
    "ZA": (True, {F, A}, "za"),
    "JP": (False, ALL, "jp"),
    "KR": (True, {F, A}, "kr"),
    "IN": (True, set(), "in"),
    "TR": (True, set(), "tr"),
    "CL": (True, set(), "row"),
    "US": (False, ALL, "us"),
    "US-NV": (False, ALL, "us"),
    "US-OK": (False, ALL, "us"),
    "AR": (True, set(), "row"),
    "XX": (True, set(), "row"),
    "??": (True, set(), "row"),
    None: (True, set(), "row"),
}


@pytest.mark.parametrize("place", ROWS, ids=lambda p: p or "unknown")
def test_a_first_visit(busy_site: TestSite, place: str | None) -> None:
    asked, running, region = ROWS[place]
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        visitor = busy_site.visitor(place)
        page = visitor.goes_to("/")
        assert page.shows_banner is asked
        assert set(page.scripts) == running | ({"site-counter"} if A in running else set())
        link = page.one("a[@data-place]")
        assert link.attrib["href"] == f"/en/privacy/{region}"
        assert visitor.goes_to("/privacy").one("*[@data-region]").attrib["data-region"] == region
        assert visitor.goes_to(f"/privacy/{region}").one("*[@data-region]").attrib["data-region"] == region


def test_every_state_in_force_lets_it_run_until_somebody_says_no(busy_site: TestSite, us_place: str) -> None:
    page = busy_site.visitor(us_place).goes_to("/")
    assert not page.shows_banner and set(page.scripts) == {"site-counter", *ALL}
    assert page.one("a[@data-place]").attrib["href"] == f"/en/privacy/{us_place.lower()}"
    assert page.has("a[@data-opt-out]"), "its official way out stands in the footer"


def test_no_row_is_left_out(busy_site: TestSite) -> None:
    laws = load()
    covered = {p.split("-")[0] if p.startswith("US-") else p for p in ROWS if p} | {"EU", "ROW"}
    assert {c.split("-")[0] if c.startswith("US-") else c for c in laws.codes} <= covered


def test_a_law_holds_from_its_day_on(busy_site: TestSite) -> None:
    visitor = busy_site.visitor("CL")
    for day, region in ((30, "row"), (31, "cl")):
        moment = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC) if day == 30 else datetime(2026, 12, 1, tzinfo=UTC)
        with time_machine.travel(moment, tick=False):
            page = visitor.goes_to("/")
            assert page.one("a[@data-place]").attrib["href"] == f"/en/privacy/{region}"
            assert visitor.get("/en/privacy/cl").status_code == (200 if region == "cl" else 404)


def test_the_language_and_the_law_are_two_things(busy_site: TestSite) -> None:
    page = busy_site.visitor("DE", language="pt-br").goes_to("/privacy")
    assert page.root.attrib["lang"] == "pt-BR" and page.one("*[@data-region]").attrib["data-region"] == "de"


@pytest.mark.parametrize(
    ("place", "accepts", "slug"),
    [("DE", None, "de"), ("BR", None, "pt-br"), ("FR", "", "fr"), ("JP", None, "en"), ("CA-QC", None, "fr"),
     ("DE", "fr", "fr"), ("DE", "xx, pt;q=0.5", "pt-br"),
     ("BR", "en-GB,en;q=0.9", "en"), (None, None, "en"), ("DE", "\xff", "de")],
)  # fmt: skip
def test_the_root_leads_to_a_language_that_fits(
    busy_site: TestSite, place: str | None, accepts: str | None, slug: str
) -> None:
    headers = {} if accepts is None else {"Accept_Language": accepts}
    answer = busy_site.visitor(place).get("/", **headers)
    assert answer.status_code == 302 and answer.headers["Location"] == f"/{slug}/"


def test_only_a_trusted_proxy_says_where_somebody_is(own_site: TestSite) -> None:
    client = own_site.app.test_client()
    told = {"X-Place": "US-CA"}
    near = client.get("/en/", headers=told)
    far = client.get("/en/", headers=told, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert b"site-counter" in near.data and b"site-counter" not in far.data
