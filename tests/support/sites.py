"""Sites to test: whole applications on a store of their own, made quickly from one prepared copy."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from flask import Flask
from visitors import Visitor

from app import create_app
from privacy.templates import TagConfig
from services.tags import Proposal
from web.build import prepare_store
from web.settings import load
from web.site import Site

KEY = "a key for tests and nothing else"

# One trusted proxy that says where the visitor is, so that one site can be seen from every place.
PROXY = {"TRUSTED_PROXIES": "127.0.0.1/32", "PLACE_HEADER": "X-Place"}


@cache
def prepared_store() -> Path:
    """Return a store with its tables, first tags and first texts, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="prepared-store-"))
    app = create_app(load({}, INSTANCE_PATH=str(folder), SECRET_KEYS=KEY))
    prepare_store(app)
    dispose(app)
    return folder / "site.db"


def dispose(app: Flask) -> None:
    """Let go of the store."""
    from storage import db

    site: Site = app.extensions["site"]
    site.stop()
    for one in (app, *([site.console.app] if site.console.is_built else ())):
        with one.app_context():
            db.engine.dispose()


class TestSite:
    """Hold a whole site, as an operator has it."""

    __test__ = False

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if "DATABASE_URL" not in settings:
            shutil.copy(prepared_store(), folder / "site.db")
        values = {"SECRET_KEYS": KEY, "INSTANCE_PATH": str(folder), **PROXY, **settings}
        self.app = create_app(load({}, **values))
        self.site: Site = self.app.extensions["site"]
        if "DATABASE_URL" in settings:
            prepare_store(self.app)
        self.site.live.refresh()

    def visitor(self, place: str | None = None, **ways: object) -> Visitor:
        """Return a person at a place with a browser of their own."""
        return Visitor(self.app, place=place, **ways)  # type: ignore[arg-type]

    def turn_on(self, tag_id: str, template: str = "custom", **config: object) -> None:
        """Add a tag, switch it on, and let this worker see it."""
        settings = {k: (v,) for k, v in dict(config.pop("settings", {})).items()}  # type: ignore[call-overload]
        self._publish(self.site.tags.add(TagConfig(tag_id, template, settings=settings, enabled=True, **config)))  # type: ignore[arg-type]

    def turn_off(self, tag_id: str) -> None:
        """Switch a tag off."""
        self.changes(tag_id, enabled=False)

    def changes(self, tag_id: str, **fields: object) -> None:
        """Change fields of a tag's configuration."""
        self._publish(self.site.tags.change(tag_id, **fields))

    def removes(self, tag_id: str) -> None:
        """Remove a tag."""
        self._publish(self.site.tags.remove(tag_id))

    def _publish(self, proposal: Proposal) -> None:
        self.site.tags.publish(proposal, "test", "", approved_by="test")
        self.site.live.refresh()

    def command(self, *words: str) -> tuple[int, str]:
        """Run a flask command and return its status and what it printed."""
        result = self.app.test_cli_runner().invoke(args=list(words))
        self.site.live.refresh()
        return result.exit_code, result.output

    def close(self) -> None:
        """Let go of the store."""
        dispose(self.app)
