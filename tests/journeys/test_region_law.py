"""The block of each region states its own law, as far as it was confirmed, and no other's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from pages import squeeze
from sites import TestSite

from i18n.locales import LOCALES
from privacy.jurisdictions import load
from privacy.policies import OFFERED, Kind
from web.languages import speaking
from web.policy import law as words
from web.policy import rights
from web.policy.render import in_language

LAWS = load()
TODAY = datetime.now(UTC).date()
REGIONS = tuple(code for code, _ in LAWS.regions(TODAY))


class Row:
    """Read what the data says of a region, without the code that the site reads it with."""

    def __init__(self, region: str) -> None:
        code = region.upper()
        self.row: dict[str, Any] = next(
            row
            for row in map(LAWS.row, LAWS.codes)
            if row["code"] == code or any(s["iso"] == code for s in row.get("states", ()))
        )
        self.state: dict[str, Any] = next((s for s in self.row.get("states", ()) if s["iso"] == code), {})
        self.doubtful = self._with("unconfirmed")
        self.chosen = self._with("default")

    def __getitem__(self, name: str) -> Any:
        return self.row[name]

    def _with(self, status: str) -> set[str]:
        return {path for proof in self.row["evidence"] if proof["status"] == status for path in proof["paths"]}

    def is_sure(self, path: str) -> bool:
        """Say whether a datum, or what it is a part of, was confirmed."""
        return not _within(path, self.doubtful)

    def is_law(self, path: str) -> bool:
        """Say whether a datum is the law of the place, and not what the operator chose to keep to."""
        return self.is_sure(path) and not _within(path, self.chosen)

    @property
    def authority(self) -> dict[str, Any]:
        """Give the state's own authority, else the row's."""
        return dict((self.state or self.row)["authority"])

    @property
    def laws(self) -> list[dict[str, Any]]:
        """Give the laws that are in force: a state's own first."""
        own = [
            {"name": self.state[key], "local": None, "abbr": None}
            for key in ("act", "eprivacy")
            if self.state.get(key) and self.is_sure(f"states.{self.state['iso']}.{key}")
        ]
        starts = ((law, law.get("in_force_from")) for law in self["laws"])
        return own + [law for law, day in starts if day is None or date.fromisoformat(day) <= TODAY]

    @property
    def bands(self) -> list[tuple[int, int, str, bool]]:
        """Give from and to which age which model holds, and whether a parent answers."""
        found = []
        edge = self.state.get("age")
        for index, band in enumerate(self["minors"]["bands"]):
            start, end, starts = band["from"], band["to"], band.get("in_force_from")
            if edge is not None and len(self["minors"]["bands"]) > 1:
                start, end = edge if index == 1 else start, edge if index == 0 else end
            holds = starts is None or date.fromisoformat(starts) <= TODAY
            model = band["model"] if holds else self["categories"]["marketing"]["model"]
            found.append((start, end, model, holds and band.get("consent_by") == "parent"))
        return found

    def strings(self) -> set[str]:
        """Give what names this law: its laws, its authority, its articles."""
        authority = self.authority
        found = [authority.get(key) for key in ("name", "name_local", "url")]
        found += [law[key] for law in self.laws for key in ("name", "local")]
        found += [ground["cite"] for name in ("bases", "transfers") for ground in self[name]]
        return {text for text in found if text}


def _within(path: str, known: set[str]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[: n + 1]) in known for n in range(len(parts)))


@cache
def row_of(region: str) -> Row:
    return Row(region)


_BLOCKS: dict[tuple[int, str], Element] = {}


def block(site: TestSite, region: str) -> Element:
    """Return the block of a region, as its page shows it."""
    key = (id(site), region)
    if key not in _BLOCKS:
        text = site.visitor().get(f"/en/privacy/{region}").get_data(as_text=True)
        (html,) = re.findall(r'<section [^>]*\bdata-region="[^"]*".*?</section>', text, re.DOTALL)
        _BLOCKS[key] = html5lib.parseFragment(html, namespaceHTMLElements=False, treebuilder="etree")[0]
    return _BLOCKS[key]


def said(element: Element) -> str:
    """Return the words of an element."""
    return squeeze("".join(element.itertext()))


