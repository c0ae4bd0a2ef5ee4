"""The first layer: who wants to do what and why, and three equal ways to answer."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from privacy.categories import Category, Model
from privacy.decision import Reason
from web import wording
from web.languages import _, catalog
from web.markup import linked, rendered
from web.notices import shown
from web.security import state
from web.site import site


@dataclass(frozen=True)
class Banner:
    """Hold what the first layer says."""

    title: str
    text: str
    changed: str | None
    vendors: tuple[tuple[str, str], ...]
    recipients: str | None
    note: Markup
    accept: str
    reject: str
    choose: str
    choose_href: str
    close: str | None


@dataclass(frozen=True)
class BannerForm:
    """Hold the rendered notice with what its form sends along."""

    notice: Markup
    digest: str
    action: str
    next: str
    about: tuple[str, ...]
    label: str


def operator() -> str:
    """Return who is responsible, by the name that the law wants."""
    return site().settings.CONTROLLER_NAME


def vendor_name(vendor_id: str) -> str:
    """Return the name under which a vendor is shown."""
    return state().registry.vendors[vendor_id].name or operator()


def banner_form(slug: str, next_path: str) -> BannerForm | None:
    """Return the first layer for this request's visitor, or None where none is shown."""
    now = state()
    if now.decision.banner is None:
        return None
    banner = _banner(slug, next_path, now.decision.open, now.decision.banner)
    notice = rendered("parts/notice.html", banner=banner)
    return BannerForm(
        notice=notice,
        digest=shown(slug, now.shared.region, str(notice)),
        action=f"/{slug}/preferences",
        next=next_path,
        about=tuple(c.value for c in now.decision.open) if now.decision.changed else (),
        label=_("Your choice about cookies"),
    )


def _banner(slug: str, here: str, open_: tuple[Category, ...], model: Model) -> Banner:
    now = state()
    purposes = catalog().list([wording.category_clause(c) for c in open_])
    if model is Model.OPT_IN:
        text = _(
            "%(operator)s would like to use cookies and similar technology for %(purposes)s. "
            "Nothing of this happens unless you allow it."
        )
    else:
        text = _(
            "%(operator)s uses cookies and similar technology for %(purposes)s. "
            "You can say no now or at any time, and it stops."
        )
    changed = None
    if now.decision.changed:
        kinds = catalog().list([wording.category_title(c) for c in now.decision.changed])
        fresh = [vendor_name(g.vendor) for g in now.decision.grants if g.reason is Reason.CHANGED]
        if now.choice and any(now.registry.is_old(c, now.choice.moment(c)) for c in now.decision.changed):
            changed = _(
                "We ask again about %(categories)s, because the privacy policy changed in what it says about that. "
                "Your other choices stay as they are."
            ) % {"categories": kinds}
        elif fresh:
            changed = _(
                "We ask again about %(categories)s, because something new came in: %(vendors)s. "
                "Your other choices stay as they are."
            ) % {"categories": kinds, "vendors": catalog().list(list(dict.fromkeys(fresh)))}
        else:
            changed = _("We ask again about %(categories)s. Your other choices stay as they are.") % {
                "categories": kinds
            }
    vendors = tuple(
        (wording.category_title(c), catalog().list([v.name or operator() for v in now.registry.vendors_in(c)]))
        for c in open_
    )
    recipients = None
    if now.jurisdiction.requires("recipient_countries_listed"):
        codes = {v.country for c in open_ for v in now.registry.vendors_in(c) if v.country}
        found = sorted(name for name in (wording.country(code) for code in codes) if name)
        if found:
            recipients = _("Data go to: %(countries)s.") % {"countries": catalog().list(found)}
    note = linked(
        _(
            "You can change or withdraw this at any time under “Cookie preferences”. "
            "More in the <cookies>cookie policy</cookies> and the <privacy>privacy policy</privacy>."
        ),
        # On the page itself the link leads to its part on choices: to open the same page again would be a dead end.
        cookies=f"/{slug}/cookies" + ("#withdraw" if here == f"/{slug}/cookies" else ""),
        privacy=f"/{slug}/privacy" + ("#storage" if here == f"/{slug}/privacy" else ""),
    )
    closes = now.jurisdiction.requires("close_button_refuses")
    return Banner(
        title=_("May we use cookies?") if model is Model.OPT_IN else _("We use cookies"),
        text=text % {"operator": operator(), "purposes": purposes},
        changed=changed,
        vendors=vendors,
        recipients=recipients,
        note=note,
        # Translators: The three buttons of the banner. As short and plain as these, with no feeling in them.
        accept=_("Accept"),
        reject=_("Reject"),
        choose=_("Choose"),
        choose_href=f"/{slug}/preferences",
        close=_("Close and refuse") if closes else None,
    )
