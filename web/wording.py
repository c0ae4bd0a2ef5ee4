"""The words for the keys that the rules deal in. Each key of a closed list has its text here, by test."""

from __future__ import annotations

from privacy.categories import Category, Model
from privacy.decision import Decision, Grant, Reason
from privacy.jurisdictions import Jurisdiction, Lifetimes
from privacy.registry import Cookie, Registry
from web.languages import _, catalog, ngettext, pgettext


def category_title(category: Category) -> str:
    """Return a category's name."""
    return {
        # Translators: Names of the categories of cookies. Plain nouns, the same in the whole site.
        Category.NECESSARY: pgettext("category", "Strictly necessary"),
        Category.FUNCTIONAL: pgettext("category", "Functional"),
        Category.ANALYTICS: pgettext("category", "Statistics"),
        Category.MARKETING: pgettext("category", "Marketing"),
    }[category]


def category_sentence(category: Category) -> str:
    """Return what a category is for, in one plain sentence."""
    return {
        Category.NECESSARY: _(
            "Needed for what you ask this site to do: keeping your choice. They are always on and hold nothing else."
        ),
        Category.FUNCTIONAL: _("Extras that you use, such as videos or a chat, and the settings they remember."),
        Category.ANALYTICS: _("Counting which pages are read, so that we can make the site better."),
        Category.MARKETING: _(
            "Showing you advertising that fits what you looked at, here and on other sites, and measuring its effect."
        ),
    }[category]


def necessary_sentence(registry: Registry) -> str:
    """Return what is strictly necessary, in one plain sentence: the site's own cookies, and perhaps a provider's."""
    if not registry.vendors_in(Category.NECESSARY):
        return category_sentence(Category.NECESSARY)
    return _("Needed for what you ask this site to do: keeping your choice, and keeping the site safe. Always on.")


def category_clause(category: Category) -> str:
    """Return what a category is for, as part of a list within the banner's sentence."""
    return {
        # Translators: Parts of "…would like to use cookies for {purposes}." Lower case where your language has it.
        Category.FUNCTIONAL: pgettext("banner purposes", "extra functions"),
        Category.ANALYTICS: pgettext("banner purposes", "statistics on how this site is used"),
        Category.MARKETING: pgettext("banner purposes", "advertising that fits you"),
    }[category]


def model_sentence(model: Model) -> str:
    """Return how the law of the place treats a category."""
    return {
        Model.EXEMPT: _("The law where you are lets us use this without asking. You can still switch it off."),
        Model.NOTICE: _("The law where you are asks us to tell you about this. You can switch it off."),
        Model.OPT_OUT: _("On unless you switch it off: that is the law where you are."),
        Model.OPT_IN: _("Off unless you allow it."),
        Model.PROHIBITED: _("Off for you, because of your age. It cannot be switched on."),
    }[model]


def law_sentence(model: Model) -> str:
    """Return how a place's law treats a category, for a reader who may be elsewhere."""
    return {
        Model.EXEMPT: _("May be used without asking."),
        Model.NOTICE: _("May be used with notice; everybody can object."),
        Model.OPT_OUT: _("May be used until somebody says no."),
        Model.OPT_IN: _("Only with consent given beforehand."),
        Model.PROHIBITED: _("May not be used."),
    }[model]


def legal_basis(category: Category, model: Model) -> str:
    """Return on what ground a category rests."""
    if category is Category.NECESSARY:
        return _("Legal basis: needed for the service that you ask for")
    return {
        Model.EXEMPT: _("Legal basis: an exemption in the law, and our interest in good statistics"),
        Model.NOTICE: _("Legal basis: notice to you, with your right to object"),
        Model.OPT_OUT: _("Legal basis: notice to you, with your right to opt out"),
        Model.OPT_IN: _("Legal basis: your consent"),
        Model.PROHIBITED: _("Legal basis: none, so it stays off"),
    }[model]


def reason(value: Reason) -> str:
    """Return why something is on or off."""
    return {
        Reason.EXEMPT: _("on, because the law exempts it"),
        Reason.NOTICE: _("on, and you can switch it off"),
        Reason.NOT_REFUSED: _("on, because you have not switched it off"),
        Reason.CHOSEN: _("on, because you allowed it"),
        Reason.REFUSED: _("off, because you refused it"),
        Reason.SIGNAL: _("off, because your browser sends an opt-out signal"),
        Reason.NOT_ASKED: _("off, because you have not chosen yet"),
        Reason.CHANGED: _("off until you choose again, because something changed"),
        Reason.EXPIRED: _("off until you choose again, because your earlier choice has run out"),
        Reason.MINOR: _("off, because of your age"),
    }[value]


def now_line(grants: tuple[Grant, ...]) -> str | None:
    """Return how a category stands now and why, as one sentence, or None where nothing is active in it."""
    reasons = list(dict.fromkeys(reason(grant.reason) for grant in grants))
    # Translators: {reasons} is one or more of "off, because you refused it", "on, because you allowed it", ...
    return _("Now: %(reasons)s.") % {"reasons": catalog().list(reasons)} if reasons else None


def state_of(decision: Decision, category: Category) -> str:
    """Return whether a category is on, as one word or two."""
    if not decision.of(category):
        return pgettext("state of a category", "not in use")
    return {
        # Translators: The state of a category after its name, as in "Statistics: on".
        True: pgettext("state of a category", "on"),
        False: pgettext("state of a category", "off"),
        None: pgettext("state of a category", "partly on"),
    }[decision.granted(category)]


