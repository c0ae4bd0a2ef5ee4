"""What a check of the live page visits, what was seen there, and what of it was to be expected."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from privacy.admission import admit
from privacy.categories import CHOOSABLE
from privacy.choice import Choice, Intent, Ticks
from privacy.decision import Decision, Signals, choose, decide
from privacy.jurisdictions import Jurisdiction, Place
from privacy.registry import Cookie, Registry, is_necessary

NOBODY = "A" * 22
"""The id in the checker's choice: it is on no record."""

_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_LONGEST = 300


class Visitor(StrEnum):
    """Name as whom the page is visited."""

    CONSENTING = "consenting"
    """Accepted everything that can be accepted there."""
    REFUSING = "refusing"


class Table(StrEnum):
    """Name what is looked at."""

    SCRIPTS = "scripts"
    HOSTS = "hosts"
    COOKIES = "cookies"
    STORAGE = "storage"
    REFUSALS = "refusals"


class Trouble(StrEnum):
    """Say why something was not to be expected."""

    UNKNOWN = "unknown"
    """Nobody in the registry has to do with it."""
    DENIED = "denied"
    """It belongs to somebody whom this visitor did not allow."""
    FAILED = "failed"
    """It was let in and did not come."""
    REFUSED = "refused"
    """The page's policy refused it."""


class Policy(StrEnum):
    """Say whether the page's Content-Security-Policy was the one that the gate made for this visitor."""

    OURS = "ours"
    MISSING = "missing"
    OTHER = "other"
    """Something on the way changed it, or the page was made for somebody else."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Say what the browser does.

    Args:
        url: the page's whole address.
        origin: the site's own.
        headers: what requests to the site's own origin carry, and no other.
        cookie: name and value of the site's own cookie, by which the choice is known.
        language: the browser's.
    """

    visitor: Visitor
    url: str
    origin: str
    headers: tuple[tuple[str, str], ...]
    cookie: tuple[str, str]
    language: str = "en"


