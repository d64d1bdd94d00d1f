"""The periods of the books, with their states. The next job closes those of earlier versions as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0033_periods"
down_revision = "0035_reservations"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "periods",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_day", BIG, nullable=False),
        sa.Column("end_day", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_at", BIG, nullable=True),
        sa.Column("closed_by", BIG, nullable=True),
        sa.Column("close_after_days", sa.Integer(), nullable=True),
        sa.Column("is_early", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periods")),
        sqlite_strict=True,
    )
