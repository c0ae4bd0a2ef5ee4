"""What was published stays as it was, each text changes by its publisher alone, and whom it touches is asked again."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from jinja2 import ChoiceLoader, DictLoader
from pages import Page, squeeze
from publishing import FEW, few, frozen, gone, publish, reword
from sites import TestSite
from sqlalchemy.exc import IntegrityError, OperationalError
from visitors import Visitor

from i18n.locales import LOCALES
from privacy.categories import Category
from privacy.policies import Document, Doubt, Kind, Section, Version
from privacy.registry import EMPTY, Registry
from services import live
from services import policies as services
from services.policies import NothingNew, Overtaken, Policies
from services.tags import ChangedMeanwhile
from storage import db, records

NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
"""A while after the first versions of the prepared store took effect."""
SOON = NOW + timedelta(days=10)

PLACES = (("en", "de"), ("de", "de"), ("fr", "fr"), ("pt-br", "br"), ("en", "us-ca"), ("en", "row"))


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    """Give a site whose privacy policy was published a second time, shared by tests that only read."""
    made = few(TestSite(tmp_path_factory.mktemp("twice")))
    reword(made, "application form", "request form")
    publish(
        made,
        note={"en": "Another form.", "de": "Ein anderes Formular."},
        material=frozenset({Category.MARKETING, Category.ANALYTICS}),
        at_once=True,
    )
    yield made
    made.close()


def read(made: TestSite) -> dict[str, bytes]:
    """Return each form of the first versions, as a reader gets it."""
    found: dict[str, bytes] = {}
    for kind in Kind:
        for language, region in PLACES:
            visitor, path = made.visitor(language=language), f"/{kind}/versions/1/{region}"
            found[f"{language}{path}"] = frozen(visitor.goes_to(path)).encode()
            found[f"{language}{path}.txt"] = visitor.get(f"/{language}{path}.txt").data
            found[f"{language}{path}.json"] = visitor.get(f"/{language}{path}.json").data
    return found


def test_what_was_published_is_read_again_byte_for_byte(tmp_path: Path) -> None:
    """A later release has other templates, catalogs, settings and tags, on the same store."""
    first = TestSite(tmp_path)
    before = read(first)
    first.close()
    address = f"sqlite:///{tmp_path / 'site.db'}"
    later = TestSite(
        tmp_path, DATABASE_URL=address, CONTROLLER_NAME="Another Ltd", CONTACT_EMAIL="a@b.example", SITE_NAME="Another"
    )
    loader = later.app.jinja_env.loader
    assert loader is not None
    texts = {"policy/law.html": "<p>No law.</p>", "policy/cookies/what.html": "<p>No cookies.</p>"}
    later.app.jinja_env.loader = ChoiceLoader([DictLoader(texts), loader])
    for locale in LOCALES:
        reword(later, ".", "!", locale.slug)
    later.turn_on("ads", vendor="Adver", category=Category.MARKETING, settings={"src": "https://adver.example/t.js"})
    publish(later)
    words = later.visitor().goes_to("/privacy/de").words("article")
    assert "Another Ltd" in words and "No law." in words and "everybody!" in words, "the text in force is the later one"
    assert "Adver" in later.visitor().goes_to("/cookies").words("main")
    again = read(later)
    later.close()
    assert [address for address in before if again[address] != before[address]] == [], "a published version changed"


def test_the_page_in_force_is_the_published_version(site: TestSite) -> None:
    for language, region in PLACES:
        visitor = site.visitor(language=language)
        in_force = frozen(visitor.goes_to(f"/privacy/{region}"))
        assert in_force == frozen(visitor.goes_to(f"/privacy/versions/1/{region}"))


def test_the_served_text_changes_by_publishing_alone(own_site: TestSite) -> None:
    visitor, made = own_site.visitor("DE"), few(own_site)
    before = frozen(visitor.goes_to("/privacy"))
    reword(made, "application form", "request form")
    made.site.settings = replace(made.site.settings, CONTACT_EMAIL="new@example.com")
    made.turn_on("ads", vendor="Adver", category=Category.MARKETING, settings={"src": "https://adver.example/t.js"})
    assert made.site.front is not None
    made.site.front.clear()
    page = visitor.goes_to("/privacy")
    assert frozen(page) == before, "catalogs, settings and tags change no published text"
    assert "Version 1, in force since" in page.words("main")
    publish(made)
    page = visitor.goes_to("/privacy")
    words = page.words("article")
    assert "request form" in words and "new@example.com" in words and "Version 2, in force since" in page.words("main")
    assert frozen(visitor.goes_to("/privacy/versions/1/de")) == before, "the first stays readable"


def test_a_release_publishes_the_cookie_policy_and_never_the_privacy_policy(own_site: TestSite) -> None:
    policies, registry = few(own_site).site.policies, own_site.site.tags.live()
    made = policies.prepare(registry)
    assert [(v.kind, v.number) for v in made] == [(Kind.COOKIES, 2)], "a text of fewer regions is another text"
    assert policies.prepare(registry) == [], "nothing is published twice"
    reword(own_site, ".", "!")
    assert [(v.kind, v.number) for v in policies.prepare(registry)] == [(Kind.COOKIES, 3)]
    assert [v.number for v in policies.versions(Kind.PRIVACY)] == [1], "a catalog changes no privacy policy"


def test_nothing_new_is_not_published(twice: TestSite) -> None:
    with pytest.raises(NothingNew):
        publish(twice)
    assert [v.number for v in twice.site.policies.versions(Kind.PRIVACY)] == [2, 1]


# Tags and the cookie policy.


def state(made: TestSite) -> tuple[int, list[str], list[int]]:
    """Return which tags are live, their ids, and the versions of the cookie policy."""
    tags = made.site.tags
    versions = made.site.policies.versions(Kind.COOKIES)
    return tags.live().version, [c.id for c in tags.configs()], [v.number for v in versions]


def turn_on_ads(made: TestSite) -> None:
    made.turn_on("ads", vendor="Adver", category=Category.MARKETING, settings={"src": "https://adver.example/t.js"})


def test_publishing_tags_publishes_the_next_cookie_policy(own_site: TestSite) -> None:
    visitor = few(own_site).visitor("DE")
    assert state(own_site) == (1, ["site-counter"], [1])
    turn_on_ads(own_site)
    assert state(own_site) == (2, ["site-counter", "ads"], [2, 1])
    assert "Adver" in visitor.goes_to("/cookies").words("main"), "the page lists at once what the gate admits"
    own_site.turn_off("ads")
    assert state(own_site)[2] == [3, 2, 1] and "Adver" not in visitor.goes_to("/cookies").words("main")
    assert "Adver" in visitor.goes_to("/cookies/versions/2").words("main"), "what was listed stays readable"
    newest = own_site.site.policies.versions(Kind.COOKIES)[0]
    assert newest.note == {} and newest.material == frozenset(), "tags ask by themselves"


CHANGED = "The list of providers and cookies, or what is said of them, changed."


def test_what_tags_changed_is_said_in_the_readers_language(own_site: TestSite) -> None:
    turn_on_ads(few(own_site))
    seen = set()
    for locale in LOCALES:
        newest, oldest = own_site.visitor(language=locale.slug).goes_to("/cookies/versions").all("ol/li")
        words = own_site.site.catalogs[locale.slug].gettext(CHANGED)
        seen.add(words)
        note = newest.find(".//p/span")
        assert note is not None and note.text == words and "lang" not in note.attrib
        assert words not in "".join(oldest.itertext())
    assert CHANGED in seen and len(seen) == len(LOCALES), "each language has words of its own"


def test_a_change_that_the_cookie_policy_does_not_show_makes_no_version(own_site: TestSite) -> None:
    turn_on_ads(few(own_site))
    own_site.changes("ads", exclude=("/privacy",))
    assert state(own_site) == (3, ["site-counter", "ads"], [2, 1])


def test_where_the_text_cannot_be_published_the_tags_are_not_either(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(few(own_site))

    def breaks(*_: object) -> None:
        raise RuntimeError("the text breaks")

    monkeypatch.setattr(own_site.site.policies, "follow", breaks)
    with pytest.raises(RuntimeError):
        turn_on_ads(own_site)
    assert state(own_site) == before, "tags without their text were published"


def test_what_breaks_after_both_were_written_leaves_neither(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, written = state(few(own_site)), []
    real = records.publish_policy

    def breaks(connection: object, version: Version, *rest: object) -> None:
        real(connection, version, *rest)  # type: ignore[arg-type]
        written.append(version.number)
        raise RuntimeError("the power fails")

    monkeypatch.setattr(services.records, "publish_policy", breaks)
    with pytest.raises(RuntimeError):
        turn_on_ads(own_site)
    assert written == [2] and state(own_site) == before
    monkeypatch.undo()
    turn_on_ads(own_site)
    assert state(own_site) == (2, ["site-counter", "ads"], [2, 1]), "and the next try takes the same numbers"


def test_a_cookie_policy_made_before_the_tags_changed_is_not_published_after(own_site: TestSite) -> None:
    policies = few(own_site).site.policies
    seen = own_site.site.tags.live()  # What a command, or another machine that starts, read first.
    turn_on_ads(own_site)
    reword(own_site, "Global Privacy Control", "the signal")
    with pytest.raises(Overtaken):
        policies.publish(Kind.COOKIES, seen, author="test", note={"en": "x"}, material=frozenset())
    assert policies.prepare(seen) == [], "who prepares leaves it to who was first"
    assert state(own_site) == (2, ["site-counter", "ads"], [2, 1])
    page = own_site.visitor("AU").goes_to("/cookies")
    assert "ads" in page.scripts and "Adver" in page.words("main"), "the page lists what the browser is sent"
    publish(own_site, Kind.COOKIES)
    assert state(own_site)[2] == [3, 2, 1], "made of the live tags, it is published"


def test_the_newest_cookie_policy_holds_whatever_another_machines_clock_says(own_site: TestSite) -> None:
    few(own_site)
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        turn_on_ads(own_site)
    with time_machine.travel(NOW, tick=False):  # Two seconds behind, or stepped back.
        own_site.turn_on(
            "other", vendor="Other", category=Category.MARKETING, settings={"src": "https://other.example/t.js"}
        )
    published = [v.published for v in own_site.site.policies.versions(Kind.COOKIES)]
    assert published == sorted(published, reverse=True), "no version is published before the one that it follows"
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        own_site.site.live.refresh()
        page = own_site.visitor("AU").goes_to("/cookies")
        assert "other" in page.scripts and "Other" in page.words("main")
        assert "Version 3, in force since" in page.words("main")


def test_where_the_tags_were_overtaken_no_text_is_published(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(few(own_site))
    monkeypatch.setattr(records, "publish_tags", lambda *_, **__: None)
    with pytest.raises(ChangedMeanwhile):
        turn_on_ads(own_site)
    assert state(own_site) == before


# Announced, in force, asking again.


def about(page: Page) -> list[str]:
    """Return the categories that the banner asks about."""
    return [value for name, value in page.fields("*[@data-banner]/form") if name == "about"]


def coming(page: Page) -> list[str]:
    """Return what a page announces. What is newer than its text stands there too, and is no announcement."""
    said = (squeeze("".join(e.itertext())) for e in page.all("p[@class='coming']"))
    return [line for line in said if not line.startswith("Since this version was published")]


def day(moment: datetime) -> str:
    """Return a date as English pages write it."""
    return f"{moment:%B} {moment.day}, {moment.year}"


def test_a_later_version_is_announced_takes_effect_by_itself_and_asks_again(own_busy_site: TestSite) -> None:
    made = few(own_busy_site)
    accepted, refused, objector = made.visitor("DE"), made.visitor("DE"), made.visitor("AU")
    with time_machine.travel(NOW, tick=False) as clock:
        before = set(accepted.accepts().scripts)
        assert {"ads", "measure", "videos"} <= before
        refused.rejects()
        objector.rejects()
        reword(made, "application form", "request form")
        publish(
            made,
            note={"en": "We advertise.", "de": "Wir werben."},
            material=frozenset({Category.MARKETING}),
            effective=SOON,
        )

        def is_announced() -> None:
            page = accepted.goes_to("/privacy")
            assert coming(page) == [f"A new version takes effect on {day(SOON)}: We advertise."]
            assert "Version 1, in force since" in page.words("main") and "request form" not in page.words("article")
            assert not accepted.goes_to("/").shows_banner, "nobody is asked before it holds"

        is_announced()
        assert "Wir werben." in coming(made.visitor("DE", language="de").goes_to("/privacy"))[0]
        assert f"Takes effect on {day(SOON)}. We advertise." in accepted.goes_to("/privacy/versions").words("main")
        assert "request form" in accepted.goes_to("/privacy/versions/2").words("article"), "it can be read meanwhile"

        clock.move_to(SOON - timedelta(seconds=1))
        made.site.live.refresh()
        is_announced()

        clock.move_to(SOON)
        made.site.live.refresh()
        page = accepted.goes_to("/privacy")
        assert coming(page) == [] and f"Version 2, in force since {day(SOON)}." in page.words("main")
        assert "request form" in page.words("article")
        page = accepted.goes_to("/")
        assert about(page) == ["marketing"], "it asks about what it touches, and nothing else"
        words = squeeze("".join(page.one("*[@data-banner]//strong").itertext()))
        assert "Marketing" in words and "stay as they are" in words
        assert set(page.scripts) == before - {"ads"}, "an older yes is none, and the others stay"
        assert about(refused.goes_to("/")) == ["marketing"] and refused.goes_to("/").scripts == []
        page = objector.goes_to("/")
        assert not page.shows_banner and page.scripts == [], "an objection goes on holding, unasked"

        clock.move_to(SOON + timedelta(hours=1))
        page = accepted.accepts()
        assert not page.shows_banner and set(page.scripts) == before
        assert refused.rejects().scripts == [] and not refused.goes_to("/").shows_banner


def test_a_version_that_is_not_material_asks_nobody(own_busy_site: TestSite) -> None:
    made = few(own_busy_site)
    visitor = made.visitor("DE")
    with time_machine.travel(NOW, tick=False) as clock:
        before = visitor.accepts().scripts
        clock.move_to(NOW + timedelta(hours=1))
        reword(made, "application form", "request form")
        publish(made)
        page = visitor.goes_to("/")
        assert not page.shows_banner and page.scripts == before


def test_of_two_announced_versions_each_takes_its_turn(own_site: TestSite) -> None:
    made = few(own_site)
    visitor = made.visitor("DE")
    with time_machine.travel(NOW, tick=False) as clock:
        for number, effective in enumerate((SOON, SOON + timedelta(days=5)), 2):
            reword(made, "application form", f"application form of version {number}")
            publish(made, note={"en": f"Note {number}."}, effective=effective)
        assert [line.rpartition(": ")[2] for line in coming(visitor.goes_to("/privacy"))] == ["Note 2.", "Note 3."]
        for days, version, left in ((10, 2, ["Note 3."]), (15, 3, [])):
            clock.move_to(NOW + timedelta(days=days))
            made.site.live.refresh()
            page = visitor.goes_to("/privacy")
            assert [line.rpartition(": ")[2] for line in coming(page)] == left
            assert f"Version {version}, in force since" in page.words("main")


def test_what_is_announced_is_not_undone_by_what_is_published_before_it_holds(own_site: TestSite) -> None:
    """Whoever corrects it publishes for the same day; nobody can slip in between and be undone by it later."""
    made = few(own_site)
    visitor = made.visitor("DE")
    with time_machine.travel(NOW, tick=False) as clock:
        reword(made, "application form", "request fromm")
        publish(made, effective=SOON, material=frozenset({Category.MARKETING}))
        reword(made, "request fromm", "request form")
        for earlier in (None, SOON - timedelta(days=1)):
            with pytest.raises(Doubt, match="Version 2 is announced for"):
                publish(made, effective=earlier)
        assert [v.number for v in made.site.policies.versions(Kind.PRIVACY)] == [2, 1]
        mended = publish(made, effective=SOON, note={"en": "Spelt well."}, material=frozenset({Category.ANALYTICS}))
        assert mended.material == {Category.MARKETING, Category.ANALYTICS}, "what it replaces would have asked, too"
        assert coming(visitor.goes_to("/privacy")) == [f"A new version takes effect on {day(SOON)}: Spelt well."]
        assert made.site.policies.state(Kind.PRIVACY)[1] == (mended,)
        clock.move_to(SOON + timedelta(days=1))
        made.site.live.refresh()
        page = visitor.goes_to("/privacy")
        words = page.words("article")
        assert "request form" in words and "fromm" not in words and "Version 3, in force since" in page.words("main")
        since = int(SOON.timestamp())
        assert dict(made.site.live.snapshot.registry.asks_since) == {
            Category.MARKETING: since,
            Category.ANALYTICS: since,
        }


def test_the_same_text_is_published_again_where_its_date_or_what_it_asks_differs(own_site: TestSite) -> None:
    made = few(own_site)
    with time_machine.travel(NOW, tick=False) as clock:
        reword(made, "application form", "request form")
        first = publish(made, effective=SOON)
        asking = publish(made, effective=SOON, material=frozenset({Category.MARKETING}))
        later = publish(made, effective=SOON + timedelta(days=5))
        assert first.digest == asking.digest == later.digest and (asking.number, later.number) == (3, 4)
        assert later.material == frozenset(), "it asks nothing of its own: the one before it holds until then"
        clock.move_to(SOON + timedelta(days=6))
        made.site.live.refresh()
        with pytest.raises(NothingNew):
            publish(made)
        assert [v.number for v in made.site.policies.versions(Kind.PRIVACY)] == [4, 3, 2, 1]


def test_a_material_change_is_announced_or_said_to_be_urgent(own_site: TestSite) -> None:
    reword(few(own_site), "application form", "request form")
    with pytest.raises(Doubt, match="announced before it holds"):
        publish(own_site, material=frozenset({Category.MARKETING}))
    assert [v.number for v in own_site.site.policies.versions(Kind.PRIVACY)] == [1]
    made = publish(own_site, material=frozenset({Category.MARKETING}), at_once=True)
    assert made.effective == made.published and dict(own_site.site.live.snapshot.registry.asks_since)


@pytest.mark.parametrize("breaks_at", ["edition", "announced"])
def test_a_poll_that_breaks_between_the_two_texts_is_made_good_by_the_next(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch, breaks_at: str
) -> None:
    few(own_site)
    visitor = own_site.visitor("DE")
    reword(own_site, "application form", "request form")
    own_site.site.policies.publish(
        Kind.PRIVACY,
        own_site.site.tags.live(),
        author="test",
        note={"en": "x"},
        material=frozenset({Category.ANALYTICS}),
        at_once=True,
    )
    if breaks_at == "edition":  # Only what changed is read: the second text has to have changed.
        reword(own_site, "Global Privacy Control", "the signal of signals")
        own_site.site.policies.publish(
            Kind.COOKIES, own_site.site.tags.live(), author="test", note={"en": "x"}, material=frozenset()
        )
    real, calls = getattr(live, breaks_at), []

    def breaks(*args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise OperationalError("select", {}, Exception("gone"))
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(live, breaks_at, breaks)
        assert not own_site.site.live.refresh()
        assert len(calls) == 2, "it broke at the second text"
    assert "request form" not in visitor.goes_to("/privacy").words("article")
    assert own_site.site.live.refresh()
    assert "request form" in visitor.goes_to("/privacy").words("article")
    assert [c for c, _ in own_site.site.live.snapshot.registry.asks_since] == [Category.ANALYTICS]
    assert ("the signal of signals" in visitor.goes_to("/cookies").words("main")) is (breaks_at == "edition")


def policy_of(made: TestSite, visitor: Visitor) -> list[str]:
    """Return what the newest record of a visitor's choices says was live."""
    body = json.loads(made.site.ledger.of(visitor.cookies["choice"].split(".")[1])[0].body)
    return str(body["policy"]).split(".")