@dataclass(frozen=True, slots=True)
class SeenScript:
    """Hold a script that the page carried or fetched.

    Args:
        tag: the id of the tag that the page names it by, or an empty string.
        loaded: whether it came.
    """

    url: str
    tag: str = ""
    loaded: bool = True


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold the name of something that the browser keeps. What it holds never leaves the browser.

    Args:
        kind: ``cookie``, ``local``, ``session`` or ``indexeddb``.
        host: the domain or host that it is kept for.
    """

    kind: str
    name: str
    host: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what a browser saw on a page.

    Args:
        status: with which the page answered.
        policy: its Content-Security-Policy, or an empty string.
        hosts: foreign origins to which requests went out, each with their number.
        refusals: directive and address of what the policy refused.
    """

    visitor: Visitor
    status: int
    policy: str
    scripts: tuple[SeenScript, ...] = ()
    hosts: tuple[tuple[str, int], ...] = ()
    kept: tuple[Kept, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """Hold one line of a report.

    Args:
        what: an address, a host, a name.
        where: the domain, directive or kind of storage that belongs to it.
        by: whose it is: a vendor's name, a tag's id, another host.
        number: how often.
        trouble: why it was not to be expected; None where it was.
    """

    what: str
    where: str = ""
    by: str = ""
    number: int = 1
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Hold what came of one visit.

    Args:
        items: per table, in the order in which they were seen.
    """

    visitor: Visitor
    status: int
    policy: Policy
    items: tuple[tuple[Table, tuple[Item, ...]], ...]

    def of(self, table: Table) -> tuple[Item, ...]:
        """Return the lines of a table."""
        return dict(self.items).get(table, ())

    @property
    def troubles(self) -> tuple[tuple[Table, Item], ...]:
        """Give every line that was not to be expected."""
        return tuple((table, item) for table, items in self.items for item in items if item.trouble)

    @property
    def is_fine(self) -> bool:
        """Say whether everything was as it should be."""
        return self.status == 200 and self.policy is Policy.OURS and not self.troubles


@dataclass(frozen=True, slots=True)
class Holding:
    """Hold what one vendor may reach and keep in one category.

    Args:
        granted: whether the visitor allowed it.
        any_storage: it may use any storage key of the site.
    """

    name: str
    granted: bool
    sources: tuple[str, ...]
    cookies: tuple[Cookie, ...]
    storage: tuple[Cookie, ...]
    any_storage: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hold what the gate admits for a visitor on a page, in the terms in which a browser sees it.

    Args:
        host: the site's own.
        sources: the foreign sources of the page's policy.
        tags: the ids of the tags that may load.
        policies: the policy of the page, and the one of a page on which no tag ever loads.
    """

    host: str
    sources: tuple[str, ...]
    tags: frozenset[str]
    holdings: tuple[Holding, ...]
    policies: frozenset[str]


# --- Whom to send ----------------------------------------------------------------------------------------------------


def place_of(region: str) -> Place:
    """Return a place at which a region's law holds, as far as its code says (``de``, ``us-ca``, ``row``)."""
    match = re.fullmatch(r"([A-Z]{2})(-[A-Z0-9]{1,3})?", region.upper())
    return Place(match[1], match[0] if match[2] else None) if match else Place()


def choice_of(visitor: Visitor, law: Jurisdiction, registry: Registry, now: int) -> Choice:
    """Return the choice with which a visitor comes: everything accepted, or everything refused.

    Args:
        registry: what is live at that law.
        now: seconds since the epoch.
    """
    intent = {Visitor.CONSENTING: Intent.ACCEPT, Visitor.REFUSING: Intent.REJECT}[visitor]
    return choose(
        law, None, Signals(), registry, now,
        intent=intent, ticks=Ticks(), about=CHOOSABLE, age=None, fresh_id=NOBODY,
    ).choice  # fmt: skip


def allowed(registry: Registry, law: Jurisdiction, choice: Choice, now: int, *, host: str, path: str) -> Allowed:
    """Return what may be seen by somebody who chose so.

    Args:
        host: the site's own.
        path: the page's, without its locale.
    """
    decision = decide(law, choice, Signals(), registry, now)
    admitted = admit(registry, decision, path=path)
    sources = dict.fromkeys(
        source for part in admitted.csp.split(";") for source in part.split()[1:] if not source.startswith("'")
    )
    tags = frozenset(element.tag for element in admitted.elements)
    closed = admit(registry, decision, path=path, tags_allowed=False)
    policies = frozenset({admitted.csp, closed.csp})
    return Allowed(host, tuple(sources), tags, tuple(_holdings(registry, decision)), policies)


def _holdings(registry: Registry, decision: Decision) -> Iterator[Holding]:
    for pair in registry.pairs:
        vendor = registry.vendors[pair[1]]
        use = vendor.use(pair[0])
        origins = [tag.origins for tag in registry.tags_of(pair)] + ([use.origins] if use else [])
        yield Holding(
            name=vendor.name or vendor.id,
            granted=decision.grants_pair(pair),
            sources=tuple(dict.fromkeys(s for each in origins for _, values in each for s in values)),
            cookies=use.cookies if use else (),
            storage=use.storage if use else (),
            any_storage=bool(use and use.storage_unknown),
        )


# --- What was to be expected -----------------------------------------------------------------------------------------


def judge(seen: Seen, may: Allowed) -> Report:
    """Compare what a browser saw with what the gate admits."""
    cookies = [kept for kept in seen.kept if kept.kind == "cookie"]
    storage = [kept for kept in seen.kept if kept.kind != "cookie"]
    items = (
        (Table.SCRIPTS, tuple(_script(script, may) for script in seen.scripts)),
        (Table.HOSTS, tuple(replace(_host(origin, may), number=number) for origin, number in seen.hosts)),
        (Table.COOKIES, tuple(_cookie(kept, may) for kept in cookies)),
        (Table.STORAGE, tuple(_storage(kept, may) for kept in storage)),
        (Table.REFUSALS, tuple(Item(what, where, trouble=Trouble.REFUSED) for where, what in seen.refusals)),
    )
    return Report(seen.visitor, seen.status, _policy(seen.policy, may), items)


def _policy(text: str, may: Allowed) -> Policy:
    if not text:
        return Policy.MISSING
    return Policy.OURS if text.removesuffix("; upgrade-insecure-requests") in may.policies else Policy.OTHER


def _script(script: SeenScript, may: Allowed) -> Item:
    trouble = None
    if script.tag and script.tag not in may.tags:
        trouble = Trouble.DENIED
    elif not script.loaded:
        trouble = Trouble.FAILED
    return Item(script.url, by=script.tag, trouble=trouble)


def _host(origin: str, may: Allowed) -> Item:
    known = sorted((h for h in may.holdings if _within(origin, h.sources)), key=lambda h: not h.granted)
    by = known[0].name if known else ""
    if _within(origin, may.sources):
        return Item(origin, by=by)
    return Item(origin, by=by, trouble=Trouble.DENIED if known else Trouble.UNKNOWN)


def _cookie(kept: Kept, may: Allowed) -> Item:
    own = _is_of(may.host, kept.host)
    item = Item(kept.name, kept.host)
    if own and is_necessary(kept.name):
        return item
    return _declared(item, ((h, h.cookies) for h in may.holdings), lambda c: _sets(c, kept, own))


def _sets(cookie: Cookie, kept: Kept, own: bool) -> bool:
    if (cookie.party == "first") != own or not cookie.matches(kept.name):
        return False
    return own or cookie.host is None or _is_of(kept.host, cookie.host)


def _storage(kept: Kept, may: Allowed) -> Item:
    item = Item(kept.name, kept.kind)
    if kept.host != may.host:
        # What a frame keeps for its own host is not the site's; that host itself stands among the hosts.
        return replace(item, by=kept.host)
    declared = ((h, h.storage) for h in may.holdings)
    found = _declared(item, declared, lambda c: c.kind == kept.kind and c.matches(kept.name))
    anything = [h.name for h in may.holdings if h.granted and h.any_storage]
    if found.trouble and anything:
        return replace(item, by=anything[0] if len(anything) == 1 else "")
    return found


def _declared(
    item: Item, holdings: Iterable[tuple[Holding, tuple[Cookie, ...]]], fits: Callable[[Cookie], bool]
) -> Item:
    known = [h for h, cookies in holdings if any(fits(cookie) for cookie in cookies)]
    granted = [h for h in known if h.granted]
    if granted:
        return replace(item, by=granted[0].name)
    return replace(item, by=known[0].name, trouble=Trouble.DENIED) if known else replace(item, trouble=Trouble.UNKNOWN)


def _is_of(host: str, domain: str) -> bool:
    """Say whether a domain, as cookies write it, covers a host."""
    domain = domain.lstrip(".").lower()
    return host == domain or host.endswith("." + domain)


def _within(origin: str, sources: Iterable[str]) -> bool:
    """Say whether an origin is among sources as a policy writes them: ``https://*.example.com``, ``wss://x:1``."""
    host, port = _address(origin)
    for source in sources:
        pattern, wanted = _address(source)
        if port == wanted and host and fnmatch.fnmatchcase(host, pattern):
            return True
    return False


def _address(text: str) -> tuple[str, int | None]:
    # Whether it is http or a socket is the policy's business; whose host it is does not depend on it.
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        return (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", None


# --- As JSON ---------------------------------------------------------------------------------------------------------


def visit_to_json(visit: Visit) -> dict[str, Any]:
    """Return a visit in plain values."""
    return {
        "visitor": visit.visitor.value,
        "url": visit.url,
        "origin": visit.origin,
        "headers": [list(pair) for pair in visit.headers],
        "cookie": list(visit.cookie),
        "language": visit.language,
    }


def seen_from_json(document: Mapping[str, Any]) -> Seen:
    """Return what the browser's process wrote, cut to a length that a page can show.

    Raises:
        KeyError, TypeError, ValueError: when it is something else.
    """
    return Seen(
        visitor=Visitor(document["visitor"]),
        status=int(document["status"]),
        policy=str(document["policy"]),
        scripts=tuple(SeenScript(_short(url), _short(tag), bool(ok)) for url, tag, ok in document["scripts"]),
        hosts=tuple((_short(origin), int(number)) for origin, number in document["hosts"]),
        kept=tuple(Kept(_short(kind), _short(name), _short(host)) for kind, name, host in document["kept"]),
        refusals=tuple((_short(where), _short(what)) for where, what in document["refusals"]),
    )


def report_to_json(report: Report) -> dict[str, Any]:
    """Return a report in plain values."""
    return {
        "visitor": report.visitor.value,
        "status": report.status,
        "policy": report.policy.value,
        "items": {
            table.value: [[i.what, i.where, i.by, i.number, i.trouble.value if i.trouble else None] for i in items]
            for table, items in report.items
        },
    }


def report_from_json(document: Mapping[str, Any]) -> Report:
    """Return a stored report.

    Raises:
        KeyError, TypeError, ValueError: when it is none.
    """
    return Report(
        visitor=Visitor(document["visitor"]),
        status=int(document["status"]),
        policy=Policy(document["policy"]),
        items=tuple(
            (
                Table(name),
                tuple(Item(what, where, by, number, Trouble(t) if t else None) for what, where, by, number, t in rows),
            )
            for name, rows in document["items"].items()
        ),
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
