"""Answers to alerts: when somebody first reacted, until when one is snoozed, and who found it of no use."""

import sqlalchemy as sa
from alembic import op

revision = "0007_answers"
down_revision = "0006_prices"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = ("first_answered_at", "snoozed_until", "useless_by", "useless_at")


def upgrade() -> None:
    for name in ADDED:
        op.add_column("alerts", sa.Column(name, BIG, nullable=True))
    op.execute("UPDATE alerts SET first_answered_at = answered_at")
    snoozed = sa.text("state = 'snoozed'")
    op.create_index("ix_alerts_snoozed", "alerts", ["snoozed_until"], sqlite_where=snoozed, postgresql_where=snoozed)