def test_the_record_of_a_choice_names_the_versions_that_were_in_force(own_site: TestSite) -> None:
    made, early, late = few(own_site), own_site.visitor("DE"), own_site.visitor("DE")
    early.accepts()
    assert {"privacy-1", "cookies-1", "tags-1"} <= set(policy_of(made, early))
    reword(made, "application form", "request form")
    publish(made)
    turn_on_ads(made)
    late.rejects()
    assert {"privacy-2", "cookies-2", "tags-2"} <= set(policy_of(made, late))
    assert {"privacy-1", "cookies-1", "tags-1"} <= set(policy_of(made, early)), "a record is about its own moment"
    publish_later = datetime.now(UTC) + timedelta(days=30)
    reword(made, "request form", "form")
    publish(made, effective=publish_later)
    late.accepts(at="/preferences")
    assert "privacy-2" in policy_of(made, late), "what is announced is not in force"


# The list, the comparison, and what there is not.


def test_the_list_begins_with_a_text_that_is_known_by_its_date_alone(twice: TestSite) -> None:
    page = twice.visitor("DE").goes_to("/privacy/versions")
    rows = page.all("ol/li")
    assert [squeeze("".join(row.find("h2").itertext())) for row in rows[:-1]] == ["Version 2", "Version 1"]  # type: ignore[union-attr]
    first = rows[-1]
    assert "February 10, 2023" in "".join(first.itertext()) and not list(first.iter("a")), "there is no text to link"
    assert "2023" not in twice.visitor("DE").goes_to("/cookies/versions").words("main"), "cookies had none"
    for language, words in {
        "de": "10. Februar 2023",
        "fr": "10 février 2023",
        "pt-br": "10 de fevereiro de 2023",
    }.items():
        assert words in twice.visitor("DE", language=language).goes_to("/privacy/versions").words("main")


