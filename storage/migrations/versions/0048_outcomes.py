"""Outcomes of work, and their totals by day."""

import sqlalchemy as sa
from alembic import op

revision = "0048_outcomes"
down_revision = "0047_mutes"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("scope_id", BIG, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("occurred_at", BIG, nullable=False),
        sa.Column("received_at", BIG, nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("local_day", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("scope_id", "key_hash", name=op.f("uq_outcomes_scope_id_key_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_outcomes_source_id_received_at", "outcomes", ["source_id", "received_at"])
    op.create_table(
        "outcome_days",
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("local_day", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.PrimaryKeyConstraint("team_id", "local_day", "kind", "tool", "workflow", name=op.f("pk_outcome_days")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
