"""Requests of Slack that did their work, so that the same one does it once."""

import sqlalchemy as sa
from alembic import op

revision = "0016_slack_requests"
down_revision = "0015_declared_budgets"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "slack_requests",
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("done_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("body_hash", name=op.f("pk_slack_requests")),
        sqlite_strict=True,
    )
    op.create_index("ix_slack_requests_done_at", "slack_requests", ["done_at"], unique=False)
