"""Switch and configure tags. Each change is a new, immutable, published version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from privacy.categories import Category
from privacy.ledger import canonical
from privacy.registry import Registry, registry_from
from privacy.templates import BadTag, Library, TagConfig, merge
from services.policies import Policies
from storage import records


class ChangedMeanwhile(Exception):
    """Another version was published since this one was read. Nothing was changed."""


OUT_OF_THE_BOX = TagConfig(id="site-counter", template="site-counter", enabled=True)


class Tags:
    """Read and change the configured tags.

    Args:
        now: the server's time, aware.
        policies: publishes the cookie policy along with the tags that it lists.
        loopback_http: whether ``http`` addresses on the loopback interface are taken.
    """

    def __init__(
        self,
        engine: Engine,
        library: Library,
        now: Callable[[], datetime],
        policies: Policies,
        *,
        loopback_http: bool,
    ) -> None:
        self._engine = engine
        self._policies = policies
        self._library = library
        self._now = now
        self._loopback_http = loopback_http

    def live(self) -> Registry:
        """Return the live version, or the empty registry before the first."""
        version, document, digest = self._read()
        return registry_from(document, version or 0, digest)

    def configs(self) -> list[TagConfig]:
        """Return what is configured in the live version."""
        return [_config(value) for value in self._read()[1].get("configs", ())]

    def history(self) -> list[tuple[int, datetime, str, str]]:
        """List version, time, author and note, newest first."""
        with self._engine.connect() as connection:
            return records.tag_history(connection)

    def ensure_first(self) -> int | None:
        """Publish what is on out of the box, when nothing was ever published; return the version or None."""
        if self._read()[0] is not None:
            return None
        return self._publish(None, [OUT_OF_THE_BOX], (), "setup", "out of the box: the site's own statistics")

    def add(self, config: TagConfig, author: str, note: str = "") -> int:
        """Add a tag, switched off unless its configuration says otherwise.

        Raises:
            BadTag: when it cannot be taken.
            ChangedMeanwhile: when somebody else published first.
        """
        version, configs, former = self._state()
        if any(c.id == config.id for c in configs):
            raise BadTag(f"There is a tag {config.id!r} already.")
        if config.vendor and config.vendor_id is None:
            config = replace(config, vendor_id=self._library.vendor_id(config))
        return self._publish(version, [*configs, config], former, author, note or f"added {config.id}")

    def change(self, tag_id: str, author: str, note: str, **fields: Any) -> int:
        """Change fields of a tag's configuration.

        Raises:
            BadTag: when there is no such tag, or the change cannot be taken.
            ChangedMeanwhile: when somebody else published first.
        """
        version, configs, former = self._state()
        old = _find(configs, tag_id)
        changed = [replace(c, **fields) if c is old else c for c in configs]
        return self._publish(version, changed, former, author, note)

    def switch(self, tag_id: str, on: bool, author: str) -> int:
        """Switch a tag on or off. Raises as :meth:`change` does."""
        return self.change(tag_id, author, f"{'enabled' if on else 'disabled'} {tag_id}", enabled=on)

    def remove(self, tag_id: str, author: str) -> int:
        """Remove a tag; what its vendor set in browsers is still expired. Raises as :meth:`change` does."""
        version, configs, former = self._state()
        old = _find(configs, tag_id)
        _, vendors = self._library.materialise(old, loopback_http=self._loopback_http)
        names = [
            c["name"]
            for vendor in vendors.values()
            for use in vendor["uses"].values()
            for c in use["cookies"]
            if c.get("party", "first") == "first"
        ]
        rest = [c for c in configs if c is not old]
        return self._publish(version, rest, (*former, *names), author, f"removed {tag_id}")

    def _read(self) -> tuple[int | None, dict[str, Any], str]:
        with self._engine.connect() as connection:
            version = records.live_version(connection, records.TAGS)
            found = records.tag_document(connection, version) if version is not None else None
        if found is None:
            return version, {"tags": [], "vendors": {}, "configs": []}, ""
        return version, json.loads(found[0]), found[1]

    def _state(self) -> tuple[int | None, list[TagConfig], tuple[str, ...]]:
        version, document, _ = self._read()
        return version, [_config(v) for v in document.get("configs", ())], tuple(document.get("former", ()))

    def _publish(
        self, expected: int | None, configs: list[TagConfig], former: tuple[str, ...], author: str, note: str
    ) -> int:
        made = [self._library.materialise(c, loopback_http=self._loopback_http) for c in configs]
        document = merge(made, former) | {"configs": [_plain(c) for c in configs]}
        text = canonical(document)
        digest = hashlib.sha256(text.encode()).hexdigest()
        registry = registry_from(document, 0, digest)  # What cannot be read back is not published.
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                version = records.publish_tags(
                    connection,
                    expected=expected,
                    at=self._now(),
                    author=author[:200],
                    note=note[:500],
                    digest=digest,
                    document=text,
                )
                if version is None:
                    raise ChangedMeanwhile
                self._policies.follow(connection, registry, author, note)
        except IntegrityError as error:
            raise ChangedMeanwhile from error
        return version


def _find(configs: list[TagConfig], tag_id: str) -> TagConfig:
    for config in configs:
        if config.id == tag_id:
            return config
    raise BadTag(f"There is no tag {tag_id!r}.")


def _plain(config: TagConfig) -> dict[str, Any]:
    document = asdict(config)
    document["settings"] = {k: list(v) for k, v in config.settings.items()}
    return document


def _config(document: dict[str, Any]) -> TagConfig:
    values = dict(document)
    values["settings"] = {k: tuple(v) for k, v in values["settings"].items()}
    values["category"] = Category(values["category"]) if values["category"] else None
    for name in ("purposes", "cookies", "exemptions", "include", "exclude"):
        values[name] = tuple(values[name])
    if values["storage"] is not None:
        values["storage"] = tuple(values["storage"])
    return TagConfig(**values)
