"""Requests for higher limits that members make at a gateway, and what became of them here."""

import sqlalchemy as sa
from alembic import op

revision = "0041_increase_requests"
down_revision = "0044_asks"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "increase_requests",
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request_id", BIG),
        sa.Column("seen_at", BIG, nullable=False),
        sa.Column("tries", BIG, server_default="0", nullable=False),
        sa.Column("try_at", BIG, server_default="0", nullable=False),
        sa.Column("set_nanos", BIG),
        sa.Column("set_at", BIG),
        sa.Column("sentence", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["budget_requests.id"], name=op.f("fk_increase_requests_request_id_budget_requests")
        ),
        sa.PrimaryKeyConstraint("gateway", "ref", name=op.f("pk_increase_requests")),
        sqlite_strict=True,
    )
    op.create_index("ix_increase_requests_request_id", "increase_requests", ["request_id"])


def downgrade() -> None:
    op.drop_index("ix_increase_requests_request_id", "increase_requests")
    op.drop_table("increase_requests")