def test_each_row_tells_what_changed_what_is_asked_again_and_its_hash(twice: TestSite) -> None:
    newest, oldest = twice.visitor("DE").goes_to("/privacy/versions").all("ol/li")[:2]
    words = squeeze("".join(newest.itertext()))
    assert "Another form." in words and "We ask again about: Statistics and Marketing." in words
    assert re.search(r"In force from [A-Z][a-z]+ \d+, \d{4}\. Another form\.", words)
    assert [a.text for a in newest.iter("a")] == ["Read version 2", "What changed since version 1"]
    assert [a.text for a in oldest.iter("a")] == ["Read version 1"]
    assert [a.attrib["href"] for a in newest.iter("a")] == ["/en/privacy/versions/2", "/en/privacy/versions/2/since/1"]
    assert "We ask again" not in "".join(oldest.itertext()) and len(list(oldest.iter("a"))) == 1
    published = twice.site.policies.versions(Kind.PRIVACY)
    shown = [row.find(".//code").text for row in (newest, oldest)]  # type: ignore[union-attr]
    assert shown == [v.digest for v in published]
    assert "Ein anderes Formular." in twice.visitor(language="de").goes_to("/privacy/versions").words("main")
    french = twice.visitor(language="fr").goes_to("/privacy/versions").all("ol/li")[0].find(".//p/span")
    assert french is not None and (french.text, french.attrib["lang"]) == ("Another form.", "en"), "else English"


