"""The console and the people at its desks, each with a real browser: what they do, in their words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
from browsers import Person, Served
from playwright.sync_api import ConsoleMessage, Locator, Response
from sites import KEY, TestSite
from staffers import PASSWORD, Staffer

COOKIE = "staff"


@contextmanager
def a_console(folder: Path, furnish: Callable[[TestSite], object] | None = None, **settings: str) -> Iterator[Served]:
    """Give a site with its console, and stop it afterwards.

    Args:
        furnish: puts accounts, drafts and counts into its store before it is served. That needs no browser.
    """
    settings = {"SECRET_KEYS": KEY, "RATE_LIMITS": "off", **settings}
    made = TestSite(folder, **settings)
    try:
        if furnish:
            furnish(made)
    finally:
        made.close()
    site = Served(folder, **settings)
    site.start()
    try:
        yield site
    finally:
        site.stop()


class Desk:
    """Act as one person of the staff in a browser.

    Args:
        host: the name by which they open the console.
    """

    def __init__(self, person: Person, email: str = "", host: str = "127.0.0.1") -> None:
        self.person = person
        self.page = person.page
        self.email = email
        self.host = host
        self.origin = f"http://{host}:{person.site.port}"
        self.acts = 0
        """How often they pressed, filled in or chose something."""
        self.complaints: list[str] = []
        self._codes = 0
        self.key = ""
        person.context.on("console", self._hear)

    # What they do.

    def sits_down(self, cookie: str) -> Desk:
        """Go on in a sitting that began elsewhere, by its cookie."""
        self.person.context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": cookie,
                    "domain": self.host,
                    "path": "/staff",
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )
        return self

    def opens(self, path: str, status: int = 200) -> Response:
        """Type an address of the console and wait until all of the page has come."""
        response = self.page.goto(f"{self.origin}{path}", wait_until="load")
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}: {response.text()[:300]}"
        return response

    def presses(self, button: str) -> None:
        """Press a button and wait for the page to which that leads."""
        self._leads(self._one("button", button))

    def follows(self, link: str) -> None:
        """Follow a link and wait for its page; one within the page only moves there."""
        found = self._one("link", link)
        if urlsplit(found.get_attribute("href") or "").path in ("", self.path):
            self.acts += 1
            return found.click()
        return self._leads(found)

    def fills(self, label: str, text: str) -> None:
        """Type into a field."""
        self.acts += 1
        self.page.get_by_label(label, exact=True).first.fill(text)

    def picks(self, label: str, option: str, within: str = "main") -> None:
        """Choose from a list."""
        self.acts += 1
        self.page.locator(within).get_by_label(label, exact=True).first.select_option(label=option)

    def ticks(self, label: str, within: str = "main") -> None:
        """Tick a box."""
        self.acts += 1
        self.page.locator(within).get_by_label(label).first.check()

    def sets_password(self, link: str) -> None:
        """Follow the link that they were handed, and set a password."""
        self.opens(link)
        self.fills("New password", PASSWORD)
        self.fills("The same once more", PASSWORD)
        self.presses("Set the password")

    def gives_password(self) -> None:
        """Open the page to sign in, and give address and password."""
        if self.path != "/staff/sign-in":
            self.opens("/staff/sign-in")
        self.fills("E-mail", self.email)
        self.fills("Password", PASSWORD)
        self.presses("Sign in")

    def sets_up_authenticator(self) -> None:
        """Type the key that the page shows into an authenticator, and its first code into the page."""
        self.presses("Set up an authenticator")
        self.key = "".join(self.page.locator("main code").inner_text().split("-"))
        self.fills("Code", self.code())
        self.presses("Finish")

    def code(self) -> str:
        """Return a code that was not used yet: the next one within the window that the server takes."""
        code = pyotp.TOTP(self.key).at(int(time.time()) + 30 * self._codes)
        self._codes += 1
        return code

    # What they see.

    @property
    def path(self) -> str:
        """Give the address of the page that is open."""
        return urlsplit(self.page.url).path

    @property
    def words(self) -> str:
        """Give what the page says, as it is seen."""
        return self.page.locator("main").inner_text()

    def hears_anew(self) -> None:
        """Forget what the browser said of earlier pages."""
        for heard in (self.person.refused, self.person.errors, self.complaints):
            heard.clear()

    def is_content(self) -> None:
        """Assert that the browser refused nothing, and that no script failed."""
        self.page.evaluate("0")  # What the browser had to say until now has come.
        assert self.person.refused == [], f"{self.path}: the policy refused {self.person.refused}"
        assert self.person.errors == [], f"{self.path}: scripts failed: {self.person.errors}"
        assert self.complaints == [], f"{self.path}: the browser complains: {self.complaints}"

    def _one(self, role: str, name: str) -> Locator:
        found = self.page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        assert found.count(), f"{self.path} has no {role} “{name}”: {self.words[:500]}"
        return found.first

    def _leads(self, found: Locator) -> None:
        self.acts += 1
        with self.page.expect_navigation(wait_until="load"):
            found.click()

    def _hear(self, message: ConsoleMessage) -> None:
        # That a page is an error is told of the page itself too: only what it needs beside counts.
        if message.type == "error" and message.location.get("url") != self.page.url:
            self.complaints.append(message.text)


def cookie_of(staffer: Staffer) -> str:
    """Return the cookie of a sitting."""
    name, _equals, value = staffer.cookie.partition(";")[0].partition("=")
    assert name == COOKIE
    return value
