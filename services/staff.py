"""Who of the staff may do what, where they are signed in, and the record of what they did."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine

from services.store import reading, writing
from storage import staff
from storage.staff import Act, Sitting

__all__ = ["Act", "NEEDS_SECOND_FACTOR", "Permission", "Role", "Sitting", "Staff", "may", "roles_from"]


class Role(StrEnum):
    """Name what somebody of the staff is here for."""

    ADMINISTRATOR = "administrator"
    MARKETER = "marketer"
    TRANSLATOR = "translator"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """Name what a page of the console asks of the person who opens it."""

    ENTER = "enter"
    SEE_TAGS = "see-tags"
    EDIT_TAGS = "edit-tags"
    PUBLISH_TAGS = "publish-tags"
    APPROVE = "approve"
    PUBLISH_POLICIES = "publish-policies"
    SEE_STATISTICS = "see-statistics"
    SEE_RECORD = "see-record"
    MANAGE_STAFF = "manage-staff"


_P = Permission
_GIVES: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(_P) - {_P.APPROVE},
    Role.MARKETER: frozenset({_P.ENTER, _P.SEE_TAGS, _P.EDIT_TAGS, _P.PUBLISH_TAGS, _P.SEE_STATISTICS}),
    Role.TRANSLATOR: frozenset({_P.ENTER}),
    Role.PRIVACY_OFFICER: frozenset(_P) - {_P.MANAGE_STAFF},
    Role.AUDITOR: frozenset({_P.ENTER, _P.SEE_TAGS, _P.SEE_STATISTICS, _P.SEE_RECORD}),
}
"""An administrator keeps the accounts and approves nothing; who approves keeps no accounts."""

NEEDS_SECOND_FACTOR = frozenset({Role.ADMINISTRATOR, Role.PRIVACY_OFFICER})

MOST_FAILURES = 10
LOCKED_FOR = timedelta(minutes=15)
IDLE = timedelta(hours=8)
LASTING = timedelta(hours=24)
"""A browser that was not used for ``IDLE`` is signed out, and after ``LASTING`` in any case."""
FORGOTTEN_AFTER = timedelta(days=30)
_SEEN_EVERY = timedelta(minutes=1)


def roles_from(text: str) -> frozenset[Role]:
    """Return the roles of a stored list; what is no role is left out."""
    known = {role.value for role in Role}
    return frozenset(Role(name) for name in text.split(",") if name in known)


def may(roles: frozenset[Role], permission: Permission) -> bool:
    """Say whether somebody with these roles may do something."""
    return any(permission in _GIVES[role] for role in roles)


def browser_of(agent: str) -> str:
    """Return a browser and system in two words, so that people recognise it; the rest of the header is not kept."""
    browsers = (
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    )
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    found = [next((name for mark, name in marks if re.search(mark, agent)), "") for marks in (browsers, systems)]
    return ", ".join(name for name in found if name)


class Staff:
    """Keep the sessions of the staff and the record of their acts.

    Args:
        now: the server's time, aware.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def record(
        self, who: str, what: str, subject: str = "", *, before: Any = None, after: Any = None, note: str = ""
    ) -> None:
        """Append what somebody did.

        Raises:
            StoreSilent: when the store does not answer.
        """
        with writing(self._engine) as connection:
            staff.write_act(connection, Act(self._now(), who, what, subject, before, after, note))

    def recording(
        self, who: str, what: str, *, before: Any = None, after: Any = None, note: str = ""
    ) -> Callable[[Connection, int], None]:
        """Return what appends an act to the transaction that publishes a version: both are kept, or neither."""

        def write(connection: Connection, version: int) -> None:
            staff.write_act(connection, Act(self._now(), who, what, str(version), before, after, note))

        return write

    def acts(self, **filters: Any) -> list[Act]:
        """List what was done, newest first. For the filters see :func:`storage.staff.acts`."""
        with reading(self._engine) as connection:
            return list(staff.acts(connection, **filters))

    def every_act(self, **filters: Any) -> Iterator[Act]:
        """Iterate over what was done, newest first, page by page, so that an export holds no connection."""
        last: int | None = None
        while page := self.acts(**filters, before=last, limit=500):
            yield from page
            last = page[-1].seq

    def has_anybody(self) -> bool:
        """Say whether there is any account."""
        with reading(self._engine) as connection:
            return staff.has_anybody(connection)

    def actors(self) -> list[str]:
        """List everybody who ever did something."""
        with reading(self._engine) as connection:
            return staff.actors(connection)

    def open_sitting(self, key: str, user_id: int, agent: str, way: str) -> None:
        """Note that somebody signed in.

        Args:
            key: the secret that the browser's cookie holds; its hash alone is stored.
            way: how they proved who they are.
        """
        now = self._now()
        with writing(self._engine) as connection:
            made = Sitting(_hash(key), user_id, now, now, browser_of(agent), way, None)
            staff.open_sitting(connection, made, now - FORGOTTEN_AFTER)

    def is_open(self, key: str, user_id: int) -> bool:
        """Say whether somebody is still signed in by a key, and note that they were seen."""
        now = self._now()
        with reading(self._engine) as connection:
            found = staff.sitting(connection, _hash(key))
        if found is None or found.user_id != user_id or found.ended is not None:
            return False
        if now - found.seen > IDLE or now - found.began > LASTING:
            return False
        if now - found.seen > _SEEN_EVERY:
            with writing(self._engine) as connection:
                staff.see_sitting(connection, found.key, now)
        return True

    def sittings(self, user_id: int) -> list[Sitting]:
        """List the browsers in which somebody is signed in."""
        now = self._now()
        with reading(self._engine) as connection:
            found = staff.sittings(connection, user_id)
        return [s for s in found if now - s.seen <= IDLE and now - s.began <= LASTING]

    def end_sitting(self, user_id: int, hashed: str) -> int:
        """End one signed-in browser of somebody by the hash of its key; return how many that were."""
        with writing(self._engine) as connection:
            return staff.end_sittings(connection, user_id, self._now(), key=hashed)

    def end_key(self, key: str) -> int:
        """End the signed-in browser that holds a key, whoever's it is; return how many that were."""
        with writing(self._engine) as connection:
            return staff.end_sittings(connection, None, self._now(), key=_hash(key))

    def end_all_sittings(self, user_id: int, but: str | None = None) -> int:
        """End all signed-in browsers of somebody, but the one with a key; return how many that were."""
        with writing(self._engine) as connection:
            return staff.end_sittings(connection, user_id, self._now(), but=_hash(but) if but else "")

    def failed(self, user_id: int) -> bool:
        """Count a failed sign-in and say whether it locked the account."""
        with writing(self._engine) as connection:
            return staff.count_failure(connection, user_id, MOST_FAILURES, self._now() + LOCKED_FOR)

    def succeeded(self, user_id: int) -> None:
        """Begin to count failed sign-ins anew."""
        with writing(self._engine) as connection:
            staff.forget_failures(connection, user_id)

    def take_counter(self, user_id: int, counter: int) -> bool:
        """Take an authenticator's code by its counter; say whether nobody took it, or a later one, before."""
        with writing(self._engine) as connection:
            return staff.take_counter(connection, user_id, counter)

    def take_recovery_code(self, user_id: int, stored: str) -> bool:
        """Take a recovery code, as it is stored; say whether nobody took it before."""
        with writing(self._engine) as connection:
            return staff.take_recovery_code(connection, user_id, stored)

    def is_this(self, sitting: Sitting, key: str) -> bool:
        """Say whether a signed-in browser is the one that holds a key."""
        return sitting.key == _hash(key)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
