"""``flask policy``: what a publisher types, what they read, and what it changes for visitors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from publishing import few, gone, publish, reword
from sites import TestSite

from privacy.categories import Category
from privacy.policies import Kind
from services.policies import Overtaken


def ask(site: TestSite, *words: str) -> Any:
    """Return what a command prints for programs."""
    status, said = site.command("policy", *words, "--json")
    assert status == 0, said
    return json.loads(said)


@pytest.fixture
def changed(own_site: TestSite) -> TestSite:
    """Give a site whose working text differs from what is published, by a word, in a few regions."""
    reword(few(own_site), "application form", "request form")
    return own_site


PUBLISH = ("policy", "publish", "--note", "Another form.")


def test_out_of_the_box_everything_is_published(site: TestSite) -> None:
    for row, kind in zip(ask(site, "status"), Kind, strict=True):
        assert row["document"] == kind and row["in force"] == 1 and row["since"]
        assert (row["announced"], row["not published"], row["pages"]) == ("none", "nothing", 0)
    status, said = site.command("policy", "status")
    assert status == 0 and said.splitlines()[0].split()[:2] == ["DOCUMENT", "IN"]
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["privacy", "cookies"]


def test_status_names_what_is_not_published(changed: TestSite) -> None:
    privacy, cookies = ask(changed, "status")
    assert "purposes" in privacy["not published"].split(", ") and privacy["pages"] > 0
    assert (cookies["not published"], cookies["pages"]) == ("nothing", 0)
    assert "purposes" in changed.command("policy", "status")[1]


def test_a_text_from_its_change_to_its_publication(changed: TestSite) -> None:
    visitor = changed.visitor("DE")
    assert "request form" not in visitor.goes_to("/privacy").words("article")
    status, said = changed.command(*PUBLISH, "--note", "de=Ein anderes Formular.", "--not-material")
    newest = changed.site.policies.versions(Kind.PRIVACY)[0]
    assert (status, said) == (0, f"Version 2 of the privacy policy is in force (sha256 {newest.digest}).\n")
    assert newest.note == {"en": "Another form.", "de": "Ein anderes Formular."} and newest.material == frozenset()
    assert "request form" in visitor.goes_to("/privacy").words("article")
    privacy, _ = ask(changed, "status")
    assert (privacy["in force"], privacy["not published"]) == (2, "nothing")


def test_a_version_can_be_announced_and_asks_again(changed: TestSite) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    status, said = changed.command(
        *PUBLISH, "--material", "marketing", "--material", "analytics", "--effective", f"{day}T08:30"
    )
    assert status == 0 and f"Version 2 of the privacy policy takes effect on {day} 08:30" in said
    privacy, _ = ask(changed, "status")
    assert (privacy["in force"], privacy["announced"]) == (1, f"2 on {day} 08:30")
    assert privacy["not published"] == "nothing", "what is announced is published"
    newest = ask(changed, "history")[0]
    assert newest["asks again about"] == "analytics, marketing" and newest["effective"] == f"{day} 08:30"
    assert "Another form." in changed.visitor("DE").goes_to("/privacy").words("main")


def test_the_cookie_policy_can_be_published_by_hand(own_site: TestSite) -> None:
    reword(few(own_site), "Global Privacy Control", "the signal")
    status, said = own_site.command(*PUBLISH, "--document", "cookies", "--material", "functional", "--at-once")
    assert status == 0 and said.startswith("Version 2 of the cookies policy is in force")
    assert own_site.site.policies.versions(Kind.COOKIES)[0].material == {Category.FUNCTIONAL}
    assert [v.number for v in own_site.site.policies.versions(Kind.PRIVACY)] == [1]


def test_history_lists_the_newest_first(changed: TestSite) -> None:
    assert changed.command(*PUBLISH, "--not-material")[0] == 0
    newest, oldest = ask(changed, "history")
    assert (newest["version"], newest["what"], newest["asks again about"]) == (2, "Another form.", "nothing")
    assert newest["by"].startswith("command line") and oldest["by"] == "setup"
    assert [len(row["sha256"]) for row in (newest, oldest)] == [64, 64]
    assert [row["version"] for row in ask(changed, "history", "--document", "cookies")] == [1]
    status, said = changed.command("policy", "history")
    lines = said.splitlines()
    assert status == 0 and lines[0].startswith("VERSION") and [line[0] for line in lines[1:]] == ["2", "1"]


def test_history_says_when_nothing_was_published(site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.site.policies, "versions", lambda kind: [])
    assert site.command("policy", "history") == (0, "None was published.\n")
    assert ask(site, "history") == []


def test_diff_shows_the_words_that_came_and_went(changed: TestSite) -> None:
    where = ("--region", "de")
    before = changed.command("policy", "diff", "1", *where)
    assert before[0] == 0 and "[-application-]{+request+} form" in before[1], before[1]
    assert "## What we use it for" in before[1]
    assert changed.command(*PUBLISH, "--not-material")[0] == 0
    assert changed.command("policy", "diff", "1", "2", *where) == before, "what was to come is what was published"
    assert changed.command("policy", "diff", "2", *where) == (0, "Nothing differs.\n")
    assert changed.command("policy", "diff", "1", "2", *where, "--locale", "de") == (0, "Nothing differs.\n")
    assert ask(changed, "diff", "2", *where) == []
    back = changed.command("policy", "diff", "2", "1", *where)[1]
    assert "[-request-]{+application+}" in back


def test_diff_for_programs_gives_every_word(changed: TestSite) -> None:
    found = {row["section"]: row for row in ask(changed, "diff", "1", "--region", "us-ca")}
    row = found["purposes"]
    assert row["title"] == "What we use it for"
    assert {change for change, _ in row["words"]} == {"same", "added", "removed"}
    old = "".join(words for change, words in row["words"] if change != "added")
    new = "".join(words for change, words in row["words"] if change != "removed")
    assert old.replace("application form", "request form") == new


def test_a_material_change_is_announced_or_said_to_be_urgent(changed: TestSite) -> None:
    status, said = changed.command(*PUBLISH, "--material", "marketing")
    assert status == 1 and said.startswith("Error: A material change is announced before it holds"), said
    assert len(changed.site.policies.versions(Kind.PRIVACY)) == 1
    status, said = changed.command(*PUBLISH, "--material", "marketing", "--at-once")
    assert status == 0 and said.startswith("Version 2 of the privacy policy is in force")
    assert changed.site.policies.versions(Kind.PRIVACY)[0].material == {Category.MARKETING}


def test_what_is_announced_is_mended_on_its_own_day_and_not_before(changed: TestSite) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    announce = (*PUBLISH, "--effective", day)
    assert changed.command(*announce, "--material", "marketing")[0] == 0
    status, said = changed.command(*PUBLISH, "--not-material")
    assert status == 1 and said.startswith(f"Error: Version 2 is announced for {day} 00:00 UTC."), said
    status, said = changed.command("policy", "publish", "--note", "Said better.", "--effective", day, "--not-material")
    assert status == 0, said
    assert said.splitlines()[1:] == ["It takes the place of version 2, which was announced for then."]
    newest = changed.site.policies.versions(Kind.PRIVACY)[0]
    assert newest.number == 3 and newest.material == {Category.MARKETING}, "it goes on asking what that one asked"
    privacy, _ = ask(changed, "status")
    assert privacy["announced"] == f"3 on {day} 00:00"
    words = changed.visitor("DE").goes_to("/privacy").words("main")
    assert "Said better." in words and "Another form." not in words


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "publish without a note": (("publish", "--not-material"), "--note"),
    "publish without saying what it touches": (("publish", "--note", "x"), "--not-material"),
    "a note in no language that there is": (
        ("publish", "--note", "x", "--note", "xx=y", "--not-material"),
        "There is no language 'xx' here: --note takes en,",
    ),
    "a note without English": (("publish", "--note", "de=x", "--not-material"), "--note in English is missing"),
    "two notes in a language": (
        ("publish", "--note", "x", "--note", "de=y", "--note", "de=z", "--not-material"),
        "--note takes one text for de",
    ),
    "two notes in English": (("publish", "--note", "x", "--note", "en=y", "--not-material"), "one text for en"),
    "an empty note": (("publish", "--note", " ", "--not-material"), "not an empty one"),
    "an empty note in a language": (("publish", "--note", "x", "--note", "de= ", "--not-material"), "one text for de"),
    "publish a material change unannounced": (
        ("publish", "--note", "x", "--material", "marketing"),
        "announced before",
    ),
    "publish as both": (("publish", "--note", "x", "--not-material", "--material", "marketing"), "--not-material"),
    "publish about what is necessary": (("publish", "--note", "x", "--material", "necessary"), "necessary"),
    "publish about an unknown category": (("publish", "--note", "x", "--material", "spying"), "spying"),
    "publish an unknown text": (("publish", "--note", "x", "--not-material", "--document", "terms"), "terms"),
    "publish backdated": (
        ("publish", "--note", "x", "--not-material", "--effective", "2024-01-01"),
        "nothing is backdated",
    ),
    "publish on no day": (("publish", "--note", "x", "--not-material", "--effective", "2027-02-30"), "2027-02-30"),
    "announce a cookie policy": (
        ("publish", "--note", "x", "--not-material", "--document", "cookies", "--effective", "2099-01-01"),
        "switched on now",
    ),
    "history of an unknown text": (("history", "--document", "terms"), "terms"),
    "diff without a number": (("diff",), "OLD"),
    "diff of a word": (("diff", "one"), "one"),
    "diff with a word": (("diff", "1", "two"), "two"),
    "diff with a digit that is no number": (("diff", "1", "²"), "'²'"),
    "diff with a negative number": (("diff", "1", "--", "-1"), "-1"),
    "diff of no version": (("diff", "7"), "Version 7 of the privacy policy has no text in en for row."),
    "diff with no version": (("diff", "1", "7"), "Version 7"),
    "diff with a huge number": (("diff", "1", "9" * 30), "has no text"),
    "diff of no region": (("diff", "1", "--region", "nowhere"), "nowhere"),
    "diff of no language": (("diff", "1", "--locale", "xx"), "xx"),
}


@pytest.mark.parametrize(("words", "says"), BAD.values(), ids=list(BAD))
def test_what_cannot_be_done_ends_with_one_clear_line(changed: TestSite, words: tuple[str, ...], says: str) -> None:
    status, said = changed.command("policy", *words)
    assert status != 0, "a script that calls it has to notice"
    last = said.splitlines()[-1]
    assert last.startswith("Error: ") and says in last and "Traceback" not in said, said
    assert [v.number for v in changed.site.policies.versions(Kind.PRIVACY)] == [1], "nothing was published"


def test_nothing_new_is_said_and_not_published(site: TestSite) -> None:
    status, said = site.command("policy", "publish", "--note", "x", "--not-material")
    assert status == 1 and said.startswith("Error: The working text is the one that was published last.")


def test_who_was_overtaken_is_told(changed: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(*_: object, **__: object) -> None:
        raise Overtaken

    monkeypatch.setattr(changed.site.policies, "publish", overtaken)
    status, said = changed.command(*PUBLISH, "--not-material")
    assert status == 1 and said == "Error: Somebody else published meanwhile. Nothing was published.\n"


def test_a_silent_store_is_said(own_site: TestSite) -> None:
    with gone(own_site):
        for words in (
            ("policy", "status"),
            ("policy", "history"),
            ("policy", "diff", "1"),
            ("policy", "diff", "1", "1"),
            (*PUBLISH, "--not-material"),
            ("tags", "list"),
            ("tags", "enable", "site-counter"),
            ("tags", "rollback", "1"),
        ):
            status, said = own_site.command(*words)
            assert status == 1 and said.startswith("Error: The store does not answer"), (words, said)
            assert len(said.splitlines()) == 1 and "Traceback" not in said, words


def test_the_commands_work_from_a_store_that_others_changed(make_site: Callable[..., TestSite], tmp_path: Path) -> None:
    one = few(make_site())
    reword(one, "application form", "request form")
    publish(one)
    folder = one.site.settings.INSTANCE_PATH
    other = make_site(DATABASE_URL=f"sqlite:///{folder / 'site.db'}")
    assert [row["version"] for row in ask(other, "history")] == [2, 1], "what one machine published, each reads"