def parts(element: Element) -> dict[str, list[Element]]:
    """Return what stands under each heading of a block; under no heading, its laws."""
    found: dict[str, list[Element]] = {"": []}
    head = ""
    for child in element:
        if child.tag == "h3":
            head = said(child)
            found[head] = []
        elif child.tag != "h2":
            found[head].append(child)
    return found


def items(elements: list[Element], tag: str = "li") -> list[Element]:
    return [item for element in elements for item in element.iter(tag)]


def in_english(site: TestSite) -> Iterator[None]:
    with site.app.app_context(), speaking("en"):
        yield


@pytest.fixture
def english(site: TestSite) -> Iterator[None]:
    """Speak English, so that the words for keys can be looked up."""
    yield from in_english(site)


def test_every_region_has_a_block_of_its_own(site: TestSite) -> None:
    assert len(REGIONS) > 60
    for region in REGIONS:
        assert block(site, region).attrib["data-region"] == region


@pytest.mark.parametrize("region", REGIONS)
def test_its_laws_are_named_and_no_other(site: TestSite, region: str) -> None:
    row, shown = row_of(region), parts(block(site, region))[""]
    if not row.is_sure("laws") or not row.laws:
        assert items(shown) == [] and "No particular law" in said(shown[0])
        return
    listed = [said(item) for item in items(shown)]
    assert len(listed) == len(row.laws), f"{region}: as many laws as are in force, each once: {listed}"
    for text, law in zip(listed, row.laws, strict=True):
        for part in ("name", "abbr", "local"):
            assert (law[part] or "") in text, f"{region}: {part} {law[part]!r} of a law is missing: {text!r}"


@pytest.mark.parametrize("region", REGIONS)
def test_its_authority_is_named(site: TestSite, region: str) -> None:
    row = row_of(region)
    rows = {said(e.find("dt")): e.find("dd") for e in parts(block(site, region))["Whom to turn to"][0]}  # type: ignore[arg-type]
    shown, authority = rows["Authority"], row.authority
    assert shown is not None
    if not authority["name"] or not row.is_sure("authority.name"):
        assert said(shown) == "You can complain to the data protection authority of your place."
        return
    for part in ("name", "name_local", "abbr"):
        assert (authority.get(part) or "") in said(shown), f"{region}: {part} of the authority is missing"
    links = [a.attrib["href"] for a in shown.iter("a")]
    assert links == ([authority["url"]] if authority.get("url") else [])


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.usefixtures("english")
def test_its_rights_are_listed_by_their_words(site: TestSite, region: str) -> None:
    row, shown = row_of(region), parts(block(site, region))["Rights that this law gives"]
    listed = [(said(e.find("dt")), said(e.find("dd"))) for e in shown[0]] if shown[0].tag == "dl" else []  # type: ignore[arg-type]
    expected = [rights.right(key) for key in row["rights"]] if row.is_law("rights") else []
    assert listed == expected
    if not expected:
        assert said(shown[0]) == "Section 11 lists the rights that we offer everybody."


UNITS = {
    "year": "year",
    "month": "month",
    "calendar_day": "day",
    "business_day": "business day",
    "working_day_nz": "working day",
}


def length(span: dict[str, Any]) -> str:
    """Return a length of time in words."""
    return f"{span['value']} {UNITS[span['unit']]}{'' if span['value'] == 1 else 's'}"


def times(row: Row) -> Iterator[str]:
    """Iterate over the sentences that the data calls for, without what is not confirmed or has no number."""
    found = {
        name: span
        for name, span in row["deadlines"].items()
        if isinstance(span, dict) and span.get("value") is not None and row.is_sure(f"deadlines.{name}")
    }
    if "ack" in found:
        yield f"We confirm a request within {length(found['ack'])}."
    if "initial" in found:
        yield f"We answer a request within {length(found['initial'])}."
        if "extension" in found:
            more = length(found["extension"])
            yield f"If there is good reason, we may take {more} more, once, and then tell you why."
    else:
        yield "We answer a request as soon as we can, and within the time that the law sets."
    if "opt_out" in found:
        when = f"within {length(found['opt_out'])}" if found["opt_out"]["value"] else "at once"
        yield f"If you say no or withdraw, that holds {when}."
    if "appeal_response" in found:
        answer = length(found["appeal_response"])
        yield f"If we refuse, you can appeal to us. We answer an appeal within {answer}."


