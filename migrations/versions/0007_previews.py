"""Snippets of drafts that are previewed, and what an approver answered to a draft's owner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "draft_snippet",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_draft_snippet"),
    )
    op.add_column("tag_draft", sa.Column("answer", sa.String(500), nullable=True))
    op.add_column("tag_draft", sa.Column("answered_by", sa.String(200), nullable=True))


def downgrade() -> None:
    """Drop them. The next preview keeps what it needs."""
    with op.batch_alter_table("tag_draft") as table:
        table.drop_column("answered_by")
        table.drop_column("answer")
    op.drop_table("draft_snippet")
