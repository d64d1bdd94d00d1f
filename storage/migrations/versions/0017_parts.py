"""Tokens of other kinds than text on events, and fields that were left out of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0017_parts"
down_revision = "0016_slack_requests"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("usage_events", sa.Column("parts", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "left_out_fields",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("calls", BIG, nullable=False),
        sa.Column("last_received_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "field", name=op.f("pk_left_out_fields")),
        sqlite_strict=True,
    )
