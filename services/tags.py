"""Switch and configure tags. Each change is a new, immutable, published version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from privacy.categories import Category
from privacy.ledger import canonical
from privacy.policies import Kind
from privacy.registry import Registry, registry_from
from privacy.templates import BadTag, Library, TagConfig, merge
from services.policies import Policies
from services.store import reading, writing
from storage import records


class ChangedMeanwhile(Exception):
    """Another version was published since this one was read. Nothing was changed."""


@dataclass(frozen=True)
class Proposal:
    """Hold a change that is worked out and not published.

    Args:
        expected: the version that it starts from, or None before the first.
        before, after: what is live, and what would be.
    """

    expected: int | None
    configs: tuple[TagConfig, ...]
    former: tuple[str, ...]
    before: Registry
    after: Registry
    text: str


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
        with reading(self._engine) as connection:
            return records.tag_history(connection)

    def ensure_first(self) -> int | None:
        """Publish what is on out of the box, when nothing was ever published; return the version or None."""
        if self._read()[0] is not None:
            return None
        first = self._proposal(None, [OUT_OF_THE_BOX], ())
        return self.publish(first, "setup", "out of the box: the site's own statistics")

    def add(self, config: TagConfig) -> Proposal:
        """Propose a further tag, switched off unless its configuration says otherwise.

        Raises:
            BadTag: when it cannot be taken.
        """
        version, configs, former = self._state()
        if any(c.id == config.id for c in configs):
            raise BadTag(f"There is a tag {config.id!r} already.")
        if config.vendor and config.vendor_id is None:
            config = replace(config, vendor_id=self._library.vendor_id(config))
        return self._proposal(version, [*configs, config], former)

    def change(self, tag_id: str, **fields: Any) -> Proposal:
        """Propose other fields of a tag's configuration.

        Raises:
            BadTag: when there is no such tag, or the change cannot be taken.
        """
        version, configs, former = self._state()
        old = _find(configs, tag_id)
        return self._proposal(version, [replace(c, **fields) if c is old else c for c in configs], former)

    def remove(self, tag_id: str) -> Proposal:
        """Propose a tag's removal; what its vendor set in browsers is still expired. Raises as :meth:`change` does."""
        version, configs, former = self._state()
        old = _find(configs, tag_id)
        return self._proposal(version, [c for c in configs if c is not old], (*former, *self._set_by(old)))

    def roll_back(self, number: int) -> Proposal:
        """Propose what an earlier version had; what tags set that it did not have is still expired.

        Raises:
            BadTag: when there is no such version, or this release cannot take it any more.
        """
        version, configs, former = self._state()
        with reading(self._engine) as connection:
            found = records.tag_document(connection, number)
        if found is None:
            raise BadTag(f"There is no version {number}.")
        document = json.loads(found[0])
        earlier = [_config(value) for value in document["configs"]]
        kept = {config.id for config in earlier}
        gone = [name for config in configs if config.id not in kept for name in self._set_by(config)]
        return self._proposal(version, earlier, (*former, *document.get("former", ()), *gone))

    def publish(self, proposal: Proposal, author: str, note: str) -> int:
        """Make a proposal the live version, with the cookie policy that states it, and return its number.

        Raises:
            ChangedMeanwhile: when somebody else published since the proposal was made.
        """
        digest = hashlib.sha256(proposal.text.encode()).hexdigest()
        # Made before the transaction: who holds the store's lock keeps every choice waiting.
        documents = self._policies.working(Kind.COOKIES, proposal.after)
        try:
            with writing(self._engine) as connection:
                version = records.publish_tags(
                    connection,
                    expected=proposal.expected,
                    at=self._now(),
                    author=author[:200],
                    note=note[:500],
                    digest=digest,
                    document=proposal.text,
                )
                if version is None:
                    raise ChangedMeanwhile
                self._policies.follow(connection, proposal.after, documents, author)
        except IntegrityError as error:
            raise ChangedMeanwhile from error
        return version

    def _set_by(self, config: TagConfig) -> list[str]:
        """Return the cookies that a tag sets on this site's domain."""
        _, vendors = self._library.materialise(config, loopback_http=self._loopback_http)
        return [
            c["name"]
            for vendor in vendors.values()
            for use in vendor["uses"].values()
            for c in use["cookies"]
            if c.get("party", "first") == "first"
        ]

    def _read(self) -> tuple[int | None, dict[str, Any], str]:
        with reading(self._engine) as connection:
            version = records.live_version(connection, records.TAGS)
            found = records.tag_document(connection, version) if version is not None else None
        if found is None:
            return version, {"tags": [], "vendors": {}, "configs": []}, ""
        return version, json.loads(found[0]), found[1]

    def _state(self) -> tuple[int | None, list[TagConfig], tuple[str, ...]]:
        version, document, _ = self._read()
        return version, [_config(v) for v in document.get("configs", ())], tuple(document.get("former", ()))

    def _proposal(self, expected: int | None, configs: Sequence[TagConfig], former: tuple[str, ...]) -> Proposal:
        made = [self._library.materialise(c, loopback_http=self._loopback_http) for c in configs]
        document = merge(made, former) | {"configs": [_plain(c) for c in configs]}
        text = canonical(document)
        # What cannot be read back is not published.
        after = registry_from(document, (expected or 0) + 1, hashlib.sha256(text.encode()).hexdigest())
        return Proposal(expected, tuple(configs), former, self.live(), after, text)


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
    for name in ("purposes", "cookies", "exemptions", "include", "exclude", "places", "not_places"):
        values[name] = tuple(values.get(name, ()))
    if values["storage"] is not None:
        values["storage"] = tuple(values["storage"])
    return TagConfig(**values)
