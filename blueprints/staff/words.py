"""What the pages about tags say for the keys of the rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from privacy.approvals import Ground
from privacy.categories import CHOOSABLE, Category
from privacy.checks import Finding, Problem
from privacy.configs import config_document
from privacy.drafts import differences
from privacy.jurisdictions import Jurisdiction
from privacy.templates import TagConfig
from privacy.vendors import VendorCookie, VendorEdit, VendorOrigin, edit_document
from web import wording
from web.languages import _, catalog, ngettext
from web.site import site
from web.staff.fairness import Slant, Unfair


def said(text: str) -> str:
    """Return a text that stands in data, in the request's language."""
    return _(text)


def act_name(act: str, signal: bool = False) -> str:
    """Return what an imagined visitor did, in words."""
    names = {
        "none": _("before a choice"),
        "reject": _("after “Reject”"),
        "accept": _("after “Accept”"),
        **{c.value: _("allowed “%(category)s” alone") % {"category": wording.category_title(c)} for c in CHOOSABLE},
    }
    if not signal:
        return names[act]
    return _("%(act)s, with the opt-out signal") % {"act": names[act]}


def regions(codes: tuple[str, ...], most: int = 6) -> str:
    """Return places joined, and how many more there are."""
    laws = site().jurisdictions
    from_code = {code: law for code in codes if (law := laws.region(code, site().today()))}
    names = sorted((wording.region_name(law) for law in from_code.values()), key=catalog().sort_key)
    if len(names) <= most:
        return catalog().list(names)
    rest = len(names) - most
    return ngettext("%(places)s and %(num)d more", "%(places)s and %(num)d more", rest) % {
        "places": ", ".join(names[:most]),
        "num": rest,
    }


def categories(found: tuple[Category, ...]) -> str:
    """Return categories joined."""
    return catalog().list([wording.category_title(c) for c in found])


def finding(found: Finding) -> str:
    """Return what a check found, in a sentence."""
    d = {"what": found.detail}
    texts = {
        Problem.NEVER_LOADS: _("It can load on no page: %(what)s."),
        Problem.NOWHERE: _("It can load in no place: %(what)s."),
        Problem.EMPTY_WINDOW: _("There is no time between its start and its end."),
        Problem.BOUNDLESS_ORIGIN: _("%(what)s would admit everybody’s hosts. Name the hosts that it needs."),
        Problem.OVER: _("Its time is over."),
        Problem.UNREACHABLE_RULE: _("A rule of its pages can match nothing: %(what)s."),
        Problem.CONFLICTING_PLACE: _("A place is both taken in and left out: %(what)s."),
        Problem.NO_PRIVACY_LINK: _("%(what)s has no link to a privacy policy."),
        Problem.NO_ENTITY: _("%(what)s has no legal name."),
        Problem.NO_COUNTRY: _("Nobody said where %(what)s takes the data."),
        Problem.NOTHING_DECLARED: _("%(what)s declares no cookie and no storage, so it counts as using any."),
        Problem.UNDECLARED: _("It sets something that is not declared: %(what)s."),
        Problem.UNKNOWN_LIFETIME: _("Nobody said how long this lives: %(what)s."),
        Problem.WIDE_ORIGIN: _("%(what)s admits more than one company’s hosts."),
        Problem.UNFIT_CATEGORY: _("Its purposes do not fit its category: %(what)s."),
        Problem.TWICE: _("It loads the same as %(what)s."),
    }
    return texts[found.problem] % d


def slant(found: Slant) -> str:
    """Return what is wrong with the layers that visitors would see."""
    texts = {
        Unfair.NO_REFUSAL: _("The banner offers no way to refuse: %(places)s."),
        Unfair.UNEQUAL: _("Refusing does not look as accepting does: %(places)s."),
        Unfair.TICKED: _("Something is ticked before anybody chose: %(places)s."),
    }
    return texts[found.what] % {"places": regions(found.regions)}


def ground(found: Ground) -> str:
    """Return why a change needs the privacy officer."""
    return {
        Ground.EXEMPTION: _("An exemption is claimed: it would load without being asked for."),
        Ground.LOOSER_CATEGORY: _("Its category is looser than what it is for."),
        Ground.LOOSER_VENDOR: _("A vendor is described as milder than it was."),
        Ground.NECESSARY: _("It is called strictly necessary: it would always load."),
    }[found]


def place_choices() -> list[tuple[str, str]]:
    """Return the codes and names of all places with a law of their own, by name."""
    laws, today = site().jurisdictions, site().today()
    found = [(law, code) for code, _name in laws.regions(today) if (law := laws.region(code, today))]
    return sorted(((code, wording.region_name(law)) for law, code in found), key=lambda p: catalog().sort_key(p[1]))


def laws_today() -> list[Jurisdiction]:
    """Return the laws of all places."""
    laws, today = site().jurisdictions, site().today()
    return [law for code, _name in laws.regions(today) if (law := laws.region(code, today))]


