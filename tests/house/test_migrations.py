"""Migrations lead to the models' tables, on an empty store and on one with data, up and down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from servers import postgresql
from sites import KEY, dispose
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from app import create_app
from storage import db
from web.build import upgrade_database
from web.settings import load


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    settings = {"INSTANCE_PATH": str(tmp_path), "SECRET_KEYS": KEY}
    if request.param == "postgresql":
        settings["DATABASE_URL"] = postgresql().database()
    made = create_app(load({}, **settings))
    yield made
    dispose(made)


def test_migrations_and_models_agree(app: Flask) -> None:
    upgrade_database(app)
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.metadata)
    assert not differences, f"the models say something else than the migrations: {differences}"


def test_down_leaves_nothing_and_up_works_again(app: Flask) -> None:
    upgrade_database(app)
    with app.app_context():
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        assert "ledger_entry" in inspect(db.engine).get_table_names()


@pytest.mark.parametrize("table", ["ledger_entry", "tag_version", "notice"])
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_store_itself_refuses_to_change_what_is_append_only(app: Flask, table: str, act: str) -> None:
    upgrade_database(app)
    column = {"ledger_entry": "hash", "tag_version": "note", "notice": "body"}[table]
    with app.app_context():
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            now = datetime.now(UTC)
            rows = {
                "ledger_entry": {"id": "a", "hash": "b"},
                "tag_version": {"version": 1, "at": now, "author": "a", "note": "b", "digest": "c", "document": "{}"},
                "notice": {"hash": "a", "locale": "en", "region": "de", "first_at": now, "body": "x"},
            }
            connection.execute(db.metadata.tables[table].insert(), rows[table])
        with db.engine.connect() as connection:
            with pytest.raises(DatabaseError, match="append-only"):
                connection.execute(text(act.format(table, column, column)))
            connection.rollback()
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1
