"""Build what an application holds, once, at start."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from flask_wtf import CSRFProtect

from i18n import catalogs
from privacy import jurisdictions, templates
from privacy.policies import Document, Kind
from privacy.registry import Registry
from services.checks import Checks
from services.choices import Choices
from services.counters import Counters
from services.drafts import Drafts
from services.jobs import Jobs
from services.ledger import Ledger
from services.live import Live
from services.notices import Notices
from services.policies import Policies, Render
from services.staff import Staff
from services.statistics import Statistics
from services.tags import Tags
from storage import db, engine_options
from storage.writer import Writer
from web.assets import Assets
from web.front import Front
from web.languages import _, ngettext, pgettext
from web.policy.render import documents
from web.settings import UNSET_MATTERS, Settings, takes
from web.site import Site
from web.staff.lazy import Door, Lazy
from web.visitor import Reader

log = logging.getLogger(__name__)


def init_database(app: Flask, settings: Settings, root: Path) -> None:
    """Connect the application to its store. Nothing is asked of it yet."""
    settings.INSTANCE_PATH.mkdir(mode=0o700, parents=True, exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.DATABASE_URL
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.DATABASE_URL)
    db.init_app(app)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":  # It brings `flask db`.
        _init_migrations(app)


def _init_migrations(app: Flask) -> None:
    """Let the tables be migrated. Only who does so loads what it takes: 11 MB, which no server needs."""
    from flask_migrate import Migrate

    if "migrate" not in app.extensions:
        Migrate(app, db, directory=str(Path(app.root_path) / "migrations"), render_as_batch=True)


def build_site(app: Flask, settings: Settings, root: Path, now: Callable[[], datetime]) -> Site:
    """Build the services and values, and hang them on the application."""
    app.config["SECRET_KEY"] = settings.SECRET_KEYS[0]
    app.config["SECRET_KEY_FALLBACKS"] = list(settings.SECRET_KEYS[1:])
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # Each POST names its own check: origin, or a signed token.
    CSRFProtect(app)
    app.session_interface = NoSessions()
    with app.app_context():
        engine = db.engine
    laws = jurisdictions.load()
    notices, counters, writer = Notices(engine, now), Counters(engine, now), Writer(engine)
    statistics = Statistics(engine, now)

    def tick() -> None:
        notices.flush()
        counters.flush()
        statistics.tick()

    live = Live(engine, on_tick=tick, now=now)
    jobs = Jobs(engine, now)
    policies = Policies(engine, now, _renderer(app, now))
    tags = Tags(
        engine,
        templates.load(laws.exemptions, frozenset(code for code, _ in laws.regions(date.max))),
        now,
        policies,
        loopback_http=not settings.production,
    )
    loaded = catalogs.load(root / "translations")
    site = Site(
        settings=settings,
        jurisdictions=laws,
        catalogs=loaded,
        assets=Assets(root / "static", settings.ACCENT, settings.ACCENT_DARK, settings.LOGO),
        live=live,
        reader=Reader(settings, laws, live, lambda: now().timestamp()),
        writer=writer,
        notices=notices,
        counters=counters,
        choices=Choices(writer, notices, os.urandom),
        policies=policies,
        tags=tags,
        drafts=Drafts(engine, tags, now, laws, second_person=settings.SECOND_PERSON),
        ledger=Ledger(engine),
        staff=Staff(engine, now),
        statistics=statistics,
        jobs=jobs,
        checks=Checks(jobs),
        texts=_texts_digest(root, [catalog.digest for catalog in loaded.values()]),
    )
    app.extensions["site"] = site
    return site


def _renderer(app: Flask, now: Callable[[], datetime]) -> Render:
    def render(kind: Kind, registry: Registry) -> list[Document]:
        with app.app_context():
            return list(documents(kind, registry, now().date()))

    return render


class NoSessions(SessionInterface):
    """Keep no session: of a visitor, nothing is kept between requests but the choice, in its own cookie."""

    def open_session(self, app: Flask, request: Request) -> None:
        """Open none. Whatever tries to write to one meets Flask's error, which says so."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save none."""


def init_templates(app: Flask) -> None:
    """Give templates the request's language, and nothing that decides."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        _, ngettext, newstyle=True, pgettext=pgettext
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]


def put_front(app: Flask, make_console: Callable[[Site], Flask]) -> None:
    """Put the page store in front of Flask, and the staff's console beside it.

    Args:
        make_console: builds the console, when somebody first asks for it.
    """
    site: Site = app.extensions["site"]
    site.console = Lazy(lambda: make_console(site))
    door = Door(site.settings, site.console)
    site.front = Front(app.wsgi_app, site.reader, site.counters, door)
    app.wsgi_app = site.front  # type: ignore[method-assign]


def startup_lines(settings: Settings, laws: jurisdictions.Jurisdictions, today: date) -> list[str]:
    """Return what the person who starts the site should know: rows to review, facts that are missing."""
    lines = [f"The law of {code} was not reviewed for 12 months: see docs/law.md." for code in laws.stale(today)]
    lines += [
        f"{name} is not set: it takes {takes(name)}. Pages name another way instead."
        for name in UNSET_MATTERS
        if getattr(settings, name) is None
    ]
    if settings.console_origin is None:
        lines.append("STAFF_ORIGIN is not set: the staff's console is served nowhere.")
    if settings.RATE_LIMITS == "off":
        lines.append("RATE_LIMITS is off: nothing slows down who tries passwords.")
    return lines


def _texts_digest(root: Path, digests: list[str]) -> str:
    """Name the exact state of all texts: templates and catalogs."""
    digest = hashlib.sha256()
    for path in sorted((root / "templates").rglob("*.html")):
        if path.parent.name not in ("staff", "security"):  # Visitors never see these.
            digest.update(path.read_bytes())
    for text in digests:
        digest.update(text.encode())
    return digest.hexdigest()[:12]


def prepare_store(app: Flask) -> bool:
    """Bring the store to this release, publish what is on out of the box, and say whether this was the first time."""
    upgrade_database(app)
    site: Site = app.extensions["site"]
    first = site.tags.ensure_first() is not None
    site.policies.prepare(site.tags.live())
    return first


def upgrade_database(app: Flask) -> None:
    """Bring the tables to this release. Quick where they already are."""
    from flask_migrate import upgrade

    _init_migrations(app)
    with app.app_context():
        logging.getLogger("alembic").setLevel(logging.WARNING)
        upgrade()
