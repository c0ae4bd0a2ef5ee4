"""What the policy pages show around the texts, which are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from i18n.locales import BY_SLUG, DEFAULT
from privacy.categories import CHOOSABLE, Category, Model
from privacy.policies import FIRST_TEXT, Change, Difference, Document, Kind, Version
from web import wording
from web.languages import _, catalog
from web.markup import frozen
from web.notices import shown
from web.page import Link, signal_line
from web.policy.texts import Text
from web.security import law_of_region, state
from web.site import site


@dataclass(frozen=True)
class Line:
    """Hold a frozen section, and what stands beside it for this visitor."""

    anchor: str
    title: str
    html: Markup
    live: Live | None = None


@dataclass(frozen=True)
class Live:
    """Hold how a category stands for this visitor, and the form that changes it."""

    state: str
    now: str | None
    digest: str
    category: str
    checked: bool
    locked: bool
    vendors: tuple[str, ...]
    save: str


@dataclass(frozen=True)
class Note:
    """Hold what a version changed. ``lang`` is set where it was not said in the page's language."""

    text: str
    lang: str | None


@dataclass(frozen=True)
class Announcement:
    """Hold a version that is still to take effect."""

    when: str
    note: Note


@dataclass(frozen=True)
class Stamp:
    """Hold which version is shown, and what is coming."""

    text: str
    iso: str
    number: int | None
    versions: Link
    announced: tuple[Announcement, ...]


@dataclass(frozen=True)
class TextView:
    """Hold a text as the page shows it."""

    title: str
    lang: str | None
    stamp: Stamp
    lines: tuple[Line, ...]
    publisher: str
    address: str


def text_view(text: Text, *, live: bool = False) -> TextView:
    """Return a text for this page.

    Args:
        live: whether this visitor's choice stands beside the categories.
    """
    document = text.document
    return TextView(
        title=document.title,
        lang=foreign(document),
        stamp=_stamp(text),
        lines=tuple(
            Line(s.anchor, s.title, frozen(s.html), _live(s.anchor, s.html, document) if live else None)
            for s in document.sections
        ),
        publisher=site().settings.CONTROLLER_NAME,
        address=site().settings.CONTROLLER_ADDRESS,
    )


def _stamp(text: Text) -> Stamp:
    slug, version = catalog().locale.slug, text.version
    versions = Link(f"/{slug}/{text.kind}/versions", _("All versions"))
    if version is None:
        return Stamp(_("This text is not published yet."), "", None, versions, ())
    if text.holds:
        words = _("Version %(number)s, in force since %(date)s.")
    elif version.effective.timestamp() > site().reader.now():
        words = _("Version %(number)s, not in force yet: it takes effect on %(date)s.")
    else:
        words = _("Version %(number)s of %(date)s, no longer in force.")
    return Stamp(
        text=words % {"number": version.number, "date": catalog().date(version.effective)},
        iso=version.effective.date().isoformat(),
        number=version.number,
        versions=versions,
        announced=tuple(
            # Translators: What changes follows, as a text of its own.
            Announcement(
                _("A new version takes effect on %(date)s:") % {"date": catalog().date(coming.effective)}, note(coming)
            )
            for coming in text.announced
        ),
    )


def note(version: Version) -> Note:
    """Return what a version changed, in the page's language where it was said in it, else in English or another."""
    if version.author == "setup" and version.number == 1:
        return Note(_("The text is written afresh."), None)
    if not version.note:
        return Note(_("The list of providers and cookies, or what is said of them, changed."), None)
    slug = catalog().locale.slug
    said = next((each for each in (slug, DEFAULT.slug) if each in version.note), next(iter(version.note)))
    return Note(version.note[said], None if said == slug else BY_SLUG[said].tag)


def foreign(document: Document) -> str | None:
    """Return the language tag of a document that is not in the page's language, else None."""
    return BY_SLUG[document.locale].tag if document.locale != catalog().locale.slug else None


def live_lines(text: Text) -> tuple[str, ...]:
    """Return what stands above a text on its page, as plain lines."""
    stamp = _stamp(text)
    lines = (stamp.text, *(f"{each.when} {each.note.text}" for each in stamp.announced), recipients_since(text))
    return tuple(line for line in lines if line)


def recipients_since(text: Text) -> str | None:
    """Return what to say of providers that a published text would name, and that were switched on after it."""
    named = text.version.named if text.version else frozenset()
    active = dict.fromkeys((*state().registry.recipients, *state().registry.profilers))
    fresh = [v.name for v in active if v.id not in named and v.name]
    if not fresh or text.version is None:
        return None
    return _(
        "Since this version was published, we have switched on providers that use what they receive for themselves "
        "or for advertising: %(recipients)s. Under some laws that is a sale, sharing or profiling. You can say no "
        "under “Cookie preferences”."
    ) % {"recipients": catalog().list(fresh)}


