"""Two windows of one person, two people at once: nobody overwrites or publishes what they did not see."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sites import TestSite
from sqlalchemy import text
from staffers import Staffer

from storage import db


@pytest.fixture
def site(make_site: Callable[..., TestSite]) -> TestSite:
    return make_site(RATE_LIMITS="off")


@pytest.fixture
def max_(site: TestSite) -> Staffer:
    return Staffer(site, "max@example.com", "marketer").comes_in()


@pytest.fixture
def eve(site: TestSite) -> Staffer:
    return Staffer(site, "eve@example.com", "marketer").comes_in()


@pytest.fixture
def ga4(site: TestSite, max_: Staffer) -> str:
    """Publish a tag that both can change, and return its id."""
    max_.adds("ga4", set_id="G-ABCD123456")
    max_.publishes("numbers")
    return "ga4"


def tag(site: TestSite, person: Staffer, tag_id: str = "ga4") -> object:
    """Return a tag as a person's draft has it."""
    return site.site.drafts.of(person.email).draft.tags[tag_id].after


def window(site: TestSite, max_: Staffer) -> Staffer:
    """Open a second window of the same person: another browser, the same account."""
    again = Staffer(site, max_.email)
    again.signs_in()
    return again


def test_of_two_windows_the_second_save_is_told_and_keeps_what_was_typed(
    site: TestSite, max_: Staffer, ga4: str
) -> None:
    other = window(site, max_)
    other.goes_to(f"/staff/tags/{ga4}")
    max_.changes(ga4, priority="5", include="/privacy")
    page = other.sends({"priority": "9", "exclude": "/cookies", "act": "save"}, status=409)
    said = page.words("div[@role='alert']")
    assert "changed in another window" in said and "Priority" in said and "5" in said, "what is there now is shown"
    assert page.one("input[@id='priority']").attrib["value"] == "9", "what was typed is kept"
    assert "".join(page.one("textarea[@id='exclude']").itertext()).strip() == "/cookies"
    assert tag(site, max_).priority == 5  # type: ignore[attr-defined]
    assert other.sends({"act": "save"}).url == "/staff/draft", "the next press saves it"
    made = tag(site, max_)
    assert (made.priority, made.exclude) == (9, ("/cookies",))  # type: ignore[attr-defined]


def test_a_new_tag_of_an_old_window_is_kept_too(site: TestSite, max_: Staffer) -> None:
    other = window(site, max_)
    other.goes_to("/staff/tags/new/hotjar")
    max_.adds("ga4", set_id="G-ABCD123456")
    page = other.sends({"set_id": "1234567", "act": "save"}, status=409)
    assert page.one("input[@id='set_id']").attrib["value"] == "1234567"
    other.sends({"act": "save"})
    assert set(site.site.drafts.of(max_.email).draft.tags) == {"ga4", "hotjar"}


def test_a_vendor_of_an_old_window_is_kept_too(site: TestSite, max_: Staffer, ga4: str) -> None:
    other = window(site, max_)
    other.goes_to("/staff/vendors/google-analytics")
    max_.changes(ga4, priority="5")
    page = other.sends({"entity": "Google, as we know it"}, status=409)
    assert page.one("input[@id='entity']").attrib["value"] == "Google, as we know it"
    assert "another window" in page.words("p[@role='alert']")
    assert other.sends({"entity": "Google, as we know it"}).url == "/staff/draft"
    draft = site.site.drafts.of(max_.email).draft
    assert (set(draft.tags), set(draft.vendors)) == ({"ga4"}, {"google-analytics"})


