"""Prices: which models without a price were told of, and what is to be priced again."""

import sqlalchemy as sa
from alembic import op

revision = "0006_prices"
down_revision = "0005_gateways"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "unpriced_models",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("told_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unpriced_models")),
        sa.UniqueConstraint("provider", "model", name=op.f("uq_unpriced_models_provider_model")),
        sqlite_strict=True,
    )
    op.create_table(
        "repricings",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("from_day", BIG, nullable=False),
        sa.Column("actor_id", BIG, nullable=False),
        sa.Column("wanted_at", BIG, nullable=False),
        sa.Column("lease_until", BIG, server_default="0", nullable=False),
        sa.Column("done_at", BIG, nullable=True),
        sa.Column("calls", BIG, server_default="0", nullable=False),
        sa.Column("difference_nanos", BIG, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_repricings_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repricings")),
        sqlite_strict=True,
    )
