"""``flask ledger``: check the record of choices, and replay it."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, fail, show
from web.site import site

ledger = AppGroup("ledger", help="Check and read the record of choices.")


@ledger.command("check")
@as_json
@with_appcontext
def check(json_: bool) -> None:
    """Hash every entry again and compare; end with status 1 where something is wrong."""
    found = site().ledger.check()
    if json_:
        click.echo(
            json.dumps(
                {
                    "size": found.size,
                    "erased": found.erased,
                    "root": found.root,
                    "wrong": found.wrong,
                    "missing_notices": found.missing_notices,
                    "sound": found.sound,
                }
            )
        )
    else:
        click.echo(f"{found.size} entries, {found.erased} of them emptied. Tree hash: {found.root}")
    if not found.sound:
        fail(f"{len(found.wrong)} entries do not give their hash, {len(found.missing_notices)} notices are missing.")


@ledger.command("show")
@click.argument("consent_id", metavar="ID")
@as_json
@with_appcontext
def show_(consent_id: str, json_: bool) -> None:
    """Show the entries of a consent id, newest first."""
    rows = []
    for entry in site().ledger.of(consent_id):
        body = json.loads(entry.body)
        rows.append({"id": entry.id, "hash": entry.hash, **body, "region": body["jurisdiction"]["region"]})
    show(rows, ("at", "event", "method", "region", "id"), json_, "There is no entry under this id.")


@ledger.command("notice")
@click.argument("digest", metavar="HASH")
@with_appcontext
def notice(digest: str) -> None:
    """Print the exact notice that an entry points at."""
    found = site().ledger.notice(digest)
    if found is None:
        fail("There is no such notice.")
    click.echo(found[2], nl=False)
