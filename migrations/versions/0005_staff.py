"""The staff: accounts, passkeys, sessions, and the record of what was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the triggers that keep the record as it is."""
    op.create_table(
        "staff_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("password", sa.String(255)),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("role_names", sa.String(200), nullable=False),
        sa.Column("locales", sa.String(400), nullable=False),
        sa.Column("language", sa.String(12)),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime()),
        sa.Column("fs_uniquifier", sa.String(64), nullable=False),
        sa.Column("fs_webauthn_user_handle", sa.String(64)),
        sa.Column("tf_primary_method", sa.String(64)),
        sa.Column("tf_totp_secret", sa.String(400)),
        sa.Column("tf_counter", sa.Integer()),
        sa.Column("mf_recovery_codes", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_staff_user"),
        sa.UniqueConstraint("email", name="uq_staff_user_email"),
        sa.UniqueConstraint("fs_uniquifier", name="uq_staff_user_fs_uniquifier"),
        sa.UniqueConstraint("fs_webauthn_user_handle", name="uq_staff_user_fs_webauthn_user_handle"),
    )
    op.create_table(
        "staff_passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("transports", sa.JSON()),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(64), nullable=False),
        sa.Column("extensions", sa.String(255)),
        sa.Column("lastuse_datetime", UtcDateTime(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("usage", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_staff_passkey_credential_id"),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name="fk_staff_passkey_user_id", ondelete="CASCADE"),
    )
    op.create_table(
        "staff_session",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("began", UtcDateTime(), nullable=False),
        sa.Column("seen", UtcDateTime(), nullable=False),
        sa.Column("browser", sa.String(80), nullable=False),
        sa.Column("way", sa.String(40), nullable=False),
        sa.Column("ended", UtcDateTime()),
        sa.PrimaryKeyConstraint("key", name="pk_staff_session"),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name="fk_staff_session_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_staff_session_user_id", "staff_session", ["user_id"])
    op.create_table(
        "staff_act",
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_staff_act"),
    )
    op.create_index("ix_staff_act_who", "staff_act", ["who"])
    op.create_index("ix_staff_act_what", "staff_act", ["what"])
    for statement in append_only("staff_act", op.get_context().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("staff_act", "staff_session", "staff_passkey", "staff_user"):
        op.drop_table(table)


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
