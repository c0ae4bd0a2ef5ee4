"""The sign-in library's messages, so that they are in our catalogs and speak as the rest of the console does."""

from __future__ import annotations

from typing import Any

from web.languages import N_, _

MESSAGES = {
    "UNAUTHORIZED": N_("Your role does not let you do that."),
    "UNAUTHENTICATED": N_("Please sign in first."),
    "REAUTHENTICATION_REQUIRED": N_("Please show once more that it is you."),
    "GENERIC_AUTHN_FAILED": N_("The e-mail address or the password is not right."),
    "GENERIC_RECOVERY": N_("If there is an account with that address, a mail with a link is on its way."),
    "PASSWORD_RESET_REQUEST": N_("If there is an account with that address, a mail with a link is on its way."),
    "PASSWORD_RESET_EXPIRED": N_("That link is too old. Ask for a new one."),
    "INVALID_RESET_PASSWORD_TOKEN": N_("That link is not valid any more. Ask for a new one."),
    "PASSWORD_RESET_NO_LOGIN": N_("Your password is set. Please sign in with it."),
    "PASSWORD_CHANGE": N_("Your password is changed. All other browsers are signed out."),
    "PASSWORD_IS_THE_SAME": N_("The new password has to differ from the one before."),
    "RETYPE_PASSWORD_MISMATCH": N_("The two passwords differ."),
    "PASSWORD_INVALID_LENGTH": N_("A password takes %(length)s characters or more."),
    "PASSWORD_NOT_PROVIDED": N_("Please enter your password."),
    "PASSWORD_TOO_SIMPLE": N_("That password is too easy to guess."),
    "INVALID_PASSWORD": N_("The password is not right."),
    "EMAIL_NOT_PROVIDED": N_("Please enter your e-mail address."),
    "INVALID_EMAIL_ADDRESS": N_("That is not an e-mail address."),
    "USER_DOES_NOT_EXIST": N_("The e-mail address or the password is not right."),
    "DISABLED_ACCOUNT": N_("This account is switched off."),
    "REAUTHENTICATION_SUCCESSFUL": N_("Thank you. You can go on."),
    "TWO_FACTOR_INVALID_TOKEN": N_("That code is not right, or it was used already. Wait for the next one."),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": N_("You are signed in."),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": N_("Your authenticator is set up."),
    "TWO_FACTOR_SETUP_EXPIRED": N_("That took too long. Please begin again."),
    "TWO_FACTOR_PERMISSION_DENIED": N_("That step is over. Please begin again."),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": N_("There is no such way to sign in."),
    "TWO_FACTOR_DISABLED": N_("The authenticator is switched off."),
    "INVALID_CODE": N_("That code is not right."),
    "INVALID_RECOVERY_CODE": N_("That recovery code is not right, or it was used already."),
    "NO_RECOVERY_CODES_SETUP": N_("There are no recovery codes yet."),
    "WEBAUTHN_EXPIRED": N_("That took too long. Please begin again."),
    "WEBAUTHN_NAME_REQUIRED": N_("Please give the passkey a name."),
    "WEBAUTHN_NAME_INUSE": N_("You have a passkey of that name already."),
    "WEBAUTHN_NAME_NOT_FOUND": N_("There is no passkey of that name."),
    "WEBAUTHN_CREDENTIAL_DELETED": N_("The passkey is removed."),
    "WEBAUTHN_REGISTER_SUCCESSFUL": N_("The passkey is set up."),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": N_("That passkey is set up already."),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": N_("Nobody has that passkey here."),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": N_("Nobody has that passkey here."),
    "WEBAUTHN_NO_VERIFY": N_("That passkey could not be verified."),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": N_("That passkey is for another use."),
    "WEBAUTHN_MISMATCH_USER_HANDLE": N_("That passkey belongs to somebody else."),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": N_("A passkey’s name takes letters, digits, spaces and hyphens."),
    "INVALID_PASSWORD_CODE": N_("The password is not right."),
    "PASSWORD_MISMATCH": N_("The two passwords differ."),
    "INVALID_REDIRECT": N_("That address is not one of the console's."),
    "INVALID_INPUT_LENGTH": N_("That is too long."),
    "FORGOT_PASSWORD": N_("Set a new password"),
    "INVALID_INPUT": N_("That cannot be taken."),
    "API_ERROR": N_("That cannot be taken."),
    "FAILED_TO_SEND_CODE": N_("No code could be sent."),
    "ANONYMOUS_USER_REQUIRED": N_("You are signed in already."),
    "LOGIN": N_("Please sign in first."),
    "REFRESH": N_("Please show once more that it is you."),
}

SUBJECTS = {
    "EMAIL_SUBJECT_PASSWORD_RESET": N_("Set your password"),
    "EMAIL_SUBJECT_PASSWORD_NOTICE": N_("Your password was set"),
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": N_("Your password was changed"),
}

LABELS = {
    "Use previously downloaded recovery code": N_("With a recovery code"),
    "authenticator": N_("Authenticator"),
    "WebAuthn": N_("Passkey"),
}
"""Words that the library shows without a key."""


class Words:
    """Stand in for the library's own catalogs."""

    def gettext(self, string: str, **variables: Any) -> str:
        """Return a text in the language of the request."""
        text = _(LABELS.get(string, string)) if string else ""
        return text % variables if variables else text

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        """Return the form for a number."""
        return (singular if num == 1 else plural) % {"num": num, **variables}

    @staticmethod
    def format_list(lst: list[str], **kwargs: Any) -> str:
        """Return names joined."""
        return ", ".join(lst)


def config() -> dict[str, Any]:
    """Return the messages as the library takes them: each with its kind."""
    good = {"REAUTHENTICATION_SUCCESSFUL", "PASSWORD_CHANGE", "PASSWORD_RESET_NO_LOGIN", "WEBAUTHN_REGISTER_SUCCESSFUL"}
    good |= {"TWO_FACTOR_LOGIN_SUCCESSFUL", "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL", "WEBAUTHN_CREDENTIAL_DELETED"}
    plain = {"GENERIC_RECOVERY", "PASSWORD_RESET_REQUEST", "LOGIN", "REFRESH", "UNAUTHENTICATED"}
    kinds = {key: "success" if key in good else "info" if key in plain else "error" for key in MESSAGES}
    messages = {f"SECURITY_MSG_{key}": (text, kinds[key]) for key, text in MESSAGES.items()}
    return messages | {f"SECURITY_{key}": text for key, text in SUBJECTS.items()}
