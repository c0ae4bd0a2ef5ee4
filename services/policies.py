"""Publish texts, and read what was published: each version is frozen, for ever, in every language and region."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from privacy.categories import Category
from privacy.ledger import canonical
from privacy.policies import Document, Kind, Section, Version, announced, check, in_force
from privacy.registry import Registry
from services.editions import Edition, keys_of, manifest
from services.store import reading, writing
from storage import records

Render = Callable[[Kind, Registry], Iterable[Document]]
"""Makes the working text of a kind under a registry, in every language and for every region."""


class NothingNew(Exception):
    """The working text is the one that was published last. Nothing was published."""


class Overtaken(Exception):
    """Somebody else published meanwhile. Nothing was published."""


@dataclass(frozen=True)
class Drift:
    """Say in which sections the working text differs from the version that was published last."""

    locale: str
    region: str
    anchors: tuple[str, ...]


class Policies:
    """Freeze working texts as versions.

    Args:
        now: the server's time, aware.
        render: makes the working texts.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], render: Render) -> None:
        self._engine = engine
        self._now = now
        self._render = render

    def versions(self, kind: Kind) -> list[Version]:
        """List the versions of a text, newest first.

        Raises:
            StoreSilent: when the store does not answer.
        """
        with reading(self._engine) as connection:
            return records.policy_versions(connection, kind)

    def edition(self, kind: Kind, number: int, locale: str | None = None) -> Edition | None:
        """Return a version with its documents, in one language or in all, or None where there is none.

        Raises:
            StoreSilent: when the store does not answer.
        """
        with reading(self._engine) as connection:
            found = next((v for v in records.policy_versions(connection, kind) if v.number == number), None)
            return edition(connection, found, locale) if found else None

    def working(self, kind: Kind, registry: Registry) -> list[Document]:
        """Return the working text in every language and for every region."""
        return list(self._render(kind, registry))

    def state(self, kind: Kind) -> tuple[Version | None, tuple[Version, ...]]:
        """Return the version in force, and those that are announced."""
        versions, now = self.versions(kind), self._now()
        return in_force(versions, now), announced(versions, now)

    def drift(self, kind: Kind, registry: Registry) -> list[Drift]:
        """Return where the working text differs from the version that was published last."""
        working = self.working(kind, registry)
        versions = self.versions(kind)
        last = self.edition(kind, versions[0].number) if versions else None
        found = []
        for document in working:
            former = last.document(document.locale, document.region) if last else None
            before = {s.anchor: s.key for s in former.sections} if former else {}
            after = {s.anchor: s.key for s in document.sections}
            anchors = [a for a in [*after, *(a for a in before if a not in after)] if before.get(a) != after.get(a)]
            if anchors:
                found.append(Drift(document.locale, document.region, tuple(anchors)))
        return found

    def prepare(self, registry: Registry) -> list[Version]:
        """Publish what a new release or new settings call for, and return it.

        A text without any version gets its first. The cookie policy states what this site does now, so it follows;
        the privacy policy is changed by its publisher alone.
        """
        made = []
        for kind in Kind:
            first = not self.versions(kind)
            if first or kind is Kind.COOKIES:
                note = {"en": "The text is written afresh."} if first else {}
                # Where another machine was first, it has published the same.
                with suppress(NothingNew, Overtaken):
                    made.append(self.publish(kind, registry, author="setup", note=note, material=frozenset()))
        return made

    def publish(
        self,
        kind: Kind,
        registry: Registry,
        *,
        author: str,
        note: Mapping[str, str],
        material: frozenset[Category],
        effective: datetime | None = None,
        at_once: bool = False,
        withdraws: bool = False,
    ) -> Version:
        """Freeze the working text as the next version.

        Args:
            note: what changed, by locale.
            material: the categories about which visitors are asked again.
            effective: from when it holds; at once where it is left out.
            at_once: a material change may hold without having been announced.
            withdraws: what is announced for later never takes effect.

        Raises:
            Doubt: when it would be backdated, or touches what nobody can be asked about.
            NothingNew: when it is the version that was published last.
            Overtaken: when somebody else published meanwhile.
            StoreSilent: when the store does not answer.
        """
        documents = self.working(kind, registry)
        try:
            with writing(self._engine) as connection:
                version = self._write(
                    connection, kind, registry, documents, author, note, material, effective, at_once, withdraws
                )
        except IntegrityError as error:
            raise Overtaken from error
        if version is None:
            raise NothingNew
        return version

    def follow(
        self, connection: Connection, registry: Registry, documents: list[Document], author: str
    ) -> Version | None:
        """Publish the cookie policy of a registry within the transaction that publishes the registry.

        Where nothing in it changes, there is no new version. What changed needs no note: the comparison says it.

        Args:
            documents: its working text, made before the transaction began.
        """
        return self._write(connection, Kind.COOKIES, registry, documents, author, {}, frozenset(), None)

    def _write(
        self,
        connection: Connection,
        kind: Kind,
        registry: Registry,
        documents: list[Document],
        author: str,
        note: Mapping[str, str],
        material: frozenset[Category],
        effective: datetime | None,
        at_once: bool = False,
        withdraws: bool = False,
    ) -> Version | None:
        former = records.policy_versions(connection, kind)
        # Clocks of two machines differ: no version is published before the one that it follows.
        now = max([self._now(), *(version.published for version in former)])
        digest = _digest(documents)
        if kind is Kind.COOKIES and records.live_version(connection, records.TAGS, hold=True) != registry.version:
            raise Overtaken  # It would list other tags than the ones that are live.
        if former and former[0].digest == digest and _says_nothing_new(former[0], now, material, effective):
            return None
        version = Version(
            kind=kind,
            number=former[0].number + 1 if former else 1,
            published=now,
            effective=effective or now,
            author=author[:200],
            note={slug: text[:2000] for slug, text in note.items()},
            material=material,
            named=frozenset(vendor.id for vendor in (*registry.recipients, *registry.profilers)),
            digest=digest,
        )
        coming = announced(former, now)
        check(version, coming, at_once=at_once, withdraws=withdraws)
        # One that takes the place of an announced one goes on asking what that one would have asked.
        replaced = [v.material for v in coming if v.effective == version.effective]
        version = replace(version, material=version.material.union(*replaced))
        by_locale: dict[str, list[Document]] = {}
        sections: dict[str, Section] = {}
        for document in documents:
            by_locale.setdefault(document.locale, []).append(document)
            sections.update((section.key, section) for section in document.sections)
        texts = {slug: canonical(manifest(those)) for slug, those in by_locale.items()}
        records.publish_policy(connection, version, texts, sections.values())
        return version


def _says_nothing_new(last: Version, now: datetime, material: frozenset[Category], effective: datetime | None) -> bool:
    """Say whether the same text, published again, would change nothing: neither its date nor what it asks about."""
    return last.effective <= now and not material and effective is None


def edition(connection: Connection, version: Version, locale: str | None = None) -> Edition:
    """Read a version with its documents, in one language or in all."""
    texts = records.policy_texts(connection, version.kind, version.number, locale)
    return Edition(version, texts, records.policy_sections(connection, keys_of(texts.values())))


def _digest(documents: Iterable[Document]) -> str:
    """Return the hash of a version: SHA-256 over the hashes of its documents."""
    found = {f"{document.locale}/{document.region}": document.digest for document in documents}
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
