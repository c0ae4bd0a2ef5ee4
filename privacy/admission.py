"""The gate: one decision in; scripts, Content-Security-Policy, cookies to expire and Consent Mode out, as one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from privacy.categories import Category
from privacy.choice import pairs_of
from privacy.decision import Decision
from privacy.registry import Cookie, Registry, Script, Tag, is_necessary

SOURCES = ("connect-src", "font-src", "frame-src", "img-src", "media-src", "script-src", "style-src", "worker-src")
"""The directives to which a vendor can add origins."""

_BASE: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "base-uri": ("'none'",),
    "connect-src": (),
    "font-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "frame-src": (),
    "img-src": ("'self'",),
    "manifest-src": ("'self'",),
    "media-src": (),
    "object-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "worker-src": (),
}

_CONSENT_MODE: dict[str, tuple[str, ...]] = {
    "analytics": ("analytics_storage",),
    "functional": ("functionality_storage", "personalization_storage"),
    "marketing": ("ad_storage", "ad_user_data", "ad_personalization"),
}


@dataclass(frozen=True, slots=True)
class Element:
    """Hold one script element that the gate admits.

    Args:
        tag: the id of its tag (the mark ``data-tag``).
        src: a first-party file or an absolute URL.
        data: settings for a first-party file, rendered as ``data-`` attributes.
        position: ``head`` or ``body``.
    """

    tag: str
    src: str
    data: tuple[tuple[str, str], ...]
    first_party: bool
    integrity: str | None
    position: str


@dataclass(frozen=True, slots=True)
class Admission:
    """Hold everything that follows from a decision for one page.

    Args:
        csp: the whole value of the header.
        denied: cookie patterns to expire when a request carries them.
        kept: cookie patterns of what is granted: never expired.
        consent_mode: Google Consent Mode v2 signals, name to ``granted`` or ``denied``.
    """

    elements: tuple[Element, ...]
    csp: str
    denied: tuple[Cookie, ...]
    kept: tuple[Cookie, ...]
    consent_mode: tuple[tuple[str, str], ...]

    def to_expire(self, cookie_header: str | None) -> tuple[str, ...]:
        """Return the names among a request's cookies that a denied vendor set."""
        if not cookie_header or not self.denied:
            return ()
        names = dict.fromkeys(name for name, _ in pairs_of(cookie_header))
        return tuple(
            name
            for name in names
            if not is_necessary(name)
            and any(c.matches(name) for c in self.denied)
            and not any(c.matches(name) for c in self.kept)
        )


def admit(registry: Registry, decision: Decision, *, path: str, tags_allowed: bool = True) -> Admission:
    """Admit what a decision grants on a page, and nothing else.

    Args:
        registry: the vendors and tags that are live.
        decision: what was decided, over the same registry.
        path: the page's path without its locale, for the tags' page rules.
        tags_allowed: False on pages where no tag is ever admitted, whatever its patterns say.
    """
    granted = {g.pair for g in decision.grants if g.granted}
    loading = [tag for tag in registry.enabled if tags_allowed and _loads(tag, granted, path)]
    sources: dict[str, dict[str, None]] = {name: dict.fromkeys(values) for name, values in _BASE.items()}
    for tag in loading:
        _add(sources, tag.origins)
        for pair in tag.pairs:
            use = registry.vendors[pair[1]].use(pair[0]) if pair in granted else None
            if use:
                _add(sources, use.origins)
    kept, denied = _cookies(registry, granted)
    return Admission(
        elements=tuple(_element(tag, script, decision) for tag in loading for script in tag.scripts),
        csp="; ".join(f"{name} {' '.join(values) or chr(39) + 'none' + chr(39)}" for name, values in sources.items()),
        denied=denied,
        kept=kept,
        consent_mode=consent_mode(decision),
    )


def consent_mode(decision: Decision) -> tuple[tuple[str, str], ...]:
    """Return the Consent Mode v2 signals of a decision. ``security_storage`` is strictly necessary."""
    signals = [("security_storage", "granted")]
    for name, keys in _CONSENT_MODE.items():
        state = _state(decision, Category(name))
        signals.extend((key, state) for key in keys)
    return tuple(sorted(signals))


def _state(decision: Decision, category: Category, vendors: Iterable[str] | None = None) -> str:
    grants = [g for g in decision.of(category) if vendors is None or g.vendor in vendors]
    return "granted" if grants and all(g.granted for g in grants) else "denied"


def _loads(tag: Tag, granted: set[tuple[Category, str]], path: str) -> bool:
    return any(pair in granted for pair in tag.needs) and tag.is_for(path)


def _add(sources: dict[str, dict[str, None]], origins: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    for directive, values in origins:
        if directive in SOURCES:
            sources[directive].update(dict.fromkeys(values))


def _element(tag: Tag, script: Script, decision: Decision) -> Element:
    data = dict(script.data)
    if script.consent:
        # Only the tag's own vendors speak for it: another vendor's grant in the category is not theirs.
        vendors = {vendor for _, vendor in tag.pairs}
        data |= {name: _state(decision, Category(name), vendors) for name in _CONSENT_MODE}
    return Element(tag.id, script.src, tuple(sorted(data.items())), script.first_party, script.integrity, tag.position)


def _cookies(registry: Registry, granted: set[tuple[Category, str]]) -> tuple[tuple[Cookie, ...], tuple[Cookie, ...]]:
    kept: dict[Cookie, None] = {}
    denied: dict[Cookie, None] = {}
    for vendor in registry.vendors.values():
        for use in vendor.uses:
            target = kept if (use.category, vendor.id) in granted else denied
            target.update(dict.fromkeys(c for c in use.cookies if c.party == "first"))
    denied.update((Cookie(pattern, "distinguish-visitors"), None) for pattern in registry.former)
    return tuple(kept), tuple(denied)


def expiries(host: str) -> tuple[str | None, ...]:
    """Return the ``Domain`` values under which a cookie may have been set for a host: None is host-only.

    Trackers choose the widest domain that the browser takes, so each parent is tried; the browser ignores a
    public suffix by itself (RFC 6265bis, 5.7). An address has no parents.
    """
    labels = host.rstrip(".").split(".")
    if ":" in host or labels[-1].isdigit() or len(labels) < 2:
        return (None,)
    return (None, *(".".join(labels[i:]) for i in range(len(labels) - 1)))


def clears_storage(registry: Registry, withdrawn: Iterable[tuple[Category, str]]) -> bool:
    """Say whether a withdrawal takes back something that may have written to the browser's storage."""
    for category, vendor_id in withdrawn:
        use = registry.vendors[vendor_id].use(category)
        if use and (use.storage or use.storage_unknown):
            return True
    return False