@pytest.mark.parametrize("region", REGIONS)
def test_its_response_times_are_its_own(site: TestSite, region: str) -> None:
    shown = parts(block(site, region))["How long an answer takes"]
    assert [said(item) for item in items(shown)] == list(times(row_of(region)))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    ("name", "head", "general"),
    [
        ("bases", "Legal bases", "We process information only where the law of this place lets us."),
        ("transfers", "Transfers abroad", "Information leaves this place only as its law allows."),
    ],
)
def test_its_grounds_are_listed_with_their_articles(
    site: TestSite, region: str, name: str, head: str, general: str
) -> None:
    row, shown = row_of(region), parts(block(site, region))[head]
    if not row.is_law(name) or not row[name]:
        assert [said(e) for e in shown] == [general], f"{region}: general words stand in for what is not its law"
        return
    cites = [said(item.find("span")) for item in items(shown)]  # type: ignore[arg-type]
    assert cites == [ground["cite"] for ground in row[name]]


MODELS = {
    "opt-in": "marketing only with your own consent.",
    "opt-out": "marketing until you say no.",
    "notice": "marketing with notice; you can object.",
    "exempt": "no rule of its own for marketing.",
    "prohibited": "no marketing.",
}


def age(start: int, end: int, model: str, by_parent: bool) -> str:
    """Return the line for an age band."""
    head = f"Under {end}" if start == 0 else f"Age {start}" if end == start + 1 else f"Ages {start} to {end - 1}"
    if by_parent and model in ("opt-in", "prohibited"):
        return f"{head}: marketing needs a parent’s consent. This site cannot check that, so it stays off."
    return f"{head}: {MODELS[model]}"


@pytest.mark.parametrize("region", REGIONS)
def test_its_ages_are_its_own(site: TestSite, region: str) -> None:
    row, shown = row_of(region), parts(block(site, region))["Ages"]
    if not (row.is_sure("minors") and row.is_sure("ages")):
        assert [said(e) for e in shown] == ["For marketing to minors, we keep to the law of this place."]
        return
    assert [said(item) for item in items(shown)] == [age(*band) for band in row.bands]


OFFICERS = {
    "dpo": "Data protection officer",
    "eu_representative": "Representative in the European Union",
    "uk_representative": "Representative in the United Kingdom",
    "encarregado": "Encarregado (person in charge)",
    "person_in_charge": "Person in charge of the protection of personal information",
}


@pytest.mark.parametrize("region", REGIONS)
def test_whom_to_turn_to_is_what_its_law_wants_named(site: TestSite, region: str) -> None:
    row, shown = row_of(region), parts(block(site, region))["Whom to turn to"]
    roles = [said(e) for e in items(shown, "dt")]
    complaints = ["Complaints to us"] if "complaint_to_controller" in row["rights"] else []
    assert roles == [*(OFFICERS[key] for key in row["officers"]), "Authority", *complaints]


@pytest.mark.parametrize("region", REGIONS)
def test_nothing_of_another_law_stands_there(site: TestSite, region: str) -> None:
    own, shown = row_of(region).strings(), block(site, region)
    text = " ".join([said(shown), *(a.attrib["href"] for a in shown.iter("a"))])
    others = {text for other in REGIONS if other != region for text in row_of(other).strings()} - own
    strangers = [name for name in others if name in text and not any(name in mine for mine in own)]
    assert not strangers, f"{region}: these belong to another law: {strangers}"


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.usefixtures("english")
def test_each_offer_says_whether_the_law_here_gives_it(site: TestSite, region: str) -> None:
    row = row_of(region)
    page = site.visitor().get(f"/en/privacy/{region}").get_data(as_text=True)
    for clause, keys in OFFERED.items():
        (html,) = re.findall(rf'<div class="offer" data-clause="{re.escape(clause)}">.*?</div>', page, re.DOTALL)
        ground = said(html5lib.parseFragment(html, namespaceHTMLElements=False, treebuilder="etree")[0][-1])
        names = [rights.right(key)[0] for key in row["rights"] if key in keys and row.is_law("rights")]
        if not keys:
            assert "everybody" in ground
        elif not row.is_sure("rights"):
            assert ground.endswith(": we offer you this, whatever the law there gives."), (clause, ground)
        elif names:
            assert "the law gives you this" in ground and all(name in ground for name in names), (clause, ground)
        else:
            assert ground.endswith(": we offer you this ourselves."), (clause, ground)


