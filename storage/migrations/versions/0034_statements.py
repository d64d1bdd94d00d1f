"""Statements: each team's sealed account of a closed period."""

import sqlalchemy as sa
from alembic import op

revision = "0034_statements"
down_revision = "0031_set_budgets"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("sealed_at", BIG, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("previous", "seal", "sheet", "slugs")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_statements_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("team_id", "number", name=op.f("uq_statements_team_id_number")),
        sa.UniqueConstraint("team_id", "period", name=op.f("uq_statements_team_id_period")),
        sqlite_strict=True,
    )
