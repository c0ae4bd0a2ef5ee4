"""Who may import whom. The table is the architecture; this test holds the code to it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("privacy", "i18n", "storage", "services", "web", "blueprints", "cli", "app")

# What each room may import beside the standard library and itself.
TABLE: dict[str, set[str]] = {
    "privacy": set(),
    "i18n": {"babel"},
    "storage": {"privacy", "sqlalchemy"},
    "services": {"privacy", "i18n", "storage", "sqlalchemy"},
    "web": {
        "privacy",
        "i18n",
        "services",
        "flask",
        "werkzeug",
        "markupsafe",
        "flask_talisman",
        "flask_wtf",
        "brotli",
        "iptocc",
        "maxminddb",
    },
    "blueprints": {"privacy", "web", "services", "flask", "flask_wtf", "wtforms", "werkzeug", "markupsafe", "i18n"},
    "cli": {"web", "services", "privacy", "click", "flask"},
    "app": {*ROOMS, "flask"},
}

# Single files that may do what their room may not, each for the reason that house rules give.
ALLOWANCES: dict[str, set[str]] = {
    "storage/__init__.py": {"flask_sqlalchemy"},
    "web/build.py": {"storage", "flask_migrate"},  # the database handle, in one file
    "web/site.py": {"storage"},  # the type of the writer that the site holds
    "services/inspector.py": {"playwright"},  # in a process of its own, where it is installed
    # The console's sign-in is a library's, which wants the models: these files alone meet either.
    "web/staff/accounts.py": {"storage", "sqlalchemy", "flask_security", "email_validator"},
    "web/staff/console.py": {"storage", "flask_security", "flask_limiter"},
    "web/staff/errors.py": {"flask_security"},
    "web/staff/frame.py": {"flask_security"},
    "web/staff/guard.py": {"flask_security", "flask_login"},
    "web/staff/mail.py": {"flask_security"},
    "web/staff/passwords.py": {"flask_security"},
    "web/staff/people.py": {"storage", "flask_security", "passlib", "webauthn", "wtforms"},
}


def modules() -> Iterator[Path]:
    for room in ROOMS:
        path = ROOT / room
        if path.is_dir():
            yield from sorted(path.rglob("*.py"))
        else:
            yield path.with_suffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: import by the whole name, not relatively"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("path", list(modules()), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_what_the_table_lets_it(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    room = name.split("/")[0].removesuffix(".py")
    allowed = TABLE[room] | ALLOWANCES.get(name, set())
    for line, module in imported(path):
        top = module.split(".")[0]
        if top in sys.stdlib_module_names or top == room:
            continue
        assert top in allowed, (
            f"{name}:{line} imports {module}; {room} may import {sorted(allowed) or 'the standard library'}. "
            "Take what you need as an argument, or move the code to the room that may."
        )


@pytest.mark.parametrize("path", [p for p in modules() if "blueprints" in p.parts], ids=lambda p: p.as_posix()[-40:])
def test_a_page_imports_no_sibling(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    for line, module in imported(path):
        if module.startswith("blueprints."):
            assert module.split(".")[1] == parts[1], (
                f"{path}:{line} imports the page {module}: what two pages share belongs to web/"
            )


def test_who_serves_visitors_alone_never_loads_the_sign_in() -> None:
    loads = "import sys, app; print([m for m in ('flask_security', 'webauthn', 'flask_limiter') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", "the console's libraries are imported in functions, when somebody opens it"


def test_nothing_imports_the_application() -> None:
    offenders = [str(p) for p in modules() if p.name != "app.py" for _, m in imported(p) if m == "app"]
    assert not offenders, f"these import app.py, which is the top: {offenders}"


_IMPURE = {
    "time",
    "random",
    "secrets",
    "socket",
    "os",
    "threading",
    "subprocess",
    "logging",
    "sqlite3",
    "urllib.request",
}


@pytest.mark.parametrize("path", [p for p in modules() if "privacy" in p.parts], ids=lambda p: p.name)
def test_the_rules_know_no_clock_and_no_chance(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for line, module in imported(path):
        assert module not in _IMPURE, f"{path.name}:{line} imports {module}: time, chance and I/O are arguments"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
            raise AssertionError(f"{path.name}:{node.lineno} asks the clock; let the caller say what time it is")
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("open", "print", "input"):
            raise AssertionError(f"{path.name}:{node.lineno} does I/O; the rules are pure")


def test_views_never_commit() -> None:
    for path in modules():
        if path.parts[-3:-2] == ("blueprints",) or "blueprints" in path.parts:
            text = path.read_text("utf-8")
            assert ".commit(" not in text, f"{path}: services own the transactions"
            assert "db.session" not in text, f"{path}: services own the transactions"
