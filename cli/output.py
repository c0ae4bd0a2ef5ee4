"""Print tables for people and JSON for programs."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import click

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")


def show(rows: Sequence[dict[str, Any]], columns: Sequence[str], json_: bool, empty: str) -> None:
    """Print rows as a table, or as JSON with every field."""
    if json_:
        click.echo(json.dumps(list(rows), indent=1, default=str, ensure_ascii=False))
        return
    if not rows:
        click.echo(empty)
        return
    texts = [[str(row[c]) for c in columns] for row in rows]
    widths = [max(len(c), *(len(line[i]) for line in texts)) for i, c in enumerate(columns)]
    for line in [[c.upper() for c in columns], *texts]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def fail(message: str) -> NoReturn:
    """Print one line to standard error and end with status 1.

    Raises:
        click.ClickException: always.
    """
    raise click.ClickException(message)


def author() -> str:
    """Return who acts, as far as the machine knows."""
    try:
        return f"command line: {getpass.getuser()}"
    except (KeyError, OSError):
        return "command line"


T = TypeVar("T")


def attempt(act: Callable[[], T], *expected: type[Exception]) -> T:
    """Return what an act gives, or fail with its message where an expected error comes."""
    try:
        return act()
    except expected as error:
        fail(str(error) or type(error).__doc__ or "failed")
