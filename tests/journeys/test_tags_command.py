"""``flask tags``: what an operator types, what they read, and what visitors get."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sites import TestSite

ADD = (
    "tags",
    "add",
    "mine",
    "--template",
    "custom",
    "--category",
    "marketing",
    "--vendor",
    "Mine",
    "--set",
    "src=https://mine.example/t.js",
)


def listed(site: TestSite) -> list[dict[str, Any]]:
    """Return what ``list`` prints for programs."""
    status, said = site.command("tags", "list", "--json")
    assert status == 0
    found: list[dict[str, Any]] = json.loads(said)
    return found


def test_out_of_the_box_the_counter_is_on(own_site: TestSite) -> None:
    (tag,) = listed(own_site)
    assert (tag["id"], tag["state"], tag["category"], tag["vendor"]) == ("site-counter", "on", "analytics", "site")
    assert tag["exemptions"] == [], "none is marked as exempt"
    status, said = own_site.command("tags", "list")
    assert status == 0 and said.splitlines()[0].split() == ["ID", "STATE", "TEMPLATE", "CATEGORY", "VENDOR", "PAGES"]


def test_a_tag_from_the_first_day_to_the_last(own_site: TestSite) -> None:
    visitor = own_site.visitor("AU")
    status, said = own_site.command(
        *ADD, "--set", "connect=https://api.mine.example", "--cookie", "_mine_id", "--cookie", "_mine_*"
    )
    assert status == 0 and "flask tags enable mine" in said
    assert listed(own_site)[1]["state"] == "off" and visitor.goes_to("/").scripts == ["site-counter"]
    assert own_site.command("tags", "enable", "mine")[0] == 0
    page = visitor.goes_to("/")
    assert page.scripts == ["site-counter", "mine"]
    assert "https://mine.example" in page.csp["script-src"] and "https://api.mine.example" in page.csp["connect-src"]
    assert own_site.command("tags", "set", "mine", "src=https://mine.example/t2.js", "--exclude", "/privacy")[0] == 0
    assert "https://mine.example/t2.js" in visitor.goes_to("/").sources
    assert visitor.goes_to("/privacy").scripts == ["site-counter"]
    assert own_site.command("tags", "disable", "mine")[0] == 0
    assert visitor.goes_to("/").scripts == ["site-counter"]
    visitor.bring_cookie("_mine_42", "1")
    assert own_site.command("tags", "remove", "mine")[0] == 0
    assert [tag["id"] for tag in listed(own_site)] == ["site-counter"]
    assert [c for c in visitor.goes_to("/").set_cookies if c.startswith("_mine_42=;")], "what it left is still expired"
    status, said = own_site.command("tags", "history", "--json")
    history = json.loads(said)
    assert status == 0 and [entry["version"] for entry in history] == [6, 5, 4, 3, 2, 1]
    assert [entry["what"] for entry in history][:2] == ["removed mine", "disabled mine"]
    assert all(entry["by"] and entry["at"].endswith("+00:00") for entry in history)
    assert own_site.command("tags", "history")[1].startswith("VERSION")


def test_an_exemption_is_marked_and_taken_back(own_site: TestSite) -> None:
    visitor = own_site.visitor("GB")
    assert own_site.command("tags", "set", "site-counter", "--exemption", "uk-statistics")[0] == 0
    assert listed(own_site)[0]["exemptions"] == ["uk-statistics"] and visitor.goes_to("/").scripts == ["site-counter"]
    assert own_site.command("tags", "set", "site-counter", "--no-exemptions")[0] == 0
    assert listed(own_site)[0]["exemptions"] == [] and visitor.goes_to("/").scripts == []


@pytest.mark.parametrize(
    ("template", "settings"),
    [
        ("ga4", ["id=G-ABCD123456"]),
        ("gtm", ["id=GTM-ABCD123", "vendors=google-analytics,google-ads"]),
        ("matomo", ["url=https://matomo.example", "site=1"]),
        ("plausible", ["domain=example.com"]),
        ("meta-pixel", ["id=123456789012345"]),
        ("linkedin-insight", ["id=1234567"]),
        ("clarity", ["id=abcdefghij"]),
        ("hotjar", ["id=1234567"]),
    ],
)
def test_every_template_can_be_added_and_waits_for_a_yes(
    own_site: TestSite, template: str, settings: list[str]
) -> None:
    words = [part for setting in settings for part in ("--set", setting)]
    assert own_site.command("tags", "add", "it", "--template", template, *words)[0] == 0
    assert own_site.command("tags", "enable", "it")[0] == 0
    visitor = own_site.visitor("DE")
    assert visitor.goes_to("/").scripts == []
    visitor.accepts()
    page = visitor.goes_to("/")
    assert "it" in page.scripts and "unsafe" not in page.response.headers["Content-Security-Policy"]
    for path in ("/contact", "/preferences"):
        assert visitor.goes_to(path).scripts == [], "no vendor's tag on forms"


BAD = {
    "no id": ("tags", "add"),
    "a bad id": ("tags", "add", "Mine!", *ADD[3:]),
    "a taken id": ("tags", "add", "site-counter", *ADD[3:]),
    "no template": ("tags", "add", "x"),
    "an unknown template": ("tags", "add", "x", "--template", "nothing"),
    "what is necessary": (*ADD[:6], "necessary", *ADD[7:]),
    "an unknown category": (*ADD[:6], "spying", *ADD[7:]),
    "no vendor": (*ADD[:7], *ADD[9:]),
    "no address": ADD[:9],
    "http": (*ADD[:9], "--set", "src=http://mine.example/t.js"),
    "javascript": (*ADD[:9], "--set", "src=javascript:alert(1)"),
    "a wildcard address": (*ADD[:9], "--set", "src=https://*.example/t.js"),
    "a second directive": (*ADD[:9], "--set", "src=https://mine.example/;script-src *"),
    "a whole top level": (*ADD, "--set", "connect=https://*.com"),
    "a keyword": (*ADD, "--set", "connect='unsafe-inline'"),
    "a path in an origin": (*ADD, "--set", "connect=https://mine.example/path"),
    "no pair": (*ADD, "--set", "connect"),
    "an unknown setting": (*ADD, "--set", "color=red"),
    "an own cookie": (*ADD, "--cookie", "choice"),
    "every cookie": (*ADD, "--cookie", "*"),
    "a bad digest": (*ADD, "--integrity", "md5-abc"),
    "a bad GA id": ("tags", "add", "x", "--template", "ga4", "--set", "id=UA-1"),
    "a missing setting": ("tags", "add", "x", "--template", "ga4"),
    "an unknown vendor in a container": ("tags", "add", "x", "--template", "gtm", "--set", "id=GTM-ABCD123",
                                         "--set", "vendors=nobody"),
    "to switch on what is not there": ("tags", "enable", "nobody"),
    "to switch off what is not there": ("tags", "disable", "nobody"),
    "to remove what is not there": ("tags", "remove", "nobody"),
    "to set what is not there": ("tags", "set", "nobody", "a=b"),
    "to set what it does not take": ("tags", "set", "site-counter", "color=red"),
    "an unknown exemption": ("tags", "set", "site-counter", "--exemption", "no-such-thing"),
    "a purpose nobody knows": (*ADD, "--purpose", "spying"),
    "a country that is none": (*ADD, "--country", "Atlantis"),
    "a privacy page that is none": (*ADD, "--privacy-url", "javascript:alert(1)"),
    "an unknown command": ("tags", "burn"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_taken_is_said_in_one_line_and_changes_nothing(own_site: TestSite, name: str) -> None:
    before = own_site.site.tags.live().version
    status, said = own_site.command(*BAD[name])
    assert status != 0, said
    lines = [line for line in said.strip().splitlines() if not line.startswith(("Usage:", "Try ")) and line.strip()]
    assert len(lines) == 1 and lines[0].startswith("Error: ") and "Traceback" not in said
    assert own_site.site.tags.live().version == before
    visitor = own_site.visitor("DE")
    visitor.accepts()
    assert visitor.goes_to("/").scripts == ["site-counter"]


@pytest.mark.parametrize("word", ["list", "add", "set", "enable", "disable", "remove", "history"])
def test_each_command_explains_itself(own_site: TestSite, word: str) -> None:
    status, said = own_site.command("tags", word, "--help")
    assert status == 0 and said.startswith("Usage:") and len(said) > 60
