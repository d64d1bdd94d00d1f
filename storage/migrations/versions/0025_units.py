"""What a bill has beside tokens: units and conditions of prices on events, and why the book alone did not price them."""

import sqlalchemy as sa
from alembic import op

revision = "0025_units"
down_revision = "0024_run_ids"


def upgrade() -> None:
    for name in ("units", "conditions", "cost_reason"):
        op.add_column("usage_events", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("usage_adjustments", sa.Column("cost_reason", sa.Text(), server_default="", nullable=False))