@pytest.mark.parametrize("act", ["discard", "undo:tag:ga4", "remove", "switch", "publish", "submit"])
def test_no_button_of_an_old_window_does_anything(site: TestSite, max_: Staffer, ga4: str, act: str) -> None:
    max_.changes(ga4, priority="5")
    other = window(site, max_)
    pages = {"remove": "/staff/tags/ga4", "switch": "/staff/tags"}
    other.goes_to(pages.get(act, "/staff/draft"))
    max_.changes(ga4, priority="7")
    before = site.site.drafts.of(max_.email)
    if act == "switch":
        token, revision = other.token(), str(before.revision - 1)
        page = other.posts("/staff/tags/ga4/switch", {"csrf_token": token, "revision": revision})
    elif act in ("publish", "submit"):
        page = other.sends({"note": "old", "act": act}, status=409)
        assert page.one("input[@name='note']").attrib["value"] == "old"
    else:
        page = other.presses("act", act)
    assert "since you opened this page" in page.words("main")
    after = site.site.drafts.of(max_.email)
    assert (after.revision, after.draft.tags, after.submitted) == (before.revision, before.draft.tags, None)
    assert site.site.tags.published().version == 2
    assert not [a for a in site.site.staff.acts() if a.what in ("draft-discarded", "draft-undone", "draft-tag-removed")]


def test_two_people_see_that_they_meet(site: TestSite, max_: Staffer, eve: Staffer, ga4: str) -> None:
    eve.changes(ga4, priority="5")
    assert f"{eve.email} also has this tag open" in max_.goes_to(f"/staff/tags/{ga4}").words("main")
    max_.changes(ga4, exclude="/cookies")
    assert f"{eve.email} also has a draft open" in max_.goes_to("/staff/draft").words("main")
    assert f"{max_.email} also has this tag open" in eve.goes_to(f"/staff/tags/{ga4}").words("main")
    assert "priority" not in max_.goes_to("/staff/draft").words("section[@aria-labelledby='changes']").lower()


def test_what_two_change_in_different_fields_merges_once_it_was_seen(
    site: TestSite, max_: Staffer, eve: Staffer, ga4: str
) -> None:
    eve.changes(ga4, exclude="/cookies")
    eve.goes_to("/staff/draft")
    max_.changes(ga4, priority="5", include="/privacy*")
    max_.publishes("Max was first")
    page = eve.presses_publish("Eve is second", status=409)
    assert "Something was published" in page.words("p[@role='alert']")
    assert site.site.tags.published().version == 3, "nothing is published over what was not seen"
    assert page.one("input[@name='note']").attrib["value"] == "Eve is second"
    changed = page.words("section[@aria-labelledby='changes']")
    assert "Pages left out" in changed and "Priority" not in changed, "what is hers alone is left"
    assert eve.presses_publish("Eve is second").url == "/staff/versions/4"
    (made,) = [c for c in site.site.tags.configs() if c.id == ga4]
    assert (made.priority, made.include, made.exclude) == (5, ("/privacy*",), ("/cookies",))


@pytest.mark.parametrize("mine", [True, False], ids=["keep mine", "take theirs"])
def test_what_two_change_in_one_field_waits_for_a_decision(
    site: TestSite, max_: Staffer, eve: Staffer, ga4: str, mine: bool
) -> None:
    max_.changes(ga4, priority="3")
    eve.changes(ga4, priority="7", exclude="/cookies")
    eve.goes_to("/staff/draft")
    max_.publishes("Max was first")
    page = eve.presses_publish("Eve is second", status=409)
    said = page.words("section[@aria-labelledby='clashes']")
    assert "Yours: 7" in said and "Theirs: 3" in said and "Priority" in said
    assert not page.has("button[@value='publish']") and site.site.tags.published().version == 3
    page = eve.presses("act", f"{'mine' if mine else 'theirs'}:tag:{ga4}")
    assert not page.has("section[@aria-labelledby='clashes']")
    assert eve.presses_publish("Eve decided").url == "/staff/versions/4"
    (made,) = [c for c in site.site.tags.configs() if c.id == ga4]
    assert (made.priority, made.exclude) == (7 if mine else 3, ("/cookies",)), "the rest is hers anyway"