def test_a_note_in_one_language_alone_is_shown_in_every_other(own_site: TestSite) -> None:
    reword(few(own_site), "application form", "request form")
    publish(own_site, note={"de": "Ein anderes Formular."})
    for language, lang in (("en", "de"), ("fr", "de"), ("de", None)):
        note = own_site.visitor("DE", language=language).goes_to("/privacy/versions").all("ol/li")[0].find(".//p/span")
        assert note is not None and note.text == "Ein anderes Formular." and note.attrib.get("lang") == lang


def test_the_form_leads_to_the_comparison(twice: TestSite) -> None:
    visitor = twice.visitor("DE")
    page = visitor.goes_to("/privacy/versions")
    form = page.one("form[@method='get']")
    options = {s.attrib["name"]: [o.text for o in s.iter("option")] for s in form.iter("select")}
    assert options == {"new": ["2", "1"], "old": ["2", "1"]} and form.attrib["action"].endswith("/compare")
    answer = visitor.get(f"{form.attrib['action']}?new=2&old=1")
    assert answer.status_code == 303 and answer.headers["Location"] == "/en/privacy/versions/2/since/1"
    assert not twice.visitor().goes_to("/cookies/versions").has("form[@method='get']"), "one is nothing to compare"


def marks(page: Page, tag: str) -> list[str]:
    """Return the words that a comparison marks, each after what says so to those who see no colours."""
    found = []
    for element in page.all(f"div[@class='diff']//{tag}"):
        (unseen,) = element
        assert unseen.attrib["class"] == "unseen" and not element.text
        assert unseen.text == {"ins": "added: ", "del": "removed: "}[tag]
        found.append(unseen.tail or "")
    return found


