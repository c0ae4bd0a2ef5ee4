"""``flask prepare``: bring the store to this release and publish what is on out of the box."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from web.build import upgrade_database
from web.site import site


@click.command()
@with_appcontext
def prepare() -> None:
    """Set up or bring up to date what the site needs: tables, first tags, first keys."""
    upgrade_database(current_app)
    version = site().tags.ensure_first()
    if version:
        click.echo("First start: tables and keys are made, the site’s own statistics are on.")
