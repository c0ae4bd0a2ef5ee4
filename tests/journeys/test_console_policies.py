"""The privacy policy waits for its publisher: what is missing in it, what would change, and publishing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from publishing import few
from sites import TestSite
from staffers import Staffer
from visitors import Visitor

from privacy.categories import Category
from privacy.policies import Kind

META: dict[str, str | list[str]] = {"set_id": "123456789012345"}
PAGE = "/staff/policies/privacy"


@pytest.fixture
def site(make_site: Callable[..., TestSite]) -> TestSite:
    return few(make_site(RATE_LIMITS="off"))


@pytest.fixture
def max_(site: TestSite) -> Staffer:
    return Staffer(site, "max@example.com", "marketer").comes_in()


@pytest.fixture
def pia(site: TestSite) -> Staffer:
    return Staffer(site, "pia@example.com", "privacy-officer").comes_in()


@pytest.fixture
def waiting(site: TestSite, max_: Staffer) -> TestSite:
    """Publish a tag of a vendor whom the privacy policy does not name."""
    max_.adds("meta-pixel", **META)
    max_.publishes("ads")
    return site


def privacy(site: TestSite) -> list[int]:
    return [version.number for version in site.site.policies.versions(Kind.PRIVACY)]


def day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def asked_about_marketing(visitor: Visitor) -> bool:
    return visitor.goes_to("/").shows_banner


def test_a_new_vendor_waits_to_be_named_in_the_policy(site: TestSite, max_: Staffer, pia: Staffer) -> None:
    page = max_.adds("meta-pixel", **META)
    assert "does not name Meta Pixel yet" in page.words("section[@aria-labelledby='policy']")
    page = max_.goes_to(next(a.attrib["href"] for a in page.all("main//a") if a.text == "See what it would say"))
    comes = [e.text or "" for e in page.all("div[@class='diff']//ins")]
    assert any("Meta Pixel" in words for words in comes)
    assert not page.has("input[@name='is_material']"), "a draft's text is not published from here"
    assert "Nothing, in this language" in max_.goes_to(PAGE).words("section"), "what is live does not need it"
    assert "waits for a new version" not in pia.goes_to("/staff/").words("main")

    max_.publishes("ads")
    assert "Meta Pixel" in site.visitor("DE").goes_to("/privacy").words("main"), "a line above it names them at once"
    for person in (max_, pia):
        assert "does not name Meta Pixel yet" in person.goes_to("/staff/policies").words("main")
    page = pia.goes_to("/staff/")
    assert "The privacy policy waits for a new version It does not name: Meta Pixel" in page.words("main")
    page = pia.goes_to(next(a.attrib["href"] for a in page.all("main//a") if "waits" in (a.text or "")))
    assert any("Meta Pixel" in (e.text or "") for e in page.all("div[@class='diff']//ins"))
    page = pia.goes_to(f"{PAGE}?language=de&region=de")
    assert {e.attrib["lang"] for e in page.all("div[@class='diff']")} == {"de"}

    page = pia.sends({"note": "Meta is new.", "is_material": "no"})
    assert "Published as version 2 of the privacy policy" in page.words("main")
    assert privacy(site) == [2, 1]
    assert "waits for a new version" not in pia.goes_to("/staff/").words("main")
    assert "Meta Pixel" in site.visitor("DE").goes_to("/privacy").words("article")
    assert "Meta is new." in site.visitor("DE").goes_to("/privacy/versions").words("main")
    act = site.site.staff.acts(what="policy-published")[0]
    assert (act.who, act.subject, act.note, act.after) == (pia.email, "privacy 2", "Meta is new.", [])


def test_a_change_that_is_not_material_asks_nobody(waiting: TestSite, pia: Staffer) -> None:
    visitor = waiting.visitor("DE")
    visitor.accepts()
    pia.goes_to(PAGE)
    pia.sends({"note": "Meta is new.", "is_material": "no"})
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True):
        waiting.site.live.refresh()
        assert not asked_about_marketing(visitor)


def test_a_material_change_asks_again_from_its_day_on(waiting: TestSite, pia: Staffer) -> None:
    visitor = waiting.visitor("DE")
    visitor.accepts()
    pia.goes_to(PAGE)
    fields: dict[str, str | list[str]] = {"is_material": "yes", "material": ["marketing"], "effective": day(30)}
    page = pia.sends({"note": "Meta is new.", **fields})
    assert "version 2 from" in page.words("main")
    (newest, _) = waiting.site.policies.versions(Kind.PRIVACY)
    assert newest.material == {Category.MARKETING} and newest.effective.date().isoformat() == day(30)
    assert not asked_about_marketing(visitor)
    assert "A new version takes effect" in visitor.goes_to("/privacy").words("main"), "until then it is announced"
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31), tick=True):
        waiting.site.live.refresh()
        page = visitor.goes_to("/")
        assert page.shows_banner and "meta-pixel" not in page.scripts
        assert "site-counter" in page.scripts, "about the rest nothing changed"


def test_a_material_change_that_cannot_wait_asks_again_at_once(waiting: TestSite, pia: Staffer) -> None:
    visitor = waiting.visitor("DE")
    visitor.accepts()
    assert "meta-pixel" in visitor.goes_to("/").scripts
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=True):
        pia.goes_to(PAGE)
        fields: dict[str, str | list[str]] = {"is_material": "yes", "material": ["marketing"], "at_once": "1"}
        page = pia.sends({"note": "Meta is new.", **fields})
        assert "Published as version 2" in page.words("main")
        page = visitor.goes_to("/")
        assert page.shows_banner and "meta-pixel" not in page.scripts


REFUSED: dict[str, tuple[dict[str, str | list[str]], str]] = {
    "without a note": ({"note": "  ", "is_material": "no"}, "say what changed"),
    "without saying whether it is material": ({"note": "x"}, "whether it is material"),
    "material, about nothing": ({"note": "x", "is_material": "yes"}, "for which category"),
    "not material, about something": (
        {"note": "x", "is_material": "no", "material": ["marketing"]},
        "whether it is material",
    ),
    "about what nobody is asked about": (
        {"note": "x", "is_material": "yes", "material": ["necessary"], "at_once": "1"},
        "for which category",
    ),
    "material and at once, unsaid": (
        {"note": "x", "is_material": "yes", "material": ["marketing"]},
        "takes a day to come",
    ),
    "material from today on, unsaid": (
        {"note": "x", "is_material": "yes", "material": ["marketing"], "effective": day(0)},
        "takes a day to come",
    ),
    "backdated": ({"note": "x", "is_material": "no", "effective": day(-1)}, "begins today or later"),
    "material and backdated": (
        {"note": "x", "is_material": "yes", "material": ["marketing"], "effective": day(-9), "at_once": "1"},
        "begins today or later",
    ),
    "from no day": ({"note": "x", "is_material": "no", "effective": "soon"}, "no time"),
}


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staffer]:
    """Give a privacy officer of a site where a version waits."""
    site = few(TestSite(tmp_path_factory.mktemp("refusing"), RATE_LIMITS="off"))
    person = Staffer(site, "pia@example.com", "privacy-officer").comes_in()
    person.adds("meta-pixel", **META)
    person.publishes("ads")
    yield person
    site.close()


def _many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_cannot_be_published_is_refused_in_words(refusing: Staffer, case: str) -> None:
    fields, said = REFUSED[case]
    refusing.goes_to(PAGE)
    page = refusing.sends({"note": "", **fields}, status=422)
    assert said in page.words("p[@role='alert']")
    assert privacy(refusing.site) == [1] and not refusing.site.site.staff.acts(what="policy-published")
    kept = {e.attrib["value"] for e in page.all("input[@checked]") if e.attrib["name"] in ("material", "is_material")}
    sent = {value for name in ("is_material", "material") for value in _many(fields.get(name, []))}
    assert kept == sent - {"necessary"}, "what was ticked is kept"
    assert page.one("input[@name='effective']").attrib["value"] == fields.get("effective", ""), "it is kept"


def test_what_says_nothing_new_is_not_published(make_site: Callable[..., TestSite]) -> None:
    site = make_site(RATE_LIMITS="off")
    pia = Staffer(site, "pia@example.com", "privacy-officer").comes_in()
    pia.goes_to(PAGE)
    page = pia.sends({"note": "again", "is_material": "no"}, status=409)
    assert "there is nothing to publish" in page.words("p[@role='alert']")
    assert privacy(site) == [1]


def test_only_the_privacy_officer_publishes(waiting: TestSite, max_: Staffer) -> None:
    page = max_.goes_to(PAGE)
    assert not page.has("input[@name='is_material']")
    max_.posts(PAGE, {"csrf_token": max_.token(), "note": "x", "is_material": "no"}, status=403)
    assert privacy(waiting) == [1]


def test_the_cookie_policy_follows_the_tags(waiting: TestSite, pia: Staffer) -> None:
    versions = waiting.site.policies.versions(Kind.COOKIES)
    assert [v.number for v in versions] == [2, 1], "it came with the tags"
    page = pia.goes_to("/staff/policies/cookies")
    assert "It follows the tags by itself" in page.words("main") and not page.has("input[@name='is_material']")
    pia.posts("/staff/policies/cookies", {"csrf_token": pia.token(), "note": "x", "is_material": "no"}, status=400)
    assert len(waiting.site.policies.versions(Kind.COOKIES)) == 2
    assert pia.goes_to("/staff/policies/terms", status=404)
