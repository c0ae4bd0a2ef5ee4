"""The words for rights. Each right that a row of the law names has its words here, by test."""

from __future__ import annotations

from web.languages import _, pgettext


def right(key: str) -> tuple[str, str]:
    """Return a right's name and what it means, in one line.

    Raises:
        KeyError: when there are no words for it: a row may name no right that the page cannot explain.
    """
    return _rights()[key]


def keys() -> frozenset[str]:
    """Return the keys of all rights that have words."""
    return frozenset(_rights())


def _rights() -> dict[str, tuple[str, str]]:
    delete = _("We delete what we hold about you, unless the law makes us keep it.")
    # Translators: The names of rights are headings; the sentences after them say what each one means.
    return {
        "access": (
            pgettext("right", "Access"),
            _("You learn whether we process information about you, and get a copy of it."),
        ),
        "know_access": (
            pgettext("right", "To know"),
            _("You learn what we collected about you, from where, why, and to whom it went, and get a copy."),
        ),
        "confirmation": (
            pgettext("right", "Confirmation"),
            _("You learn whether we process information about you at all."),
        ),
        "access_summary": (
            pgettext("right", "Summary"),
            _("You get a summary of your information, of what we do with it, and of who received it."),
        ),
        "inferences_access": (
            pgettext("right", "Conclusions about you"),
            _("You learn which conclusions about you were drawn from your information."),
        ),
        "correction": (
            pgettext("right", "Correction"),
            _("We put right what is wrong in your information."),
        ),
        "completion": (
            pgettext("right", "Completion"),
            _("We add what is missing in your information."),
        ),
        "statement_of_correction": (
            pgettext("right", "Statement of correction"),
            _("If we do not correct something, your own statement about it stays with it."),
        ),
        "deletion": (pgettext("right", "Deletion"), delete),
        "cessation_deletion": (
            pgettext("right", "An end to use, and deletion"),
            _("We stop using your information or delete it, where the law gives a ground for that."),
        ),
        "deletion_if_unlawful": (
            pgettext("right", "Deletion of what may not be kept"),
            _("We delete what was collected against the law or is no longer needed."),
        ),
        "anonymisation_blocking_deletion": (
            pgettext("right", "Anonymity, blocking or deletion"),
            _("What is unnecessary, excessive or unlawful is made anonymous, blocked or deleted."),
        ),
        "blocking": (
            pgettext("right", "Blocking"),
            _("We set your information aside while a question about it is open."),
        ),
        "suspension": (
            pgettext("right", "Suspension"),
            _("We stop processing your information when you ask us to."),
        ),
        "restriction": (
            pgettext("right", "Restriction"),
            _("We only store your information while a question about it is open."),
        ),
        "portability": (
            pgettext("right", "A copy to take along"),
            _("You get your information in a form that other services can read."),
        ),
        "objection": (
            pgettext("right", "Objection"),
            _("You can object to what we do with your information. Against marketing you need no reason."),
        ),
        "withdraw_consent": (
            pgettext("right", "Withdrawal of consent"),
            _("You can take consent back at any time, as easily as you gave it."),
        ),
        "automated_decision": (
            pgettext("right", "No decision by a machine alone"),
            _("A person looks again at a decision about you that was made by a machine alone."),
        ),
        "automated_decision_optout_2027": (
            pgettext("right", "No to automated decisions"),
            _("From 2027 on, you can say no to important decisions about you that technology makes."),
        ),
        "objection_to_automated_result": (
            pgettext("right", "Objection to an automated result"),
            _("You can object to a result against you that came from an automated analysis alone."),
        ),
        "contest_profiling": (
            pgettext("right", "To contest profiling"),
            _("You can contest the result of an important decision that rests on a profile of you."),
        ),
        "question_profiling": (
            pgettext("right", "To question profiling"),
            _("You can ask why a profile of you led to a decision, and have it looked at again."),
        ),
        "opt_out_sale": (
            pgettext("right", "No to a sale"),
            _("You can forbid that your information is sold."),
        ),
        "opt_out_sharing": (
            pgettext("right", "No to sharing for advertising"),
            _("You can forbid that your information is shared for advertising across sites."),
        ),
        "opt_out_targeted_advertising": (
            pgettext("right", "No to targeted advertising"),
            _("You can forbid advertising that is chosen by what you did on other sites."),
        ),
        "opt_out_profiling": (
            pgettext("right", "No to profiling"),
            _("You can forbid that a profile of you is used for important decisions."),
        ),
        "opt_out_direct_marketing": (
            pgettext("right", "No to direct marketing"),
            _("You can tell us at any time to stop advertising to you."),
        ),
        "limit_sensitive": (
            pgettext("right", "Limits on sensitive information"),
            _("You can limit the use of sensitive information to what the service needs."),
        ),
        "third_party_list": (
            pgettext("right", "List of recipients"),
            _("You get a list of the others to whom we gave information."),
        ),
        "third_party_categories": (
            pgettext("right", "Kinds of recipients"),
            _("You learn to what kinds of others we gave information."),
        ),
        "third_party_provision_records": (
            pgettext("right", "Records of handing on"),
            _("You get the records of when your information was given to others."),
        ),
        "third_party_notification": (
            pgettext("right", "Word to recipients"),
            _("We tell those who received your information that it was corrected or deleted."),
        ),
        "sharing_information": (
            pgettext("right", "Who received it"),
            _("You learn with which bodies, public and private, we shared your information."),
        ),
        "information_on_refusal": (
            pgettext("right", "What a refusal means"),
            _("You learn that you may refuse consent, and what follows if you do."),
        ),
        "deindexation": (
            pgettext("right", "Removal from search results"),
            _("You can ask that a link to information about you is no longer spread if it does you serious harm."),
        ),
        "anonymity": (
            pgettext("right", "To stay unnamed"),
            _("You can deal with us without your name or under another one, where that is practicable."),
        ),
        "non_discrimination": (
            pgettext("right", "No retaliation"),
            _("You are not treated worse because you used a right."),
        ),
        "appeal": (
            pgettext("right", "Appeal"),
            _("If we refuse a request, you can ask us to look at it again."),
        ),
        "complaint": (
            pgettext("right", "Complaint to the authority"),
            _("You can complain to the authority that is named here."),
        ),
        "complaint_to_controller": (
            pgettext("right", "Complaint to us"),
            _("You can complain to us. We confirm it, look into it and tell you what came of it."),
        ),
        "grievance": (
            pgettext("right", "Redress of grievances"),
            _("You can bring a grievance to us first, and we have to answer it."),
        ),
        "nominate": (
            pgettext("right", "To nominate somebody"),
            _("You can name a person who uses your rights if you die or cannot act."),
        ),
        "compensation": (
            pgettext("right", "Compensation"),
            _("You can ask for the damage to be made good if the law was broken and you suffered from it."),
        ),
    }
