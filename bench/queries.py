"""What pages and choices ask of the store, counted at SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

from bench.report import Row
from bench.workbench import BROWSER, COOKIE, Workbench, ask, cookie_of, environ, post
from i18n.locales import LOCALES

_PATHS = ("/", "/privacy", "/privacy/fr", "/cookies", "/contact", "/preferences")


@dataclass
class Counted:
    """Hold what was counted."""

    queries: int = 0
    commits: int = 0


@contextmanager
def counted() -> Iterator[Counted]:
    """Count every statement and every commit of every connection."""
    found = Counted()

    def on_statement(*_: Any) -> None:
        found.queries += 1

    def on_commit(_: Connection) -> None:
        found.commits += 1

    event.listen(Engine, "before_cursor_execute", on_statement)
    event.listen(Engine, "commit", on_commit)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", on_statement)
        event.remove(Engine, "commit", on_commit)


def queries(bench: Workbench) -> list[Row]:
    """Visit every page in every language, first and again, then choose in every way from the banner."""
    front = bench.site.front
    if front is None:
        raise ValueError("there is no page store")
    front.clear()
    most, pages = 0, 0
    for headers in (*bench.visitors.values(), {**BROWSER, "CF-IPCountry": "US", "Sec-GPC": "1"}):
        for locale in LOCALES:
            for path in _PATHS * 2:
                with counted() as found:
                    answer = ask(bench.app, environ(f"/{locale.slug}{path}", headers))
                if not answer.status.startswith("200"):
                    raise ValueError(f"/{locale.slug}{path} answered {answer.status}")
                most, pages = max(most, found.queries), pages + 1
    commits, cookie, made = 0, None, 0
    for choice in ("accept", "reject", "accept", "accept", "reject"):
        with counted() as found:
            answer = post(bench.app, choice, cookie)
        cookie = f"{COOKIE}={cookie_of(answer.headers)}"
        commits, made = max(commits, found.commits), made + 1
    return [
        Row("queries on a visitor page", "0", str(most), most == 0, most, f"{pages} pages, each made and then kept"),
        Row("commits on a choice", "at most 1", str(commits), commits <= 1, commits, f"{made} choices, one by one"),
    ]
