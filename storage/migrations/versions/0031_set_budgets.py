"""Budgets that managers set in Slack, and grants that end."""

import sqlalchemy as sa
from alembic import op

revision = "0031_set_budgets"
down_revision = "0030_tree"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "set_budgets",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("set_by", BIG, nullable=True),
        sa.Column("set_at", BIG, nullable=False),
        sa.Column("file_nanos", BIG, nullable=True),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name=op.f("fk_set_budgets_set_by")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_set_budgets_team_id")),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_set_budgets")),
        sqlite_strict=True,
    )
    op.create_table(
        "grants",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("payer_id", BIG, nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("used_nanos", BIG, nullable=False, server_default="0"),
        sa.Column("level_nanos", BIG, nullable=False, server_default="0"),
        sa.Column("ends_at", BIG, nullable=True),
        sa.Column("ends_at_spent_nanos", BIG, nullable=True),
        sa.Column("given_by", BIG, nullable=True),
        sa.Column("given_at", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.Column("ended_level_nanos", BIG, nullable=True),
        sa.Column("returned_nanos", BIG, nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["given_by"], ["people.id"], name=op.f("fk_grants_given_by")),
        sa.ForeignKeyConstraint(["payer_id"], ["teams.id"], name=op.f("fk_grants_payer_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_grants_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sqlite_strict=True,
    )
    op.create_index("ix_grants_team_id_period", "grants", ["team_id", "period"])
    op.create_index(
        "ix_grants_active",
        "grants",
        ["id"],
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
