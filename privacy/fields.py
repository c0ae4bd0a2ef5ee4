"""Single values that people type: what is taken and in which spelling, and what is refused and at which field."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from privacy.registry import is_necessary

MOST_PATTERNS = 50
PATTERN_LENGTH = 200
URL_LENGTH = 1000

_NOT_IN_URL = frozenset("\"'<>`;,{}\\")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_COOKIE = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]{2,80}\*?\Z")
_HOST = re.compile(r"(\*\.)?([a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}\Z")
# Beside the control characters: those that turn the direction of text, and lone surrogates, which no file can hold.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class BadTag(ValueError):
    """A tag or a vendor cannot be taken. Its text is one line that says which part and what it takes.

    Args:
        field: the field at fault, as ``TagConfig`` or ``VendorEdit`` name it, or ``settings.<name>``; None where
            no single field is.
        subject: the id of the tag or vendor, where several were read at once.
    """

    def __init__(self, message: str, field: str | None = None, subject: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.subject = subject


def check_id(value: str, field: str = "id") -> None:
    """Refuse what is no id.

    Raises:
        BadTag: when it is none.
    """
    if not _ID.match(value):
        raise BadTag("The id takes lower-case letters, digits and hyphens, 40 at most.", field)


def check_text(value: str, field: str, most: int | None = None) -> None:
    """Refuse characters that control a screen or a file, and what is too long.

    Raises:
        BadTag: when it holds one, or more than ``most`` characters.
    """
    if _CONTROL.search(value):
        raise BadTag(f"{field} holds a control character.", field)
    if most is not None and len(value) > most:
        raise BadTag(f"{field} takes {most} characters at most.", field)


def seen(text: str) -> str:
    """Return a text without what nobody sees in it: characters that no page and no store can hold, or that turn it."""
    return _UNSEEN.sub("", text)


def check_list(values: Sequence[str], field: str, most: int) -> None:
    """Refuse too many values, and one that stands there twice.

    Raises:
        BadTag: when there are.
    """
    if len(values) > most:
        raise BadTag(f"{field} takes {most} values at most.", field)
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise BadTag(f"{value!r} stands twice among {field}.", field)
        seen.add(value)


def check_country(code: str, countries: Collection[str]) -> None:
    """Refuse what is no country's code.

    Raises:
        BadTag: when it is none.
    """
    if code not in countries:
        raise BadTag(f"The country takes a code such as DE; {code!r} is none.", "country")


def check_role(role: str, field: str) -> None:
    """Refuse a role that no vendor has.

    Raises:
        BadTag: when it is none.
    """
    if role not in ("processor", "third_party"):
        raise BadTag(f"The role takes processor or third_party; {role!r} is neither.", field)


def check_patterns(patterns: Sequence[str], field: str) -> None:
    """Refuse patterns of pages that can match no path: paths begin with a slash and have no query.

    Raises:
        BadTag: on the first that cannot be taken.
    """
    check_list(patterns, field, MOST_PATTERNS)
    for pattern in patterns:
        fits = pattern == "*" or pattern.startswith("/")
        if not fits or len(pattern) > PATTERN_LENGTH or re.search(r"[\s?#\\]", pattern) or _CONTROL.search(pattern):
            raise BadTag(
                f"{field}={pattern!r} cannot be taken: it takes * or a path from its slash on, without a query, "
                f"{PATTERN_LENGTH} characters at most.",
                field,
            )


def cookie_name(name: str, field: str) -> str:
    """Return the name of a cookie or of a key in the browser's storage.

    Raises:
        BadTag: when it has the wrong shape, or is one of this site's own.
    """
    if not _COOKIE.match(name):
        raise BadTag(
            f"The cookie name {name!r} cannot be taken: it takes two characters or more, * at the end only.", field
        )
    bare = name.rstrip("*")
    if is_necessary(bare) or bare.startswith(("__Host-", "__Secure-")):
        raise BadTag(f"The cookie name {name!r} is one of this site's own.", field)
    return name


def takes(parameter: Mapping[str, Any]) -> str:
    """Return what a parameter takes, with an example."""
    words = {"origin": "an origin", "url": "an https address", "vendors": "vendor ids parted by commas"}
    return f"{words.get(parameter['kind'], 'a value')} such as {parameter.get('example', '')}".rstrip()


def checked_value(parameter: Mapping[str, Any], value: str, field: str, loopback_http: bool) -> str:
    """Return a parameter's value in one spelling.

    Args:
        loopback_http: also take ``http`` addresses on the loopback interface.

    Raises:
        BadTag: when it cannot be taken.
    """
    kind, name = parameter["kind"], parameter["name"]
    value = value.strip()
    bad = BadTag(f"{name}={value!r} cannot be taken: it takes {takes(parameter)}.", field)
    if len(value) > URL_LENGTH:
        raise bad
    if kind in ("origin", "url"):
        if any(ord(c) <= 32 or c in _NOT_IN_URL for c in value):
            raise bad
        if not _is_safe(value, loopback_http):
            raise bad
        if kind == "origin":
            parts = urlsplit(value.rstrip("/"))
            if parts.path or parts.query or parts.fragment:
                raise bad
            return origin_of(value)
        # A script stands at one address; a wildcard there would only widen the policy.
        if "*" in (urlsplit(value).hostname or "") or urlsplit(value).scheme not in ("https", "http"):
            raise bad
        return value
    pattern = parameter.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise bad
    return value


def checked_url(value: str, field: str, loopback_http: bool) -> str:
    """Return the address of a page of a vendor's. Raises as :func:`checked_value` does."""
    example = "https://vendor.example/privacy"
    return checked_value({"name": field, "kind": "url", "example": example}, value, field, loopback_http)


def checked_origin(value: str, field: str, loopback_http: bool) -> str:
    """Return an origin in one spelling. Raises as :func:`checked_value` does."""
    example = "https://api.example.com"
    return checked_value({"name": field, "kind": "origin", "example": example}, value, field, loopback_http)


def is_host(name: str) -> bool:
    """Say whether a name is one of a host, or of a domain with the dot that cookies put before it."""
    bare = name.removeprefix(".")
    return bool(_HOST.match(bare)) and "." in bare and "*" not in bare and len(name) <= 253


def origin_of(url: str) -> str:
    """Return the origin of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_safe(value: str, loopback_http: bool) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if "@" in parts.netloc or parts.netloc.endswith(":") or (port is not None and not 0 < port < 65536):
        return False
    if parts.scheme in ("http", "ws"):
        return loopback_http and _is_loopback(host)
    if parts.scheme not in ("https", "wss"):
        return False
    if loopback_http and _is_loopback(host):
        return True
    # A wildcard directly under a top-level domain would admit everybody.
    return bool(_HOST.match(host)) and "." in host.removeprefix("*.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
