"""Whether a team's budget is declared, so that a budget of $0 differs from none.

Older rows with 0 may be either: they count as none until the next import, as they did before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_declared_budgets"
down_revision = "0014_role_references"


def upgrade() -> None:
    op.add_column("teams", sa.Column("budget_declared", sa.Integer(), server_default="0", nullable=False))