SAME = "Nothing differs for this place."
BEHIND = "No word differs for this place, only what stands behind the words"


def test_a_comparison_marks_the_words_that_came_and_went(twice: TestSite) -> None:
    visitor = twice.visitor("DE")
    page = visitor.goes_to("/privacy/versions/2/since/1")
    assert marks(page, "ins") and set(marks(page, "ins")) == {"request"} and set(marks(page, "del")) == {"application"}
    assert "Germany" in page.words("main") and SAME not in page.words("main") and BEHIND not in page.words("main")
    back = visitor.goes_to("/privacy/versions/1/since/2/us-ca")
    assert set(marks(back, "ins")) == {"application"} and set(marks(back, "del")) == {"request"}
    assert "California" in back.words("main")
    same = visitor.goes_to("/privacy/versions/2/since/2").words("main")
    assert SAME in same and BEHIND not in same
    german = twice.visitor("DE", language="de").goes_to("/privacy/versions/2/since/1/de")
    assert not marks(german, "ins") and not german.has("div[@class='diff']"), "the German text stayed as it was"


def test_what_differs_behind_the_words_is_not_called_the_same(own_site: TestSite) -> None:
    few(own_site)
    publish(own_site)  # The same words in fewer languages, so that what follows differs in one thing alone.
    render = own_site.site.policies._render

    def other(kind: Kind, registry: Registry) -> list[Document]:
        return [
            replace(
                d,
                sections=tuple(replace(s, html=s.html.replace(' rel="noopener', ' rel="nofollow')) for s in d.sections),
            )
            for d in render(kind, registry)
        ]

    own_site.site.policies._render = other
    publish(own_site)
    page = own_site.visitor("DE").goes_to("/privacy/versions/3/since/2")
    assert BEHIND in page.words("main") and SAME not in page.words("main") and not page.has("div[@class='diff']")


