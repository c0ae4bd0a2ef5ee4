"""Refuse the passwords that are guessed first. What is left is up to length, and to the lock after ten tries."""

from __future__ import annotations

from typing import Any

from flask_security import PasswordUtil
from flask_security.utils import get_message

from web.site import site

_COMMON = """
passwordpassword password1234 password12345 password123456 password123! passw0rd1234 p@ssword1234 p@ssw0rd1234
123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 123456123456 123123123123 012345678901
0123456789012 987654321098 098765432109 112233445566 121212121212 111222333444 1q2w3e4r5t6y 1qaz2wsx3edc
1234qwerasdf qwer1234asdf qwerty123456 qwerty1234567 qwertyqwerty qwertyuiopas qwertyuiop12 qwertyuiop123
qwertyuiop[] qwertzuiopas azertyuiopqs asdfghjkl123 asdfasdfasdf abcdefghijkl abcdefghijklm abcd12345678
abc123abc123 abcabcabcabc adminadmin12 administrator administrator1 administrator123 admin1234567 changemechangeme
changeme1234 letmeinletmein letmein12345 welcome12345 welcomewelcome iloveyou1234 iloveyouiloveyou
trustno1trustno1 sunshine1234 football1234 baseball1234 princess1234 superman1234
"""
COMMON = frozenset(_COMMON.split())
"""The longest of the lists that guessers begin with: 12 characters and more, in small letters, without spaces."""


def is_too_simple(password: str, email: str, site_name: str) -> bool:
    """Say whether a password is among the first that somebody would try for an account."""
    tight = "".join(password.lower().split())
    if tight in COMMON or len(set(tight)) < 2:
        return True
    address, name = email.lower(), "".join(site_name.lower().split())
    if address and tight in (address, address.partition("@")[0], address[::-1]):
        return True
    return bool(name) and not tight.replace(name, "").strip("0123456789!.?-_")


class Passwords(PasswordUtil):  # type: ignore[misc]
    """Say which passwords are taken."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Return what speaks against a password, and the password in its one spelling."""
        wrong, normal = super().validate(password, is_register, **kwargs)
        email = getattr(kwargs.get("user"), "email", "")
        if not wrong and is_too_simple(normal, email, site().settings.SITE_NAME):
            wrong = [get_message("PASSWORD_TOO_SIMPLE")[0]]
        return wrong, normal
