"""A pasted snippet becomes a file of this site's own, or is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rulebook import (
    ANALYTICS,
    GA4,
    GIVEN,
    LIBRARY,
    MARKETING,
    PROPERTY,
    choice,
    custom,
    decided,
    documents,
    everywhere,
    law,
    registry,
    snippet,
)

from privacy.admission import admit
from privacy.fields import BadTag
from privacy.snippets import MOST_BYTES, cleaned, digest, names_set
from privacy.templates import MOST_SNIPPET_BYTES

CODE = "(function () {\n  if (a < b && c > d) { go(); }\n})();"


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        f"\n\t{CODE}\n",
        f"\ufeff{CODE}",
        f"<script>{CODE}</script>",
        f"<SCRIPT>\n{CODE}\n</Script >\n",
        f'<script type="text/javascript" async defer="defer">{CODE}</script>',
        f"<script type=''>{CODE}</script>",
        f"<!-- Acme Stats --> <script>{CODE}</script> <!-- End of Acme -->",
        CODE.replace("\n", "\r\n"),
    ],
)
def test_the_script_alone_is_kept(text: str) -> None:
    assert cleaned(text) == CODE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("<script></script>", "is empty"),
        ("<!-- only a comment -->", "is empty"),
        ('<script src="https://cdn.example/t.js"></script>', "template custom"),
        ("<script async SRC=//cdn.example/t.js></script>", "template custom"),
        ("<script data-id='7'>go();</script>", "attribute 'data-id'"),
        ("<script onload=x()>go();</script>", "attribute 'onload'"),
        ("<script type=module>go();</script>", "classic JavaScript"),
        ('<script type="application/ld+json">{}</script>', "classic JavaScript"),
        ("<script>a();</script><script>b();</script>", "more than one script"),
        ("<script>a();</script><noscript><img src=x></noscript>", "does not end"),
        ("<script>a();</script><img src=x>", "does not end"),
        ("<script>a();", "does not end"),
        ("<noscript><img src=x></noscript>", "begins with <noscript>"),
        ("<img src='https://t.example/p.gif'>", "begins with <img>"),
        ("<iframe></iframe><script>a();</script>", "begins with <iframe>"),
        ("<!-- a(); ", "begins with HTML"),
        ("<scripted>a();</scripted>", "begins with <scripted>"),
        ("<script><!--\na();\n//--></script>", "begins with HTML"),
        ("a(); <script>b();</script>", "more than one script"),
        ("a(); <noscript>x</noscript>", "more than one script"),
        ("document.write('<script src=//x></script>')", "more than one script"),
        ("a();\x00", "control character"),
        ("a();\x1b[0m", "control character"),
        ("a(); // \u202e", "control character"),
        ("a('\ud800')", "control character"),
        ("a" * (MOST_BYTES + 1), "64 kB"),
        ("é" * (MOST_BYTES // 2 + 1), "64 kB"),
    ],
)
def test_everything_else_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(BadTag, match=words) as caught:
        cleaned(text)
    assert caught.value.field == "snippet" and "\n" not in str(caught.value)


def test_the_longest_is_taken() -> None:
    assert len(cleaned("a" * MOST_BYTES)) == MOST_BYTES


PARTS = ["<script>", "</script>", "<script ", "src=x", ">", "<!--", "-->", "<noscript>", "go();", '"', "'", " ", "\n"]


@PROPERTY
@given(st.text() | st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_any_text_is_cleaned_or_refused_and_what_is_clean_stays(text: str) -> None:
    try:
        made = cleaned(text)
    except BadTag:
        return
    assert made and cleaned(made) == made
    assert not made.startswith("<") and "</script>" not in made.lower()
    made.encode()


def test_the_gate_admits_a_snippet_as_a_file_of_this_site_s_own() -> None:
    config = snippet("Pasted", MARKETING, f"<script>{CODE}</script>", settings={"script": "https://cdn.pasted.example"})
    known = registry(GA4, config)
    key = digest(CODE)
    assert known.snippets == {key: CODE}
    admission = admit(known, decided(law("de"), known, choice(known, everywhere(GIVEN))), path="/")
    (element,) = [e for e in admission.elements if e.tag == "pasted"]
    assert (element.src, element.first_party, element.data) == (f"snippets/{key}.js", True, ())
    assert "https://cdn.pasted.example" in admission.csp and "unsafe" not in admission.csp
    before = admit(known, decided(law("de"), known), path="/")
    assert not before.elements and "https://cdn.pasted.example" not in before.csp


def test_a_snippet_is_kept_once_and_also_while_its_tag_is_off() -> None:
    document = documents(
        snippet("One", ANALYTICS, CODE), snippet("Two", ANALYTICS, f"<script>{CODE}</script>", enabled=False)
    )
    assert document["snippets"] == {digest(CODE): CODE}
    assert all("snippet" not in tag for tag in document["tags"])


def test_a_snippet_goes_with_its_template_alone() -> None:
    for config in (
        replace(snippet("One", ANALYTICS), snippet=None),
        replace(custom("One", ANALYTICS), snippet="go();"),
    ):
        with pytest.raises(BadTag):
            LIBRARY.materialise(config, loopback_http=False)


def test_all_snippets_together_have_a_limit() -> None:
    number = MOST_SNIPPET_BYTES // MOST_BYTES
    configs = [snippet(f"V{i}", ANALYTICS, chr(97 + i) * MOST_BYTES) for i in range(number + 1)]
    documents(*configs[:number])
    with pytest.raises(BadTag, match="together") as caught:
        documents(*configs)
    assert (caught.value.field, caught.value.subject) == ("snippet", configs[-1].id)


def test_the_names_that_a_script_sets_are_seen() -> None:
    text = """document.cookie = "_uid=" + id; document.cookie='x_y=1; path=/';
    cookieStore.set("late", "1"); localStorage.setItem('seen', 1); sessionStorage.setItem(`now`, 2); f("no=1")"""
    assert names_set(text) == ({"_uid", "x_y", "late"}, {"seen", "now"})