def test_a_comparison_is_made_in_one_language_that_both_have(twice: TestSite) -> None:
    """The second version has no French."""
    page = twice.visitor("DE", language="fr").goes_to("/privacy/versions/2/since/1")
    assert page.root.attrib["lang"] == "fr"
    diffs = page.all("div[@class='diff']")
    assert diffs and {e.attrib["lang"] for e in diffs} == {"en"}, "English words are compared with English words"
    for tag, words in (("ins", "request"), ("del", "application")):
        runs = [e.find("span").tail for e in page.all(f"div[@class='diff']//{tag}")]  # type: ignore[union-attr]
        assert set(runs) == {words}
    assert "Allemagne" in page.words("main")
    own = twice.visitor("DE", language="fr").goes_to("/privacy/versions/1/since/1")
    assert not own.has("div[@class='diff']"), "French with French"


def test_a_version_says_which_it_is_where_and_whether_it_holds(own_site: TestSite) -> None:
    made = few(own_site)
    visitor = made.visitor("DE")

    def says(number: int, place: str, stamp: str, path: str = "") -> None:
        page = visitor.goes_to(f"/privacy/versions/{number}{path}")
        assert page.words("h1") == f"Privacy policy, version {number}: {place}"
        assert page.words("p[@class='fine stamp']").startswith(stamp), page.words("p[@class='fine stamp']")

    with time_machine.travel(NOW, tick=False) as clock:
        reword(made, "application form", "request form")
        publish(made, effective=SOON)
        says(1, "Germany", "Version 1, in force since ")
        says(2, "Germany", f"Version 2, not in force yet: it takes effect on {day(SOON)}.")
        says(2, "California", "Version 2, not in force yet: ", "/us-ca")
        row = squeeze("".join(visitor.goes_to("/privacy/versions").all("ol/li")[0].itertext()))
        assert f"Takes effect on {day(SOON)}." in row and "In force from" not in row
        clock.move_to(SOON)
        made.site.live.refresh()
        says(2, "Germany", f"Version 2, in force since {day(SOON)}.")
        page = visitor.goes_to("/privacy/versions/1")
        assert re.match(r"Version 1 of [A-Z].*, no longer in force\.", page.words("p[@class='fine stamp']"))
        assert visitor.goes_to("/cookies/versions/1/us-ca").words("h1") == "Cookie policy, version 1: California"


CHILE = datetime(2026, 12, 2, tzinfo=UTC)
"""The day after Chile's law came into force: the first versions have no document for it."""


REST = "Rest of world / unknown location"


