"""Check the ledger and replay what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Engine

from privacy.ledger import Entry, root
from storage import records


@dataclass(frozen=True)
class Check:
    """Hold what a check of the whole ledger found.

    Args:
        size: how many leaves there are.
        erased: how many have lost their body or subject by erasure or retention.
        wrong: ids of entries whose body does not give their hash.
        missing_notices: hashes of notices that entries point at and that are not stored.
        root: the Merkle tree hash, hex.
    """

    size: int
    erased: int
    wrong: tuple[str, ...]
    missing_notices: tuple[str, ...]
    root: str

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.wrong and not self.missing_notices


class Ledger:
    """Read the ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check(self) -> Check:
        """Hash every entry again and compare."""
        leaves: list[bytes] = []
        wrong: list[str] = []
        erased = 0
        wanted: set[str] = set()
        with self._engine.connect() as connection:
            for entry_id, digest, entry in records.entries(connection):
                leaves.append(bytes.fromhex(digest))
                if entry is None:
                    erased += 1
                    continue
                if entry.hash != digest:
                    wrong.append(entry_id)
                wanted.add(json.loads(entry.body)["notice"])
            missing = tuple(sorted(h for h in wanted if records.notice(connection, h) is None))
        return Check(len(leaves), erased, tuple(wrong), missing, root(leaves).hex())

    def of(self, consent_id: str) -> list[Entry]:
        """Return the entries of a consent id, newest first."""
        with self._engine.connect() as connection:
            return records.entries_of(connection, consent_id)

    def notice(self, digest: str) -> tuple[str, str, str] | None:
        """Return locale, region and exact body of a notice, or None."""
        with self._engine.connect() as connection:
            return records.notice(connection, digest)