OWN_CHOICE = {"row": ("bases", "rights", "transfers"), "us": ("rights",), "in": ("bases",)}
HEADS = {"bases": "Legal bases", "rights": "Rights that this law gives", "transfers": "Transfers abroad"}


def test_what_we_chose_ourselves_is_passed_off_as_no_law(site: TestSite) -> None:
    chosen = {r: tuple(n for n in sorted(HEADS) if not row_of(r).is_law(n) and row_of(r).is_sure(n)) for r in REGIONS}
    assert {region: names for region, names in chosen.items() if names} == OWN_CHOICE
    for region, names in OWN_CHOICE.items():
        for name in names:
            assert row_of(region)[name], "there is something to keep to, and it is kept to"
            shown = parts(block(site, region))[HEADS[name]]
            assert [e.tag for e in shown[:1]] == ["p"] and not items(shown, "li") and not items(shown, "dt")
    assert "GDPR" not in said(block(site, "row")), "no article of a law that does not hold there"


NOTES = re.compile(r"in force|notified|until|sectoral", re.IGNORECASE)


@pytest.mark.parametrize("code", LAWS.codes)
def test_no_name_of_a_law_holds_a_note_to_ourselves(code: str) -> None:
    named = [law[part] for law in LAWS.row(code)["laws"] for part in ("name", "local") if law[part]]
    assert [name for name in named if NOTES.search(name)] == []


@pytest.mark.parametrize("region", REGIONS)
def test_no_name_of_a_law_that_is_shown_holds_a_note_to_ourselves(region: str) -> None:
    law = LAWS.region(region, TODAY)
    assert law is not None
    assert [each for each in law.laws if NOTES.search(f"{each.name} {each.local or ''}")] == []


def test_the_united_states_name_each_law_by_itself(site: TestSite) -> None:
    listed = [said(item) for item in items(parts(block(site, "us"))[""])]
    for name in (
        "Nevada privacy law for websites Nev. Rev. Stat. §§ 603A.300–603A.360",
        "New York Child Data Protection Act N.Y. Gen. Bus. Law § 899-ee et seq.",
        "Washington My Health My Data Act Wash. Rev. Code ch. 19.373",
    ):
        assert listed.count(name) == 1, listed


# Closed lists.


@pytest.mark.parametrize("language", [locale.slug for locale in LOCALES])
def test_every_key_in_the_data_has_words(site: TestSite, language: str) -> None:
    rows = [LAWS.row(code) for code in LAWS.codes]
    with site.app.app_context(), speaking(language):
        for row in rows:
            for key in row["rights"]:
                assert all(rights.right(key)), f"{row['code']}: the right {key!r} has no words"
            for ground in row["bases"]:
                assert words._basis(ground["key"]), f"{row['code']}: the basis {ground['key']!r} has no words"
            for ground in row["transfers"]:
                assert words._transfer(ground["key"]), f"{row['code']}: {ground['key']!r} has no words"
            for key in row["officers"]:
                assert words._officer(key, site.site.settings).role, f"{row['code']}: {key!r} has no words"


def test_no_words_wait_for_a_right_that_no_law_gives(site: TestSite) -> None:
    with site.app.app_context(), speaking("en"):
        assert rights.keys() == {key for code in LAWS.codes for key in LAWS.row(code)["rights"]}


def test_a_right_without_words_is_no_silent_gap(site: TestSite) -> None:
    with site.app.app_context(), speaking("en"), pytest.raises(KeyError):
        rights.right("a right that nobody wrote about")