def test_every_version_stays_readable_where_the_law_came_later(own_site: TestSite) -> None:
    with time_machine.travel(CHILE, tick=False):
        assert own_site.site.jurisdictions.region("cl", CHILE.date()) is not None
        visitor = own_site.visitor("CL")
        for kind in Kind:
            for path in (f"/{kind}/versions/1", f"/{kind}/versions/1/since/1"):
                page = visitor.goes_to(path)
                assert REST in page.words("p[@class='lead']" if "since" in path else "h1"), path
            page = visitor.goes_to(f"/{kind}/versions/1")
            assert page.words("h1").endswith(f", version 1: {REST}"), "it names whose text it shows"
            assert frozen(page) == frozen(visitor.goes_to(f"/{kind}/versions/1/row"))
            assert visitor.goes_to(f"/{kind}/versions/1/cl").words("h1") == page.words("h1")


def test_a_region_that_a_version_has_no_text_for_has_that_of_the_place_above(twice: TestSite) -> None:
    """The second version is for few regions, France not among them."""
    visitor = twice.visitor("DE")
    page = visitor.goes_to("/privacy/versions/2/fr")
    assert page.words("h1") == f"Privacy policy, version 2: {REST}"
    assert frozen(page) == frozen(visitor.goes_to("/privacy/versions/2/row")), "and never that of a neighbour"
    page = visitor.goes_to("/privacy/versions/2/us-va")
    assert frozen(page) == frozen(visitor.goes_to("/privacy/versions/2/row"))
    assert visitor.goes_to("/privacy/versions/1/fr").words("h1") == "Privacy policy, version 1: France"


def test_the_menu_of_a_version_leads_to_what_it_has(own_site: TestSite) -> None:
    def menu(path: str) -> list[str]:
        page = visitor.goes_to(path)
        return sorted(a.attrib["href"] for a in page.all("nav[@aria-labelledby='regions']/ul/li/a"))

    with time_machine.travel(CHILE, tick=False):
        visitor = own_site.visitor("DE")
        for path in ("/privacy/versions/1", "/cookies/versions/1", "/privacy/versions/1/since/1"):
            links = menu(path)
            assert f"/en{path}/de" in links and f"/en{path}/cl" not in links, "it has none for Chile"
            assert [a for a in links if visitor.get(a).status_code != 200] == []
        few(own_site)
        publish(own_site)
        assert menu("/privacy/versions/2") == [f"/en/privacy/versions/2/{code}" for code in sorted(FEW)]
        assert len(menu("/privacy/versions/1")) > 60, "and an earlier one all of its own"


NOWHERE = (
    "/privacy/versions/3",
    "/privacy/versions/0",
    "/privacy/versions/-1",
    "/privacy/versions/999999",
    "/privacy/versions/1000000",
    f"/privacy/versions/{10**40}",
    "/privacy/versions/one",
    "/privacy/versions/1/nowhere",
    "/privacy/versions/1/DE",
    "/privacy/versions/1/de.pdf",
    "/privacy/versions/1/nowhere.txt",
    "/privacy/versions/3/de.json",
    "/privacy/versions/2/fr.pdf",
    "/privacy/versions/1/since/3",
    "/privacy/versions/3/since/1",
    f"/privacy/versions/1/since/{10**40}",
    "/privacy/versions/2/since/1/nowhere",
    "/privacy/versions/compare",
    "/privacy/versions/compare?new=1",
    "/privacy/versions/compare?new=one&old=two",
    f"/privacy/versions/compare?new=1&old={'9' * 5000}",
    "/privacy/versions.txt",
    "/cookies/versions/2",
    "/cookies/versions/1/nowhere",
    "/terms/versions",
    "/terms/versions/1",
)


@pytest.mark.parametrize("path", NOWHERE, ids=lambda path: path[:60])
def test_what_was_never_published_is_no_page(twice: TestSite, path: str) -> None:
    assert twice.visitor("DE").goes_to(path, status=404).words("h1") == "There is no such page"


def test_a_comparison_with_a_huge_number_leads_to_no_page(twice: TestSite) -> None:
    visitor = twice.visitor("DE")
    answer = visitor.get(f"/en/privacy/versions/compare?new=1&old={10**40}")
    assert answer.status_code == 303 and visitor.get(answer.headers["Location"]).status_code == 404


# The store.


def test_while_the_store_is_silent_the_text_in_force_is_served_and_earlier_ones_are_not(own_site: TestSite) -> None:
    paths = ("/privacy/versions", "/privacy/versions/1", "/privacy/versions/1/since/1", "/cookies/versions/1/de")
    with gone(own_site):
        for locale in LOCALES:
            visitor = own_site.visitor("DE", language=locale.slug)
            for path in paths:
                page = visitor.goes_to(path, status=503)
                assert page.response.headers["Retry-After"] == "60" and page.scripts == []
                assert page.root.attrib["lang"] == locale.tag == page.response.headers["Content-Language"]
                if locale.slug == "en":
                    assert "cannot be shown at the moment" in page.words("h1")
            assert visitor.get(f"/{locale.slug}/privacy/versions/1/de.txt").status_code == 503
            for path in ("/privacy", "/privacy/de", "/cookies"):
                assert frozen(visitor.goes_to(path)), "the text in force needs no store"
                version = json.loads(visitor.get(f"/{locale.slug}{path}.json").data)["version"]
                assert version == 1, "it is the published one, not what would be published now"
    assert own_site.visitor("DE").goes_to("/privacy/versions/1").status == 200


