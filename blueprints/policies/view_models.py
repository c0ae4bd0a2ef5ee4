"""What the policy pages show."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.categories import CHOOSABLE, Category, strictest
from privacy.jurisdictions import Jurisdiction
from privacy.registry import NECESSARY, Cookie
from web import wording
from web.banner import operator, vendor_name
from web.languages import _, catalog
from web.security import state
from web.site import site


@dataclass(frozen=True)
class CookieRow:
    """Hold one row of the cookie table."""

    name: str
    provider: str
    purpose: str
    lifetime: str
    kind: str


@dataclass(frozen=True)
class VendorView:
    """Hold what the cookie policy says of a vendor in a category."""

    name: str
    facts: tuple[str, ...]
    privacy_url: str | None
    storage_unknown: bool


@dataclass(frozen=True)
class CategoryView:
    """Hold one category of the cookie policy."""

    id: str
    title: str
    sentence: str
    law: str
    state: str | None
    now: str | None
    vendors: tuple[VendorView, ...]
    rows: tuple[CookieRow, ...]


@dataclass(frozen=True)
class LawView:
    """Hold one law by its names."""

    name: str
    local: str
    abbr: str


@dataclass(frozen=True)
class RegionView:
    """Hold the region's own law, as far as it was confirmed."""

    code: str
    name: str
    laws: tuple[LawView, ...]
    authority: str | None
    authority_url: str | None
    models: tuple[tuple[str, str], ...]


def cookie_categories() -> tuple[CategoryView, ...]:
    """Return every category with every cookie that the gate knows, and none else."""
    return (_necessary(), *(_choosable(c) for c in CHOOSABLE))


def _necessary() -> CategoryView:
    name = site().settings.cookie_name
    return CategoryView(
        id=Category.NECESSARY.value,
        title=wording.category_title(Category.NECESSARY),
        sentence=wording.category_sentence(Category.NECESSARY),
        law=_("They need no consent, because they do no more than what you ask for."),
        state=None,
        now=None,
        vendors=(),
        rows=tuple(
            _row(c, operator(), name(c.name), wording.own_lifetime(c, state().jurisdiction.lifetimes))
            for c in NECESSARY
        ),
    )


def _choosable(category: Category) -> CategoryView:
    now = state()
    grants = now.decision.of(category)
    vendors, rows = [], []
    for vendor in now.registry.vendors_in(category):
        use = vendor.use(category)
        if use is None:
            continue
        vendors.append(
            VendorView(
                name=vendor_name(vendor.id),
                facts=tuple(
                    fact
                    for fact in (
                        vendor.entity,
                        wording.country(vendor.country),
                        catalog().list([wording.purpose(p) for p in sorted(use.purposes)]),
                        wording.role(vendor.role),
                    )
                    if fact
                ),
                privacy_url=vendor.privacy_url,
                storage_unknown=use.storage_unknown,
            )
        )
        rows += [_row(c, vendor_name(vendor.id), c.name) for c in (*use.cookies, *use.storage)]
    return CategoryView(
        id=category.value,
        title=wording.category_title(category),
        sentence=wording.category_sentence(category),
        law=wording.model_sentence(strictest(*(g.model for g in grants))) if grants else "",
        state=wording.state_of(now.decision, category),
        now=wording.now_line(grants),
        vendors=tuple(vendors),
        rows=tuple(rows),
    )


def _row(cookie: Cookie, provider: str, name: str, lifetime: str | None = None) -> CookieRow:
    return CookieRow(
        name=name,
        provider=provider,
        purpose=wording.cookie_purpose(cookie.purpose),
        lifetime=lifetime or wording.lifetime(cookie.lifetime_days),
        kind=wording.kind(cookie.kind, cookie.party),
    )


def region_view(jurisdiction: Jurisdiction) -> RegionView:
    """Return a region's own law. What was not confirmed is left out: general words stand on the page."""
    authority = jurisdiction.authority
    known = authority.name is not None and jurisdiction.is_confirmed("authority.name")
    name = authority.name_local or authority.name
    if name and authority.abbr and authority.abbr not in name:
        name = f"{name} ({authority.abbr})"
    return RegionView(
        code=jurisdiction.region,
        name=wording.region_name(jurisdiction),
        laws=tuple(LawView(law.name, law.local, law.abbr) for law in jurisdiction.laws)
        if jurisdiction.is_confirmed("laws")
        else (),
        authority=name if known else None,
        authority_url=authority.url if known else None,
        models=tuple(
            (
                wording.category_title(c),
                wording.law_sentence(jurisdiction.rule(c).model),
            )
            for c in CHOOSABLE
        ),
    )
