"""A marketer's first tag, from the list of what can be added to visitors who get it, and back again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from pages import Page, squeeze
from sites import TestSite
from sqlalchemy import event, text
from staffers import Staffer

from storage import db

GA4 = "https://www.googletagmanager.com/gtag/js?id=G-ABCD123456"
NOTE = "we want to know which pages are read"
PASTED = """<!-- a vendor's name -->
<script>
  document.cookie = "poll_id=1; path=/";
  console.log("</b>", 'it is "here"');
</script>"""
BARE = """document.cookie = "poll_id=1; path=/";
  console.log("</b>", 'it is "here"');"""
HASH = hashlib.sha256(BARE.encode()).hexdigest()
FILE = f"/assets/{HASH[:12]}/snippets/{HASH}.js"
POLL: dict[str, str | list[str]] = {
    "id": "poll",
    "snippet": PASTED,
    "vendor": "Poll",
    "category": "marketing",
    "cookies": "poll_id",
    "stores": "none",
}


@pytest.fixture
def site(make_site: Callable[..., TestSite]) -> TestSite:
    return make_site(RATE_LIMITS="off")


@pytest.fixture
def max_(site: TestSite) -> Staffer:
    return Staffer(site, "max@example.com", "marketer").comes_in()


def then(page: Page) -> list[str]:
    """Return the scripts that the draft's page says will stand in a visitor's page."""
    (side,) = [d for d in page.all("section[@id='at']//div") if (h := d.find("h3")) is not None and h.text == "Then"]
    return ["".join(block.itertext()) for block in side.iter("pre")]


def policies(page: Page) -> list[str]:
    """Return the policies that the draft's page names to the byte: what is, and what would be."""
    return ["".join(block.itertext()) for block in page.all("section[@id='at']//details/pre")]


def test_a_first_tag_from_the_form_to_its_visitors_and_back(site: TestSite, max_: Staffer) -> None:
    page = max_.goes_to("/staff/tags")
    assert "So far only the site’s own page counter is here" in page.words("main")
    page = max_.goes_to(next(a.attrib["href"] for a in page.all("main//a") if a.text == "Add a tag"))
    page = max_.goes_to(next(a.attrib["href"] for a in page.all("main//a") if a.text == "Google Analytics 4"))
    assert "What does not work" in page.words("main"), "what its vendor's script cannot do here is said beforehand"
    page = max_.sends({"set_id": "G-ABCD123456", "act": "save"})
    assert page.url == "/staff/draft" and "Saved in your draft" in page.words("main")
    assert site.visitor("US-CA").goes_to("/").scripts == ["site-counter"], "nothing is published yet"

    asked, free = site.visitor("DE"), site.visitor("US-CA")
    had = {visitor: (visitor.goes_to("/").response.data, policy_of(visitor.goes_to("/"))) for visitor in (asked, free)}
    page = max_.goes_to("/staff/draft?place=de&act=none")
    assert then(page) == [] and "Nothing changes for this visitor" in page.words("section[@id='at']")
    page = max_.goes_to("/staff/draft?place=de&act=accept")
    in_germany, germany = then(page), policies(page)
    assert [s for s in in_germany if 'data-tag="ga4"' in s and "https:" in s] == [
        f'<script src="{GA4}" data-tag="ga4" defer></script>'
    ]
    page = max_.goes_to("/staff/draft?place=us-ca&act=none")
    in_california, california = then(page), policies(page)
    assert any(GA4 in script for script in in_california), "there it loads before a choice"
    assert germany[0] != germany[1] and california[0] == had[free][1]

    page = max_.publishes(NOTE)
    assert page.url == "/staff/versions/2" and NOTE in page.words("main")
    assert asked.goes_to("/").scripts == [] and policy_of(asked.goes_to("/")) == had[asked][1]
    page = asked.accepts()
    assert (page.exact_scripts, policy_of(page)) == (in_germany, germany[1]), "to the byte"
    page = free.goes_to("/")
    assert (page.exact_scripts, policy_of(page)) == (in_california, california[1])

    page = max_.goes_to("/staff/versions/2")
    page = max_.goes_to(next(a.attrib["href"] for a in page.all("main//a") if a.text == "Back to version 1"))
    assert "No longer loads" in page.words("section[@id='back']")
    page = max_.sends({"note": "too early"})
    assert page.url == "/staff/versions/3" and "Version 1 is back, as version 3" in page.words("main")
    assert free.goes_to("/").response.data == had[free][0], "they get what they had"
    assert asked.goes_to("/").scripts == ["site-counter"]

    page = max_.goes_to("/staff/versions")
    rows = [[squeeze("".join(cell.itertext())) for cell in row] for row in page.all("tbody/tr")]
    assert [row[0].split()[0] for row in rows] == ["3", "2", "1"] and "live" in rows[0][0]
    assert [(row[2], row[3]) for row in rows[:2]] == [(max_.email, "too early"), (max_.email, NOTE)]
    assert all(row[1] for row in rows)
    assert [(a.what, a.subject, a.note) for a in site.site.staff.acts(who=max_.email)][:3] == [
        ("tags-rolled-back", "3", "too early"),
        ("tags-published", "2", NOTE),
        ("draft-tag", "ga4", ""),
    ]
    published = site.site.staff.acts(what="tags-published")[0]
    said = published.after["tag ga4"]
    assert said["became"] == "new", "what became of it stands in the record"
    assert ["Measurement ID", "–", "G-ABCD123456"] in said["fields"], "and what was changed"
    rolled = site.site.staff.acts(what="tags-rolled-back")[0]
    assert (rolled.before, rolled.after) == (2, 1)


