"""The privacy policy: its sections, and the facts that they state."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.jurisdictions import Jurisdiction
from privacy.policies import Document, Section
from privacy.registry import Registry
from web import wording
from web.languages import _, catalog
from web.markup import rendered
from web.page import Link
from web.policy.law import law_block
from web.policy.offers import Offer, offers
from web.policy.purposes import Purpose, purposes
from web.settings import Settings


@dataclass(frozen=True)
class Facts:
    """Hold what the sections name: the operator, the ways to reach it, and what the registry knows."""

    name: str
    short: str
    address: str
    site: str
    email: str | None
    phone: str | None
    phone_uri: str | None
    terms: str | None
    officer: str | None
    by_mail: str
    recipients: str | None
    profilers: str | None
    cookies: Link
    preferences: Link
    contact: Link
    requests: Link
    versions: Link
    purposes: tuple[Purpose, ...]
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Numbered:
    """Hold a numbered section before it is rendered. Its anchor never changes."""

    anchor: str
    number: int
    title: str

    @property
    def template(self) -> str:
        """Give the file that holds its text."""
        return f"policy/{self.anchor}.html"


RIGHTS = "rights"


def phone_uri(number: str | None) -> str | None:
    """Return the address by which a telephone dials a number (RFC 3966), or None where there is none."""
    return "tel:" + "".join(c for c in number if c in "+0123456789") if number else None


def numbered() -> tuple[Numbered, ...]:
    """Return the sections of the policy in their order."""
    titles = {
        "scope": _("What this policy covers"),
        "definitions": _("What the words mean"),
        "controller": _("Who is responsible"),
        "principles": _("Our principles"),
        "given": _("What you give us"),
        "collection": _("What is collected automatically"),
        "basis": _("Legal basis"),
        "purposes": _("What we use it for"),
        "agreeing": _("Consent"),
        "laws": _("Laws, by place"),
        RIGHTS: _("Your rights"),
        "retention": _("How long we keep it"),
        "security": _("Security"),
        "sharing": _("Sharing and transfers"),
        "children": _("Children"),
        "acceptance": _("Using this site"),
        "changes": _("Changes to this policy"),
        "liability": _("Limits, and a sale of the business"),
        "contact": _("How to reach us"),
        "storage": _("About cookies"),
        "records": _("What this website itself keeps"),
    }
    return tuple(Numbered(anchor, number, title) for number, (anchor, title) in enumerate(titles.items(), 1))


def facts(settings: Settings, registry: Registry, slug: str, offered: tuple[Offer, ...] = ()) -> Facts:
    """Return what the sections name, in the language that is being spoken."""
    by_mail = (
        _("Our e-mail address: %(email)s.") % {"email": settings.CONTACT_EMAIL}
        if settings.CONTACT_EMAIL
        else _("No e-mail address is set up here yet: please use the contact page, or write by post.")
    )
    names = [vendor.name for vendor in registry.recipients if vendor.name]
    profilers = [vendor.name for vendor in registry.profilers if vendor.name]
    return Facts(
        name=settings.CONTROLLER_NAME,
        short=settings.SITE_NAME,
        address=settings.CONTROLLER_ADDRESS,
        site=settings.SITE_ORIGIN,
        email=settings.CONTACT_EMAIL,
        phone=settings.CONTACT_PHONE,
        phone_uri=phone_uri(settings.CONTACT_PHONE),
        terms=settings.TERMS_URL,
        officer=settings.DPO,
        by_mail=by_mail,
        recipients=catalog().list(names) if names else None,
        profilers=catalog().list(profilers) if profilers else None,
        cookies=Link(f"/{slug}/cookies", _("Cookie policy")),
        preferences=Link(f"/{slug}/preferences", _("Cookie preferences")),
        contact=Link(f"/{slug}/contact", _("Contact")),
        requests=Link(f"/{slug}/contact", _("Send a request")),
        versions=Link(f"/{slug}/privacy/versions", _("All versions of this policy")),
        purposes=purposes(),
        offers=offered,
    )


class Privacy:
    """Render the policy in the language that is being spoken; what no region changes is rendered once.

    Args:
        registry: what is said of providers follows it.
    """

    def __init__(self, settings: Settings, registry: Registry, slug: str) -> None:
        self._settings = settings
        self._registry = registry
        self._slug = slug
        common = facts(settings, registry, slug)
        self._short = Section("short", _("The short version"), rendered("policy/short.html", policy=common))
        self._common = {n.anchor: self._section(n, common) for n in numbered() if n.anchor != RIGHTS}

    def document(self, jurisdiction: Jurisdiction) -> Document:
        """Return the policy for a region."""
        law = law_block(jurisdiction, self._registry, self._settings, self._slug)
        here = _("The law for: %(region)s") % {"region": wording.region_name(jurisdiction)}
        sections = [self._short, Section("law", here, rendered("policy/law.html", law=law))]
        own = facts(self._settings, self._registry, self._slug, offers(jurisdiction))
        sections += [self._common.get(n.anchor) or self._section(n, own) for n in numbered()]
        return Document(self._slug, jurisdiction.region, _("Privacy policy"), tuple(sections))

    def _section(self, section: Numbered, policy: Facts) -> Section:
        html = rendered("policy/section.html", section=section, policy=policy)
        return Section(section.anchor, section.title, html)
