"""Counts of pages with the banner and of choices, and up to where the ledger is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. What the ledger holds already is counted by the running site, batch by batch."""
    op.create_table(
        "banner_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("locale", sa.String(12), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "region", "locale", name="pk_banner_count"),
    )
    op.create_table(
        "choice_count",
        *_situation(),
        sa.Column("result", sa.String(12), nullable=False),
        sa.Column("layer", sa.String(12), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*_SITUATION, "result", "layer", name="pk_choice_count"),
    )
    op.create_table(
        "category_count",
        *_situation(),
        sa.Column("category", sa.String(12), nullable=False),
        sa.Column("result", sa.String(12), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*_SITUATION, "category", "result", name="pk_category_count"),
    )
    op.create_table(
        "rolled_up",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rolled_up"),
    )


def downgrade() -> None:
    """Drop the counts. The ledger keeps what they were made of."""
    for table in ("rolled_up", "category_count", "choice_count", "banner_count"):
        op.drop_table(table)


_SITUATION = ("day", "region", "locale", "tags", "texts", "signal")


def _situation() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("locale", sa.String(12), nullable=False),
        sa.Column("tags", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("texts", sa.String(60), nullable=False),
        sa.Column("signal", sa.Boolean(), nullable=False),
    )