def policy_of(page: Page) -> str:
    return page.response.headers["Content-Security-Policy"]


def test_a_switch_in_the_list_is_a_change_of_the_draft(site: TestSite, max_: Staffer) -> None:
    visitor = site.visitor("US-CA")
    max_.goes_to("/staff/tags")
    page = max_.sends({})
    assert "Switched off in your draft" in page.words("main")
    assert page.one("button[@class='toggle']").attrib["aria-pressed"] == "false"
    assert visitor.goes_to("/").scripts == ["site-counter"]
    max_.publishes("no numbers")
    assert visitor.goes_to("/").scripts == []


def test_a_removed_tag_is_shown_until_it_is_gone(site: TestSite, max_: Staffer) -> None:
    max_.goes_to("/staff/tags/site-counter")
    page = max_.presses("act", "remove")
    assert page.one("del").text == "site-counter" and "removed in your draft" in page.words("main")
    assert site.visitor("US-CA").goes_to("/").scripts == ["site-counter"]
    max_.publishes("no numbers")
    assert "There are no tags" in max_.goes_to("/staff/tags").words("main")
    assert site.visitor("US-CA").goes_to("/").scripts == []


def test_the_record_parts_a_tag_from_a_vendor_of_the_same_id(site: TestSite, max_: Staffer) -> None:
    max_.adds("hotjar", set_id="1234567")
    max_.goes_to("/staff/vendors/hotjar")
    max_.sends({"entity": "Hotjar, as we know it"})
    max_.goes_to("/staff/tags/site-counter")
    max_.presses("act", "remove")
    max_.publishes("both")
    after = site.site.staff.acts(what="tags-published")[0].after
    became = {key: said["became"] for key, said in after.items()}
    assert became == {"tag hotjar": "new", "vendor hotjar": "new", "tag site-counter": "removed"}


def test_a_version_needs_a_reason(site: TestSite, max_: Staffer) -> None:
    max_.adds("ga4", set_id="G-ABCD123456")
    page = max_.publishes("   ", status=422)
    assert "say in a few words why" in page.words("p[@role='alert']")
    assert site.site.tags.published().version == 1
    max_.presses_publish("numbers")
    assert site.site.tags.published().version == 2


def test_what_is_odd_wants_a_tick_each(site: TestSite, max_: Staffer) -> None:
    page = max_.adds("custom", id="widget", set_src="https://cdn.example/w.js", vendor="Widget", category="functional")
    said = page.words("section[@id='publish']")
    assert "Widget has no link to a privacy policy" in said and "declares no cookie and no storage" in said
    keys = [box.attrib["value"] for box in page.all("input[@name='meant']")]
    assert len(keys) > 1
    for some in ([], keys[:1], ["0" * 16]):
        page = max_.publishes("a widget", status=422, meant=some)
        assert "tick the warnings that are meant" in page.words("p[@role='alert']")
        assert page.one("input[@name='note']").attrib["value"] == "a widget", "what was typed is kept"
        ticked = [box.attrib["value"] for box in page.all("input[@name='meant']") if "checked" in box.attrib]
        assert ticked == [key for key in keys if key in some], "and what was ticked"
    assert site.site.tags.published().version == 1
    assert max_.presses_publish("a widget", meant=keys).url == "/staff/versions/2"


