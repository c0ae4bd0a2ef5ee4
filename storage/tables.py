"""The tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, ForeignKey, String, Text, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column

from storage import db


class UtcDateTime(TypeDecorator[datetime]):
    """Store a time in UTC and give it back aware: SQLite drops time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time.

        Raises:
            ValueError: when the time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class TagVersion(db.Model):
    """One published, immutable version of all vendors and tags."""

    __tablename__ = "tag_version"
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    author: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(500))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text())


class LiveVersion(db.Model):
    """The version of each published thing that every worker serves: the one row that they poll."""

    __tablename__ = "live_version"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int]


class PolicyVersion(db.Model):
    """One published version of a text. Triggers refuse to change or delete it, its documents and its sections."""

    __tablename__ = "policy_version"
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published: Mapped[datetime] = mapped_column(UtcDateTime())
    effective: Mapped[datetime] = mapped_column(UtcDateTime())
    author: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text())
    material: Mapped[str] = mapped_column(String(200))
    named: Mapped[str] = mapped_column(Text())
    digest: Mapped[str] = mapped_column(String(64))


class PolicyText(db.Model):
    """A version in one language: its title, its sections' keys, and which of them make the document of a region."""

    __tablename__ = "policy_text"
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    locale: Mapped[str] = mapped_column(String(12), primary_key=True)
    document: Mapped[str] = mapped_column(Text())


class PolicySection(db.Model):
    """A section as it was published, kept once under the hash of its bytes, whichever documents hold it."""

    __tablename__ = "policy_section"
    __table_args__: ClassVar[dict[str, Any]] = {"info": {"first_stays": True}}
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    anchor: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(400))
    html: Mapped[str] = mapped_column(Text())


class Notice(db.Model):
    """One distinct notice as it was shown, kept once, under the hash of its bytes."""

    __tablename__ = "notice"
    __table_args__: ClassVar[dict[str, Any]] = {"info": {"first_stays": True}}
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    locale: Mapped[str] = mapped_column(String(12))
    region: Mapped[str] = mapped_column(String(12))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime())
    body: Mapped[str] = mapped_column(Text())


class LedgerEntry(db.Model):
    """A leaf of the ledger. Triggers refuse to change or delete it; it holds nothing personal."""

    __tablename__ = "ledger_entry"
    __table_args__: ClassVar[dict[str, Any]] = {"info": {"plain": True}}
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class LedgerBody(db.Model):
    """What a leaf's hash was made of. Erasure and retention may empty it; the hash stays."""

    __tablename__ = "ledger_body"
    __table_args__: ClassVar[dict[str, Any]] = {"info": {"plain": True}}
    entry_id: Mapped[str] = mapped_column(String(36), ForeignKey("ledger_entry.id"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text())


class LedgerSubject(db.Model):
    """Which consent id a leaf belongs to."""

    __tablename__ = "ledger_subject"
    __table_args__: ClassVar[dict[str, Any]] = {"info": {"plain": True}}
    entry_id: Mapped[str] = mapped_column(String(36), ForeignKey("ledger_entry.id"), primary_key=True)
    consent_id: Mapped[str] = mapped_column(String(22), index=True)


class PageCount(db.Model):
    """Views of a page on a day, counted where they were allowed; no visitor is told from another."""

    __tablename__ = "page_count"
    day: Mapped[date] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    views: Mapped[int]


class SignalCount(db.Model):
    """Pages that were asked for under an opt-out signal without a choice, per day and region."""

    __tablename__ = "signal_count"
    day: Mapped[date] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(String(12), primary_key=True)
    pages: Mapped[int]
