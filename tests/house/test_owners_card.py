"""The owner's packages carry the work, and the owner's names stand at the top."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask_wtf import FlaskForm
from sites import TestSite
from wtforms import Form

from blueprints.preferences.forms import ChoiceForm
from storage import db

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name", ["app.py", "blueprints", "templates", "translations", "static", "tests", "requirements.txt"]
)
def test_the_top_level_has_the_owners_names(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("package", ["flask", "flask-wtf", "flask-sqlalchemy", "flask-talisman", "babel"])
def test_the_packages_are_locked_with_hashes(package: str) -> None:
    text = (ROOT / "requirements.txt").read_text()
    line = next(line for line in text.splitlines() if line.startswith(f"{package}=="))
    block = text[text.index(line) :]
    assert "--hash=sha256:" in block[:400], f"{package} is pinned with its hash"


def test_pytest_is_locked_for_the_tests() -> None:
    assert "\npytest==" in (ROOT / "requirements-dev.txt").read_text()


def test_every_page_is_made_by_a_flask_blueprint(site: TestSite) -> None:
    for rule in site.app.url_map.iter_rules():
        assert rule.endpoint.partition(".")[0] in site.app.blueprints, f"{rule} belongs to no blueprint"


def test_every_form_is_a_flask_wtf_form() -> None:
    assert issubclass(ChoiceForm, FlaskForm)
    own = [f for f in Form.__subclasses__() if f.__module__.startswith(("blueprints", "web"))]
    assert not own, f"forms derive from FlaskForm, not these: {own}"


def test_every_table_is_a_flask_sqlalchemy_model(site: TestSite) -> None:
    mapped = {mapper.local_table.name for mapper in db.Model.registry.mappers}
    assert mapped == set(db.metadata.tables), "each table has its model"
    assert len(mapped) >= 8


def test_talisman_sets_the_fixed_headers_and_the_gate_the_policy(site: TestSite) -> None:
    response = site.visitor("DE").get("/en/privacy")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "browsing-topics=()" in response.headers["Permissions-Policy"]
    assert len(response.headers.getlist("Content-Security-Policy")) == 1
    hooks = [f.__module__ for f in site.app.after_request_funcs[None]]
    assert hooks.index("web.security") < hooks.index("flask_talisman.talisman"), (
        "Flask runs these in reverse: ours is registered first, so that it writes the policy last"
    )


def test_error_pages_have_the_headers_too(site: TestSite) -> None:
    for path in ("/en/nothing", "/xx/", "/en/preferences/none"):
        response = site.visitor("DE").get(path)
        assert response.status_code == 404
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_babel_speaks_every_locale(site: TestSite) -> None:
    from i18n.locales import LOCALES

    assert set(site.site.catalogs) == {locale.slug for locale in LOCALES} >= {"en", "pt-br", "de", "fr"}