def test_one_press_stands_for_all_fields_of_a_tag_that_it_settles(
    site: TestSite, max_: Staffer, eve: Staffer, ga4: str
) -> None:
    max_.changes(ga4, priority="3", include="/privacy")
    eve.changes(ga4, priority="7", include="/cookies")
    max_.publishes("Max was first")
    page = eve.goes_to("/staff/draft")
    said = page.words("section[@aria-labelledby='clashes']")
    assert all(words in said for words in ("Yours: 7", "Theirs: 3", "Yours: /cookies", "Theirs: /privacy"))
    buttons = [b.attrib["value"] for b in page.all("section[@aria-labelledby='clashes']//button")]
    assert buttons == [f"mine:tag:{ga4}", f"theirs:tag:{ga4}"]


def test_a_tag_that_another_removed_is_not_brought_back_unseen(
    site: TestSite, max_: Staffer, eve: Staffer, ga4: str
) -> None:
    eve.changes(ga4, priority="7")
    max_.goes_to(f"/staff/tags/{ga4}")
    max_.presses("act", "remove")
    max_.publishes("no numbers")
    page = eve.goes_to("/staff/draft")
    assert "Theirs: –" in page.words("section[@aria-labelledby='clashes']")
    eve.presses("act", f"theirs:tag:{ga4}")
    assert "Your draft is empty" in eve.goes_to("/staff/draft").words("main")
    assert ga4 not in site.visitor("US-CA").goes_to("/").scripts


def test_a_publication_that_another_overtakes_leaves_the_draft_as_it_is(
    site: TestSite, max_: Staffer, ga4: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the moment at which it is worked out and that at which it is written."""
    max_.changes(ga4, exclude="/cookies")
    max_.goes_to("/staff/draft")
    before = site.site.drafts.of(max_.email)
    tags = site.site.tags
    whole = tags.propose

    def overtaken(*args: object, **ways: object) -> object:
        made = whole(*args, **ways)  # type: ignore[arg-type]
        monkeypatch.setattr(tags, "propose", whole)
        tags.publish(tags.change("site-counter", priority=4), "Eve", "")
        return made

    monkeypatch.setattr(tags, "propose", overtaken)
    page = max_.presses_publish("in a race", status=409)
    assert "Something was published" in page.words("p[@role='alert']")
    after = site.site.drafts.of(max_.email)
    assert (after.revision, after.draft.tags) == (before.revision, before.draft.tags)
    assert tags.published().version == 3 and len(site.site.staff.acts(what="tags-published")) == 1
    assert max_.presses_publish("again").url == "/staff/versions/4"
    assert {c.id: (c.priority, c.exclude) for c in tags.configs()} == {
        "site-counter": (4, ()),
        "ga4": (0, ("/cookies",)),
    }


def test_a_way_back_that_another_overtakes_is_told(site: TestSite, max_: Staffer, eve: Staffer, ga4: str) -> None:
    max_.goes_to("/staff/versions/1")
    eve.changes(ga4, priority="5")
    eve.publishes("meanwhile")
    page = max_.sends({"note": "back"}, status=409)
    assert "Somebody published since you opened this page" in page.words("p[@role='alert']")
    assert site.site.tags.published().version == 3
    assert max_.sends({"note": "back all the same"}).url == "/staff/versions/4"


def test_a_draft_of_another_release_stands_in_the_way_of_nothing_else(
    site: TestSite, max_: Staffer, eve: Staffer
) -> None:
    max_.adds("ga4", set_id="G-ABCD123456")
    with site.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE tag_draft SET document = :d"), {"d": json.dumps({"format": 99})})
    for path in ("/staff/draft", "/staff/tags", "/staff/vendors", "/staff/tags/new/ga4", "/staff/preview?place=de"):
        page = max_.goes_to(path, status=409)
        assert "Another release of the site wrote your draft" in page.words("main"), path
    for path in ("/staff/", "/staff/versions", "/staff/policies"):
        max_.goes_to(path)
    assert eve.goes_to("/staff/tags").status == 200, "it is nobody else's matter"
    max_.goes_to("/staff/tags", status=409)
    assert "Your draft is empty" in max_.presses("act", "discard").words("main")
    max_.adds("ga4", set_id="G-ABCD123456")
