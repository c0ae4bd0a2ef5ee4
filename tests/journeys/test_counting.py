"""The site's own counter counts where it was granted, and refuses where it was not."""

from __future__ import annotations

import pytest
from sites import TestSite
from visitors import Visitor


def views(visitor: Visitor, path: str = "/en/", **headers: str) -> int:
    """Send what the counter's script sends, and return the status."""
    sent = {"Sec-Fetch-Site": "same-origin"} | {k.replace("_", "-"): v for k, v in headers.items()}
    answer = visitor._client.post("/s/view", data={"path": path}, headers=visitor._headers(sent))
    return answer.status_code


def counted(site: TestSite) -> dict[str, int]:
    """Return the views of today by page."""
    site.site.counters.flush()
    return {path: number for _, path, number in site.site.counters.pages(1)}


def test_it_refuses_without_a_grant_and_counts_with_one(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    assert views(visitor) == 403
    visitor.accepts()
    assert views(visitor) == 204 and views(visitor, "/pt-br/privacy") == 204 and views(visitor) == 204
    visitor.rejects()
    assert views(visitor) == 403
    assert counted(own_site) == {"/en/": 2, "/pt-br/privacy": 1}


def test_it_counts_where_the_law_lets_it_until_somebody_objects(own_site: TestSite) -> None:
    visitor = own_site.visitor("US-CA")
    assert views(visitor) == 204
    visitor.rejects()
    assert views(visitor) == 403
    assert counted(own_site) == {"/en/": 1}


def test_it_refuses_when_the_counter_is_off(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    visitor.accepts()
    own_site.turn_off("site-counter")
    assert views(visitor) == 403 and counted(own_site) == {}


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing", "/xx/", "/en/contact", "/en/preferences", "/s/view", "/healthz", "/en/privacy/xx-nowhere",
     "https://evil.example/", "//evil.example/en/", "/en/?q=secret", "/en/#x", "/en/\r\n", "<b>",
     "/en/privacy/" + "a" * 300],
)  # fmt: skip
def test_it_counts_pages_of_this_site_alone(own_site: TestSite, path: str) -> None:
    visitor = own_site.visitor("DE")
    visitor.accepts()
    assert views(visitor, path) == 400
    assert counted(own_site) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_it_refuses_what_another_site_sends(own_site: TestSite, headers: dict[str, str]) -> None:
    visitor = own_site.visitor("DE")
    visitor.accepts()
    answer = visitor._client.post("/s/view", data={"path": "/en/"}, headers={"X-Place": "DE", **headers})
    assert answer.status_code == 403 and counted(own_site) == {}
