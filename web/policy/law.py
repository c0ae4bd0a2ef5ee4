"""The block of a region: its own law and no other's, as far as it was confirmed."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.categories import CHOOSABLE, Model
from privacy.jurisdictions import AgeBand, Jurisdiction, Law, Span
from privacy.registry import Registry
from web import wording
from web.languages import _, catalog, ngettext, pgettext
from web.page import Link
from web.policy import rights
from web.settings import Settings


@dataclass(frozen=True)
class LawView:
    """Hold one law by its names. ``lang`` is set where the name is not in the page's language."""

    name: str
    local: str | None
    lang: str | None


@dataclass(frozen=True)
class Cited:
    """Hold a sentence with the article that it rests on."""

    text: str
    cite: str


@dataclass(frozen=True)
class Officer:
    """Hold a role that the law wants filled, and who fills it."""

    role: str
    who: str


@dataclass(frozen=True)
class CollectionNotice:
    """Hold the notice at collection (Cal. Code Regs. tit. 11, § 7012)."""

    categories: tuple[str, ...]
    sale: str
    opt_out: Link


@dataclass(frozen=True)
class LawBlock:
    """Hold what the block of a region says."""

    code: str
    name: str
    laws: tuple[LawView, ...]
    models: tuple[tuple[str, str], ...]
    bases: tuple[Cited, ...]
    rights: tuple[tuple[str, str], ...]
    times: tuple[str, ...]
    ages: tuple[str, ...]
    transfers: tuple[Cited, ...]
    retention: str
    authority: str | None
    language: str | None
    authority_english: str | None
    authority_url: str | None
    officers: tuple[Officer, ...]
    complaints: str | None
    notice: CollectionNotice | None
    opt_out: Link | None
    contact: Link


def law_block(jurisdiction: Jurisdiction, registry: Registry, settings: Settings, slug: str) -> LawBlock:
    """Return a region's own law. What was not confirmed is left out: general words stand on the page."""
    confirmed = jurisdiction.is_confirmed
    authority = jurisdiction.authority
    known = authority.name is not None and confirmed("authority.name")
    name = _named(authority.name_local or authority.name or "", authority.abbr or "")
    return LawBlock(
        code=jurisdiction.region,
        name=wording.region_name(jurisdiction),
        laws=tuple(_law(law, slug.partition("-")[0]) for law in jurisdiction.laws) if confirmed("laws") else (),
        models=tuple((wording.category_title(c), wording.law_sentence(jurisdiction.rule(c).model)) for c in CHOOSABLE),
        bases=tuple(Cited(_basis(g.key), g.cite) for g in jurisdiction.bases) if jurisdiction.is_law("bases") else (),
        rights=tuple(rights.right(key) for key in jurisdiction.rights) if jurisdiction.is_law("rights") else (),
        times=tuple(_times(jurisdiction)),
        ages=tuple(_age(band) for band in jurisdiction.bands) if confirmed("minors") and confirmed("ages") else (),
        transfers=tuple(Cited(_transfer(g.key), g.cite) for g in jurisdiction.transfers)
        if jurisdiction.is_law("transfers")
        else (),
        retention=_retention(jurisdiction),
        authority=name if known else None,
        language=jurisdiction.languages[0] if authority.name_local and len(jurisdiction.languages) == 1 else None,
        authority_english=authority.name if known and authority.name_local else None,
        authority_url=authority.url if known else None,
        officers=tuple(_officer(key, settings) for key in jurisdiction.officers) if confirmed("officers") else (),
        complaints=_complaints(jurisdiction),
        notice=_notice(jurisdiction, registry, slug),
        opt_out=_opt_out(jurisdiction, slug),
        contact=Link(f"/{slug}/contact", _("Contact us")),
    )


def _law(law: Law, language: str) -> LawView:
    name, local = pgettext("law", law.name), law.local and pgettext("law", law.local)
    own = name == law.local  # A state's own name for what it made itself.
    known = name != law.name or language == "en"
    return LawView(
        name=_named(name, dict(law.abbr_local).get(language, law.abbr)),
        local=local if local and local != name else None,
        lang=None if known or own else "en",
    )


def _named(name: str, short: str) -> str:
    if not short or short in name:
        return name
    return f"{name}, {short}" if "(" in name + short else f"{name} ({short})"


def span(value: Span) -> str:
    """Return a length of time in words."""
    n = value.value
    return {
        "year": ngettext("%(n)d year", "%(n)d years", n),
        "month": ngettext("%(n)d month", "%(n)d months", n),
        "calendar_day": ngettext("%(n)d day", "%(n)d days", n),
        "business_day": ngettext("%(n)d business day", "%(n)d business days", n),
        "working_day_nz": ngettext("%(n)d working day", "%(n)d working days", n),
    }[value.unit] % {"n": n}


def _times(jurisdiction: Jurisdiction) -> list[str]:
    deadlines, found = jurisdiction.deadlines, []
    confirmed = jurisdiction.is_confirmed
    if deadlines.acknowledgement and confirmed("deadlines.ack"):
        found.append(_("We confirm a request within %(time)s.") % {"time": span(deadlines.acknowledgement)})
    if deadlines.initial and confirmed("deadlines.initial"):
        found.append(_("We answer a request within %(time)s.") % {"time": span(deadlines.initial)})
        if deadlines.extension and confirmed("deadlines.extension"):
            found.append(
                _("If there is good reason, we may take %(time)s more, once, and then tell you why.")
                % {"time": span(deadlines.extension)}
            )
    else:
        found.append(_("We answer a request as soon as we can, and within the time that the law sets."))
    if deadlines.opt_out and confirmed("deadlines.opt_out"):
        found.append(
            _("If you say no or withdraw, that holds within %(time)s.") % {"time": span(deadlines.opt_out)}
            if deadlines.opt_out.value
            else _("If you say no or withdraw, that holds at once.")
        )
    if deadlines.appeal and confirmed("deadlines.appeal_response"):
        found.append(
            _("If we refuse, you can appeal to us. We answer an appeal within %(time)s.")
            % {"time": span(deadlines.appeal)}
        )
    return found