GENERAL = [
    ("laws", "No particular law is on record"),
    ("bases", "only where the law of this place lets us"),
    ("rights", "Section 11 lists the rights"),
    ("minors", "For marketing to minors, we keep to the law of this place"),
    ("ages", "For marketing to minors, we keep to the law of this place"),
    ("transfers", "only as its law allows"),
    ("authority.name", "the data protection authority of your place"),
    ("authority", "the data protection authority of your place"),
    ("deadlines.initial", "as soon as we can, and within the time that the law sets"),
    ("deadlines", "as soon as we can, and within the time that the law sets"),
]


def law_of(site: TestSite, region: str) -> str:
    """Return the words of the block as it would be published now."""
    with site.app.app_context():
        (made,) = in_language(Kind.PRIVACY, site.site.tags.live(), TODAY, "en", iter([region]))
    return squeeze(next(s.html for s in made.sections if s.anchor == "law"))


@pytest.mark.parametrize(("path", "general"), GENERAL, ids=[row[0] for row in GENERAL])
@pytest.mark.parametrize("region", ["de", "us-ca", "us-va", "br"])
def test_general_words_stand_in_for_what_was_not_confirmed(
    site: TestSite, monkeypatch: pytest.MonkeyPatch, region: str, path: str, general: str
) -> None:
    sure = LAWS.region(region, TODAY)
    assert sure is not None
    doubtful = replace(sure, unconfirmed=sure.unconfirmed | {path})
    monkeypatch.setattr(site.site.jurisdictions, "region", lambda *_: doubtful)
    assert general in law_of(site, region) and general not in said(block(site, region))


LEFT_OUT = [
    ("us-ca", "deadlines.ack", "We confirm a request within 10 business days"),
    ("us-ca", "deadlines.opt_out", "that holds within 15 business days"),
    ("gb", "deadlines.complaint_ack", "We confirm a complaint within 30 days"),
    ("br", "officers", "Encarregado"),
    ("de", "record.retention", "up to 5 years"),
]


@pytest.mark.parametrize(("region", "path", "gone"), LEFT_OUT, ids=[row[1] for row in LEFT_OUT])
def test_what_was_not_confirmed_is_left_out(
    site: TestSite, monkeypatch: pytest.MonkeyPatch, region: str, path: str, gone: str
) -> None:
    sure = LAWS.region(region, TODAY)
    assert sure is not None and gone in law_of(site, region), "where it is confirmed, it stands there"
    doubtful = replace(sure, unconfirmed=sure.unconfirmed | {path})
    monkeypatch.setattr(site.site.jurisdictions, "region", lambda *_: doubtful)
    assert gone not in law_of(site, region)


@pytest.mark.parametrize(("path", "general"), [g for g in GENERAL if g[0] in HEADS], ids=sorted(HEADS))
@pytest.mark.parametrize("region", ["de", "us-ca", "br"])
def test_general_words_stand_in_for_what_we_chose_ourselves(
    site: TestSite, monkeypatch: pytest.MonkeyPatch, region: str, path: str, general: str
) -> None:
    sure = LAWS.region(region, TODAY)
    assert sure is not None and sure.is_law(path)
    ours = replace(sure, chosen=sure.chosen | {path})
    assert not ours.is_law(path) and not ours.is_law(f"{path}.0") and ours.is_confirmed(path)
    monkeypatch.setattr(site.site.jurisdictions, "region", lambda *_: ours)
    assert general in law_of(site, region)


# What only one law asks for.


def test_california_has_its_notice_at_collection_and_the_link_leads_there(site: TestSite) -> None:
    visitor = site.visitor("US-CA")
    page = visitor.goes_to("/")
    links = [a for a in page.all("footer//a") if "Notice at Collection" in "".join(a.itertext())]
    assert [a.attrib["href"] for a in links] == ["/en/privacy#notice-at-collection"]
    page = visitor.goes_to("/privacy")
    assert squeeze("".join(page.one("h3[@id='notice-at-collection']").itertext())) == "Notice at Collection"
    shown = parts(block(site, "us-ca"))["Notice at Collection"]
    assert "Identifiers" in said(shown[0]) and "Sold or shared: no." in said(shown[0])
    assert [(a.attrib["href"], said(a)) for a in items(shown, "a")] == [
        ("/en/preferences#marketing", "Your Privacy Choices")
    ]
    assert visitor.goes_to("/preferences").one("*[@id='marketing']") is not None, "the link leads to the switch"


