"""What was shown and what was chosen, as entries whose hashes form a Merkle tree (RFC 6962, RFC 9162)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from privacy.categories import CHOOSABLE, Category
from privacy.choice import Answer
from privacy.decision import Decision, Outcome, Signals
from privacy.jurisdictions import Jurisdiction, Place
from privacy.registry import Registry

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one record of the ledger: no address, no user agent, nothing but the act and its frame.

    Args:
        id: UUIDv7 (RFC 9562, 5.7) in its text form.
        consent_id: the opaque id that the visitor's cookie carries.
        salt: 16 random bytes as hex; without them the hash cannot be tried against guesses.
        body: what :func:`body_of` returned.
    """

    id: str
    consent_id: str
    salt: str
    body: str

    @property
    def hash(self) -> str:
        """Give the leaf hash, hex."""
        return leaf_hash(self.id, self.consent_id, self.salt, self.body)


def leaf_hash(entry_id: str, consent_id: str, salt: str, body: str) -> str:
    """Return the hash of a leaf: SHA-256 over 0x00 and the entry's parts (RFC 6962, 2.1)."""
    content = "\n".join((entry_id, consent_id, salt, body)).encode()
    return hashlib.sha256(b"\x00" + content).hexdigest()


def uuid7(milliseconds: int, random: bytes) -> str:
    """Return a UUIDv7 from a time and ten random bytes (RFC 9562, 5.7).

    Raises:
        ValueError: when the random part is not ten bytes long.
    """
    if len(random) != 10:
        raise ValueError("a UUIDv7 takes ten random bytes")
    value = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(random, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def canonical(document: Mapping[str, Any]) -> str:
    """Return a document as canonical JSON: sorted keys, no spaces, text as it is."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold what surrounded an act.

    Args:
        at: RFC 3339 time of the server, UTC.
        method: ``banner`` or ``preferences``, with the button.
        notice: the hash of the exact notice that was shown.
        policy: the version of the texts and of the tags that were live.
    """

    at: str
    locale: str
    place: Place
    method: str
    notice: str
    policy: str
    expires: int | None


def body_of(frame: Frame, outcome: Outcome, jurisdiction: Jurisdiction, signals: Signals, registry: Registry) -> str:
    """Return the body of an entry (GDPR art. 7(1); EDPB 05/2020, §§ 104-108; ISO/IEC TS 27560)."""
    decision = outcome.decision
    document: dict[str, Any] = {
        "format": FORMAT,
        "at": frame.at,
        "event": outcome.event.value,
        "method": frame.method,
        "locale": frame.locale,
        "jurisdiction": {
            "code": jurisdiction.code,
            "region": jurisdiction.region,
            "place": frame.place.code,
            "found_by": frame.place.source,
            "reviewed": jurisdiction.reviewed.isoformat(),
        },
        "categories": {c.value: _word(outcome, c) for c in CHOOSABLE},
        "vendors": _vendors(decision, registry),
        "signals": {"gpc": "sent" if signals.sent else "remembered" if signals.remembered else "none"},
        "notice": frame.notice,
        "policy": frame.policy,
        "expires": frame.expires,
    }
    if outcome.choice.age:
        document["age"] = list(outcome.choice.age)
    return canonical(document)


def dated(body: str, at: str) -> str:
    """Return a body whose frame had no time (an empty text) with a time of :class:`Frame`'s form."""
    # The keys are sorted: before this one stands at most the age, which holds no text.
    return body.replace('"at":""', f'"at":"{at}"', 1)


def _word(outcome: Outcome, category: Category) -> str:
    grants = outcome.decision.of(category)
    if not grants:
        answer = outcome.choice.category(category)
        if answer is None:
            return "never-asked"
        return "denied" if answer is Answer.REFUSED else "granted"
    return {True: "granted", False: "denied", None: "partly"}[outcome.decision.granted(category)]


def _vendors(decision: Decision, registry: Registry) -> list[dict[str, Any]]:
    return [
        {
            "category": g.category.value,
            "vendor": g.vendor,
            "name": registry.vendors[g.vendor].name or "",
            "granted": g.granted,
            "reason": g.reason.value,
            "model": g.model.value,
            "purposes": sorted(registry.purposes(g.pair)),
        }
        for g in decision.grants
    ]


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash over leaf hashes (RFC 6962, 2.1). Of no leaves: SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _node(root(leaves[:split]), root(leaves[split:]))


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the audit path of a leaf (RFC 6962, 2.1.1).

    Raises:
        IndexError: when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(index, leaves[:split]), root(leaves[split:])]
    return [*inclusion_proof(index - split, leaves[split:]), root(leaves[:split])]


def verify(leaf: bytes, index: int, size: int, proof: Iterable[bytes], expected: bytes) -> bool:
    """Say whether an audit path leads from a leaf to a tree hash (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, current = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            current = _node(sibling, current)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = _node(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and current == expected


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
