"""What the operator offers everybody (clauses 11.2.1 to 11.2.9), and where the law gives the same."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.jurisdictions import Jurisdiction
from privacy.policies import OFFERED
from web import wording
from web.languages import _, catalog
from web.policy import rights


@dataclass(frozen=True)
class Offer:
    """Hold one right that everybody has here."""

    clause: str
    title: str
    text: str
    ground: str


def offers(jurisdiction: Jurisdiction) -> tuple[Offer, ...]:
    """Return the nine offers, each with the ground on which a reader of this region has it."""
    texts = _texts()
    return tuple(Offer(clause, *texts[clause], _ground(clause, jurisdiction)) for clause in OFFERED)


def _ground(clause: str, jurisdiction: Jurisdiction) -> str:
    region = wording.region_name(jurisdiction)
    given = [key for key in jurisdiction.rights if key in OFFERED[clause]]
    if not OFFERED[clause]:
        return _("This is how we handle the requests of everybody, wherever they live.")
    if not jurisdiction.is_confirmed("rights"):
        return _("%(region)s: we offer you this, whatever the law there gives.") % {"region": region}
    if not given or not jurisdiction.is_law("rights"):
        # Translators: After the text of a right. %(region)s is a country, a state or "Rest of the world".
        return _("%(region)s: we offer you this ourselves.") % {"region": region}
    names = catalog().list([rights.right(key)[0] for key in given])
    # Translators: %(names)s is a list of names of rights, such as "Access and Confirmation".
    return _("%(region)s: the law gives you this (%(names)s).") % {"region": region, "names": names}


def _texts() -> dict[str, tuple[str, str]]:
    return {
        "11.2.1": (
            _("Access"),
            _(
                "You may ask whether we process information about you. If we do, we tell you what kinds, for what "
                "purposes, who receives it, and how long we store it or what decides that."
            ),
        ),
        "11.2.2": (
            _("Correction"),
            _("You may have wrong information put right. We make commercially reasonable efforts to do so."),
        ),
        "11.2.3": (
            _("Withdrawing consent"),
            _(
                "You may withdraw consent at any time, also by answering one of our e-mails. We then delete the "
                "information at once. Some of the site may be lost to you. What was done before stays lawful. If the "
                "law makes us keep something, we keep only that, and tell you what it is."
            ),
        ),
        "11.2.4": (
            _("Objecting and deletion"),
            _(
                "You may object to what we do for a legitimate interest, and have information deleted. We then stop, "
                "unless compelling grounds or legal claims weigh more. We pass a deletion on to our service providers "
                "and contractors, unless that is impossible or out of proportion. You can always forbid direct "
                "marketing, by e-mail or by the form."
            ),
        ),
        "11.2.5": (
            _("Restriction"),
            _(
                "You may have us only store your information: while you contest that it is accurate, where you need it "
                "kept for legal claims, or where the processing is unlawful. It may limit your use of the application "
                "form."
            ),
        ),
        "11.2.6": (
            _("Portability"),
            _(
                "Where processing rests on your consent and is automated, you may have a structured, commonly used, "
                "machine-readable copy. You may also have us transfer it to a third party."
            ),
        ),
        "11.2.7": (
            _("Complaint"),
            _(
                "You may complain to a data protection authority: where you live, where you work, or where your "
                "information is processed."
            ),
        ),
        "11.2.8": (
            _("No retaliation"),
            _(
                "If you use a right, we do not deny you a service, and we charge you no other price or rate. That goes "
                "for discounts, benefits and penalties too."
            ),
        ),
        "11.2.9": (
            _("How to ask"),
            _(
                "Send us a request. We ask for the least that the right needs. To stop a sale or sharing, to forbid "
                "marketing or to withdraw consent you need not prove who you are. Where we must be sure that it is "
                "you, we may ask for your name, address, telephone number and e-mail address. Only where we have good "
                "reason to doubt, we ask for a copy of a valid proof of identity, or for more to verify you. We may "
                "refuse requests that are unreasonably repetitive, excessive or unfounded, and then say why."
            ),
        ),
    }