@pytest.mark.parametrize("region", [r for r in REGIONS if r != "us-ca"])
def test_no_other_place_has_californias_notice(site: TestSite, region: str) -> None:
    assert "Notice at Collection" not in parts(block(site, region))


@pytest.mark.parametrize("region", REGIONS)
def test_the_opt_out_link_stands_where_the_law_asks_for_it(site: TestSite, region: str) -> None:
    row = row_of(region)
    elements = {*row["banner"]["elements"], *row.state.get("elements", ())}
    links = [a for a in block(site, region).iter("a") if said(a) == "Your Privacy Choices"]
    wanted = not elements.isdisjoint({"notice_at_collection_link", "clear_conspicuous_opt_out_link"})
    assert [a.attrib["href"] for a in links] == ["/en/preferences#marketing"] * wanted


def line(site: TestSite, region: str, role: str) -> str | None:
    """Return what stands beside a role, or None where the role is not named."""
    for each in parts(block(site, region))["Whom to turn to"][0]:
        if said(each.find("dt")) == role:  # type: ignore[arg-type]
            return said(each.find("dd"))  # type: ignore[arg-type]
    return None


def test_the_united_kingdom_confirms_complaints_within_30_days(site: TestSite) -> None:
    text = line(site, "gb", "Complaints to us")
    assert text == "You can complain to us first, on the contact page. We confirm a complaint within 30 days."
    assert line(site, "de", "Complaints to us") is None


AUTHORITIES = {
    "de": ("Bundesbeauftragte", "https://www.bfdi.bund.de"),
    "fr": ("Commission Nationale de l’Informatique et des Libertés", "https://www.cnil.fr"),
    "at": ("Datenschutzbehörde", "https://www.dsb.gv.at"),
    "ie": ("Data Protection Commission", "https://www.dataprotection.ie"),
    "es": ("Agencia Española de Protección de Datos", "https://www.aepd.es"),
    "it": ("Garante", "https://www.garanteprivacy.it"),
    "gb": ("Information Commission", "https://ico.org.uk"),
    "ca-qc": ("Commission d’accès à l’information", "https://www.cai.gouv.qc.ca"),
    "br": ("Agência Nacional de Proteção de Dados", "https://www.gov.br/anpd"),
    "us-ca": ("California Privacy Protection Agency", "https://cppa.ca.gov"),
}


@pytest.mark.parametrize(("region", "authority"), AUTHORITIES.items(), ids=list(AUTHORITIES))
def test_each_member_state_has_an_authority_of_its_own(site: TestSite, region: str, authority: tuple[str, str]) -> None:
    text = (line(site, region, "Authority") or "").replace("'", "’").casefold()
    assert authority[0].casefold() in text
    assert any(a.attrib["href"].startswith(authority[1]) for a in block(site, region).iter("a"))


NAMED = {
    "br": ("ENCARREGADO", OFFICERS["encarregado"]),
    "ca-qc": ("QC_PERSON_IN_CHARGE", OFFICERS["person_in_charge"]),
    "gb": ("UK_REPRESENTATIVE", OFFICERS["uk_representative"]),
    "de": ("EU_REPRESENTATIVE", OFFICERS["eu_representative"]),
    "fr": ("DPO", OFFICERS["dpo"]),
}


@pytest.mark.parametrize(("region", "officer"), NAMED.items(), ids=list(NAMED))
def test_who_fills_a_role_is_named_or_another_way_is(
    site: TestSite, monkeypatch: pytest.MonkeyPatch, region: str, officer: tuple[str, str]
) -> None:
    setting, role = officer
    assert line(site, region, role) == "Nobody is named here yet. Please use the contact page."
    monkeypatch.setattr(site.site, "settings", replace(site.site.settings, **{setting: "Ana Braga, 1 Road"}))
    with site.app.app_context():
        made = list(in_language(Kind.PRIVACY, site.site.tags.live(), TODAY, "en", iter([region, "us-ca", "au"])))
    named = [m.region for m in made for s in m.sections if s.anchor == "law" and "Ana Braga" in s.html]
    assert named == [region], "where no law asks for the role, nobody is named"
