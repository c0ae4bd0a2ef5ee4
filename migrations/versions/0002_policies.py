"""Published texts: versions, the documents of each, and their sections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("policy_version", "policy_text", "policy_section")


def upgrade() -> None:
    """Make the tables and the triggers that keep what was published as it is."""
    op.create_table(
        "policy_version",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published", UtcDateTime(), nullable=False),
        sa.Column("effective", UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("material", sa.String(200), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("kind", "number", name="pk_policy_version"),
    )
    op.create_table(
        "policy_text",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("locale", sa.String(12), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "number", "locale", name="pk_policy_text"),
    )
    op.create_table(
        "policy_section",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("anchor", sa.String(40), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_policy_section"),
    )
    for table in _APPEND_ONLY:
        for statement in append_only(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    """Drop what was published. The triggers go with their tables."""
    for table in reversed(_APPEND_ONLY):
        op.drop_table(table)
    op.execute("DELETE FROM live_version WHERE name IN ('privacy', 'cookies')")


def append_only(table: str, dialect: str) -> list[str]:
    """Return the statements by which a table refuses changes. On PostgreSQL, 0001 made the function."""
    made = []
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