def _age(band: AgeBand) -> str:
    ages = wording.ages(band.start, band.end)
    if band.effective is Model.PROHIBITED:
        if band.by_parent:
            return _("%(ages)s: marketing needs a parent’s consent. This site cannot check that, so it stays off.") % {
                "ages": ages
            }
        return _("%(ages)s: no marketing.") % {"ages": ages}
    return {
        Model.OPT_IN: _("%(ages)s: marketing only with your own consent."),
        Model.OPT_OUT: _("%(ages)s: marketing until you say no."),
        Model.NOTICE: _("%(ages)s: marketing with notice; you can object."),
        Model.EXEMPT: _("%(ages)s: no rule of its own for marketing."),
    }[band.effective] % {"ages": ages}


def _retention(jurisdiction: Jurisdiction) -> str:
    months = jurisdiction.proof_months
    if months is None or not jurisdiction.is_confirmed("record.retention"):
        return _("We keep the proof of your choice as long as the law lets us and wants it.")
    return _("We keep the proof of your choice while it holds, and then for up to %(time)s, as claims may follow.") % {
        "time": span(Span(months // 12, "year") if months % 12 == 0 else Span(months, "month"))
    }


def _complaints(jurisdiction: Jurisdiction) -> str | None:
    if "complaint_to_controller" not in jurisdiction.rights:
        return None
    if jurisdiction.deadlines.complaint is None or not jurisdiction.is_confirmed("deadlines.complaint_ack"):
        return _("You can complain to us first, on the contact page.")
    return _("You can complain to us first, on the contact page. We confirm a complaint within %(time)s.") % {
        "time": span(jurisdiction.deadlines.complaint)
    }


def _officer(key: str, settings: Settings) -> Officer:
    role, who = {
        "dpo": (pgettext("role", "Data protection officer"), settings.DPO),
        "eu_representative": (pgettext("role", "Representative in the European Union"), settings.EU_REPRESENTATIVE),
        "uk_representative": (pgettext("role", "Representative in the United Kingdom"), settings.UK_REPRESENTATIVE),
        # Translators: LGPD art. 41. Keep the Portuguese word where your language has none of its own.
        "encarregado": (pgettext("role", "Encarregado (person in charge)"), settings.ENCARREGADO),
        "person_in_charge": (
            pgettext("role", "Person in charge of the protection of personal information"),
            settings.QC_PERSON_IN_CHARGE,
        ),
    }[key]
    return Officer(role, who or _("Nobody is named here yet. Please use the contact page."))


def _notice(jurisdiction: Jurisdiction, registry: Registry, slug: str) -> CollectionNotice | None:
    if not jurisdiction.requires("notice_at_collection_link"):
        return None
    names = [vendor.name for vendor in registry.recipients if vendor.name]
    return CollectionNotice(
        categories=(
            _("Identifiers: name, e-mail address, phone number, IP address, identifiers in cookies"),
            _("Internet activity: the pages that you view here, and when"),
            _("Professional information: the company that you represent"),
        ),
        sale=_("Sold or shared for advertising across sites: to %(recipients)s, until you say no.")
        % {"recipients": catalog().list(names)}
        if names
        else _("Sold or shared: no."),
        opt_out=_privacy_choices(slug),
    )


def _opt_out(jurisdiction: Jurisdiction, slug: str) -> Link | None:
    if not jurisdiction.requires("clear_conspicuous_opt_out_link"):
        return None
    return _privacy_choices(slug)


def _privacy_choices(slug: str) -> Link:
    # Translators: California's official words for the link, Cal. Code Regs. tit. 11, § 7015.
    return Link(f"/{slug}/preferences#marketing", _("Your Privacy Choices"))


def _basis(key: str) -> str:
    return {
        "consent": _("Your consent"),
        "contract": _("A contract with you, or steps that you ask for before one"),
        "legal_duty": _("A legal duty of ours"),
        "legitimate_interest": _("A legitimate interest, where yours do not weigh more"),
        "recognised_interest": _("An interest that the law itself recognises"),
        "notice": _("Notice to you, and only for the purposes that it names"),
        "implied_consent": _("Consent that follows from what you do, where that is reasonable"),
        "appropriate_purpose": _("Only purposes that a reasonable person finds appropriate"),
        "related_purpose": _("What our functions and activities reasonably need"),
        "legitimate_uses": _("The legitimate uses that the law lists"),
        "justification": _("No harm to your personality, or consent, law or an interest that weighs more"),
    }[key]


def _transfer(key: str) -> str:
    return {
        "adequacy": _("To places whose protection was found to be adequate"),
        "standard_clauses": _("Under standard contractual clauses"),
        "binding_rules": _("Under binding rules within a group of companies"),
        "explicit_consent": _("With your explicit consent, after you were told of the risks"),
        "contract_need": _("Where a contract with you needs it"),
        "comparable_protection": _("With comparable protection by contract, for which we answer"),
        "privacy_assessment": _("After an assessment of the privacy risks"),
        "reasonable_steps": _("After reasonable steps that the recipient keeps to the same principles"),
        "comparable_safeguards": _("To recipients with comparable safeguards"),
        "notified_contract": _("Under standard contracts that the authority is told of"),
        "not_restricted_countries": _("To countries that the government has not restricted"),
        "no_rule": _("The law there sets no rule of its own for transfers abroad"),
    }[key]
