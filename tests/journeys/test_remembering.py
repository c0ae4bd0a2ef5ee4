"""What a worker remembers is bounded, and nothing that anybody can make up enters it."""

from __future__ import annotations

from sites import TestSite


def test_made_up_cookies_are_not_remembered(own_site: TestSite) -> None:
    reader = own_site.site.reader
    client = own_site.app.test_client(use_cookies=False)
    client.get("/en/", headers={"X-Place": "DE"})
    before = len(reader._states._values)
    for i in range(50):
        cookie = f"choice=1.{'A' * 22}.{i}{'x' * 3000}; signal=gpc.{'B' * 40}{i}"
        assert client.get("/en/", headers={"X-Place": "DE", "Cookie": cookie}).status_code == 200
    assert len(reader._states._values) == before


def test_what_is_remembered_is_bounded(own_site: TestSite) -> None:
    reader = own_site.site.reader
    client = own_site.app.test_client(use_cookies=False)
    places = [f"{a}{b}" for a in "ABCDEFGHIJKLMNOPQRSTUVWYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWYZ"]
    reader._states._most = 100
    for place in places[:150]:
        client.get("/en/", headers={"X-Place": place})
    assert len(reader._states._values) == 100


def test_the_page_store_gives_up_the_oldest_when_it_is_full(own_site: TestSite) -> None:
    front = own_site.site.front
    assert front is not None
    front._limit = 60_000
    visitor = own_site.visitor("DE")
    for locale in ("en", "de", "fr", "pt-br"):
        for path in ("", "privacy", "cookies", "contact"):
            assert visitor.get(f"/{locale}/{path}").status_code == 200
    assert 0 < front._held <= 60_000
    assert front._held == sum(kept.size for kept in front._pages.values())
    assert visitor.get("/en/privacy").status_code == 200, "what was given up is made again"
