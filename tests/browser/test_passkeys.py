"""Passkeys of the staff, with a real browser and an authenticator that lives within it (WebAuthn)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import Person, Served
from desks import COOKIE, Desk, a_console, cookie_of
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import CDPSession
from sites import KEY, TestSite
from staffers import Staffer

from web.staff.people import derived

pytestmark = pytest.mark.browser

# Passkeys need a name. Browsers hold localhost for as good as https.
NAME = "localhost"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ADA, BEA, MAX = "ada@example.com", "bea@example.com", "max@example.com"
LINKS: dict[str, str] = {}
"""The links by which administrators set a password, as the command printed them."""
SITTINGS: dict[str, str] = {}
"""The cookies of those who are signed in already."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a site with two administrators who have not set a password yet, and a marketer who is in."""

    def hire(made: TestSite) -> None:
        LINKS.update({email: Staffer(made, email, "administrator").link for email in (ADA, BEA)})
        SITTINGS[MAX] = cookie_of(Staffer(made, MAX, "marketer").comes_in())

    with a_console(tmp_path_factory.mktemp("passkeys"), hire) as made:
        yield made


class Device:
    """Be the authenticator in a person's device; it holds passkeys and says yes to each question."""

    def __init__(self, desk: Desk) -> None:
        self._cdp: CDPSession = desk.person.context.new_cdp_session(desk.page)
        self._cdp.send("WebAuthn.enable")
        self._id = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    @property
    def passkeys(self) -> list[dict[str, Any]]:
        """Give what it holds."""
        return self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]

    def refuses(self) -> None:
        """From now on its owner is not recognised."""
        self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": False})

    def recognises(self) -> None:
        """Its owner is recognised again."""
        self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": True})


@pytest.fixture
def sit(meet: Callable[..., Person], site: Served) -> Callable[..., Desk]:
    """Give a function that sets a person before a browser, at the console's name."""

    def make(email: str, host: str = NAME, **ways: Any) -> Desk:
        return Desk(meet(site, **ways), email, host)

    return make


def comes_in(desk: Desk) -> Desk:
    """Set a password and an authenticator, as on the first day."""
    desk.sets_password(LINKS[desk.email])
    desk.gives_password()
    assert desk.path == "/staff/authenticator", "an administrator needs a second factor"
    desk.sets_up_authenticator()
    assert desk.path == "/staff/"
    return desk


def adds_passkey(desk: Desk, name: str) -> None:
    desk.opens("/staff/passkeys")
    desk.fills("A name for it", name)
    desk.presses("Add a passkey")
    desk.page.wait_for_url("**/staff/account")
    assert name in desk.words


def signs_in_by_passkey(desk: Desk) -> None:
    desk.opens("/staff/sign-in")
    desk.follows("Sign in with a passkey")
    desk.presses("Use a passkey")


def grows_old(desk: Desk, minutes: int) -> None:
    """Let the sitting be older than it is: its cookie says when they last showed who they are, signed by the site."""
    signer = Flask("console")
    signer.secret_key = derived(KEY, "session")
    serializer = SecureCookieSessionInterface().get_signing_serializer(signer)
    assert serializer is not None
    session = serializer.loads(desk.person.cookies[COOKIE])
    session["fs_paa"] -= minutes * 60
    desk.sits_down(serializer.dumps(session))


def forgets_authenticator(site: Served, email: str) -> None:
    """Take away somebody's authenticator in the store itself, and leave the passkey."""
    with sqlite3.connect(Path(site.folder) / "site.db") as store:
        store.execute("UPDATE staff_user SET tf_primary_method = NULL, tf_totp_secret = NULL WHERE email = ?", (email,))
    store.close()


def test_a_passkey_from_its_making_to_its_end(sit: Callable[..., Desk]) -> None:
    ada = comes_in(sit(ADA))
    device = Device(ada)
    adds_passkey(ada, "Key ring")
    assert [key["isResidentCredential"] for key in device.passkeys] == [True], "the device keeps it"

    ada.presses("Sign out")
    assert ada.path == "/staff/sign-in"
    device.refuses()
    signs_in_by_passkey(ada)
    ada.page.get_by_text("That did not work, or you stopped it.").wait_for()
    assert ada.page.locator("[data-problem]").evaluate("e => e === document.activeElement"), "readers hear of it"
    device.recognises()
    ada.presses("Try again")
    ada.page.wait_for_url("**/staff/")
    assert "You are here as" in ada.words, "neither a password nor a code was asked for"
    assert "remember_token" not in ada.person.cookies, "nobody is remembered beyond the sitting"

    grows_old(ada, 20)
    ada.opens("/staff/people")
    assert ada.path == "/staff/again"
    ada.presses("Use a passkey")
    ada.page.wait_for_url("**/staff/people")
    assert ada.email in ada.words, "and comes to where she wanted to go"

    ada.opens("/staff/passkeys")
    ada.presses("Remove")
    ada.opens("/staff/account")
    assert "None yet." in ada.words
    ada.presses("Sign out")
    signs_in_by_passkey(ada)
    ada.page.get_by_role("alert").wait_for()
    assert ada.path == "/staff/sign-in/passkey", "what was removed opens nothing, though the device still has it"
    ada.is_content()


def test_who_has_a_passkey_alone_does_not_come_in_by_password(sit: Callable[..., Desk], site: Served) -> None:
    bea = comes_in(sit(BEA))
    Device(bea)
    adds_passkey(bea, "Telephone")
    forgets_authenticator(site, bea.email)
    bea.presses("Sign out")

    thief = sit(bea.email)
    thief.gives_password()
    assert thief.path == "/staff/sign-in"
    assert "Your account takes your passkey." in thief.words
    thief.opens("/staff/authenticator")
    assert thief.path == "/staff/sign-in", "the password alone sets up no authenticator of the thief's"

    signs_in_by_passkey(bea)
    bea.page.wait_for_url("**/staff/")
    bea.opens("/staff/people")
    assert bea.path == "/staff/people", "a passkey is both factors"
    thief.is_content()
    bea.is_content()


def test_an_address_of_numbers_takes_no_passkeys(sit: Callable[..., Desk]) -> None:
    max_ = sit(MAX, host="127.0.0.1")
    max_.opens("/staff/sign-in")
    assert "Passkeys need a name as address" in max_.words
    assert not max_.page.get_by_role("link", name="Sign in with a passkey").count()
    max_.sits_down(SITTINGS[MAX]).opens("/staff/passkeys")
    assert "Passkeys need a name as address" in max_.words
    max_.is_content()


def test_without_javascript_the_page_says_what_to_use_instead(sit: Callable[..., Desk]) -> None:
    nobody = sit("nobody@example.com", scripts=False)
    signs_in_by_passkey(nobody)
    assert "Passkeys need JavaScript." in nobody.words
