"""Raises of limits that budget requests brought, and request forms that were not sent."""

import sqlalchemy as sa
from alembic import op

revision = "0044_asks"
down_revision = "0040_caps"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "limit_raises",
        sa.Column("request_id", BIG, nullable=False, autoincrement=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("declared_nanos", BIG, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("ends_at", BIG),
        sa.Column("made_at", BIG, nullable=False),
        _reference("limit_raises", "request_id", "budget_requests"),
        _reference("limit_raises", "team_id", "teams"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_limit_raises")),
        sqlite_strict=True,
    )
    op.create_index("ix_limit_raises_team_id", "limit_raises", ["team_id"])
    op.create_index("ix_gateway_blocks_person_id", "gateway_blocks", ["person_id"])
    op.create_table(
        "request_drafts",
        sa.Column("person_id", BIG, nullable=False, autoincrement=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("saved_at", BIG, nullable=False),
        _reference("request_drafts", "person_id", "people"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_request_drafts")),
        sqlite_strict=True,
    )


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))
