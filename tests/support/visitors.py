"""A person with a browser, without a script engine: what they do, in their words."""

from __future__ import annotations

from typing import Any

from flask import Flask
from pages import Page
from werkzeug.test import TestResponse


class Visitor:
    """Act as one person.

    Args:
        place: where they are, as the trusted proxy says; None for a place nobody knows.
        gpc: the value of ``Sec-GPC`` that their browser sends, or None.
        language: the locale in which they read.
    """

    def __init__(self, app: Flask, place: str | None = None, gpc: str | None = None, language: str = "en") -> None:
        self._client = app.test_client()
        self.place = place
        self.gpc = gpc
        self.language = language
        self.page: Page | None = None

    @property
    def cookies(self) -> dict[str, str]:
        """Give the cookies that their browser holds."""
        return {key[2]: cookie.value for key, cookie in self._client._cookies.items()}

    def bring_cookie(self, name: str, value: str, domain: str = "localhost") -> None:
        """Put a cookie into their browser, as a script or an earlier visit would have."""
        self._client.set_cookie(name, value, domain=domain)

    def lose_cookies(self) -> None:
        """Empty their browser."""
        self._client._cookies.clear()

    def goes_to(self, path: str = "/", *, status: int = 200, **headers: str) -> Page:
        """Open a page, given without its locale, and check that it is well made."""
        response = self.get(f"/{self.language}{path}", **headers)
        assert response.status_code == status, f"{path} answered {response.status_code}: {start_of(response)}"
        self.page = Page(response)
        return self.page

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for a whole path."""
        return self._client.get(path, headers=self._headers(headers))

    def accepts(self, at: str = "/") -> Page:
        """Press *Accept* in the banner of a page, else on the preferences."""
        return self._presses("accept", at)

    def rejects(self, at: str = "/") -> Page:
        """Press *Reject* in the banner of a page, else on the preferences."""
        return self._presses("reject", at)

    def saves(
        self,
        *,
        tick: tuple[str, ...] = (),
        untick: tuple[str, ...] = (),
        age: str | None = None,
    ) -> Page:
        """Tick and untick boxes on the preferences (``analytics``, ``analytics:site``), then press *Save*."""
        page = self.goes_to("/preferences")
        fields = page.fields("form[@data-layer]")
        fields = [(n, v) for n, v in fields if n not in ("category", "vendor") or v not in untick]
        for box in tick:
            fields.append(("vendor" if ":" in box else "category", box))
        if age is not None:
            fields = [(n, v) for n, v in fields if n != "age"] + [("age", age)]
        return self._follow(self.post([*fields, ("choice", "save")]))

    def post(
        self, fields: list[tuple[str, str]] | dict[str, str], path: str = "/preferences", **headers: str
    ) -> TestResponse:
        """Send a form, as a page of the site would."""
        sent = {"Sec-Fetch-Site": "same-origin", **headers}
        pairs = list(fields.items()) if isinstance(fields, dict) else fields
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        return self._client.post(f"/{self.language}{path}", data=data, headers=self._headers(sent))

    def _presses(self, button: str, at: str) -> Page:
        page = self.goes_to(at)
        if page.shows_banner:
            fields = page.fields("*[@data-banner]/form")
        else:
            page = self.goes_to("/preferences")
            fields = page.fields("form[@data-layer]")
        return self._follow(self.post([*fields, ("choice", button)]))

    def _follow(self, response: TestResponse) -> Page:
        assert response.status_code == 303, f"a choice answers 303, this {response.status_code}: {start_of(response)}"
        self.answer = response
        target = response.headers["Location"]
        assert target.endswith("#choice-state"), f"the answer leads to its confirmation, this to {target}"
        page = Page(self.get(target.partition("#")[0]))
        assert page.one("*[@id='choice-state']").attrib.get("tabindex") == "-1", "the confirmation can take focus"
        self.page = page
        return page

    def _headers(self, extra: dict[str, Any]) -> dict[str, str]:
        headers = {name.replace("_", "-"): value for name, value in extra.items()}
        if self.place:
            headers["X-Place"] = self.place
        if self.gpc is not None:
            headers["Sec-GPC"] = self.gpc
        return headers


def start_of(response: TestResponse) -> str:
    """Return how a response begins, for messages."""
    return response.get_data(as_text=True)[:500]
