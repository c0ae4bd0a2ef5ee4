"""The purposes of section 8, each with its legal basis (GDPR art. 13(1)(c) and (d))."""

from __future__ import annotations

from dataclasses import dataclass

from web.languages import _


@dataclass(frozen=True)
class Purpose:
    """Hold a purpose and the basis that it rests on."""

    clause: str
    text: str
    basis: str


def purposes() -> tuple[Purpose, ...]:
    """Return the purposes in their order."""
    contract = _("Contract, art. 6(1)(b)")
    consent = _("Consent, art. 6(1)(a)")
    # Translators: "Art. 6(1)" is the GDPR's. What follows the colon names the interest (GDPR art. 13(1)(d)).
    rows = (
        (_("Access to the site"), contract),
        (_("Orders and requests"), contract),
        (_("A better experience of the site"), consent),
        (_("Monitoring and analysing use and trends"), consent),
        (
            _(
                "Detecting, investigating and preventing unlawful conduct, or breaches of the terms, of the privacy "
                "policy or of the cookie policy"
            ),
            _("Legal duty or legitimate interest, art. 6(1)(c) and (f): a site that is safe and is not misused"),
        ),
        (_("Personalising what you see"), consent),
        (_("Contact, and market research"), _("Contract or consent, art. 6(1)(b) and (a)")),
        (
            _("Settling disputes, and troubleshooting"),
            _("Contract or legitimate interest, art. 6(1)(b) and (f): to find faults and to settle claims"),
        ),
        (
            _("Internal research, testing and improvement"),
            _("Legitimate interest, art. 6(1)(f): services that work well, without following anybody"),
        ),
        (
            _("Targeted advertising, newsletters and promotions: our own, and those of related third parties"),
            consent,
        ),
        (
            _("Internal and external audit, and duties of data security"),
            _("Legal duty or legitimate interest, art. 6(1)(c) and (f): to prove that rules are kept"),
        ),
        (_("Tracking how the site is used"), consent),
        (
            _(
                "Other purposes that we, at our sole discretion, find necessary: to protect users, staff, third "
                "parties, the public or the services, or to meet the law. We announce a new purpose first, and it "
                "needs a basis."
            ),
            _("Legal duty or legitimate interest, art. 6(1)(c) and (f): to keep people and services from harm"),
        ),
    )
    return tuple(Purpose(f"8.1.{number}", text, basis) for number, (text, basis) in enumerate(rows, 1))