@pytest.mark.parametrize("table", ["policy_version", "policy_text", "policy_section"])
def test_the_store_refuses_to_change_what_was_published(twice: TestSite, table: str) -> None:
    store = sqlite3.connect(twice.site.settings.INSTANCE_PATH / "site.db", isolation_level=None)
    try:
        columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
        before = store.execute(f"SELECT * FROM {table}").fetchall()
        assert before
        for column in columns:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                store.execute(f"UPDATE {table} SET {column} = {column}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.execute(f"DELETE FROM {table}")
        assert store.execute(f"SELECT * FROM {table}").fetchall() == before
    finally:
        store.close()


@pytest.mark.parametrize("table", ["policy_version", "policy_text", "policy_section", "tag_version"])
def test_the_store_refuses_to_replace_what_was_published(own_site: TestSite, table: str) -> None:
    with own_site.app.app_context(), db.engine.connect() as store:
        before = store.exec_driver_sql(f"SELECT * FROM {table}").fetchall()
        columns = [row[1] for row in store.exec_driver_sql(f"PRAGMA table_info({table})")]
        forged = (*before[0][:-1], "forged")
        names, holes = ", ".join(columns), ", ".join("?" * len(columns))
        with pytest.raises(IntegrityError, match="append-only"):
            store.exec_driver_sql(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({holes})", forged)
        store.rollback()
        assert store.exec_driver_sql(f"SELECT * FROM {table}").fetchall() == before


def publisher(made: TestSite, words: str, wait: Callable[[], object] = lambda: None) -> Policies:
    """Return somebody who publishes a text of their own, and waits before doing so."""

    def render(kind: Kind, registry: object) -> list[Document]:
        wait()
        return [Document("en", "de", "Privacy policy", (Section("scope", "Scope", f"<p>{words}</p>"),))]

    with made.app.app_context():
        return Policies(db.engine, lambda: datetime.now(UTC), render)


def publishes(policies: Policies) -> Version:
    return policies.publish(Kind.PRIVACY, EMPTY, author="test", note={"en": "A change."}, material=frozenset())


def test_two_who_publish_at_once_never_share_a_number(own_site: TestSite) -> None:
    gate = threading.Barrier(4)
    found: list[int] = []
    overtaken: list[Overtaken] = []

    def run(words: str) -> None:
        try:
            found.append(publishes(publisher(own_site, words, gate.wait)).number)
        except Overtaken as error:
            overtaken.append(error)

    threads = [threading.Thread(target=run, args=(f"Words {n}.",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) + len(overtaken) == 4, "each was published, or told that it was not"
    assert sorted(found) == list(range(2, 2 + len(found))), "each has a number of its own, and none is left out"
    assert [v.number for v in own_site.site.policies.versions(Kind.PRIVACY)] == [*range(1 + len(found), 0, -1)]


def test_of_two_who_publish_the_same_one_is_told_that_nothing_is_new(own_site: TestSite) -> None:
    publishes(publisher(own_site, "The same."))
    with pytest.raises(NothingNew):
        publishes(publisher(own_site, "The same."))


def test_who_was_overtaken_has_published_nothing(own_site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    before = own_site.site.policies.versions(Kind.PRIVACY)
    publishes(publisher(own_site, "The first of two."))
    with monkeypatch.context() as patch:  # What a reader saw who read before the other wrote.
        patch.setattr(services.records, "policy_versions", lambda *_: before)
        with pytest.raises(Overtaken):
            publishes(publisher(own_site, "The second of two."))
    assert [v.number for v in own_site.site.policies.versions(Kind.PRIVACY)] == [2, 1]
    edition = own_site.site.policies.edition(Kind.PRIVACY, 2)
    document = edition.document("en", "de") if edition else None
    assert document is not None and "The first of two." in document.text


def test_a_mistyped_year_is_taken_back_by_withdrawing_what_was_announced(own_site: TestSite) -> None:
    made = few(own_site)
    with time_machine.travel(NOW, tick=False) as clock:
        reword(made, "application form", "request form")
        publish(made, effective=NOW.replace(year=2126), material=frozenset({Category.MARKETING}))
        reword(made, "request form", "letter box")
        right = publish(made, effective=SOON, withdraws=True)
        assert made.site.policies.state(Kind.PRIVACY)[1] == (right,), "the other one is no longer announced"
        clock.move_to(NOW.replace(year=2127))
        made.site.live.refresh()
        held = made.site.live.snapshot.editions[Kind.PRIVACY].version
        assert held.number == right.number and not made.site.live.snapshot.registry.asks_since
