"""Work of the staff that takes longer than a request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "staff_job",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("began", UtcDateTime(), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("slot", sa.String(40)),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_job"),
        sa.UniqueConstraint("slot", name="uq_staff_job_slot"),
    )
    op.create_index("ix_staff_job_kind", "staff_job", ["kind"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("staff_job")