def test_what_can_load_nowhere_stops_and_no_tick_lifts_it(site: TestSite, max_: Staffer) -> None:
    page = max_.adds("ga4", set_id="G-ABCD123456", include="/nowhere-*")
    said = page.words("section[@id='publish']")
    assert "It can load on no page: /nowhere-*" in said and "Mend first what stops it" in said
    assert page.has("section[@id='publish']//button[@disabled]")
    assert not page.has("button[@value='publish']")
    proposal = site.site.drafts.proposal(max_.email)
    keys = [f.key for f in site.site.drafts.findings(proposal)]
    crafted = {"act": "publish", "note": "against all advice", "meant": keys, "live": "1", "revision": "1"}
    page = max_.posts("/staff/draft/publish", {**crafted, "csrf_token": max_.token()}, status=422)
    assert "Mend what stops it" in page.words("p[@role='alert']")
    assert site.site.tags.published().version == 1
    max_.changes("ga4", include="/privacy")
    assert max_.publishes("now it can").url == "/staff/versions/2"
    visitor = site.visitor("US-CA")
    assert visitor.goes_to("/").scripts == ["site-counter"]
    assert "ga4" in visitor.goes_to("/privacy").scripts


@pytest.fixture
def pasted(max_: Staffer) -> Staffer:
    page = max_.adds("snippet", **POLL)
    assert page.url == "/staff/draft"
    return max_


def test_a_pasted_snippet_is_a_file_of_this_site(site: TestSite, pasted: Staffer) -> None:
    visitor = site.visitor("US-CA")
    before = visitor.goes_to("/")
    assert visitor.get(FILE).status_code == 404, "nobody asked for a preview"
    assert FILE in pasted.asks("/staff/preview?place=us-ca&act=accept").get_data(as_text=True)
    early = site.visitor("US-CA").get(FILE)
    assert (early.status_code, early.get_data(as_text=True)) == (200, BARE), "previews find it by its hash"
    assert early.headers["Cache-Control"] == "private, no-store", "it is nobody else's yet"
    assert FILE not in visitor.goes_to("/").text

    pasted.publishes("a poll")
    visitor.accepts()
    page = visitor.goes_to("/")
    assert f'<script src="{FILE}" data-tag="poll" defer></script>' in page.text
    assert "poll_id" not in page.text, "no inline script ever stands in a page"
    assert page.csp["script-src"] == ["'self'"] == before.csp["script-src"], "no exception, hash or nonce"
    answer = visitor.get(FILE)
    assert answer.get_data(as_text=True) == BARE
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].split(";")[0] == "text/javascript"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_previewed_snippet_is_gone_after_an_hour(
    site: TestSite, pasted: Staffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts, ask = site.site.drafts, "/staff/preview?place=us-ca&act=accept"
    pasted.asks(ask)
    now = drafts._now()
    for hours, status in ((0.9, 200), (1.1, 404)):
        monkeypatch.setattr(drafts, "_now", lambda hours=hours: now + timedelta(hours=hours))
        assert site.visitor("US-CA").get(FILE).status_code == status
    drafts.keep_snippets({"f" * 64: "other();"})
    with site.app.app_context(), db.engine.connect() as connection:
        assert connection.execute(text("SELECT digest FROM draft_snippet")).scalars().all() == ["f" * 64]


def test_an_address_that_somebody_made_up_costs_no_look_into_the_drafts(site: TestSite, pasted: Staffer) -> None:
    asked: list[str] = []
    with site.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    assert site.visitor("DE").get(f"/assets/{'a' * 12}/snippets/{'a' * 64}.js").status_code == 404
    (only,) = (statement for statement in asked if "draft" in statement)
    assert "tag_draft" not in only and "WHERE draft_snippet.digest" in only
    asked.clear()
    assert site.visitor("DE").get(f"/assets/{'a' * 12}/other.js").status_code == 404
    assert not [statement for statement in asked if "draft" in statement]


def test_a_snippet_is_gone_with_the_draft_that_had_it(site: TestSite, pasted: Staffer) -> None:
    visitor = site.visitor("DE")
    for wrong in (FILE.replace(HASH[:12], "0" * 12), FILE.replace(HASH, HASH[::-1]), FILE.replace(HASH, HASH[:12])):
        assert visitor.get(wrong).status_code == 404
    pasted.goes_to("/staff/draft")
    pasted.presses("act", "discard")
    assert visitor.get(FILE).status_code == 404
