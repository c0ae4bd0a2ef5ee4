"""The console where its store is away, and where it is asked for under a name that is not its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sites import TestSite
from staffers import Staffer

from storage import db


@pytest.mark.parametrize("path", ["/staff/", "/staff/tags", "/staff/sign-in", "/staff/nothing", "/staff/draft"])
def test_without_its_store_every_page_says_so(own_site: TestSite, path: str) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    folder = own_site.site.settings.INSTANCE_PATH
    for file in folder.glob("site.db*"):
        file.unlink()
    for app in (own_site.site.console.app, own_site.app):
        with app.app_context():
            db.engine.dispose()
    response = max_.asks(path)
    assert response.status_code in (404, 503)
    text = response.get_data(as_text=True)
    assert "Nothing was changed, and your draft is as it was." in text
    assert max_.email not in text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
def test_a_foreign_name_leads_to_no_console(own_site: TestSite, host: str) -> None:
    client = own_site.app.test_client()
    assert client.get("/staff/sign-in", headers={"Host": host}).status_code == 404
    for own in ("localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/staff/sign-in", headers={"Host": own}).status_code == 200


def test_a_site_with_a_name_has_no_console_without_a_host_of_its_own(make_site: Callable[..., TestSite]) -> None:
    site = make_site(SITE_ORIGIN="https://privacy.example.com")
    assert not site.site.settings.production, "it listens on loopback, behind a proxy"
    for host in ("privacy.example.com", "localhost"):
        assert site.app.test_client().get("/staff/sign-in", base_url=f"https://{host}").status_code == 404


@pytest.mark.parametrize("host", ["staff.example.com", "STAFF.example.com", "staff.example.com:443"])
def test_links_bear_the_consoles_own_name(make_site: Callable[..., TestSite], host: str) -> None:
    own = "https://staff.example.com"
    site = make_site(SITE_ORIGIN="https://privacy.example.com", STAFF_ORIGIN=own)
    response = site.app.test_client().get("/", base_url="https://staff.example.com", headers={"Host": host})
    assert response.status_code == 302
    status, output = site.command("staff", "create", "ada@example.com", "--role", "administrator")
    assert (status, f"{own}/staff/password/new/" in output) == (0, True)
    assert site.app.test_client().get("/healthzfoo", base_url=own).status_code == 404
    assert site.app.test_client().get("/healthz", base_url=own).status_code == 200


@pytest.mark.parametrize("act", ["publish", "roll back"])
def test_what_cannot_be_recorded_is_not_published(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    max_.adds("ga4", set_id="G-ABCD123456")
    if act == "roll back":
        max_.publishes("numbers")
        max_.goes_to("/staff/versions/1")
    before = own_site.site.tags.published().version

    def fails(*_any: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("storage.staff.write_act", fails)
    if act == "roll back":
        page = max_.sends({"note": "back"}, button="live", status=503)
    else:
        page = max_.presses_publish("numbers", status=503)
    assert "Nothing was changed" in page.words("main")
    monkeypatch.undo()
    assert own_site.site.tags.published().version == before
    assert bool(own_site.site.drafts.of(max_.email).draft) is (act == "publish"), "the draft is as it was"
