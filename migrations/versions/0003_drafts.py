"""Drafts: each person's open changes of tags and vendors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "tag_draft",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("submitted", UtcDateTime(), nullable=True),
        sa.Column("approved_by", sa.String(200), nullable=True),
        sa.Column("approved_print", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("owner", name="pk_tag_draft"),
    )


def downgrade() -> None:
    """Drop it. What was not published is lost."""
    op.drop_table("tag_draft")
