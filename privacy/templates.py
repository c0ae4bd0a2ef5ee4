"""Tag templates: what a marketer fills in, turned into the tag and vendor that the gate admits.

The library stands in ``data/vendors.json``: each vendor states its own origins and cookies per category,
each template its parameters and scripts.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from privacy.categories import CHOOSABLE, Category
from privacy.choice import PURPOSES
from privacy.limits import moment
from privacy.registry import is_necessary

_NOT_IN_URL = frozenset("\"'<>`;,{}\\")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_COOKIE = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]{2,80}\*?\Z")
_INTEGRITY = re.compile(r"sha(256|384|512)-[A-Za-z0-9+/]{43,88}={0,2}\Z")
_EXTRA = {"connect": "connect-src", "img": "img-src", "frame": "frame-src", "style": "style-src", "font": "font-src"}
_HOST = re.compile(r"(\*\.)?([a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}\Z")


class BadTag(ValueError):
    """A tag cannot be taken. Its text is one line that says which part and what it takes."""


@dataclass(frozen=True)
class TagConfig:
    """Hold what a person configured.

    Args:
        settings: parameter name to its values; only repeatable ones have more than one.
        vendor: the vendor's name, for a custom script.
        vendor_id: its id, which stays when the name is corrected: a typo asks nobody again.
        cookies, storage: names that a custom script sets (``*`` at the end stands for anything).
        exemptions: ids of exemptions whose every condition was ticked.
        places, not_places: region codes.
        starts, ends: times in ISO 8601; UTC where they name no zone.
        priority: -100 to 100; lower ones load first.
    """

    id: str
    template: str
    category: Category | None = None
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vendor: str | None = None
    vendor_id: str | None = None
    links_identity: bool = False
    vendor_role: str = "processor"
    privacy_url: str | None = None
    country: str | None = None
    purposes: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    storage: tuple[str, ...] | None = None
    exemptions: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    position: str | None = None
    integrity: str | None = None
    enabled: bool = False
    places: tuple[str, ...] = ()
    not_places: tuple[str, ...] = ()
    starts: str | None = None
    ends: str | None = None
    priority: int = 0


class Library:
    """Hold the vendors and templates of the release."""

    def __init__(
        self,
        document: Mapping[str, Any],
        exemptions: Mapping[str, int | None] | None = None,
        regions: frozenset[str] | None = None,
    ) -> None:
        self._exemptions = exemptions
        self._regions = regions
        self.vendors: Mapping[str, Any] = document["vendors"]
        self.templates: Mapping[str, Any] = document["templates"]

    def materialise(self, config: TagConfig, *, loopback_http: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the tag's document and the vendors' documents that it needs.

        Args:
            config: what a person configured.
            loopback_http: also take ``http`` addresses on the loopback interface (while developing).

        Raises:
            BadTag: on the first part that cannot be taken.
        """
        if not _ID.match(config.id):
            raise BadTag("The id takes lower-case letters, digits and hyphens, 40 at most.")
        template = self.templates.get(config.template)
        if template is None:
            raise BadTag(f"There is no template {config.template!r}: it takes one of {', '.join(self.templates)}.")
        values = self._values(template, config, loopback_http)
        category = self._category(template, config)
        if config.exemptions and not template["exemptable"]:
            raise BadTag(f"{template['label']} can have no exemption: its vendor uses what it collects.")
        if self._exemptions is not None and (unknown := set(config.exemptions) - set(self._exemptions)):
            raise BadTag(
                f"There is no exemption {min(unknown)!r}: it takes one of {', '.join(sorted(self._exemptions))}."
            )
        vendors, pairs = self._pairs(template, config, category, values, loopback_http)
        _check_exempt_lives(config, vendors, pairs, self._exemptions or {})
        primary = pairs if template.get("container") else [p for p in pairs if p[0] == category]
        tag = {
            "id": config.id,
            "template": config.template,
            "label": template["label"],
            "enabled": config.enabled,
            "pairs": [list(p) for p in pairs],
            "needs": [list(p) for p in primary],
            "scripts": [_script(s, values, config.integrity) for s in template["scripts"]],
            "origins": _fill_origins(template.get("origins", {}), values),
            "exemptions": list(config.exemptions),
            "include": list(config.include),
            "exclude": list(config.exclude),
            "position": config.position or template["position"],
            "ask_first": bool(template["ask_first"]),
            "consent_mode": template.get("consent_mode"),
            "settings": {name: ",".join(given) for name, given in values.items()},
            **self._limits(config),
        }
        if tag["position"] not in ("head", "body"):
            raise BadTag("The position takes head or body.")
        return tag, vendors

    def _values(
        self, template: Mapping[str, Any], config: TagConfig, loopback_http: bool
    ) -> dict[str, tuple[str, ...]]:
        known = {p["name"]: p for p in template["parameters"]}
        for name in config.settings:
            if name not in known:
                takes = ", ".join(known) or "none"
                raise BadTag(f"{template['label']} has no setting {name!r}: it takes {takes}.")
        values: dict[str, tuple[str, ...]] = {}
        for name, parameter in known.items():
            given = tuple(config.settings.get(name, ()))
            if not given and parameter.get("default") is not None:
                given = (str(parameter["default"]),)
            if not given:
                if parameter["required"]:
                    raise BadTag(f"{name} is missing: it takes {_takes(parameter)}.")
                continue
            if len(given) > 1 and not parameter.get("repeatable"):
                raise BadTag(f"{name} was given twice: it takes one value.")
            values[name] = tuple(_checked(parameter, value, loopback_http) for value in given)
        return values

    def _limits(self, config: TagConfig) -> dict[str, Any]:
        places = {name: sorted({p.lower() for p in getattr(config, name)}) for name in ("places", "not_places")}
        for code in (*places["places"], *places["not_places"]):
            if self._regions is not None and code not in self._regions:
                raise BadTag(f"There is no place {code!r}: it takes codes such as de, us-ca or eu.")
        if both := set(places["places"]) & set(places["not_places"]):
            raise BadTag(f"{min(both)!r} is both among the places and among those left out.")
        times = {}
        for name in ("starts", "ends"):
            text = getattr(config, name)
            try:
                times[name] = moment(text) if text else None
            except (ValueError, OverflowError) as error:
                raise BadTag(
                    f"{text!r} is no time: it takes one such as 2026-12-24 or 2026-12-24T18:00+01:00."
                ) from error
        if times["starts"] is not None and times["ends"] is not None and times["ends"] <= times["starts"]:
            raise BadTag("The end comes before the start.")
        if not -100 <= config.priority <= 100:
            raise BadTag("The priority takes a whole number from -100 to 100.")
        return {**places, **times, "priority": config.priority}

    def _category(self, template: Mapping[str, Any], config: TagConfig) -> str | None:
        if template.get("container"):
            return None
        allowed = template["categories"]
        category = config.category.value if config.category else template["category"]
        if category not in allowed:
            raise BadTag(f"The category of {template['label']} takes {' or '.join(allowed)}.")
        return str(category)

    def _pairs(
        self,
        template: Mapping[str, Any],
        config: TagConfig,
        category: str | None,
        values: Mapping[str, tuple[str, ...]],
        loopback_http: bool,
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if template.get("container"):
            named = [v.strip() for v in values["vendors"][0].split(",") if v.strip()]
            for name in named:
                uses = self.vendors.get(name, {}).get("uses", {})
                if not any(use["origins"] for use in uses.values()):
                    raise BadTag(f"vendors takes ids of vendors with origins of their own; {name!r} is none.")
            vendors = {v: self.vendors[v] for v in named}
            return vendors, [(c, v) for v in named for c in self.vendors[v]["uses"]]
        if category is None:
            raise BadTag(f"The category is missing: it takes {' or '.join(template['categories'])}.")
        if template["vendor"] is None:
            custom_id, vendor = self._custom_vendor(config, category, values, loopback_http)
            return {custom_id: vendor}, [(category, custom_id)]
        vendor_id: str = template["vendor"]
        extra = template.get("extra_uses", [])
        return {vendor_id: self.vendors[vendor_id]}, [(c, vendor_id) for c in (category, *extra)]

    def vendor_id(self, config: TagConfig) -> str:
        """Return the id for a custom script's vendor: made from its name, apart from the library's own."""
        made = re.sub(r"[^a-z0-9]+", "-", (config.vendor or "").lower()).strip("-")[:40].rstrip("-") or config.id
        return f"{made[:33]}-custom" if made in self.vendors else made

    def _custom_vendor(
        self, config: TagConfig, category: str, values: Mapping[str, tuple[str, ...]], loopback_http: bool
    ) -> tuple[str, dict[str, Any]]:
        name = (config.vendor or "").strip()
        if not name or len(name) > 80:
            raise BadTag("--vendor is missing: it takes the vendor's name, 80 characters at most.")
        vendor_id = config.vendor_id or self.vendor_id(config)
        for purpose in config.purposes:
            if purpose not in PURPOSES:
                raise BadTag(f"There is no purpose {purpose!r}: it takes {', '.join(PURPOSES)}.")
        if config.country and not re.fullmatch("[A-Z]{2}", config.country):
            raise BadTag(f"The country takes a code such as DE; {config.country!r} is none.")
        if config.privacy_url:
            _checked({"name": "privacy_url", "kind": "url"}, config.privacy_url, loopback_http)
        origins: dict[str, list[str]] = {"script-src": [_origin_of(values["src"][0])]}
        for parameter, directive in _EXTRA.items():
            origins.setdefault(directive, []).extend(values.get(parameter, ()))
        # What a script of unknown make keeps in the browser is unknown unless its owner says what it is.
        unknown = config.storage is None
        purposes = {"functional": "preferences", "analytics": "statistics", "marketing": "advertising"}
        return vendor_id, {
            "name": name,
            "entity": None,
            "country": config.country,
            "privacy_url": config.privacy_url,
            "role": config.vendor_role,
            "links_identity": config.links_identity,
            "ask_first": False,
            "uses": {
                category: {
                    "purposes": list(config.purposes) or [purposes[category]],
                    "origins": {k: v for k, v in origins.items() if v},
                    "cookies": [
                        {"name": _cookie_name(c), "purpose": "unstated", "lifetime_days": -1, "party": "first"}
                        for c in config.cookies
                    ],
                    "storage": [
                        {"name": _cookie_name(s), "purpose": "unstated", "kind": "local"} for s in config.storage or ()
                    ],
                    "storage_unknown": unknown,
                }
            },
        }


def _check_exempt_lives(
    config: TagConfig,
    vendors: Mapping[str, Any],
    pairs: Sequence[tuple[str, str]],
    limits: Mapping[str, int | None],
) -> None:
    for exemption in config.exemptions:
        most = limits.get(exemption)
        for category, vendor in pairs if most else ():
            for cookie in vendors[vendor]["uses"][category]["cookies"]:
                if not 0 <= cookie["lifetime_days"] <= most:
                    raise BadTag(
                        f"{exemption} takes cookies that live {most} days at most; {cookie['name']} is not known to."
                    )


def load(exemptions: Mapping[str, int | None] | None = None, regions: frozenset[str] | None = None) -> Library:
    """Read the library that is kept beside this module (a constant of the release, read once at start)."""
    document = json.loads((Path(__file__).parent / "data" / "vendors.json").read_text("utf-8"))
    return Library(document, exemptions, regions)


def merge(tags: Sequence[tuple[dict[str, Any], dict[str, Any]]], former: Sequence[str]) -> dict[str, Any]:
    """Join materialised tags into one registry document. Uses of one custom vendor in several tags are united.

    Raises:
        BadTag: when two tags have one id.
    """
    vendors: dict[str, Any] = {}
    seen: set[str] = set()
    for tag, needed in tags:
        if tag["id"] in seen:
            raise BadTag(f"There is a tag {tag['id']!r} already.")
        seen.add(tag["id"])
        for key, vendor in needed.items():
            vendors[key] = _united(vendors[key], vendor) if key in vendors else vendor
    return {"format": 1, "tags": [tag for tag, _ in tags], "vendors": vendors, "former": sorted(set(former))}


def _united(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    uses = {key: dict(use) for key, use in one["uses"].items()}
    for category, use in other["uses"].items():
        mine = uses.get(category)
        if mine is None:
            uses[category] = dict(use)
            continue
        uses[category] = {
            "purposes": sorted({*mine["purposes"], *use["purposes"]}),
            "origins": {
                directive: list(
                    dict.fromkeys([*mine["origins"].get(directive, ()), *use["origins"].get(directive, ())])
                )
                for directive in {**mine["origins"], **use["origins"]}
            },
            "cookies": _distinct([*mine["cookies"], *use["cookies"]]),
            "storage": _distinct([*mine["storage"], *use["storage"]]),
            "storage_unknown": bool(mine.get("storage_unknown") or use.get("storage_unknown")),
            "links_identity": bool(mine.get("links_identity") or use.get("links_identity")),
        }
    role = "third_party" if "third_party" in (one["role"], other["role"]) else one["role"]
    return {**one, "role": role, "uses": uses}


def _distinct(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return list({(i["name"], i.get("host"), i.get("kind")): dict(i) for i in items}.values())


def _cookie_name(name: str) -> str:
    if not _COOKIE.match(name):
        raise BadTag(f"The cookie name {name!r} cannot be taken: it takes two characters or more, * at the end only.")
    bare = name.rstrip("*")
    if is_necessary(bare) or bare.startswith(("__Host-", "__Secure-")):
        raise BadTag(f"The cookie name {name!r} is one of this site's own.")
    return name


def _takes(parameter: Mapping[str, Any]) -> str:
    words = {"origin": "an origin", "url": "an https address", "vendors": "vendor ids parted by commas"}
    return f"{words.get(parameter['kind'], 'a value')} such as {parameter.get('example', '')}".rstrip()


def _checked(parameter: Mapping[str, Any], value: str, loopback_http: bool) -> str:
    kind, name = parameter["kind"], parameter["name"]
    value = value.strip()
    bad = BadTag(f"{name}={value!r} cannot be taken: it takes {_takes(parameter)}.")
    if len(value) > 1000:
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
            return _origin_of(value)
        # A script stands at one address; a wildcard there would only widen the policy.
        if "*" in (urlsplit(value).hostname or "") or urlsplit(value).scheme not in ("https", "http"):
            raise bad
        return value
    pattern = parameter.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise bad
    return value


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


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _fill(text: str, values: Mapping[str, tuple[str, ...]]) -> str:
    return _PLACEHOLDER.sub(lambda m: (values.get(m[1]) or ("",))[0], text)


def _fill_origins(origins: Mapping[str, Sequence[str]], values: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    filled: dict[str, list[str]] = {}
    for directive, sources in origins.items():
        found: dict[str, None] = {}
        for source in sources:
            match = _PLACEHOLDER.fullmatch(source)
            if not match:
                found[source] = None
            for value in values.get(match[1], ()) if match else ():
                found[_origin_of(value)] = None
        if found:
            filled[directive] = list(found)
    return filled


def _script(script: Mapping[str, Any], values: Mapping[str, tuple[str, ...]], integrity: str | None) -> dict[str, Any]:
    src = _fill(script["src"], values)
    made: dict[str, Any] = {
        "src": src,
        "data": {key: _fill(value, values) for key, value in script.get("data", {}).items()},
    }
    if script.get("consent"):
        made["consent"] = script["consent"]
    if integrity:
        if not _INTEGRITY.match(integrity):
            raise BadTag("The integrity takes sha256-, sha384- or sha512- and a digest in base64.")
        if re.match(r"https?:", src):
            made["integrity"] = integrity
    return made


def choosable(name: str) -> Category:
    """Return the category of a name.

    Raises:
        BadTag: when a tag cannot be in it; what is strictly necessary is a reviewed list, not a setting.
    """
    if name not in [c.value for c in CHOOSABLE]:
        raise BadTag(f"The category takes {', '.join(c.value for c in CHOOSABLE)}; {name!r} is not open to tags.")
    return Category(name)
