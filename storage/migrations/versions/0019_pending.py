"""Totals that follow: groups of usage whose sums wait for a fold."""

import sqlalchemy as sa
from alembic import op

revision = "0019_pending"
down_revision = "0018_deliveries"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBERS = sa.ARRAY(sa.BigInteger()).with_variant(sa.Text(), "sqlite")
ARRAYS = (
    *("team_id", "occurred_at", "local_day", "series_id"),
    *("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"),
    *("cost_nanos", "notional_nanos"),
)
# Every row is deleted within seconds: its place is wanted again, however few there are.
SETTINGS = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_cost_delay = 0, "
    "toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 10000, "
    "toast.autovacuum_vacuum_cost_delay = 0"
)


def upgrade() -> None:
    op.create_table(
        "usage_pending",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("received_at", BIG, nullable=False),
        sa.Column("calls", BIG, nullable=False),
        sa.Column("first_event", BIG, nullable=True),
        sa.Column("last_event", BIG, nullable=True),
        *(sa.Column(name, NUMBERS, nullable=True) for name in ARRAYS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_pending")),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        for name in ARRAYS:  # packing them would take longer than writing them
            op.execute(f"ALTER TABLE usage_pending ALTER COLUMN {name} SET STORAGE EXTERNAL")
        op.execute(f"ALTER TABLE usage_pending SET ({SETTINGS})")
