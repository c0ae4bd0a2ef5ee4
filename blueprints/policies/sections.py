"""The frame of the privacy policy: its sections, and the clauses on cookies."""

from __future__ import annotations

from dataclasses import dataclass

from web.languages import _, catalog
from web.page import Link


@dataclass(frozen=True)
class Clause:
    """Hold one clause, with the number that others cite it by."""

    number: str
    text: str


@dataclass(frozen=True)
class Section:
    """Hold one section. Its id is an anchor that never changes."""

    id: str
    title: str
    clauses: tuple[Clause, ...] = ()
    link: Link | None = None


def sections() -> tuple[Section, ...]:
    """Return the sections of the policy in their order."""
    slug = catalog().locale.slug
    cookies = Link(f"/{slug}/cookies", _("Cookie policy"))
    preferences = Link(f"/{slug}/preferences", _("Cookie preferences"))
    automatic = Clause(
        "6.5",
        _(
            "We, our service providers and our contractors use cookies and similar technology, such as device "
            "identifiers. With them we can see the address of a connection, the browser, the pages and functions "
            "that were viewed, when, and which links were followed. Where the law asks for consent, we ask first. "
            "The cookie policy says what is used, by whom and for how long."
        ),
    )
    third = Clause(
        "14.4",
        _(
            "Software of other companies may show advertising, send e-mail campaigns or do other marketing for us, "
            "with cookies or similar technology. On this site it is sent to your browser only if your choice allows it."
        ),
    )
    notice = Clause(
        "20.1",
        _(
            "Cookies serve to make the site work well for you. To go on reading is not to agree: this site asks for "
            "each kind by itself, as the law where you are says, and takes only an act of yours for a yes."
        ),
    )
    return (
        Section("scope", _("What this policy covers")),
        Section("definitions", _("What the words mean")),
        Section("controller", _("Who is responsible")),
        Section("principles", _("Our principles")),
        Section("given", _("What you give us")),
        Section("collection", _("What is collected automatically"), (automatic,), cookies),
        Section("basis", _("Legal basis")),
        Section("purposes", _("What we use it for")),
        Section("agreeing", _("Consent")),
        Section("laws", _("Laws, by place")),
        Section("rights", _("Your rights")),
        Section("retention", _("How long we keep it")),
        Section("security", _("Security")),
        Section("sharing", _("Sharing and transfers"), (third,)),
        Section("children", _("Children")),
        Section("acceptance", _("Using this site")),
        Section("changes", _("Changes to this policy")),
        Section("liability", _("Limits, and a sale of the business")),
        Section("contact", _("How to reach us"), (), Link(f"/{slug}/contact", _("Contact"))),
        Section("storage", _("About cookies"), (notice,), preferences),
    )
