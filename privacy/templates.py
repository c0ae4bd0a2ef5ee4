"""Tag templates: what a marketer fills in, turned into the tag and vendor that the gate admits.

The library stands in ``data/vendors.json``: each vendor states its own origins and cookies per category,
each template its parameters and scripts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from privacy import snippets
from privacy.categories import CHOOSABLE, Category
from privacy.choice import PURPOSES
from privacy.conditions import check_exempt_lives, check_necessary
from privacy.configs import TagConfig as TagConfig
from privacy.configs import check_rest, config_document, limits_document
from privacy.fields import BadTag as BadTag
from privacy.fields import (
    check_country,
    check_id,
    check_list,
    check_patterns,
    check_role,
    check_text,
    checked_url,
    checked_value,
    cookie_name,
    origin_of,
    takes,
)
from privacy.filling import filled_origins, filled_script
from privacy.registry import SITE
from privacy.vendors import MOST_EDITS, Facts, VendorEdit, applied, checked, edit_document, united

MOST_TAGS = 200
MOST_SNIPPET_BYTES = 8 * snippets.MOST_BYTES
CUSTOM = frozenset({"custom", "snippet"})
"""The templates whose vendor, purposes and cookies a person states."""

_EXTRA = {
    "script": "script-src",
    "connect": "connect-src",
    "img": "img-src",
    "frame": "frame-src",
    "style": "style-src",
    "font": "font-src",
}
_NO_EDITS: Mapping[str, VendorEdit] = MappingProxyType({})


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
        self.cookie_purposes: tuple[str, ...] = tuple(document["cookie_purposes"])
        self.countries: tuple[str, ...] = tuple(document["countries"].split())

    @cached_property
    def facts(self) -> Facts:
        """Give what edits of vendors are held against."""
        return Facts(self.vendors, frozenset(self.cookie_purposes), frozenset(self.countries))

    def document(
        self,
        configs: Sequence[TagConfig],
        edits: Sequence[VendorEdit] = (),
        former: Sequence[str] = (),
        *,
        loopback_http: bool,
    ) -> dict[str, Any]:
        """Return the registry document of whole lists of tags and vendor edits.

        Raises:
            BadTag: on the first part that cannot be taken; its subject is the tag or vendor.
        """
        if len(configs) > MOST_TAGS:
            raise BadTag(f"A site takes {MOST_TAGS} tags at most; these are {len(configs)}.")
        if len(edits) > MOST_EDITS:
            raise BadTag(f"A site takes {MOST_EDITS} edited vendors at most; these are {len(edits)}.")
        by_id: dict[str, VendorEdit] = {}
        made: list[tuple[dict[str, Any], dict[str, Any]]] = []
        subject = ""
        try:
            for edit in edits:
                subject = edit.id
                if edit.id in by_id:
                    raise BadTag(f"The vendor {edit.id!r} stands there twice.", "id")
                by_id[edit.id] = checked(edit, self.facts, loopback_http=loopback_http)
            for config in configs:
                subject = config.id
                made.append(self.materialise(config, loopback_http=loopback_http, edits=by_id))
        except BadTag as error:
            error.subject = subject
            raise
        return merge(made, former) | {
            "configs": [config_document(config) for config in configs],
            "vendor_edits": [edit_document(edit) for edit in by_id.values()],
        }

    def materialise(
        self, config: TagConfig, *, loopback_http: bool, edits: Mapping[str, VendorEdit] = _NO_EDITS
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the tag's document and the vendors' documents that it needs.

        Args:
            config: what a person configured.
            loopback_http: also take ``http`` addresses on the loopback interface (while developing).
            edits: what was said of vendors, by their ids.

        Raises:
            BadTag: on the first part that cannot be taken.
        """
        check_id(config.id)
        template = self.templates.get(config.template)
        if template is None:
            raise BadTag(
                f"There is no template {config.template!r}: it takes one of {', '.join(self.templates)}.", "template"
            )
        values = self._values(template, config, loopback_http)
        snippet = _snippet(template, config)
        category = self._category(template, config)
        if config.exemptions and not template["exemptable"]:
            raise BadTag(f"{template['label']} can have no exemption: its vendor uses what it collects.", "exemptions")
        if self._exemptions is not None and (unknown := set(config.exemptions) - set(self._exemptions)):
            raise BadTag(
                f"There is no exemption {min(unknown)!r}: it takes one of {', '.join(sorted(self._exemptions))}.",
                "exemptions",
            )
        vendors, pairs = self._pairs(template, config, category, values, loopback_http)
        vendors = {key: applied(vendor, edits[key]) if key in edits else vendor for key, vendor in vendors.items()}
        check_necessary(config, category, vendors)
        check_exempt_lives(config, vendors, pairs, self._exemptions or {})
        primary = pairs if template.get("container") else [p for p in pairs if p[0] == category]
        filled = {**values, "snippet": (snippets.digest(snippet),)} if snippet else values
        tag = {
            "id": config.id,
            "template": config.template,
            "label": template["label"],
            "enabled": config.enabled,
            "pairs": [list(p) for p in pairs],
            "needs": [list(p) for p in primary],
            "scripts": [filled_script(s, filled, config.integrity) for s in template["scripts"]],
            "origins": filled_origins(template.get("origins", {}), values),
            "exemptions": list(config.exemptions),
            "include": list(config.include),
            "exclude": list(config.exclude),
            "position": config.position or template["position"],
            "ask_first": bool(template["ask_first"]),
            "consent_mode": template.get("consent_mode"),
            "settings": {name: ",".join(given) for name, given in values.items()},
            **limits_document(config, self._regions),
        }
        if snippet:
            tag["snippet"] = snippet
        if tag["position"] not in ("head", "body"):
            raise BadTag("The position takes head or body.", "position")
        check_patterns(config.include, "include")
        check_patterns(config.exclude, "exclude")
        check_rest(config)
        return tag, vendors

    def _values(
        self, template: Mapping[str, Any], config: TagConfig, loopback_http: bool
    ) -> dict[str, tuple[str, ...]]:
        known = {p["name"]: p for p in template["parameters"]}
        for name in config.settings:
            if name not in known:
                stated = ", ".join(known) or "none"
                raise BadTag(
                    f"{template['label']} has no setting {name!r}: it takes {stated}.",
                    f"settings.{name}" if name.isidentifier() else "settings",
                )
        values: dict[str, tuple[str, ...]] = {}
        for name, parameter in known.items():
            field, given = f"settings.{name}", tuple(config.settings.get(name, ()))
            if not given and parameter.get("default") is not None:
                given = (str(parameter["default"]),)
            if not given:
                if parameter["required"]:
                    raise BadTag(f"{name} is missing: it takes {takes(parameter)}.", field)
                continue
            if len(given) > 1 and not parameter.get("repeatable"):
                raise BadTag(f"{name} was given twice: it takes one value.", field)
            values[name] = tuple(checked_value(parameter, value, field, loopback_http) for value in given)
            check_list(values[name], field, 50)
        return values

    def _category(self, template: Mapping[str, Any], config: TagConfig) -> str | None:
        if template.get("container"):
            return None
        allowed = template["categories"]
        category = config.category.value if config.category else template["category"]
        if category is None:
            raise BadTag(f"The category is missing: it takes {' or '.join(allowed)}.", "category")
        if category not in allowed:
            raise BadTag(f"The category of {template['label']} takes {' or '.join(allowed)}.", "category")
        return str(category)

    def _pairs(
        self,
        template: Mapping[str, Any],
        config: TagConfig,
        category: str | None,
        values: Mapping[str, tuple[str, ...]],
        loopback_http: bool,
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if category is None:
            named = list(dict.fromkeys(v.strip() for v in values["vendors"][0].split(",") if v.strip()))
            for name in named:
                uses = self.vendors.get(name, {}).get("uses", {})
                # A container that this site's own statistics let in would take Google along unasked.
                if name == SITE or not any(use["origins"] for use in uses.values()):
                    raise BadTag(
                        f"vendors takes ids of vendors with origins of their own; {name!r} is none.",
                        "settings.vendors",
                    )
            vendors = {v: self.vendors[v] for v in named}
            return vendors, [(c, v) for v in named for c in self.vendors[v]["uses"]]
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
            raise BadTag("--vendor is missing: it takes the vendor's name, 80 characters at most.", "vendor")
        vendor_id = config.vendor_id or self.vendor_id(config)
        check_id(vendor_id, "vendor_id")
        if vendor_id in self.vendors:
            # Else a script of anybody's could pass for the library's vendor, or for this site itself.
            raise BadTag(f"The vendor id {vendor_id!r} is one of the library's own.", "vendor_id")
        for purpose in config.purposes:
            if purpose not in PURPOSES:
                raise BadTag(f"There is no purpose {purpose!r}: it takes {', '.join(PURPOSES)}.", "purposes")
        if config.country:
            check_country(config.country, self.facts.countries)
        if config.privacy_url:
            checked_url(config.privacy_url, "privacy_url", loopback_http)
        check_role(config.vendor_role, "vendor_role")
        if config.entity is not None:
            check_text(config.entity, "entity", 120)
        origins: dict[str, list[str]] = {"script-src": [origin_of(src) for src in values.get("src", ())]}
        for parameter, directive in _EXTRA.items():
            origins.setdefault(directive, []).extend(values.get(parameter, ()))
        # What a script of unknown make keeps in the browser is unknown unless its owner says what it is.
        unknown = config.storage is None
        purposes = {"functional": ["preferences"], "analytics": ["statistics"], "marketing": ["advertising"]}
        return vendor_id, {
            "name": name,
            "entity": config.entity,
            "country": config.country,
            "privacy_url": config.privacy_url,
            "role": config.vendor_role,
            "links_identity": config.links_identity,
            "ask_first": False,
            "uses": {
                category: {
                    "purposes": list(config.purposes) or purposes.get(category, []),
                    "origins": {k: v for k, v in origins.items() if v},
                    "cookies": [
                        {
                            "name": cookie_name(c, "cookies"),
                            "purpose": "unstated",
                            "lifetime_days": -1,
                            "party": "first",
                        }
                        for c in config.cookies
                    ],
                    "storage": [
                        {"name": cookie_name(s, "storage"), "purpose": "unstated", "kind": "local"}
                        for s in config.storage or ()
                    ],
                    "storage_unknown": unknown,
                }
            },
        }


def _snippet(template: Mapping[str, Any], config: TagConfig) -> str | None:
    takes_one = bool(template.get("snippet"))
    if config.snippet is not None and not takes_one:
        raise BadTag(f"{template['label']} takes no snippet: that is the template snippet's.", "snippet")
    if not takes_one:
        return None
    if config.snippet is None:
        raise BadTag("The snippet is missing: it takes JavaScript, or one script element around it.", "snippet")
    return snippets.cleaned(config.snippet)


def load(exemptions: Mapping[str, int | None] | None = None, regions: frozenset[str] | None = None) -> Library:
    """Read the library that is kept beside this module (a constant of the release, read once at start)."""
    document = json.loads((Path(__file__).parent / "data" / "vendors.json").read_text("utf-8"))
    return Library(document, exemptions, regions)


def merge(tags: Sequence[tuple[dict[str, Any], dict[str, Any]]], former: Sequence[str]) -> dict[str, Any]:
    """Join materialised tags into one registry document. Uses of one custom vendor in several tags are united.

    Raises:
        BadTag: when two tags have one id, or their snippets together are too long.
    """
    vendors: dict[str, Any] = {}
    texts: dict[str, str] = {}
    seen: set[str] = set()
    for tag, needed in tags:
        if tag["id"] in seen:
            raise BadTag(f"There is a tag {tag['id']!r} already.", "id", tag["id"])
        seen.add(tag["id"])
        if "snippet" in tag:
            texts[snippets.digest(tag["snippet"])] = tag["snippet"]
            if sum(len(text.encode()) for text in texts.values()) > MOST_SNIPPET_BYTES:
                most = MOST_SNIPPET_BYTES // 1024
                raise BadTag(f"All snippets together take {most} kB at most.", "snippet", tag["id"])
        for key, vendor in needed.items():
            vendors[key] = united(vendors[key], vendor) if key in vendors else vendor
    return {
        "format": 1,
        "tags": [{key: value for key, value in tag.items() if key != "snippet"} for tag, _ in tags],
        "vendors": vendors,
        "former": sorted(set(former)),
        "snippets": texts,
    }


def choosable(name: str) -> Category:
    """Return the category of a name.

    Raises:
        BadTag: when a tag cannot be in it; what is strictly necessary is a reviewed list, not a setting.
    """
    if name not in [c.value for c in CHOOSABLE]:
        raise BadTag(
            f"The category takes {', '.join(c.value for c in CHOOSABLE)}; {name!r} is not open to tags.", "category"
        )
    return Category(name)
