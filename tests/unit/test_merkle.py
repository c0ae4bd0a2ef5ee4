"""The ledger's hashes: RFC 6962's tree, and ids in the order of time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import ANALYTICS, COUNTER, GA4, ID, MARKETING, NO_SIGNAL, PROPERTY, SENT, law, press, registry

from privacy.choice import Intent
from privacy.jurisdictions import Place
from privacy.ledger import Entry, Frame, body_of, canonical, dated, inclusion_proof, leaf_hash, root, uuid7, verify

# Inputs, tree heads and audit paths of the reference implementation of RFC 6962
# (github.com/google/certificate-transparency, then transparency-dev/merkle, testonly).
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = [
    (0, 1, []),
    (0, 2, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"]),
    (1, 2, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]


def leaves(count: int) -> list[bytes]:
    """Return the leaf hashes of the reference inputs, and of numbers after them."""
    contents = [bytes.fromhex(text) for text in INPUTS] + [b"leaf %d" % i for i in range(len(INPUTS), 64)]
    return [hashlib.sha256(b"\x00" + content).digest() for content in contents[:count]]


@pytest.mark.parametrize("size", range(9))
def test_the_tree_head_is_that_of_the_reference(size: int) -> None:
    assert root(leaves(size)).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_the_audit_path_is_that_of_the_reference(index: int, size: int, path: list[str]) -> None:
    known = leaves(size)
    assert [node.hex() for node in inclusion_proof(index, known)] == path
    assert verify(known[index], index, size, [bytes.fromhex(node) for node in path], bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize("size", range(1, 41))
def test_every_leaf_of_every_tree_can_be_proven(size: int) -> None:
    known = leaves(size)
    head = root(known)
    for index in range(size):
        proof = inclusion_proof(index, known)
        assert verify(known[index], index, size, proof, head)
        assert len(proof) <= (size - 1).bit_length(), "an audit path is logarithmic"


@pytest.mark.parametrize("size", range(2, 20))
def test_what_was_tampered_with_cannot(size: int) -> None:
    known = leaves(size)
    head = root(known)
    other = hashlib.sha256(b"other").digest()
    for index in range(size):
        proof = inclusion_proof(index, known)
        leaf = known[index]
        assert not verify(other, index, size, proof, head), "another leaf"
        assert not verify(leaf, index, size, proof, other), "another head"
        assert not verify(leaf, (index + 1) % size, size, proof, head), "another place"
        assert not verify(leaf, index, size, proof[:-1], head), "a path that is too short"
        assert not verify(leaf, index, size, [*proof, other], head), "a path that is too long"
        for position in range(len(proof)):
            changed = [*proof[:position], other, *proof[position + 1 :]]
            assert not verify(leaf, index, size, changed, head), "a changed node"


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (1, 1), (0, 0), (5, 3)])
def test_a_leaf_outside_the_tree_is_not_in_it(index: int, size: int) -> None:
    assert not verify(leaves(1)[0], index, size, [], root(leaves(1)))
    with pytest.raises(IndexError):
        inclusion_proof(index, leaves(size))


@pytest.mark.parametrize("size", range(1, 20))
def test_a_changed_added_or_removed_entry_changes_the_head(size: int) -> None:
    known = leaves(size)
    head = root(known)
    for index in range(size):
        changed = [*known[:index], hashlib.sha256(b"x").digest(), *known[index + 1 :]]
        assert root(changed) != head
        assert root(known[:index] + known[index + 1 :]) != head
    assert root([*known, known[0]]) != head


def test_a_leaf_and_a_node_cannot_stand_for_each_other() -> None:
    left, right = leaves(2)
    node = root([left, right])
    assert node != hashlib.sha256(left + right).digest()
    assert node != hashlib.sha256(b"\x00" + left + right).digest()


ENTRY = Entry(uuid7(1, bytes(10)), ID, "00" * 16, '{"a":1}')


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENTRY, id=uuid7(2, bytes(10))),
        replace(ENTRY, consent_id="B" * 22),
        replace(ENTRY, salt="01" * 16),
        replace(ENTRY, body='{"a":2}'),
    ],
    ids=["id", "consent id", "salt", "body"],
)
def test_each_part_of_an_entry_is_in_its_hash(changed: Entry) -> None:
    assert changed.hash != ENTRY.hash
    assert len(ENTRY.hash) == 64


def test_the_leaf_hash_has_the_leaf_s_prefix() -> None:
    text = "\n".join((ENTRY.id, ENTRY.consent_id, ENTRY.salt, ENTRY.body)).encode()
    assert leaf_hash(ENTRY.id, ENTRY.consent_id, ENTRY.salt, ENTRY.body) == hashlib.sha256(b"\x00" + text).hexdigest()


@PROPERTY
@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_an_id_carries_its_time_its_version_and_its_variant(milliseconds: int, random: bytes) -> None:
    made = UUID(uuid7(milliseconds, random))
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == milliseconds
    kept = (0xFFF << 64) | ((1 << 62) - 1)
    assert made.int & kept == int.from_bytes(random, "big") & kept, "74 of the random bits are kept"


@PROPERTY
@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_time(milliseconds: int, one: bytes, other: bytes) -> None:
    assert uuid7(milliseconds, one) < uuid7(milliseconds + 1, other)


def test_the_example_of_the_rfc_is_made() -> None:
    # RFC 9562, A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    random = ((0xCC3 << 64) | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(0x017F22E279B0, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize("length", [0, 9, 11, 16])
def test_an_id_takes_ten_random_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="ten random bytes"):
        uuid7(0, bytes(length))


def test_canonical_json_has_one_spelling() -> None:
    assert canonical({"b": 1, "a": {"d": "é", "c": None}}) == '{"a":{"c":null,"d":"é"},"b":1}'


def test_the_body_says_what_was_shown_and_chosen_and_nothing_of_the_person() -> None:
    known, germany = registry(COUNTER, GA4), law("de")
    outcome = press(Intent.REJECT, germany, known, signals=SENT, age=(16, 18))
    frame = Frame("2026-11-22T12:00:00Z", "de", Place("DE", None, "proxy"), "banner:reject", "n" * 64, "1.2", 1)
    body = json.loads(body_of(frame, outcome, germany, SENT, known))
    assert body["event"] == "refused"
    assert body["jurisdiction"] == {
        "code": "EU",
        "region": "de",
        "place": "DE",
        "found_by": "proxy",
        "reviewed": germany.reviewed.isoformat(),
    }
    assert body["categories"] == {"functional": "denied", "analytics": "denied", "marketing": "denied"}
    assert body["signals"] == {"gpc": "sent"}
    assert body["age"] == [16, 18]
    assert body["notice"] == "n" * 64
    assert {(v["category"], v["vendor"], v["granted"]) for v in body["vendors"]} == {
        ("analytics", "site", False),
        ("analytics", "google-analytics", False),
        ("marketing", "google-analytics", False),
    }
    assert not {"ip", "address", "user_agent", "agent"} & set(body)


def test_the_body_parts_granted_from_partly_and_from_never_asked() -> None:
    known, germany = registry(COUNTER, GA4), law("de")
    outcome = press(Intent.ACCEPT, germany, known, about=(ANALYTICS,))
    frame = Frame("2026-11-22T12:00:00Z", "de", Place("DE"), "banner:accept", "n", "1", None)
    body = json.loads(body_of(frame, outcome, germany, NO_SIGNAL, known))
    assert body["categories"] == {"functional": "never-asked", "analytics": "granted", "marketing": "denied"}
    assert body["signals"] == {"gpc": "none"}
    assert "age" not in body
    assert {v["reason"] for v in body["vendors"] if v["category"] == MARKETING.value} == {"not-asked"}


@pytest.mark.parametrize("age", [None, (16, 18)])
def test_a_body_that_gets_its_time_later_is_the_same(age: tuple[int, int] | None) -> None:
    known, germany = registry(COUNTER, GA4), law("de")
    outcome = press(Intent.REJECT, germany, known, age=age)

    def body(at: str) -> str:
        frame = Frame(at, "de", Place("DE"), "banner:reject", "n", "1", 1)
        return body_of(frame, outcome, germany, NO_SIGNAL, known)

    assert dated(body(""), "2026-11-22T12:00:00.123Z") == body("2026-11-22T12:00:00.123Z")
