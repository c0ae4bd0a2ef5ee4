"""The floor: a bare Flask application whose routes return captured answers as constants, and nothing else."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response

FILE = "BENCH_FLOOR"
"""The name in the environment under which a served floor finds its answers."""


@dataclass(frozen=True)
class Answer:
    """Hold one whole answer of the site."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _Nothing:
    """Stand in for what gunicorn's configuration starts and stops beside requests."""

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


def floor(answers: dict[str, Answer]) -> Flask:
    """Return the bare application: one route for each answer, under ``/<name>``."""
    app = Flask("floor", static_folder=None)
    app.extensions["site"] = _Nothing()
    for name, answer in answers.items():
        app.add_url_rule(f"/{name}", name, _constant(answer), methods=["GET", "POST"])
    return app


def save(answers: dict[str, Answer], path: Path) -> None:
    """Write answers for a served floor."""
    plain = {n: (a.status, a.headers, base64.b64encode(a.body).decode()) for n, a in answers.items()}
    path.write_text(json.dumps(plain), "utf-8")


def create_app() -> Flask:
    """Return the floor for gunicorn, with the answers of the file that the environment names."""
    plain = json.loads(Path(os.environ[FILE]).read_text("utf-8"))
    return floor(
        {n: Answer(status, _pairs(headers), base64.b64decode(body)) for n, (status, headers, body) in plain.items()}
    )


def _pairs(headers: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in headers)


def _constant(answer: Answer) -> Callable[[], Response]:
    status, headers, body = answer.status, list(answer.headers), answer.body

    def constant() -> Response:
        return Response(body, status, headers)

    return constant
