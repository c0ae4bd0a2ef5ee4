"""What the page store answers with: the encoding that a browser takes, and 304 for what it has."""

from __future__ import annotations

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import PROPERTY

from web.front import Kept, _matches, best_encoding

ENCODINGS = [
    ("", ""),
    ("gzip", "gzip"),
    ("br", "br"),
    ("gzip, deflate, br", "br"),
    ("gzip, deflate, br, zstd", "br"),
    ("GZIP", "gzip"),
    ("br;q=0, gzip", "gzip"),
    ("br;q=0.0, gzip;q=0", ""),
    ("identity", ""),
    ("*", "br"),
    ("*;q=0", ""),
    ("br;q=0, *", "gzip"),
    ("gzip;q=1.0.0", ""),
    ("gzip;q=x", "gzip"),
    ("deflate", ""),
    (" br ; q=0.5 ", "br"),
]


@pytest.mark.parametrize(("header", "encoding"), ENCODINGS)
def test_the_best_encoding_that_a_browser_takes(header: str, encoding: str) -> None:
    assert best_encoding(header) == encoding


@PROPERTY
@given(st.text() | st.text(alphabet="brgzip*;q=.01, "))
def test_any_header_has_an_answer(header: str) -> None:
    assert best_encoding(header) in ("", "br", "gzip")
    _matches(header, '"x"')


MATCHES = [
    ('"a"', True),
    ('W/"a"', True),
    ('"b", "a"', True),
    ("*", True),
    ('"b"', False),
    ("a", False),
    ("", False),
    ('"a-br"', False),
]


@pytest.mark.parametrize(("header", "matches"), MATCHES)
def test_a_browser_that_has_the_page_is_told_so(header: str, matches: bool) -> None:
    assert _matches(header, '"a"') is matches


def test_a_page_is_kept_in_each_encoding_with_a_tag_of_its_own() -> None:
    body = b"<p>privacy</p>" * 100
    kept = Kept(
        [("Content-Type", "text/html; charset=utf-8"), ("Date", "now"), ("ETag", "old"), ("X-A", "b")], body, "Cookie"
    )
    answers = {encoding: kept.answer(encoding) for encoding in ("br", "gzip", "")}
    assert brotli.decompress(answers["br"][1]) == body
    assert gzip.decompress(answers["gzip"][1]) == body
    assert answers[""][1] == body
    assert len({etag for etag, _, _ in answers.values()}) == 3
    assert kept.size == len(answers["br"][1]) + len(answers["gzip"][1]), "a packed page is not held unpacked too"
    for encoding, (etag, content, headers) in answers.items():
        found = dict(headers)
        assert found["ETag"] == etag
        assert found["Vary"] == "Cookie"
        assert found["Content-Length"] == str(len(content))
        assert found.get("Content-Encoding", "") == encoding
        assert found["X-A"] == "b"
        assert "Date" not in found, "a stored page carries no time"


@pytest.mark.parametrize(("kind", "body"), [("image/png", b"x" * 5000), ("text/html", b"small")])
def test_what_does_not_shrink_is_kept_as_it_is(kind: str, body: bytes) -> None:
    kept = Kept([("Content-Type", kind)], body, "")
    assert kept.size == len(body)
    assert all(kept.answer(encoding) == kept.answer("") for encoding in ("br", "gzip"))
    assert kept.answer("")[1] == body
