"""What would load with less consent waits for the privacy officer; where a setting says so, all waits for a second."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sites import TestSite
from staffers import Staffer

from privacy.categories import Category
from privacy.checks import Finding, Level, Problem
from privacy.templates import TagConfig
from privacy.vendors import VendorEdit, VendorOrigin

UK = "uk-statistics"
STRICT = ("ga4", "gtm", "meta-pixel", "linkedin-insight", "clarity", "hotjar")
"""Templates of vendors that use what they collect: no law exempts them."""
IDS: dict[str, dict[str, str | list[str]]] = {
    "ga4": {"set_id": "G-ABCD123456"},
    "gtm": {"set_id": "GTM-ABCD123", "set_vendors": "google-analytics"},
    "meta-pixel": {"set_id": "123456789012345"},
    "linkedin-insight": {"set_id": "1234567"},
    "clarity": {"set_id": "abcdefghij"},
    "hotjar": {"set_id": "1234567"},
}


@pytest.fixture
def site(make_site: Callable[..., TestSite]) -> TestSite:
    return make_site(RATE_LIMITS="off")


@pytest.fixture
def max_(site: TestSite) -> Staffer:
    return Staffer(site, "max@example.com", "marketer").comes_in()


@pytest.fixture
def pia(site: TestSite) -> Staffer:
    return Staffer(site, "pia@example.com", "privacy-officer").comes_in()


def conditions(person: Staffer, tag: str = "site-counter", exemption: str = UK) -> list[str]:
    """Return the conditions of an exemption, as the form of a tag offers them."""
    boxes = person.goes_to(f"/staff/tags/{tag}").all("input[@name='conditions']")
    found = [b.attrib["value"] for b in boxes if b.attrib["value"].startswith(f"{exemption}:")]
    assert len(found) > 1
    return found


def asks(person: Staffer, note: str = "we count by paths alone") -> None:
    """Ask for approval of the draft."""
    person.goes_to("/staff/draft")
    page = person.sends({"note": note, "act": "submit"})
    assert "can now approve it" in page.words("main")


def publishes_anyway(person: Staffer, site: TestSite, *, status: int = 409) -> str:
    """Send the form that the page does not offer."""
    page = person.goes_to("/staff/draft")
    assert not page.has("button[@value='publish']"), "it is not offered"
    revision = site.site.drafts.of(person.email).revision
    live = site.site.tags.published().version
    fields = {"csrf_token": person.token(), "act": "publish", "note": "anyway", "revision": str(revision)}
    return person.posts("/staff/draft/publish", {**fields, "live": str(live)}, status=status).words("p[@role='alert']")


def test_an_exemption_from_its_conditions_to_the_visitors(site: TestSite, max_: Staffer, pia: Staffer) -> None:
    british = site.visitor("GB")
    assert british.goes_to("/").scripts == []
    page = max_.changes("site-counter", conditions=conditions(max_))
    assert "An exemption is claimed" in page.words("section[@id='publish']")
    assert "Somebody else has to approve" in publishes_anyway(max_, site)
    asks(max_)
    assert "Waiting for approval since" in max_.goes_to("/staff/draft").words("section[@id='publish']")

    eve = Staffer(site, "eve@example.com", "marketer").comes_in()
    page = eve.goes_to(f"/staff/approvals/{max_.email}")
    assert "Only a privacy officer can approve this" in page.words("main") and not page.has("button[@value='approve']")
    revision = str(site.site.drafts.of(max_.email).revision)
    for act in ("approve", "refuse"):
        fields = {"csrf_token": eve.token(), "act": act, "revision": revision}
        eve.posts(f"/staff/approvals/{max_.email}", fields, status=403)
    page = max_.goes_to(f"/staff/approvals/{max_.email}")
    assert not page.has("button[@value='approve']"), "nobody approves their own"
    own = {"csrf_token": max_.token(), "act": "approve", "revision": revision}
    max_.posts(f"/staff/approvals/{max_.email}", own, status=403)

    page = pia.goes_to("/staff/")
    assert "1 draft waits for approval" in page.words("main")
    page = pia.goes_to("/staff/approvals")
    assert "we count by paths alone" in page.words("main")
    page = pia.goes_to(f"/staff/approvals/{max_.email}")
    assert UK in page.words("div[@class='note warning']")
    page = pia.sends({"note": "", "act": "approve"})
    assert "can publish it as it stands" in page.words("main")

    page = max_.changes("site-counter", priority="5")
    assert "Ask for approval" in page.words("section[@id='publish']"), "a later edit voids it"
    assert "Somebody else has to approve" in publishes_anyway(max_, site)
    assert british.goes_to("/").scripts == []
    asks(max_)
    pia.goes_to(f"/staff/approvals/{max_.email}")
    pia.sends({"note": "", "act": "approve"})
    page = max_.goes_to("/staff/draft")
    assert f"{pia.email} approved exactly this" in page.words("section[@id='publish']")
    assert max_.presses_publish("exempt in the UK").url == "/staff/versions/2"
    assert british.goes_to("/").scripts == ["site-counter"], "without being asked"
    assert "You can say no now" in british.goes_to("/").words("*[@data-banner]"), "the exemption takes a way to object"
    british.rejects()
    assert british.goes_to("/").scripts == []
    assert site.visitor("DE").goes_to("/").scripts == [], "where no law says so, it still asks"
    page = max_.goes_to("/staff/versions/2")
    assert f"Approved by {pia.email}: site-counter · exemption" in page.words("main")
    done = [(act.who, act.what) for act in site.site.staff.acts() if act.what.startswith(("draft-", "tags-"))]
    assert done[0] == (max_.email, "tags-published") and done.count((pia.email, "draft-approved")) == 2


def test_a_draft_that_is_sent_back_does_not_wait_any_more(site: TestSite, max_: Staffer, pia: Staffer) -> None:
    max_.changes("site-counter", conditions=conditions(max_))
    asks(max_)
    pia.goes_to(f"/staff/approvals/{max_.email}")
    pia.sends({"note": "not like this", "act": "refuse"})
    assert "Nothing waits" in pia.goes_to("/staff/approvals").words("main")
    page = max_.goes_to("/staff/draft")
    assert page.has("button[@value='submit']")
    assert f"Sent back by {pia.email}: not like this" in page.words("main"), "the word reaches its owner"
    assert site.site.staff.acts(what="draft-refused")[0].note == "not like this"
    asks(max_)
    assert "not like this" not in max_.goes_to("/staff/draft").words("main"), "until it is submitted again"
    pia.goes_to(f"/staff/approvals/{max_.email}")
    pia.sends({"note": "nor like this", "act": "refuse"})
    assert "nor like this" in max_.goes_to("/staff/draft").words("main")
    max_.changes("site-counter", priority="3")
    assert "nor like this" not in max_.goes_to("/staff/draft").words("main"), "or changed"
    asks(max_)
    pia.goes_to(f"/staff/approvals/{max_.email}")
    pia.sends({"note": "for a month", "act": "approve"})
    assert "for a month" in max_.goes_to("/staff/draft").words("main")
    max_.goes_to("/staff/draft")
    max_.sends({"note": "", "act": "withdraw"})
    assert "Nothing waits" in pia.goes_to("/staff/approvals").words("main")
    pia.goes_to(f"/staff/approvals/{max_.email}", status=404)


def test_what_was_changed_since_the_page_was_opened_is_not_approved(
    site: TestSite, max_: Staffer, pia: Staffer
) -> None:
    max_.changes("site-counter", conditions=conditions(max_))
    asks(max_)
    pia.goes_to(f"/staff/approvals/{max_.email}")
    max_.changes("site-counter", priority="7")
    asks(max_)
    page = pia.sends({"note": "", "act": "approve"}, status=409)
    assert "was changed since you opened this page" in page.words("p[@role='alert']")
    assert site.site.drafts.of(max_.email).approved_by is None
    pia.sends({"note": "", "act": "approve"})
    assert site.site.drafts.of(max_.email).approved_by == pia.email


def test_what_somebody_publishes_since_the_page_was_opened_is_not_approved_along(
    site: TestSite, max_: Staffer, pia: Staffer
) -> None:
    max_.adds("matomo", set_url="https://stats.example", set_site="1")
    max_.changes("matomo", conditions=conditions(max_, "matomo"))
    asks(max_)
    pia.goes_to(f"/staff/approvals/{max_.email}")
    tags = site.site.tags
    origin = VendorOrigin(Category.ANALYTICS, "connect-src", "https://else.example")
    tags.publish(tags.change_vendor(VendorEdit("matomo", origins=(origin,))), "Eve", "")
    page = pia.sends({"note": "", "act": "approve"}, status=409)
    assert "Somebody published since you opened this page" in page.words("p[@role='alert']")
    assert site.site.drafts.of(max_.email).approved_by is None
    pia.sends({"note": "", "act": "approve"})
    assert site.site.drafts.of(max_.email).approved_by == pia.email, "once it was seen"


def test_a_privacy_officer_approves_by_publishing(site: TestSite, pia: Staffer) -> None:
    page = pia.changes("site-counter", conditions=conditions(pia))
    assert "publishing it approves it, in your name" in page.words("section[@id='publish']")
    page = pia.publishes("exempt in the UK")
    assert f"Approved by {pia.email}: site-counter · exemption" in page.words("main")
    assert site.visitor("GB").goes_to("/").scripts == ["site-counter"]


def test_an_administrator_approves_nothing(site: TestSite, pia: Staffer) -> None:
    ada = Staffer(site, "ada@example.com", "administrator").comes_in()
    ada.changes("site-counter", conditions=conditions(ada))
    assert "Somebody else has to approve" in publishes_anyway(ada, site)
    pia.changes("site-counter", conditions=conditions(pia))
    asks(pia)
    page = ada.goes_to(f"/staff/approvals/{pia.email}")
    assert not page.has("button[@value='approve']")


def test_a_way_back_to_an_exemption_waits_too(site: TestSite, max_: Staffer, pia: Staffer) -> None:
    pia.changes("site-counter", conditions=conditions(pia))
    pia.publishes("exempt")
    max_.changes("site-counter", conditions=[])
    max_.publishes("not exempt")
    assert site.visitor("GB").goes_to("/").scripts == []
    page = max_.goes_to("/staff/versions/2")
    assert "something that the privacy officer has to approve" in page.words("section[@id='back']")
    crafted = {"csrf_token": max_.token(), "live": "3", "note": "back"}
    page = max_.posts("/staff/versions/2", crafted, status=409)
    assert "has to approve" in page.words("p[@role='alert']")
    assert site.site.tags.published().version == 3
    pia.goes_to("/staff/versions/2")
    assert pia.sends({"note": "back"}).url == "/staff/versions/4"
    assert site.visitor("GB").goes_to("/").scripts == ["site-counter"]


def test_what_is_called_necessary_waits_with_its_reason(site: TestSite, max_: Staffer, pia: Staffer) -> None:
    why = "Without it nobody can sign in to the shop."
    fields = {"category": "necessary", "reason": why, "purposes": ["security"], "stores": "none"}
    max_.adds("custom", id="guard", set_src="https://cdn.example/t.js", vendor="Guard", **fields)
    asks(max_, "please")
    page = pia.goes_to(f"/staff/approvals/{max_.email}")
    assert why in page.words("div[@class='note warning']")
    pia.sends({"note": "", "act": "approve"})
    max_.publishes("needed")
    assert site.visitor("DE").goes_to("/").scripts == ["guard"]


@pytest.mark.parametrize("template", STRICT)
def test_a_vendor_that_uses_what_it_collects_is_never_exempt(site: TestSite, max_: Staffer, template: str) -> None:
    page = max_.goes_to(f"/staff/tags/new/{template}")
    assert not page.has("input[@name='conditions']") and not page.has("input[@name='category']")
    crafted = {**IDS[template], "category": "necessary", "reason": "because it has to be so", "purposes": ["security"]}
    every = conditions(max_)
    max_.goes_to(f"/staff/tags/new/{template}")
    fields = {**crafted, "conditions": every, "id": "sly", "enabled": "y", "revision": "0", "csrf_token": max_.token()}
    page = max_.posts(f"/staff/tags/new/{template}", fields)
    made = site.site.drafts.of(max_.email).draft.tags["sly"].after
    assert isinstance(made, TagConfig)
    assert (made.category, made.exemptions, made.reason, made.purposes) == (None, (), None, ())
    assert "has to approve" not in page.words("section[@id='publish']")
    max_.publishes("no way around")
    for place in ("DE", "GB"):
        assert "sly" not in site.visitor(place).goes_to("/").scripts


def test_where_a_second_person_is_asked_for_each_draft_waits(make_site: Callable[..., TestSite]) -> None:
    site = make_site(RATE_LIMITS="off", SECOND_PERSON="on")
    max_, eve, pia = (
        Staffer(site, f"{name}@example.com", role).comes_in()
        for name, role in (("max", "marketer"), ("eve", "marketer"), ("pia", "privacy-officer"))
    )
    for person in (max_, pia):
        person.adds("ga4", id=f"of-{person.email[:3]}", set_id="G-ABCD123456")
        assert "Somebody else has to approve" in publishes_anyway(person, site)
    asks(max_, "numbers, please")
    page = eve.goes_to(f"/staff/approvals/{max_.email}")
    assert "numbers, please" in page.words("main")
    page = max_.goes_to(f"/staff/approvals/{max_.email}")
    assert "Somebody else than its owner can approve this" in page.words("main")
    eve.sends({"note": "", "act": "approve"})
    assert max_.publishes("numbers").url == "/staff/versions/2"
    assert "of-max" in site.visitor("US-CA").goes_to("/").scripts


def test_where_a_second_person_is_asked_for_a_way_back_waits_too(make_site: Callable[..., TestSite]) -> None:
    site = make_site(RATE_LIMITS="off", SECOND_PERSON="on")
    site.turn_on("ga4", "ga4", settings={"id": "G-ABCD123456"})
    max_, eve = (Staffer(site, f"{name}@example.com", "marketer").comes_in() for name in ("max", "eve"))
    assert "fills your draft first" in max_.goes_to("/staff/versions/1").words("section[@id='back']")
    page = max_.sends({"note": "alone"})
    assert page.url == "/staff/draft" and "Somebody else has to approve it" in page.words("main")
    assert site.site.tags.published().version == 2, "nobody goes back alone"
    assert set(site.site.drafts.of(max_.email).draft.tags) == {"ga4"}
    max_.goes_to("/staff/versions/1")
    page = max_.sends({"note": "again"}, status=409)
    assert "Your draft is not empty" in page.words("p[@role='alert']")
    asks(max_, "too early")
    eve.goes_to(f"/staff/approvals/{max_.email}")
    eve.sends({"note": "", "act": "approve"})
    assert max_.publishes("too early").url == "/staff/versions/3"
    assert "ga4" not in site.visitor("US-CA").goes_to("/").scripts


def test_an_error_that_the_check_finds_stops_a_way_back(
    site: TestSite, max_: Staffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.turn_on("ga4", "ga4", settings={"id": "G-ABCD123456"})
    error = Finding("site-counter", Problem.NOWHERE)
    assert error.level is Level.ERROR
    max_.goes_to("/staff/versions/1")
    monkeypatch.setattr(site.site.drafts, "findings", lambda proposal: (error,))
    page = max_.sends({"note": "back"}, status=422)
    assert "the check found what stops it" in page.words("p[@role='alert']")
    assert not page.has("section[@id='back']//form") and site.site.tags.published().version == 2


def test_a_script_that_comes_back_in_a_looser_category_waits(site: TestSite, max_: Staffer) -> None:
    source = {"settings": {"src": "https://a.example/x.js"}, "vendor": "Acme"}
    site.turn_on("ads", category=Category.MARKETING, **source)
    site.removes("ads")
    fields = {"set_src": "https://a.example/y.js?v=2", "vendor": "Beta", "category": "functional", "purposes": ["chat"]}
    page = max_.adds("custom", id="chat", stores="none", **fields)
    assert "looser than what it is for" in page.words("section[@id='publish']")
    assert page.has("button[@value='submit']") and not page.has("button[@value='publish']")
