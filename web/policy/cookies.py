"""The cookie policy, made from the registry that the gate admits from: it can list nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.categories import CHOOSABLE, Category
from privacy.jurisdictions import Jurisdiction
from privacy.policies import Document, Section
from privacy.registry import NECESSARY, Cookie, Registry
from web import wording
from web.languages import _, catalog, ngettext
from web.markup import rendered
from web.policy.privacy import facts
from web.settings import Settings


@dataclass(frozen=True)
class CookieRow:
    """Hold one row of the table of cookies."""

    name: str
    provider: str
    purpose: str
    lifetime: str
    kind: str


@dataclass(frozen=True)
class VendorView:
    """Hold what the policy says of a vendor in a category."""

    name: str
    facts: tuple[str, ...]
    privacy_url: str | None
    origins: tuple[str, ...]
    storage_unknown: bool


@dataclass(frozen=True)
class CategoryView:
    """Hold one category."""

    sentence: str
    law: str
    vendors: tuple[VendorView, ...]
    rows: tuple[CookieRow, ...]


@dataclass(frozen=True)
class Part:
    """Hold one section before it is rendered."""

    anchor: str
    title: str
    category: CategoryView | None = None

    @property
    def template(self) -> str:
        """Give the file that holds its text."""
        return f"policy/cookies/{'category' if self.category else self.anchor}.html"


@dataclass(frozen=True)
class RegionWords:
    """Hold what differs by region."""

    necessary: CategoryView
    choosable: tuple[CategoryView, ...]
    models: tuple[tuple[str, str], ...]
    signal: str
    again: str


class Cookies:
    """Render the policy in the language that is being spoken; what regions have in common is rendered once."""

    def __init__(self, settings: Settings, registry: Registry, slug: str) -> None:
        self._settings = settings
        self._slug = slug
        self._facts = facts(settings, registry, slug)
        self._registry = registry
        self._categories: dict[frozenset[str], tuple[CategoryView, ...]] = {}
        self._made: dict[RegionWords, tuple[Section, ...]] = {}
        self._what = self._section(Part("what", _("What cookies are")))
        self._withdraw = self._section(Part("withdraw", _("How you decide, and change your mind")))
        self._blocking = self._section(Part("blocking", _("Blocking in the browser")))

    def document(self, jurisdiction: Jurisdiction) -> Document:
        """Return the policy for a region."""
        here = self._registry.at(jurisdiction)  # At any time: what is planned is named before it starts.
        if here.withheld not in self._categories:
            self._categories[here.withheld] = tuple(_category(c, here, self._settings) for c in CHOOSABLE)
        words = RegionWords(
            choosable=self._categories[here.withheld],
            necessary=_necessary(jurisdiction, here, self._settings),
            models=tuple(
                (wording.category_title(c), wording.law_sentence(jurisdiction.rule(c).model)) for c in CHOOSABLE
            ),
            signal=_("The law here makes that a duty.") if jurisdiction.signal.binding else "",
            again=_again(jurisdiction),
        )
        sections = self._made.get(words)
        if sections is None:
            sections = self._made[words] = (
                self._what,
                self._withdraw,
                self._blocking,
                self._section(Part("gpc", _("Global Privacy Control")), words),
                self._section(Part("law", _("What the law asks")), words),
                self._section(
                    Part(Category.NECESSARY.value, wording.category_title(Category.NECESSARY), words.necessary)
                ),
                *(
                    self._section(Part(c.value, wording.category_title(c), words.choosable[i]))
                    for i, c in enumerate(CHOOSABLE)
                ),
            )
        return Document(self._slug, jurisdiction.region, _("Cookie policy"), sections)

    def _section(self, part: Part, region: RegionWords | None = None) -> Section:
        html = rendered("policy/cookies/section.html", section=part, policy=self._facts, region=region)
        return Section(part.anchor, part.title, html)


def _again(jurisdiction: Jurisdiction) -> str:
    months = jurisdiction.lifetimes.months
    if months is None:
        return _("Your answer holds until you change it.")
    return ngettext(
        "Your answer holds for %(n)d month, a no as long as a yes. Then we ask again.",
        "Your answer holds for %(n)d months, a no as long as a yes. Then we ask again.",
        months,
    ) % {"n": months}


def _necessary(jurisdiction: Jurisdiction, registry: Registry, settings: Settings) -> CategoryView:
    theirs = _category(Category.NECESSARY, registry, settings)
    own = (
        _row(
            c,
            settings.CONTROLLER_NAME,
            settings.cookie_name(c.name),
            wording.own_lifetime(c, jurisdiction.lifetimes),
        )
        for c in NECESSARY
    )
    return CategoryView(
        sentence=wording.necessary_sentence(registry),
        law=_("They need no consent, because they do no more than what you ask for."),
        vendors=theirs.vendors,
        rows=(*own, *theirs.rows),
    )


def _category(category: Category, registry: Registry, settings: Settings) -> CategoryView:
    vendors, rows = [], []
    for vendor in registry.vendors_in(category):
        use = vendor.use(category)
        if use is None:
            continue
        name = vendor.name or settings.CONTROLLER_NAME
        said = (
            vendor.entity,
            wording.country(vendor.country),
            catalog().list([wording.purpose(p) for p in sorted(use.purposes)]),
            wording.role(vendor.role),
        )
        tags = registry.tags_of((category, vendor.id))
        origins = {o for _, those in use.origins for o in those}
        origins |= {o for tag in tags for _, those in tag.origins for o in those}
        vendors.append(
            VendorView(
                name=name,
                facts=tuple(fact for fact in said if fact),
                privacy_url=vendor.privacy_url,
                origins=tuple(sorted(o for o in origins if ":" in o)),
                storage_unknown=use.storage_unknown,
            )
        )
        rows += [_row(c, name, c.name) for c in (*use.cookies, *use.storage)]
    return CategoryView(wording.category_sentence(category), "", tuple(vendors), tuple(rows))


def _row(cookie: Cookie, provider: str, name: str, lifetime: str | None = None) -> CookieRow:
    return CookieRow(
        name=name,
        provider=provider,
        purpose=wording.cookie_purpose(cookie.purpose),
        lifetime=lifetime or wording.lifetime(cookie.lifetime_days),
        kind=wording.kind(cookie.kind, cookie.party),
    )
