"""A pasted snippet, cleaned: bare JavaScript that this site serves as a file of its own.

What a vendor hands out is HTML around an inline script. The policy runs no inline script, so the script alone is
kept, as a first-party file under the hash of its text; everything else in the HTML is refused by name.
"""

from __future__ import annotations

import hashlib
import re

from privacy.fields import BadTag

MOST_BYTES = 64 * 1024

_FIELD = "snippet"
_BLANK = " \t\n\ufeff"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# A quoted value may hold ">"; the parts exclude one another, so that no text makes the search slow.
_OPEN = re.compile(r"<script(?=[\s/>])((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_CLOSE = re.compile(r"</script\s*>\Z", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s=/>\"']+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
_ELEMENT = re.compile(r"</?(script|noscript)(?=[\s/>])", re.IGNORECASE)
_FIRST = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_JAVASCRIPT = frozenset({"", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript"})

_NAME = r"[A-Za-z0-9!#$%&'+.^_`|~-]{2,80}"
_SETS_COOKIE = re.compile(
    rf"document\.cookie\s*=\s*[\"'`]({_NAME}?)=|cookieStore\s*\.\s*set\s*\(\s*[\"'`]({_NAME}?)[\"'`]"
)
_SETS_KEY = re.compile(rf"(?:local|session)Storage\s*\.\s*setItem\s*\(\s*[\"'`]({_NAME}?)[\"'`]")


def cleaned(text: str) -> str:
    """Return the script of a snippet, without its element. What is clean already stays as it is.

    Raises:
        BadTag: when it is neither bare JavaScript nor one ``script`` element around some.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        raise BadTag("The snippet holds a control character.", _FIELD)
    if len(text.encode()) > MOST_BYTES:
        raise BadTag(f"The snippet takes {MOST_BYTES // 1024} kB at most.", _FIELD)
    text = _without_comments(text.strip(_BLANK))
    if text.startswith("<"):
        text = _body(text)
    if not text:
        raise BadTag("The snippet is empty: it takes JavaScript, or one script element around it.", _FIELD)
    if text.startswith("<"):
        raise BadTag("The snippet's script begins with HTML: it takes JavaScript alone.", _FIELD)
    if found := _ELEMENT.search(text):
        raise BadTag(
            f"The snippet holds more than one script: <{found[1].lower()}> stands in it. "
            "Add a tag for each, and leave out what is for browsers without JavaScript.",
            _FIELD,
        )
    return text


def digest(text: str) -> str:
    """Return the hash under which a cleaned snippet is kept and served: SHA-256, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def names_set(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the cookies and the storage keys that a script names where it sets them: some, never surely all."""
    cookies = {found[1] or found[2] for found in _SETS_COOKIE.finditer(text)}
    return frozenset(cookies), frozenset(found[1] for found in _SETS_KEY.finditer(text))


def _without_comments(text: str) -> str:
    """Drop the HTML comments around a script element: vendors put their names there."""
    while text.startswith("<!--") and (end := text.find("-->", 4)) >= 0:
        text = text[end + 3 :].lstrip(_BLANK)
    while text.startswith("<") and text.endswith("-->") and (start := text.rfind("<!--")) > 0:
        text = text[:start].rstrip(_BLANK)
    return text


def _body(text: str) -> str:
    opened, closed = _OPEN.match(text), _CLOSE.search(text)
    if not opened:
        found = _FIRST.match(text)
        name = f"<{found[1].lower()}>" if found else "HTML"
        raise BadTag(f"The snippet begins with {name}: it takes JavaScript, or one script element around it.", _FIELD)
    _check_attributes(opened[1])
    if not closed or closed.start() < opened.end():
        raise BadTag("The snippet does not end with </script>: it takes one script element and nothing else.", _FIELD)
    return text[opened.end() : closed.start()].strip(_BLANK)


def _check_attributes(text: str) -> None:
    for name, value in _ATTRIBUTE.findall(text):
        if name.lower() == "src":
            raise BadTag(
                "The snippet's script stands at an address (src): use the template custom with that address instead.",
                _FIELD,
            )
        if name.lower() not in ("type", "async", "defer"):
            raise BadTag(
                f"The snippet's script has the attribute {name!r}: it takes type, async and defer alone.", _FIELD
            )
        if name.lower() == "type" and value.strip("\"'").strip().lower() not in _JAVASCRIPT:
            raise BadTag(f"The snippet's script is of the type {value}: it takes classic JavaScript.", _FIELD)