def purpose(key: str) -> str:
    """Return the words for a purpose of a vendor."""
    return {
        "statistics": pgettext("purpose", "statistics"),
        "performance": pgettext("purpose", "measuring how fast pages load"),
        "heatmaps": pgettext("purpose", "heat maps of clicks and scrolling"),
        "session_replay": pgettext("purpose", "recording visits to replay them"),
        "feedback": pgettext("purpose", "surveys and feedback"),
        "ab_testing": pgettext("purpose", "comparing versions of a page"),
        "advertising": pgettext("purpose", "advertising"),
        "retargeting": pgettext("purpose", "advertising on other sites after a visit here"),
        "conversion": pgettext("purpose", "measuring what came of an advertisement"),
        "profiling": pgettext("purpose", "building a profile of interests"),
        "social": pgettext("purpose", "linking visits with a social network"),
        "tag_management": pgettext("purpose", "managing tags"),
        "video": pgettext("purpose", "playing videos"),
        "chat": pgettext("purpose", "chat"),
        "preferences": pgettext("purpose", "extra functions and their settings"),
        "security": pgettext("purpose", "guarding the site against misuse"),
        "load_balancing": pgettext("purpose", "sharing visits out between servers"),
    }[key]


def cookie_purpose(key: str) -> str:
    """Return the words for what a cookie is for."""
    return {
        "remember-choice": pgettext("cookie", "remembers the choice that you made here"),
        "remember-signal": pgettext("cookie", "remembers your browser’s opt-out signal; the same for everybody"),
        "distinguish-visitors": pgettext("cookie", "tells visitors apart by a random number"),
        "keep-session-state": pgettext("cookie", "keeps the state of a visit"),
        "link-pages-of-visit": pgettext("cookie", "links the pages of one visit"),
        "remember-campaign": pgettext("cookie", "remembers through which link or campaign you came"),
        "measure-ads": pgettext("cookie", "measures what came of an advertisement"),
        "recognise-browser-for-ads": pgettext("cookie", "recognises your browser for advertising, also on other sites"),
        "throttle-requests": pgettext("cookie", "limits how often data are sent"),
        "test-cookies": pgettext("cookie", "tests whether the browser takes cookies"),
        "security": pgettext("cookie", "guards against misuse"),
        "store-settings": pgettext("cookie", "stores settings"),
        "record-session": pgettext("cookie", "links what is recorded of a visit"),
        "opt-out": pgettext("cookie", "remembers an objection"),
        "unstated": pgettext("cookie", "what the provider uses it for stands in its own policy"),
    }[key]


def kind(key: str, party: str) -> str:
    """Return what kind of storage a cookie is."""
    if key == "cookie":
        return (
            pgettext("kind of storage", "cookie of this site")
            if party == "first"
            else pgettext("kind of storage", "cookie of the provider’s site")
        )
    return {
        "local": pgettext("kind of storage", "local storage"),
        "session": pgettext("kind of storage", "session storage"),
        "indexeddb": pgettext("kind of storage", "browser database"),
    }[key]


def lifetime(days: int) -> str:
    """Return how long something is kept. Below 0: for as long as nobody deletes it or its provider says."""
    if days < 0:
        return _("until it is deleted")
    if days == 0:
        return _("until you close the browser")
    if days >= 730 and days % 365 == 0:
        years = days // 365
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def own_lifetime(cookie: Cookie, lifetimes: Lifetimes) -> str:
    """Return how long one of the site’s own cookies is kept at a place: a choice, as long as the law there lets it."""
    months = lifetimes.months
    if cookie.purpose == "remember-choice" and months is not None:
        return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    return lifetime(cookie.lifetime_days)


def role(key: str) -> str:
    """Return what a vendor is to the operator."""
    return {
        "operator": pgettext("role of a provider", "ourselves"),
        "processor": pgettext("role of a provider", "works for us, on our instructions"),
        "third_party": pgettext("role of a provider", "also uses the data for itself"),
    }[key]


def age_band(start: int, end: int) -> str:
    """Return the words for an age band of ``start`` to ``end`` years, ``end`` excluded."""
    if start == 0:
        return _("I am under %(age)s") % {"age": catalog().number(end)}
    if end - start == 1:
        return _("I am %(age)s") % {"age": catalog().number(start)}
    return _("I am %(first)s to %(last)s") % {"first": catalog().number(start), "last": catalog().number(end - 1)}


def ages(start: int, end: int) -> str:
    """Return the ages from ``start`` to ``end`` years, ``end`` excluded, as the head of a line."""
    number = catalog().number
    if start == 0:
        return pgettext("ages", "Under %(age)s") % {"age": number(end)}
    if end - start == 1:
        return pgettext("ages", "Age %(age)s") % {"age": number(start)}
    return pgettext("ages", "Ages %(first)s to %(last)s") % {"first": number(start), "last": number(end - 1)}


def country(code: str | None) -> str | None:
    """Return a country's name in the request's language, or None."""
    return catalog().country(code) if code else None


def region_name(jurisdiction: Jurisdiction) -> str:
    """Return a region's name in the request's language: CLDR's for a country, else the catalog's."""
    named_by_us = jurisdiction.kind != "country" and jurisdiction.region == jurisdiction.code.lower()
    known = None if named_by_us else catalog().country(jurisdiction.region.upper())
    return known or catalog().pgettext("region", jurisdiction.name)
