"""``flask staff``: accounts of the console. The first administrator is made here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, attempt, author, fail, show
from services.staff import Role, roles_from
from services.store import StoreSilent
from web.site import site

staff = AppGroup("staff", help="Make and change accounts of the console.")

_role = click.option(
    "--role", "roles", multiple=True, type=click.Choice([r.value for r in Role]), help="What they are here for."
)
_locale = click.option("--locale", "locales", multiple=True, help="A translator's languages: de, pt-br; none for all.")


@contextmanager
def _accounts() -> Iterator[Any]:
    """Open the console's accounts; what cannot be done ends the command with its reason."""
    here = site()
    origin = here.settings.console_origin
    if origin is None:
        fail("There is no console: set STAFF_ORIGIN.")
    attempt(here.staff.has_anybody, StoreSilent)  # A store without tables says so in one line.
    # Imported here: the sign-in is only loaded where somebody uses it.
    from web.staff import accounts

    with here.console.app.test_request_context(base_url=origin):
        try:
            yield accounts
        except (accounts.BadAccount, StoreSilent) as error:
            fail(str(error) or "The store does not answer.")


@staff.command("create")
@click.argument("email")
@_role
@_locale
@click.option("--send", is_flag=True, help="Send the link by mail instead of printing it.")
@with_appcontext
def create(email: str, roles: tuple[str, ...], locales: tuple[str, ...], send: bool) -> None:
    """Make an account, and print the link by which its owner sets a password."""
    with _accounts() as accounts:
        member = accounts.create(email, roles_from(",".join(roles)), locales, author())
        if send:
            if site().settings.SMTP_URL is None:
                fail("SMTP_URL is not set: the account is made; print the link with `flask staff link`.")
            accounts.send_invitation(member, author())
            click.echo(f"{member.email} is made, and a mail with the link is on its way.")
        else:
            click.echo(f"{member.email} is made. Within a day, and once, a password can be set at:")
            click.echo(accounts.invitation(member))


@staff.command("link")
@click.argument("email")
@with_appcontext
def link(email: str) -> None:
    """Print a new link by which somebody sets a password."""
    with _accounts() as accounts:
        member = accounts.find(email)
        click.echo(accounts.make_link(member, author()))


@staff.command("list")
@as_json
@with_appcontext
def list_(json_: bool) -> None:
    """List the accounts."""
    with _accounts() as accounts:
        rows = [
            {
                "email": m.email,
                "state": "on" if m.active else "off",
                "roles": m.role_names,
                "locales": m.locales,
                "second_factor": "yes" if m.has_second_factor else "no",
                "made": m.created.isoformat(timespec="seconds"),
            }
            for m in accounts.everybody()
        ]
    show(rows, ("email", "state", "roles", "second_factor"), json_, "There are no accounts: flask staff create EMAIL")


@staff.command("role")
@click.argument("email")
@click.argument("roles", nargs=-1, required=True, type=click.Choice([r.value for r in Role]))
@_locale
@with_appcontext
def role(email: str, roles: tuple[str, ...], locales: tuple[str, ...]) -> None:
    """Say anew what somebody is here for."""
    with _accounts() as accounts:
        member = accounts.find(email)
        accounts.set_roles(member, roles_from(",".join(roles)), locales, author())
        click.echo(f"{member.email} is now: {member.role_names}")


@staff.command("disable")
@click.argument("email")
@with_appcontext
def disable(email: str) -> None:
    """Switch an account off, and sign it out everywhere."""
    with _accounts() as accounts:
        member = accounts.find(email)
        accounts.set_active(member, False, author())
        click.echo(f"{member.email} is off and signed out everywhere.")


@staff.command("enable")
@click.argument("email")
@with_appcontext
def enable(email: str) -> None:
    """Switch an account on again."""
    with _accounts() as accounts:
        member = accounts.find(email)
        accounts.set_active(member, True, author())
        click.echo(f"{member.email} is on.")


@staff.command("reset-2fa")
@click.argument("email")
@with_appcontext
def reset_2fa(email: str) -> None:
    """Take away somebody's authenticator, passkeys and recovery codes."""
    with _accounts() as accounts:
        member = accounts.find(email)
        accounts.reset_second_factor(member, author())
        click.echo(f"{member.email} has no second factor any more, and is signed out everywhere.")