FIELD_PROBLEMS = {
    "id": lambda: _("An id takes lower-case letters, digits and hyphens, 40 at most, and stands once."),
    "category": lambda: _("That category is not open to this tag."),
    "snippet": lambda: _("A snippet takes JavaScript, or one script element around it; at most 64 kB."),
    "reason": lambda: _("Strictly necessary takes a reason of 20 to 500 characters."),
    "vendor": lambda: _("Please name the vendor, in 80 characters at most."),
    "name": lambda: _("A name takes 80 characters at most."),
    "entity": lambda: _("A legal name takes 120 characters at most."),
    "vendor_role": lambda: _("That role is not open here."),
    "links_identity": lambda: _("That is not open here."),
    "privacy_url": lambda: _("A link begins with https:// and leads to a page."),
    "country": lambda: _("Please choose a country."),
    "purposes": lambda: _("Those purposes cannot stand here."),
    "cookies": lambda: _("A cookie’s name has two characters or more; * stands at its end alone."),
    "storage": lambda: _("A key has two characters or more; * stands at its end alone."),
    "exemptions": lambda: _("An exemption takes all of its conditions, and a tag that can have one."),
    "integrity": lambda: _("It takes sha256-, sha384- or sha512- and a digest in base64."),
    "include": lambda: _("A page begins with / and has no language in it; * stands for anything. 50 at most."),
    "exclude": lambda: _("A page begins with / and has no language in it; * stands for anything. 50 at most."),
    "places": lambda: _("There is no such place, or it is left out at the same time."),
    "not_places": lambda: _("There is no such place, or it is taken in at the same time."),
    "starts": lambda: _("That is no time."),
    "ends": lambda: _("The end is a time, and comes after the start."),
    "priority": lambda: _("A whole number from -100 to 100."),
    "position": lambda: _("Head, or end of the page."),
    "origins": lambda: _("An origin looks like https://api.example.com: no path, no wildcard alone."),
}
"""What to say at a field that was refused."""


def at(seconds: int) -> datetime:
    """Return a moment of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def plain(config: TagConfig | VendorEdit | None) -> Any:
    """Return a configuration as plain values, without what says nothing, for the record."""
    if config is None:
        return None
    document = config_document(config) if isinstance(config, TagConfig) else edit_document(config)
    return {name: value for name, value in document.items() if value not in (None, "", [], (), {}, False)}


def field_name(name: str) -> str:
    """Return a field's name in words, as the form labels it."""
    head, _dot, rest = name.partition(".")
    names = {
        "enabled": _("Switched on"),
        "category": _("Category"),
        "vendor": _("Vendor"),
        "vendor_role": _("Vendor’s role"),
        "links_identity": _("Links people’s identity"),
        "privacy_url": _("Privacy policy of the vendor"),
        "country": _("Country of the data"),
        "purposes": _("Purposes"),
        "cookies": _("Cookies"),
        "storage": _("Storage keys"),
        "exemptions": _("Exemptions"),
        "include": _("Pages"),
        "exclude": _("Pages left out"),
        "position": _("Position"),
        "integrity": _("Integrity"),
        "places": _("Places"),
        "not_places": _("Places left out"),
        "starts": _("Start"),
        "ends": _("End"),
        "priority": _("Priority"),
        "snippet": _("Snippet"),
        "reason": _("Why it is strictly necessary"),
        "template": _("Template"),
        "settings": rest,
        "origins": _("Origin"),
        "name": _("Name"),
        "entity": _("Legal name"),
        "role": _("Role"),
    }
    return names.get(head, name)


NOTHING = "–"


def value(found: Any) -> str:
    """Return a field's value for reading."""
    if found is None or found == "" or found == ():
        return NOTHING
    if isinstance(found, bool):
        return _("yes") if found else _("no")
    if isinstance(found, Category):
        return wording.category_title(found)
    if isinstance(found, tuple):
        return ", ".join(str(part) for part in found)
    if isinstance(found, VendorOrigin):
        return f"{found.directive} {found.origin}"
    if isinstance(found, VendorCookie):
        return f"{found.name} · {wording.cookie_purpose(found.purpose)} · {wording.lifetime(found.lifetime_days)}"
    return str(found)


def config_lines(
    before: TagConfig | VendorEdit | None, after: TagConfig | VendorEdit | None
) -> list[tuple[str, str, str]]:
    """Return what differs between two configurations, for reading: the field, what it was, what it is."""
    hidden = {"id", "vendor_id", "template"}
    labels = _labels(after or before)
    return [
        (
            labels.get(change.field) or field_name(change.field),
            value(change.before) if before is not None else NOTHING,
            value(change.after),
        )
        for change in differences(before, after)
        if change.field not in hidden and value(change.before) != value(change.after)
    ]


def _labels(config: TagConfig | VendorEdit | None) -> dict[str, str]:
    """Return the labels that a template gives to its own fields."""
    if not isinstance(config, TagConfig):
        return {}
    template = site().tags.vendor_library.templates.get(config.template) or {"parameters": []}
    return {f"settings.{p['name']}": said(p["label"]) for p in template["parameters"]}
