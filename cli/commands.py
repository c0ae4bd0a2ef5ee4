"""Hang the commands on the application."""

from __future__ import annotations

from flask import Flask

from cli.ledger import ledger
from cli.policy import policy
from cli.prepare import prepare
from cli.staff import staff
from cli.stats import stats
from cli.tags import tags
from cli.translations import translations
from cli.vendor import vendor


def init_commands(app: Flask) -> None:
    """Add the commands to ``flask``."""
    tags.add_command(vendor)
    for command in (prepare, tags, policy, stats, ledger, translations, staff):
        app.cli.add_command(command)
