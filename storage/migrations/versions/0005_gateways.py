"""Gateways: what drift is measured by, whose key a budget blocked, and how far a gateway's own log was read."""

import sqlalchemy as sa
from alembic import op

revision = "0005_gateways"
down_revision = "0004_statements"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = ("cost_nanos", "edge_nanos", "settled_nanos", "mark_at", "mark_nanos")


def upgrade() -> None:
    for name in ADDED:
        op.add_column("gateway_teams", sa.Column(name, BIG, server_default="0", nullable=False))
    op.add_column("gateway_teams", sa.Column("over_since", BIG, nullable=True))
    op.add_column("gateway_blocks", sa.Column("credential", sa.Text(), server_default="", nullable=False))
    untold = sa.text("told_at IS NULL")
    op.create_index("ix_gateway_blocks_untold", "gateway_blocks", ["id"], sqlite_where=untold, postgresql_where=untold)
    op.create_table(
        "backfills",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("read_until", BIG, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_backfills")),
        sqlite_strict=True,
    )
