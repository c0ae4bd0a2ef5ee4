"""``flask translations``: the pipeline of the catalogs."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, fail, show
from services.translations import Translations

translations = AppGroup("translations", help="Extract, update, check and compile the catalogs.")


def _work() -> Translations:
    return Translations(Path(current_app.root_path))


@translations.command("extract")
@with_appcontext
def extract() -> None:
    """Write the templates anew from the sources."""
    click.echo(f"The templates hold {_work().extract()} texts.")


@translations.command("update")
@with_appcontext
def update() -> None:
    """Bring every catalog up to the template; nothing is guessed."""
    _work().update()


@translations.command("compile")
@with_appcontext
def compile_() -> None:
    """Compile the catalogs that changed."""
    click.echo(" ".join(_work().compile()) or "Nothing to compile.")


@translations.command("check")
@with_appcontext
def check() -> None:
    """Print what must not be served; end with status 1 where there is anything."""
    found = _work().check()
    for line in found:
        click.echo(line)
    if found:
        fail(f"{len(found)} findings.")


@translations.command("status")
@as_json
@with_appcontext
def status(json_: bool) -> None:
    """Show per locale how much is done."""
    show(_work().status(), ("locale", "of", "texts", "done", "fuzzy", "complete"), json_, "There are no catalogs.")
