"""``flask tags vendor`` and pasted snippets: what an operator types, and what the gate then knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from sites import TestSite

from privacy.categories import Category
from privacy.snippets import digest

ADD = ("tags", "add", "mine", "--template", "custom", "--category", "analytics", "--vendor", "Mine", "--no-storage")
MINE = (*ADD, "--set", "src=https://mine.example/t.js")


def test_what_is_said_of_a_vendor_reaches_gate_policy_and_list(own_site: TestSite) -> None:
    assert own_site.command(*MINE)[0] == 0 and own_site.command("tags", "enable", "mine")[0] == 0
    visitor = own_site.visitor("AU")
    assert "https://api.mine.example" not in visitor.goes_to("/").csp["connect-src"]
    status, said = own_site.command(
        "tags", "vendor", "mine", "--entity", "Mine Limited", "--country", "IE", "--privacy-url",
        "https://mine.example/privacy", "--origin", "connect-src=https://api.mine.example", "--cookie", "_mine:30",
    )  # fmt: skip
    assert status == 0 and "mine is changed (version 4)" in said
    page = visitor.goes_to("/")
    assert "https://api.mine.example" in page.csp["connect-src"]
    listed = visitor.goes_to("/cookies").response.get_data(as_text=True)
    assert "Mine Limited" in listed and "_mine" in listed and "Ireland" in listed
    assert own_site.command("tags", "vendor", "mine", "--cookie", "_mine:7", "--cookie", "_other")[0] == 0
    (edit,) = own_site.site.tags.published().vendor_edits
    assert {(c.name, c.lifetime_days) for c in edit.cookies} == {("_mine", 7), ("_other", -1)}
    assert edit.entity == "Mine Limited", "what was said before stays"
    assert own_site.command("tags", "disable", "mine")[0] == 0
    assert own_site.site.tags.published().vendor_edits == (edit,), "other commands carry it along"
    assert own_site.command("tags", "vendor", "mine", "--clear")[0] == 0
    assert own_site.site.tags.published().vendor_edits == ()
    visitor.bring_cookie("_other", "1")
    assert [c for c in visitor.goes_to("/").set_cookies if c.startswith("_other=;")], "what it set is still expired"


def test_a_vendor_of_several_categories_asks_which_one_is_meant(own_site: TestSite) -> None:
    words = ("tags", "vendor", "google-analytics", "--origin", "connect-src=https://www.google.de")
    status, said = own_site.command(*words)
    assert status != 0 and "--category is missing: it takes analytics, marketing" in said
    assert own_site.command(*words, "--category", "marketing")[0] == 0
    (edit,) = own_site.site.tags.published().vendor_edits
    assert [origin.category for origin in edit.origins] == [Category.MARKETING]


BAD = {
    "nothing said": ("nobody",),
    "this site": ("site", "--name", "Us"),
    "a bad country": ("mine", "--country", "Atlantis"),
    "a bad address": ("mine", "--privacy-url", "javascript:alert(1)"),
    "no directive": ("mine", "--category", "analytics", "--origin", "https://a.example"),
    "a bad directive": ("mine", "--category", "analytics", "--origin", "default-src=https://a.example"),
    "a whole scheme": ("mine", "--category", "analytics", "--origin", "connect-src=https:"),
    "an own cookie": ("mine", "--category", "analytics", "--cookie", "choice:3"),
    "days in words": ("mine", "--category", "analytics", "--cookie", "_m:long"),
    "no category": ("mine", "--cookie", "_m:3"),
    "an unknown category": ("mine", "--category", "spying", "--cookie", "_m:3"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_taken_is_said_in_one_line_and_changes_nothing(own_site: TestSite, name: str) -> None:
    status, said = own_site.command("tags", "vendor", *BAD[name])
    assert status != 0 and len(said.strip().splitlines()) == 1 and said.startswith("Error: ")
    assert own_site.site.tags.live().version == 1


def test_a_milder_vendor_is_approved_by_who_acts_and_kept_with_the_version(own_site: TestSite) -> None:
    assert own_site.command("tags", "add", "ads", "--template", "meta-pixel", "--set", "id=123456789012345")[0] == 0
    status, said = own_site.command("tags", "vendor", "meta", "--role", "processor")
    assert status == 0 and "approved by command line" in said and "a milder fact of the vendor (role)" in said
    (given,) = own_site.site.tags.published().approvals
    assert (given["vendor"], given["reason"]) == ("meta", "looser-vendor") and given["by"].startswith("command line")


def test_a_snippet_is_pasted_from_a_file_and_changed_by_one(own_site: TestSite, tmp_path: Path) -> None:
    file = tmp_path / "poll.html"
    file.write_text("<!-- Poll -->\n<script async>one();</script>\n", "utf-8")
    words = ("tags", "add", "poll", "--template", "snippet", "--category", "marketing", "--vendor", "Poll")
    status, said = own_site.command(*words, "--snippet", str(file), "--set", "script=https://cdn.poll.example")
    assert status == 0, said
    registry = own_site.site.tags.live()
    assert registry.snippets == {digest("one();"): "one();"}
    (tag,) = [tag for tag in registry.tags if tag.id == "poll"]
    assert [(s.src, s.first_party) for s in tag.scripts] == [(f"snippets/{digest('one();')}.js", True)]
    file.write_text("two();", "utf-8")
    assert own_site.command("tags", "set", "poll", "--snippet", str(file))[0] == 0
    assert set(own_site.site.tags.live().snippets.values()) == {"two();"}
    for content in (b"<img src=x>", b"\xff\xfe", b"<script src=https://cdn.poll.example/p.js></script>"):
        file.write_bytes(content)
        status, said = own_site.command("tags", "set", "poll", "--snippet", str(file))
        assert status != 0 and said.startswith("Error: ") and len(said.strip().splitlines()) == 1
    assert own_site.command(*words)[0] != 0, "a snippet without a script"


def test_what_is_strictly_necessary_is_on_for_everybody_and_listed(own_site: TestSite) -> None:
    words = ("tags", "add", "guard", "--template", "custom", "--category", "necessary", "--vendor", "Guard Ltd",
             "--set", "src=https://guard.example/t.js", "--purpose", "security", "--no-storage",
             "--cookie", "_guard", "--privacy-url", "https://guard.example/p", "--country", "IE")  # fmt: skip
    assert "is not open to tags" in own_site.command(*words)[1], "not without a reason"
    reason = "Without it the forms drown in what robots send."
    status, said = own_site.command(*words, "--reason", reason)
    assert status == 0 and f"strictly necessary: {reason}" in said
    assert own_site.command("tags", "disable", "site-counter")[0] == 0
    assert own_site.command("tags", "enable", "guard")[0] == 0
    visitor = own_site.visitor("DE")
    page = visitor.goes_to("/")
    assert page.scripts == ["guard"] and not page.shows_banner
    assert not page.has("form[@data-withdraw]"), "there is nothing that can be switched off"
    listed = visitor.goes_to("/cookies").words("*[@id='necessary']")
    assert "Guard Ltd" in listed and "_guard" in listed and "keeping the site safe" in listed
    assert "_guard" in visitor.goes_to("/preferences").response.get_data(as_text=True)
