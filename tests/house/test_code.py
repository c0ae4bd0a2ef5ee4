"""Rules about the code itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sites import TestSite

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
KEPT = (
    ".venv",
    ".git",
    "instance",
    ".cache",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
)


def sources(*endings: str) -> list[Path]:
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.suffix in endings and path.is_file() and not any(part in KEPT for part in path.relative_to(ROOT).parts)
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_every_template_compiles_and_trusts_nothing(site: TestSite, path: Path) -> None:
    app: Flask = site.app
    app.jinja_env.get_template(path.relative_to(ROOT / "templates").as_posix())
    text = path.read_text("utf-8")
    assert "|safe" not in text.replace(" ", ""), "data are escaped; markup is made in web/markup.py"
    assert "style=" not in text, "no inline style: the policy refuses it"
    assert not re.search(r"\son[a-z]+=", text), "no inline handlers"
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script, "no inline script"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_every_text_of_a_template_can_be_translated(path: Path) -> None:
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "", text)
    words = re.findall(r"[A-Za-z]{3,}", text)
    assert not words, f"{path.name} says {words} outside gettext"


@pytest.mark.parametrize("path", sorted((ROOT / "static").glob("*.css")), ids=lambda p: p.name)
def test_the_sheet_mirrors_by_itself(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    for physical in (r"(margin|padding|border)-(left|right)", r"[;{\s](left|right):", r"text-align:\s*(left|right)"):
        assert not re.search(physical, text), f"{physical}: use logical properties, so that right-to-left mirrors"
    assert "!important" not in text


def test_no_file_names_this_or_any_workplace() -> None:
    wrong = re.compile(r"/wor[k]/|\.librar[y]|shared/(design|policy|legal|data)")
    for path in sources(".py", ".md", ".html", ".css", ".js", ".json", ".toml", ".cfg", ".txt", ".po", ".pot"):
        found = wrong.search(path.read_text("utf-8", errors="replace"))
        assert not found, f"{path.relative_to(ROOT)} holds {found and found[0]!r}"


def test_no_law_is_written_into_code_or_templates() -> None:
    codes = re.compile(r"[\"'](US-[A-Z]{2}|CA-QC|us-[a-z]{2}|DE|FR|GB|CH|BR|IT)[\"']")
    allowed = {"web/settings.py"}  # an example of a place
    for path in [*sources(".py"), *TEMPLATES]:
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("tests/", "bench/")) or name in allowed:
            continue
        found = codes.search(path.read_text("utf-8"))
        assert not found, f"{name} names the place {found and found[0]}: law is data"


def test_every_setting_is_documented() -> None:
    from web.settings import names

    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    missing = [name for name in names() if f"`{name}`" not in text]
    assert not missing, f"docs/settings.md does not say what these take: {missing}"


def test_every_command_is_documented_and_has_help(site: TestSite) -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for group in ("prepare", "tags", "policy", "stats", "ledger", "translations"):
        command = site.app.cli.commands[group]
        for name in getattr(command, "commands", {"": command}):
            whole = f"flask {group} {name}".strip()
            assert f"`{whole}" in text, f"docs/commands.md does not tell of `{whole}`"
            status, output = site.command(*whole.split()[1:], "--help")
            assert status == 0
            assert "Usage:" in output
