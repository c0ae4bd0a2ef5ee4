"""The whole site as gunicorn serves it, with one more address that tells how many commits the worker made."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask, jsonify
from sqlalchemy import Connection, Engine, event

import app as product

FACTS = "/bench/facts"


def create_app() -> Flask:
    """Return the site. Nothing stands in the way of its pages: the extra address is an ordinary route behind them."""
    made = product.create_app()
    commits = {"writer": 0, "others": 0}

    def count(connection: Connection) -> None:
        name = "writer" if threading.current_thread().name == "writer" else "others"
        commits[name] += 1

    event.listen(Engine, "commit", count)

    def facts() -> Any:
        return jsonify(commits)

    made.add_url_rule(FACTS, "bench.facts", facts)
    return made
