"""What the preferences page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from privacy.categories import CHOOSABLE, Category, Model, strictest
from privacy.decision import Reason, expires_at
from privacy.registry import NECESSARY, Use
from web import wording
from web.banner import vendor_name
from web.languages import _, catalog
from web.markup import rendered
from web.notices import shown
from web.security import state
from web.site import site


@dataclass(frozen=True)
class VendorBox:
    """Hold one vendor's own switch, with what it sets."""

    value: str
    name: str
    purposes: str
    country: str | None
    privacy_url: str | None
    checked: bool
    locked: bool
    cookies: tuple[tuple[str, str, str], ...]
    storage_unknown: bool


@dataclass(frozen=True)
class Card:
    """Hold one category's card."""

    id: str
    title: str
    sentence: str
    law: str
    basis: str
    state: str
    now: str | None
    checked: bool
    locked: bool
    always: bool
    empty: bool
    vendors: tuple[VendorBox, ...]
    cookies: tuple[tuple[str, str, str], ...]
    summary: str


@dataclass(frozen=True)
class AgeOption:
    """Hold one answer about age."""

    value: str
    text: str
    checked: bool


@dataclass(frozen=True)
class Preferences:
    """Hold the second layer."""

    action: str
    next: str
    notice: Markup
    digest: str
    shown_categories: tuple[str, ...]
    shown_vendors: tuple[str, ...]
    about: tuple[str, ...]
    since: str | None
    until: str | None
    chosen: bool


@dataclass(frozen=True)
class Layer:
    """Hold the words and switches of the second layer: what is kept as the notice."""

    cards: tuple[Card, ...]
    ages: tuple[AgeOption, ...]
    age_open: bool
    signal: str | None
    opt_out: str | None


def preferences(slug: str, signal: str | None) -> Preferences:
    """Return the second layer for this request's visitor."""
    now = state()
    cards = (_necessary(), *(_card(c) for c in CHOOSABLE))
    layer = Layer(
        cards=cards,
        ages=_ages(),
        age_open=now.decision.age is not None,
        signal=signal,
        opt_out=_opt_out_words(),
    )
    notice = rendered("parts/layer.html", layer=layer)
    switches = [card for card in cards if not card.always and not card.empty]
    since = until = None
    if now.choice and now.decision.chosen:
        since = catalog().date(datetime.fromtimestamp(now.choice.at, UTC))
        ends = expires_at(now.jurisdiction, now.choice.at)
        until = catalog().date(datetime.fromtimestamp(ends, UTC)) if ends else None
    return Preferences(
        action=f"/{slug}/preferences",
        next=f"/{slug}/preferences",
        notice=notice,
        digest=shown(slug, now.shared.region, str(notice)),
        shown_categories=tuple(card.id for card in switches if card.checked),
        shown_vendors=tuple(box.value for card in switches for box in card.vendors if box.checked),
        about=tuple(card.id for card in switches) or tuple(c.value for c in CHOOSABLE),
        since=since,
        until=until,
        chosen=now.decision.chosen,
    )


def _necessary() -> Card:
    name = site().settings.cookie_name
    return Card(
        id=Category.NECESSARY.value,
        title=wording.category_title(Category.NECESSARY),
        sentence=wording.necessary_sentence(state().registry),
        law="",
        basis=wording.legal_basis(Category.NECESSARY, Model.EXEMPT),
        state=_("always on"),
        now=None,
        checked=True,
        locked=True,
        always=True,
        empty=False,
        vendors=(),
        cookies=tuple(
            (name(c.name), wording.cookie_purpose(c.purpose), wording.own_lifetime(c, state().jurisdiction.lifetimes))
            for c in NECESSARY
        )
        + tuple(
            (c.name, wording.cookie_purpose(c.purpose), wording.lifetime(c.lifetime_days))
            for category, _vendor, c in state().registry.cookies()
            if category is Category.NECESSARY
        ),
        summary=_("What this sets"),
    )


def _card(category: Category) -> Card:
    now = state()
    grants = now.decision.of(category)
    rule = now.jurisdiction.rule(category)
    model = strictest(*(g.model for g in grants)) if grants else rule.model
    # Where the law lets marketing run until somebody says no, the switch stands there before there is anything
    # to switch: an opt-out can be given in advance.
    advance = category is Category.MARKETING and not grants and model is Model.OPT_OUT
    answered = now.choice.category(category) if now.choice and now.decision.chosen else None
    on = advance and not now.decision.signal and (answered is None or answered.value != "-")
    vendors = tuple(_box(category, g.vendor, g.granted, g.reason) for g in grants)
    return Card(
        id=category.value,
        title=wording.category_title(category),
        sentence=wording.category_sentence(category),
        law=wording.model_sentence(model),
        basis=wording.legal_basis(category, model),
        state=wording.state_of(now.decision, category) if not advance else (_("on") if on else _("off")),
        now=wording.now_line(grants),
        checked=now.decision.granted(category) is not False or on,
        locked=model is Model.PROHIBITED,
        always=False,
        empty=not grants and not advance,
        vendors=vendors,
        cookies=(),
        summary=_("Providers and what they set"),
    )


def _box(category: Category, vendor_id: str, granted: bool, reason: Reason) -> VendorBox:
    vendor = state().registry.vendors[vendor_id]
    use = vendor.use(category) or Use(category, frozenset())
    return VendorBox(
        value=f"{category.value}:{vendor_id}",
        name=vendor_name(vendor_id),
        purposes=catalog().list([wording.purpose(p) for p in sorted(use.purposes)]),
        country=wording.country(vendor.country),
        privacy_url=vendor.privacy_url,
        checked=granted,
        locked=reason is Reason.MINOR,
        cookies=tuple(
            (c.name, wording.cookie_purpose(c.purpose), wording.lifetime(c.lifetime_days))
            for c in (*use.cookies, *use.storage)
        ),
        storage_unknown=use.storage_unknown,
    )


def offered_bands() -> tuple[tuple[int, int], ...]:
    """Return the age bands that the visitor's place parts minors into."""
    return tuple((band.start, band.end) for band in state().jurisdiction.bands)


def _ages() -> tuple[AgeOption, ...]:
    said = state().decision.age
    options = [AgeOption("adult", _("I am 18 or over, or I would rather not say"), said is None)]
    for start, end in offered_bands():
        options.append(AgeOption(f"{start}-{end}", wording.age_band(start, end), said == (start, end)))
    if said and said not in offered_bands():
        # The band was stated under another place's law: it goes on to hold, and can be taken back.
        options.append(AgeOption("", wording.age_band(*said), True))
    return tuple(options)


def _opt_out_words() -> str | None:
    if not state().jurisdiction.requires("link_do_not_sell_or_share_or_alternative"):
        return None
    # Translators: California's official words, Cal. Civ. Code § 1798.135(a)(1).
    return _("Do Not Sell or Share My Personal Information: switch “Marketing” off and save.")
