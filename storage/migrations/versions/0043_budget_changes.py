"""Which versions of the configuration changed nothing but budgets of teams, so that no process reads everything anew."""

import sqlalchemy as sa
from alembic import op

revision = "0043_budget_changes"
down_revision = "0045_policies"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "budget_changes",
        sa.Column("version", BIG, nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("version", "team_id", name=op.f("pk_budget_changes")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
