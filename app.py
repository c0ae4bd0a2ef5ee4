"""The application: build it, give it its parts, register its pages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from blueprints.contact.routes import blueprint as contact
from blueprints.counter.routes import blueprint as counter
from blueprints.home.routes import blueprint as home
from blueprints.policies.routes import blueprint as policies
from blueprints.preferences.routes import blueprint as preferences
from blueprints.system.routes import blueprint as system
from cli.commands import init_commands
from web.build import build_site, init_database, init_templates, put_front
from web.errors import init_errors
from web.security import init_security
from web.settings import Settings, load
from web.site import Site


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Args:
        settings: checked settings; read from the environment and the instance folder when left out.

    Raises:
        BadSetting: when a setting has a value that cannot be taken.
    """
    settings = settings or load()
    root = Path(__file__).parent
    app = Flask(__name__, instance_path=str(settings.INSTANCE_PATH), static_folder=None)
    init_database(app, settings, root)
    build_site(app, settings, root, lambda: datetime.now(UTC))
    init_templates(app)
    init_security(app)
    init_errors(app)
    for blueprint in (system, counter, home, policies, contact, preferences):
        app.register_blueprint(blueprint)
    put_front(app, lambda site: create_console(site, root))
    init_commands(app)
    return app


def create_console(site: Site, root: Path) -> Flask:
    """Build the staff's console over a site's services."""
    # Not before somebody opens it: a worker that serves visitors alone never loads the sign-in.
    from blueprints.staff.routes import blueprint as staff
    from web.staff import console

    return console.create_console(site, root, (staff,))
