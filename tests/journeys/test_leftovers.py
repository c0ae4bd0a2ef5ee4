"""What a denied vendor left in a browser goes, wherever it was put; what is granted, or ours, stays."""

from __future__ import annotations

import pytest
from sites import TestSite

from privacy.categories import Category


@pytest.fixture
def tracked(own_site: TestSite) -> TestSite:
    """Give a site with a script of a vendor that sets cookies under a wildcard."""
    own_site.turn_on(
        "poll",
        vendor="Poll Ltd",
        category=Category.ANALYTICS,
        settings={"src": "https://poll.example/p.js"},
        cookies=("_poll_*", "_pid"),
    )
    return own_site


def expired(headers: list[str]) -> set[tuple[str, str, str]]:
    """Return name, path and domain of each cookie that Set-Cookie headers expire."""
    found = set()
    for header in headers:
        name, _, rest = header.partition("=")
        fields = dict(part.strip().partition("=")[::2] for part in rest.split(";")[1:])
        if fields.get("Max-Age") == "0":
            found.add((name, fields["Path"], fields.get("Domain", "")))
    return found


def test_every_response_expires_what_a_denied_vendor_left(tracked: TestSite) -> None:
    visitor = tracked.visitor("DE")
    for name in ("_poll_7", "_pid", "session_of_another"):
        visitor.bring_cookie(name, "1")
    for path in ("/en/", "/en/privacy", "/en/contact", "/en/preferences", "/en/nothing"):
        names = {name for name, _, _ in expired(visitor.get(path).headers.getlist("Set-Cookie"))}
        assert names == {"_poll_7", "_pid"}, f"{path}: a vendor's cookies go, everybody else's stay"
        for name in ("_poll_7", "_pid"):
            visitor.bring_cookie(name, "1")


def test_they_are_expired_on_every_domain_and_folder_that_could_hold_them(tracked: TestSite) -> None:
    client = tracked.app.test_client(use_cookies=False)
    response = client.get("/en/privacy", headers={"Host": "www.shop.example", "Cookie": "_pid=1", "X-Place": "DE"})
    assert expired(response.headers.getlist("Set-Cookie")) == {
        ("_pid", path, domain) for path in ("/", "/en") for domain in ("", "www.shop.example", "shop.example")
    }


def test_what_is_granted_and_what_is_ours_stays(tracked: TestSite) -> None:
    visitor = tracked.visitor("DE")
    visitor.accepts()
    visitor.bring_cookie("_pid", "1")
    assert visitor.goes_to("/").set_cookies == []
    page = visitor.rejects()
    assert ("_pid", "/", "") in expired(visitor.answer.headers.getlist("Set-Cookie"))
    assert visitor.answer.headers["Clear-Site-Data"] == '"storage"'
    assert "poll" not in page.scripts
    assert "choice" in visitor.cookies, "the refusal itself is kept"


def test_a_tag_that_was_switched_off_or_removed_leaves_nothing_behind(tracked: TestSite) -> None:
    visitor = tracked.visitor("DE")
    visitor.accepts()
    tracked.turn_off("poll")
    visitor.bring_cookie("_poll_1", "1")
    assert ("_poll_1", "/", "") in expired(visitor.goes_to("/").set_cookies)
    tracked.removes("poll")
    tracked.site.live.refresh()
    visitor.bring_cookie("_poll_1", "1")
    assert ("_poll_1", "/", "") in expired(visitor.goes_to("/").set_cookies)


def test_a_page_with_a_vendors_script_is_not_kept_for_going_back_to(tracked: TestSite) -> None:
    visitor = tracked.visitor("DE")
    assert visitor.goes_to("/").response.headers["Cache-Control"] == "private, no-cache"
    visitor.accepts()
    assert visitor.goes_to("/").response.headers["Cache-Control"] == "private, no-store"
