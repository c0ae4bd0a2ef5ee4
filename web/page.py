"""The frame around every page: what is the same everywhere, made for this request's visitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template, request

from i18n.locales import LOCALES, SiteLocale
from privacy.categories import CHOOSABLE, Category
from privacy.decision import Reason
from web import wording
from web.banner import BannerForm, banner_form
from web.front import SHARED, SHOWN
from web.languages import _, catalog
from web.scripts import address
from web.security import admission, open_gate, state
from web.site import site
from web.visitor import day_of


@dataclass(frozen=True)
class Link:
    """Hold a link."""

    href: str
    text: str
    lang: str | None = None
    dir: str | None = None
    current: bool = False


@dataclass(frozen=True)
class Format:
    """Hold where the same content stands in another form."""

    type: str
    href: str


@dataclass(frozen=True)
class ScriptView:
    """Hold a script element that the gate admitted."""

    tag: str
    src: str
    data: tuple[tuple[str, str], ...]
    integrity: str | None


@dataclass(frozen=True)
class Withdrawal:
    """Hold the one button by which everything is taken back, on every page (GDPR art. 7(3))."""

    action: str
    next: str
    text: str


@dataclass(frozen=True)
class Frame:
    """Hold what the layout shows."""

    lang: str
    dir: str
    title: str
    path: str
    site_name: str
    logo: str | None
    stylesheet: str
    font: str
    icon: str
    home: str
    nav: tuple[Link, ...]
    languages: tuple[Link, ...]
    alternates: tuple[tuple[str, str], ...]
    canonical: str | None
    formats: tuple[Format, ...]
    region: Link
    region_line: str
    preferences: Link
    withdrawal: Withdrawal | None
    opt_out: Link | None
    notice_at_collection: Link | None
    complaints: Link | None
    signal: str | None
    state: tuple[tuple[str, str, str], ...]
    confirmation: str
    banner: BannerForm | None
    head: tuple[ScriptView, ...]
    body: tuple[ScriptView, ...]


def render_page(
    template: str,
    title: str,
    *,
    path: str,
    shared: bool = True,
    tags: bool = True,
    banner: bool = True,
    status: int = 200,
    formats: tuple[Format, ...] = (),
    **context: Any,
) -> Response:
    """Render a page for this request's visitor.

    Args:
        template: its file under ``templates/pages``.
        title: in the request's language.
        path: its path without the locale, as the tags' page rules see it.
        shared: the page depends on nothing but what all visitors of the same state share, so it may be kept.
        tags: whether tags may load here at all. Never on forms, preferences and token pages.
        banner: whether the first layer may stand here.
        formats: where the same content stands in other forms.
    """
    if tags:
        open_gate(path)
    frame = make_frame(title, path=path, banner=banner, listed=status == 200, formats=formats)
    response = make_response(render_template(f"pages/{template}", frame=frame, **context), status)
    response.headers["Content-Language"] = frame.lang
    if frame.banner:
        now = state().shared
        request.environ[SHOWN] = (day_of(now.day), now.region, catalog().locale.slug)
    if shared and status == 200:
        # The browser keeps the page but asks each time: its place, choice and signals may have changed. A page
        # with a vendor's script it keeps not at all: going back after a withdrawal would bring the script, alive,
        # out of the back/forward cache.
        foreign = any(not element.first_party for element in admission().elements)
        response.headers["Cache-Control"] = "private, no-store" if foreign else "private, no-cache"
        request.environ[SHARED] = "page"
    return response


def make_frame(title: str, *, path: str, banner: bool, listed: bool = True, formats: tuple[Format, ...] = ()) -> Frame:
    """Return the frame of a page."""
    now, words, here = state(), catalog(), site()
    locale: SiteLocale = words.locale
    slug = locale.slug
    base = f"/{slug}"
    origin = here.settings.SITE_ORIGIN
    admitted = [
        (
            e.position,
            ScriptView(e.tag, address(here, e), e.data, e.integrity),
        )
        for e in admission().elements
    ]
    name = wording.region_name(now.jurisdiction)
    return Frame(
        lang=locale.tag,
        dir=locale.direction,
        title=title,
        path=f"{base}{path}",
        site_name=here.settings.SITE_NAME,
        logo=here.assets.url(here.assets.logo) if here.assets.logo else None,
        stylesheet=here.assets.url("site.css"),
        font=here.assets.url("fonts/text-latin.woff2"),
        icon=here.assets.url("icon.svg"),
        home=f"{base}/",
        nav=tuple(
            Link(f"{base}{target}", text, current=target == path or path.startswith(target + "/"))
            for target, text in (
                ("/privacy", _("Privacy policy")),
                ("/cookies", _("Cookie policy")),
                ("/contact", _("Contact")),
                ("/preferences", _("Cookie preferences")),
            )
        ),
        languages=tuple(
            Link(f"/{o.slug}{path if listed else '/'}", o.own_name, o.tag, o.direction, o.slug == slug) for o in LOCALES
        ),
        alternates=tuple((other.tag, f"{origin}/{other.slug}{path}") for other in LOCALES) if listed else (),
        canonical=f"{origin}{base}{path}" if listed else None,
        formats=formats,
        region=Link(f"{base}/privacy/{now.shared.region}", name),
        region_line=_region_line(name),
        preferences=Link(f"{base}/preferences", _("Cookie preferences")),
        withdrawal=_withdrawal(base, path),
        opt_out=_opt_out(base),
        notice_at_collection=_notice_at_collection(base),
        complaints=_complaints(base),
        signal=signal_line(),
        state=tuple((c.value, wording.category_title(c), wording.state_of(now.decision, c)) for c in CHOOSABLE),
        confirmation=_confirmation(),
        banner=banner_form(slug, f"{base}{path}") if banner else None,
        head=tuple(view for position, view in admitted if position == "head"),
        body=tuple(view for position, view in admitted if position == "body"),
    )


def _region_line(name: str) -> str:
    now = state()
    if not now.shared.knows_place:
        return _("We do not know where you are, so you get the strictest protection.")
    return _("You see the rules for: %(region)s.") % {"region": name}


def _withdrawal(base: str, path: str) -> Withdrawal | None:
    # What is strictly necessary cannot be switched off.
    if not any(g.granted and g.category is not Category.NECESSARY for g in state().decision.grants):
        return None
    return Withdrawal(f"{base}/preferences", f"{base}{path}", _("Switch everything off"))


def _opt_out(base: str) -> Link | None:
    needs = ("link_do_not_sell_or_share_or_alternative", "clear_conspicuous_opt_out_link")
    if not any(state().jurisdiction.requires(element) for element in needs):
        return None
    # Translators: California's official words for the link, Cal. Code Regs. tit. 11, § 7015.
    return Link(f"{base}/preferences#marketing", _("Your Privacy Choices"))


def _notice_at_collection(base: str) -> Link | None:
    if not state().jurisdiction.requires("notice_at_collection_link"):
        return None
    # Where only the country is known, the page is the country's, and the notice stands in the clauses themselves.
    anchor = "collection" if state().jurisdiction.merged else "notice-at-collection"
    # Translators: California's official words, Cal. Code Regs. tit. 11, § 7012.
    return Link(f"{base}/privacy#{anchor}", _("Notice at Collection"))


_COMPLAINTS = (
    "complaints_channel_link",
    "grievance_link",
    "board_complaint_link",
    "privacy_officer_contact",
    "information_officer_contact",
)


def _complaints(base: str) -> Link | None:
    if not any(state().jurisdiction.requires(element) for element in _COMPLAINTS):
        return None
    return Link(f"{base}/contact", _("Complaints, and who answers them"))


def signal_line() -> str | None:
    """Return what the page says about an opt-out signal that is in force, or None."""
    decision = state().decision
    if not decision.signal:
        return None
    denied = {*state().jurisdiction.signal.denies, *(g.category for g in decision.grants if g.reason is Reason.SIGNAL)}
    names = catalog().list([wording.category_title(c) for c in CHOOSABLE if c in denied])
    if decision.signal_shown:
        # Translators: The status that California asks for, Cal. Code Regs. tit. 11, § 7025(c)(6).
        text = _("Opt-Out Request Honored: your browser sends an opt-out signal. Off because of it: %(categories)s.")
    else:
        text = _("Your browser sends an opt-out signal. Off because of it: %(categories)s.")
    return text % {"categories": names}


def _confirmation() -> str:
    decision = state().decision
    if not decision.chosen:
        return _("You have not chosen yet.")
    on = [wording.category_title(c) for c in CHOOSABLE if decision.granted(c) is not False]
    if not on:
        return _("Your choice is saved: only what is strictly necessary is on.")
    return _("Your choice is saved. On: %(categories)s.") % {"categories": catalog().list(on)}
