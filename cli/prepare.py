"""``flask prepare``: bring the store to this release and publish what is on out of the box."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from web.build import prepare_store
from web.site import site


@click.command()
@with_appcontext
def prepare() -> None:
    """Set up or bring up to date what the site needs: tables, first tags, first texts, first keys."""
    if prepare_store(current_app):
        click.echo("First start: tables and keys are made, the policies published, the site’s own statistics are on.")
    here = site()
    if here.settings.console_origin and not here.staff.has_anybody():
        click.echo(f"The console at {here.settings.console_origin}/staff has no account yet. To make the first:")
        click.echo(".venv/bin/flask staff create you@example.com --role administrator")
