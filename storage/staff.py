"""The people who run the site: accounts, passkeys, sessions, and the record of what they did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    ForeignKey,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage import db
from storage.tables import UtcDateTime


class StaffUser(db.Model):
    """A person of the staff. No address of theirs in the network is kept.

    The sign-in library reads and writes what begins with ``fs_``, ``tf_`` and ``mf_``; the names are its own.
    """

    __tablename__ = "staff_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    role_names: Mapped[str] = mapped_column(String(200), default="")
    locales: Mapped[str] = mapped_column(String(400), default="")
    language: Mapped[str | None] = mapped_column(String(12))
    created: Mapped[datetime] = mapped_column(UtcDateTime())
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(String(64), unique=True)
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(400))
    tf_counter: Mapped[int | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON))
    webauthn: Mapped[list[StaffPasskey]] = relationship(cascade="all, delete-orphan")


class StaffPasskey(db.Model):
    """A passkey of a person of the staff (WebAuthn)."""

    __tablename__ = "staff_passkey"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary())
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(JSON)
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    lastuse_datetime: Mapped[datetime] = mapped_column(UtcDateTime())
    name: Mapped[str] = mapped_column(String(64))
    usage: Mapped[str] = mapped_column(String(64))

    def get_user_mapping(self) -> dict[str, int]:
        """Return the field by which the sign-in library finds whose passkey this is."""
        return {"id": self.user_id}


class StaffSession(db.Model):
    """A browser in which a person of the staff is signed in. The cookie holds the key; here stands its hash."""

    __tablename__ = "staff_session"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"), index=True)
    began: Mapped[datetime] = mapped_column(UtcDateTime())
    seen: Mapped[datetime] = mapped_column(UtcDateTime())
    browser: Mapped[str] = mapped_column(String(80))
    way: Mapped[str] = mapped_column(String(40))
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime())


class StaffAct(db.Model):
    """What somebody did. Triggers refuse to change or delete it; it outlives the account."""

    __tablename__ = "staff_act"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    who: Mapped[str] = mapped_column(String(255), index=True)
    what: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(255))
    before: Mapped[str] = mapped_column(Text())
    after: Mapped[str] = mapped_column(Text())
    note: Mapped[str] = mapped_column(String(500))


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


USER, SESSION, ACT = _table(StaffUser), _table(StaffSession), _table(StaffAct)


@dataclass(frozen=True, slots=True)
class Act:
    """Hold what somebody did.

    Args:
        what: a key of the closed list of acts.
        subject: what it was done to: a tag's id, an address, a version.
        before, after: plain values for JSON, or None.
    """

    at: datetime
    who: str
    what: str
    subject: str = ""
    before: Any = None
    after: Any = None
    note: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Sitting:
    """Hold one browser in which somebody is signed in."""

    key: str
    user_id: int
    began: datetime
    seen: datetime
    browser: str
    way: str
    ended: datetime | None


def write_act(connection: Connection, act: Act) -> None:
    """Append what somebody did."""
    connection.execute(
        insert(ACT).values(
            at=act.at,
            who=act.who[:255],
            what=act.what,
            subject=act.subject[:255],
            before="" if act.before is None else json.dumps(act.before, ensure_ascii=False, default=str),
            after="" if act.after is None else json.dumps(act.after, ensure_ascii=False, default=str),
            note=act.note[:500],
        )
    )


def acts(
    connection: Connection,
    *,
    who: str | None = None,
    what: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Iterator[Act]:
    """Iterate over what was done, newest first.

    Args:
        since, until: from this moment on; before this moment.
        before: only acts with a lower number, to go on where a page ended.
    """
    wanted: Select[Any] = select(ACT).order_by(ACT.c.seq.desc())
    for column, value in ((ACT.c.who, who), (ACT.c.what, what), (ACT.c.subject, subject)):
        if value:
            wanted = wanted.where(column == value)
    if since:
        wanted = wanted.where(ACT.c.at >= since)
    if until:
        wanted = wanted.where(ACT.c.at < until)
    if before is not None:
        wanted = wanted.where(ACT.c.seq < before)
    if limit is not None:
        wanted = wanted.limit(limit)
    for row in connection.execute(wanted):
        yield Act(
            row.at,
            row.who,
            row.what,
            row.subject,
            json.loads(row.before) if row.before else None,
            json.loads(row.after) if row.after else None,
            row.note,
            row.seq,
        )


def has_anybody(connection: Connection) -> bool:
    """Say whether there is any account."""
    return connection.execute(select(USER.c.id).limit(1)).first() is not None


def actors(connection: Connection) -> list[str]:
    """List everybody who ever did something."""
    return list(connection.scalars(select(ACT.c.who).distinct().order_by(ACT.c.who)))


def open_sitting(connection: Connection, sitting: Sitting, forget_before: datetime) -> None:
    """Note that somebody signed in, and forget the sittings that nobody used since a moment."""
    connection.execute(delete(SESSION).where(SESSION.c.seen < forget_before))
    connection.execute(
        insert(SESSION).values(
            key=sitting.key,
            user_id=sitting.user_id,
            began=sitting.began,
            seen=sitting.seen,
            browser=sitting.browser[:80],
            way=sitting.way[:40],
            ended=None,
        )
    )


def sitting(connection: Connection, key: str) -> Sitting | None:
    """Return a signed-in browser by the hash of its key, or None."""
    row = connection.execute(select(SESSION).where(SESSION.c.key == key)).first()
    return Sitting(*row) if row else None


def sittings(connection: Connection, user_id: int) -> list[Sitting]:
    """List the browsers in which somebody is signed in, the one seen last first."""
    wanted = select(SESSION).where(SESSION.c.user_id == user_id, SESSION.c.ended.is_(None))
    return [Sitting(*row) for row in connection.execute(wanted.order_by(SESSION.c.seen.desc()))]


def see_sitting(connection: Connection, key: str, at: datetime) -> None:
    """Note that a signed-in browser was used."""
    connection.execute(update(SESSION).where(SESSION.c.key == key).values(seen=at))


def end_sittings(
    connection: Connection, user_id: int | None, at: datetime, *, key: str | None = None, but: str = ""
) -> int:
    """End one signed-in browser (of somebody, or of whoever has it), or all of somebody but one; return how many."""
    wanted = update(SESSION).where(SESSION.c.ended.is_(None), SESSION.c.key != but)
    if user_id is not None:
        wanted = wanted.where(SESSION.c.user_id == user_id)
    if key is not None:
        wanted = wanted.where(SESSION.c.key == key)
    return connection.execute(wanted.values(ended=at)).rowcount


def count_failure(connection: Connection, user_id: int, most: int, locked_until: datetime) -> bool:
    """Count a failed sign-in and lock the account at the most that is let through; say whether it is locked now."""
    connection.execute(update(USER).where(USER.c.id == user_id).values(failures=USER.c.failures + 1))
    if (connection.scalar(select(USER.c.failures).where(USER.c.id == user_id)) or 0) < most:
        return False
    connection.execute(update(USER).where(USER.c.id == user_id).values(failures=0, locked_until=locked_until))
    return True


def forget_failures(connection: Connection, user_id: int) -> None:
    """Begin to count failed sign-ins anew."""
    connection.execute(update(USER).where(USER.c.id == user_id).values(failures=0, locked_until=None))


def take_counter(connection: Connection, user_id: int, counter: int) -> bool:
    """Note the counter of a code that was taken; say whether it was the first to come with it or a later one."""
    unused = or_(USER.c.tf_counter.is_(None), USER.c.tf_counter < counter)
    return connection.execute(update(USER).where(USER.c.id == user_id, unused).values(tf_counter=counter)).rowcount == 1


def take_recovery_code(connection: Connection, user_id: int, stored: str) -> bool:
    """Take a recovery code out of those that are left, as it is stored; say whether it was still among them."""
    # The row is held from the reading on: of two who come with the same code, the second finds it gone.
    wanted = select(USER.c.mf_recovery_codes).where(USER.c.id == user_id).with_for_update()
    left = list(connection.scalar(wanted) or ())
    if stored not in left:
        return False
    left.remove(stored)
    connection.execute(update(USER).where(USER.c.id == user_id).values(mf_recovery_codes=left))
    return True