def place_note() -> str | None:
    """Return what to say where only the country of a visitor is known, and its parts have laws of their own."""
    if not state().jurisdiction.merged:
        return None
    return _(
        "We know your country, but not in which part of it you are. Some parts have laws of their own. Of all of them, "
        "you get the strictest protection."
    )


def _live(anchor: str, html: str, document: Document) -> Live | None:
    if anchor not in {c.value for c in CHOOSABLE}:
        return None
    category, now = Category(anchor), state()
    grants = now.decision.of(category)
    if not grants:
        return None
    return Live(
        state=wording.state_of(now.decision, category),
        now=wording.now_line(grants),
        digest=shown(document.locale, document.region, html),
        category=anchor,
        checked=now.decision.granted(category) is not False,
        locked=all(grant.model is Model.PROHIBITED for grant in grants),
        vendors=tuple(f"{anchor}:{grant.vendor}" for grant in grants if grant.granted),
        # Translators: A button beside one switch. It begins with the word on the button itself.
        save=_("Save: %(category)s") % {"category": wording.category_title(category)},
    )


def signal_now() -> str:
    """Return how the opt-out signal was treated on this visit."""
    return signal_line() or _("Your browser does not send it on this visit.")


def region_links(path: str, text: Text) -> tuple[Link, ...]:
    """Return the menu of the regions that a text has, in the order of the reader's alphabet."""
    slug, current = catalog().locale.slug, text.document.region
    found = []
    for code in text.regions:
        law = law_of_region(code)
        if law is not None:
            name = wording.region_name(law)
            found.append(Link(f"/{slug}{path}/{code}", name, current=code == current))
    return tuple(sorted(found, key=lambda link: catalog().sort_key(link.text)))


@dataclass(frozen=True)
class VersionRow:
    """Hold one version in the list."""

    title: str
    when: str
    note: Note
    material: str | None
    read: Link
    digest: str
    changes: Link | None


@dataclass(frozen=True)
class VersionList:
    """Hold the list of versions, newest first."""

    rows: tuple[VersionRow, ...]
    first: str | None
    numbers: tuple[int, ...]
    compare: str


def version_list(kind: Kind, versions: list[Version], now: datetime) -> VersionList:
    """Return the list of versions of a text."""
    slug = catalog().locale.slug
    base = f"/{slug}/{kind}/versions"
    return VersionList(
        rows=tuple(
            VersionRow(
                title=_("Version %(number)s") % {"number": v.number},
                when=(_("In force from %(date)s.") if v.effective <= now else _("Takes effect on %(date)s."))
                % {"date": catalog().date(v.effective)},
                note=note(v),
                material=_("We ask again about: %(categories)s.")
                % {"categories": catalog().list([wording.category_title(c) for c in CHOOSABLE if c in v.material])}
                if v.material
                else None,
                read=Link(f"{base}/{v.number}", _("Read version %(number)s") % {"number": v.number}),
                digest=v.digest,
                changes=Link(
                    f"{base}/{v.number}/since/{v.number - 1}",
                    _("What changed since version %(number)s") % {"number": v.number - 1},
                )
                if v.number > 1
                else None,
            )
            for v in versions
        ),
        first=_("The first text, last updated on %(date)s. It is named here by its date alone.")
        % {"date": catalog().date(FIRST_TEXT)}
        if kind is Kind.PRIVACY
        else None,
        numbers=tuple(v.number for v in versions),
        compare=f"{base}/compare",
    )


@dataclass(frozen=True)
class Run:
    """Hold words that stayed, came or went."""

    words: str
    added: bool
    removed: bool


@dataclass(frozen=True)
class DifferenceView:
    """Hold what became of one section."""

    head: str
    blocks: tuple[tuple[Run, ...], ...]


def difference_view(difference: Difference) -> DifferenceView:
    """Return a section's change, block by block; long stretches that stayed are left out."""
    blocks: list[list[Run]] = [[]]
    for change, words in difference.runs:
        pieces = words.split("\n")
        for index, piece in enumerate(pieces):
            if index:
                blocks.append([])
            if piece:
                blocks[-1].append(Run(piece, change is Change.ADDED, change is Change.REMOVED))
    changed = [tuple(block) for block in blocks if any(run.added or run.removed for run in block)]
    return DifferenceView(
        head={
            Change.ADDED: _("New section: %(title)s"),
            Change.REMOVED: _("Removed section: %(title)s"),
        }.get(difference.change or Change.SAME, "%(title)s")
        % {"title": difference.title},
        blocks=tuple(changed),
    )
