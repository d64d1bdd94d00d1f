"""Removals: which months' raw events are gone, and their sums."""

import sqlalchemy as sa
from alembic import op

from storage.triggers import create_triggers

revision = "0023_removals"
down_revision = "0022_reading"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTERS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("first_at", BIG, nullable=False),
        sa.Column("before_at", BIG, nullable=False),
        sa.Column("part", BIG, nullable=False),
        sa.Column("last_row", BIG, nullable=True),
        sa.Column("rows", BIG, nullable=False),
        sa.Column("file", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", BIG, nullable=False),
        sa.Column("is_deleting", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removals")),
        sa.UniqueConstraint("first_at", "part", name=op.f("uq_removals_first_at_part")),
        sqlite_strict=True,
    )
    op.create_table(
        "removed_usage",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        sa.Column("local_day", BIG, autoincrement=False, nullable=False),
        sa.Column("calls", BIG, nullable=False),
        *(sa.Column(name, BIG, server_default="0", nullable=False) for name in COUNTERS),
        sa.Column("cost_nanos", BIG, nullable=False),
        sa.Column("notional_nanos", BIG, nullable=False),
        sa.Column("hours_mark", BIG, nullable=False),
        sa.Column("days_mark", BIG, nullable=False),
        sa.PrimaryKeyConstraint("team_id", "local_day", name=op.f("pk_removed_usage")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "removed_calls",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("calls", BIG, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_removed_calls")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":  # the new one lets a removal through
        op.execute("DROP TRIGGER IF EXISTS usage_events_no_delete")
    create_triggers(connection)
