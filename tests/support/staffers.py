"""A person of the staff at the console, without a script engine: what they do, in their words."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import pyotp
from pages import Page
from sites import TestSite
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery staple"


class Staffer:
    """Act as one person of the staff, in one browser.

    Args:
        email: their address; an account is made by the command where roles are given.
    """

    def __init__(self, site: TestSite, email: str, *roles: str, language: str = "en") -> None:
        self.site = site
        self.email = email
        self.language = language
        self.key: str | None = None
        self.page: Page | None = None
        self._codes = 0
        self._client = site.app.test_client()
        if roles:
            words = [word for role in roles for word in ("--role", role)]
            status, output = site.command("staff", "create", email, *words)
            assert status == 0, output
            self.link = urlsplit(re.search(r"https?://\S+", output)[0]).path  # type: ignore[index]

    # What they do.

    def sets_password(self, password: str = PASSWORD, link: str | None = None) -> Page:
        """Follow the link that they were handed, and set a password."""
        self.goes_to(link or self.link)
        return self.sends({"password": password, "password_confirm": password})

    def signs_in(self, password: str = PASSWORD, code: str | None = None) -> Page:
        """Sign in by password, and by a code where one is asked for; set up the authenticator where that is asked."""
        self.goes_to("/staff/sign-in")
        page = self.sends({"email": self.email, "password": password})
        if page.url == "/staff/authenticator":
            page = self.sets_up_authenticator()
        elif page.url == "/staff/code":
            page = self.sends({"code": code or self.code()})
        return page

    def sets_up_authenticator(self) -> Page:
        """Scan the key and type the first code."""
        page = self.sends({"setup": "authenticator"}, button="setup")
        self.key = "".join(page.words("code").split("-"))
        return self.sends({"code": self.code()})

    def code(self) -> str:
        """Return a code that was not used yet: the next one within the window that the server takes."""
        assert self.key, "they have no authenticator"
        code = pyotp.TOTP(self.key).at(int(time.time()) + 30 * self._codes)
        self._codes += 1
        return code

    def comes_in(self) -> Staffer:
        """Set a password and sign in, as on the first day."""
        self.sets_password()
        page = self.signs_in()
        assert page.url == "/staff/", f"they are in, not at {page.url}: {page.words('main')[:200]}"
        return self

    def goes_to(self, path: str, *, status: int = 200) -> Page:
        """Open a page, follow where it leads, and check that it is well made."""
        return self._see(self._client.get(path, headers=self._headers()), status)

    def sends(
        self,
        fields: dict[str, str | list[str]],
        *,
        form: str = "main//form",
        button: str | None = None,
        status: int = 200,
    ) -> Page:
        """Fill in the first form that has the fields (or the button), send it, and follow where it leads."""
        assert self.page is not None
        action, data = self._filled(fields, button)
        data |= fields
        return self.posts(action, data, status=status)

    def posts(self, path: str, data: dict[str, str | list[str]], *, status: int = 200, **headers: str) -> Page:
        """Send a form to an address and follow where it leads."""
        sent = {"Sec-Fetch-Site": "same-origin", **self._headers(), **headers}
        return self._see(self._client.post(path, data=data, headers=sent), status)

    def presses(self, name: str, value: str = "1", *, status: int = 200, **fields: str | list[str]) -> Page:
        """Press a button of the page."""
        return self.sends({name: value, **fields}, button=name, status=status)

    def adds(self, template: str, *, status: int = 200, **fields: str | list[str]) -> Page:
        """Fill in the form of a further tag and save it in the draft; a parameter of its template is ``set_...``."""
        self.goes_to(f"/staff/tags/new/{template}")
        return self.sends({**fields, "act": "save"}, status=status)

    def changes(self, tag_id: str, *, status: int = 200, **fields: str | list[str]) -> Page:
        """Change a tag in the draft."""
        self.goes_to(f"/staff/tags/{tag_id}")
        return self.sends({**fields, "act": "save"}, status=status)

    def publishes(self, note: str = "because", *, status: int = 200, **fields: str | list[str]) -> Page:
        """Publish the draft, with whatever it warns of."""
        self.goes_to("/staff/draft")
        return self.presses_publish(note, status=status, **fields)

    def presses_publish(self, note: str = "because", *, status: int = 200, **fields: str | list[str]) -> Page:
        """Press *Publish* on the draft's page as it is open."""
        assert self.page is not None
        meant = [box.attrib["value"] for box in self.page.all("input[@name='meant']")]
        ticked: dict[str, str | list[str]] = {"meant": meant} if meant else {}
        return self.sends({"note": note, "act": "publish", **ticked, **fields}, status=status)

    def asks(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        """Ask for an address and follow nothing."""
        return self._client.open(path, method=method, headers={**self._headers(), **headers})

    def token(self) -> str:
        """Return the token of the page's forms."""
        assert self.page is not None
        return self.page.all("input[@name='csrf_token']")[0].attrib["value"]

    @property
    def cookie(self) -> str:
        """Give the session's Set-Cookie header of the last answer that had one."""
        return self._cookie

    def _filled(self, fields: dict[str, str | list[str]], button: str | None) -> tuple[str, dict[str, str | list[str]]]:
        assert self.page is not None
        main = self.page.one("main")
        wanted = [button] if button else [name for name in fields if name != "csrf_token"]
        for form in main.iter("form"):
            names = {e.attrib.get("name") for e in form.iter() if e.tag in ("input", "button", "select", "textarea")}
            if all(name in names for name in wanted):
                return form.attrib.get("action", self.page.url), _sent_by(form)
        raise AssertionError(f"{self.page.url} has no form with {wanted}")

    def _headers(self) -> dict[str, str]:
        return {"Accept-Language": self.language}

    def _see(self, response: TestResponse, status: int) -> Page:
        hops = 0
        while response.status_code in (301, 302, 303, 307, 308):
            self._note(response)
            hops += 1
            assert hops < 10, "it leads in circles"
            response = self._client.get(response.headers["Location"], headers=self._headers())
        self._note(response)
        text = response.get_data(as_text=True)
        assert response.status_code == status, f"{response.request.path} answered {response.status_code}: {text[:1500]}"
        self.page = Page(response)
        return self.page

    def _note(self, response: TestResponse) -> None:
        for header in response.headers.getlist("Set-Cookie"):
            self._cookie = header


def _sent_by(form: object) -> dict[str, str | list[str]]:
    """Return what a form would send without a button."""
    found: dict[str, list[str]] = {}
    for element in form.iter():  # type: ignore[attr-defined]
        name = element.attrib.get("name")
        if not name or "disabled" in element.attrib:
            continue
        if element.tag == "input":
            kind = element.attrib.get("type", "text")
            if kind in ("checkbox", "radio") and "checked" not in element.attrib:
                continue
            found.setdefault(name, []).append(element.attrib.get("value", "on" if kind == "checkbox" else ""))
        elif element.tag == "textarea":
            found.setdefault(name, []).append("".join(element.itertext()).removeprefix("\n"))
        elif element.tag == "select":
            options = list(element.iter("option"))
            chosen = [o for o in options if "selected" in o.attrib] or options[:1]
            for option in chosen:
                found.setdefault(name, []).append(option.attrib.get("value", "".join(option.itertext())))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
