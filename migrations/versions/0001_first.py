"""The first tables: tags, notices, the ledger and the counters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("ledger_entry", "tag_version", "notice")


def upgrade() -> None:
    """Make the tables and the triggers that keep what is append-only so."""
    op.create_table(
        "tag_version",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_tag_version"),
    )
    op.create_table(
        "live_version",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_live_version"),
    )
    op.create_table(
        "notice",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("locale", sa.String(12), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_notice"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_entry"),
        sa.UniqueConstraint("id", name="uq_ledger_entry_id"),
    )
    op.create_table(
        "ledger_body",
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name="fk_ledger_body_entry_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_ledger_body"),
    )
    op.create_table(
        "ledger_subject",
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("consent_id", sa.String(22), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name="fk_ledger_subject_entry_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_ledger_subject"),
    )
    op.create_index("ix_ledger_subject_consent_id", "ledger_subject", ["consent_id"])
    op.create_table(
        "page_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "path", name="pk_page_count"),
    )
    op.create_table(
        "signal_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "region", name="pk_signal_count"),
    )
    for statement in _triggers(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything. The triggers go with their tables."""
    for table in (
        "signal_count",
        "page_count",
        "ledger_subject",
        "ledger_body",
        "ledger_entry",
        "notice",
        "live_version",
        "tag_version",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")


def _triggers(dialect: str) -> list[str]:
    made: list[str] = []
    if dialect == "postgresql":
        made.append(
            "CREATE FUNCTION refuse_change() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'this table is append-only'; END $$ LANGUAGE plpgsql"
        )
    for table in _APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            head = f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
            if dialect == "postgresql":
                made.append(f"{head} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
            else:
                made.append(f"{head} BEGIN SELECT RAISE(ABORT, 'this table is append-only'); END")
        if dialect == "postgresql":
            made.append(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
    return made
