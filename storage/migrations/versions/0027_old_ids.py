"""How far the ids of events are read that were booked before there were runs of keys."""

import sqlalchemy as sa
from alembic import op

revision = "0027_old_ids"
down_revision = "0026_producers"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("key_state", sa.Column("old_ids_until", BIG, nullable=True))
    op.add_column("key_state", sa.Column("old_ids_are_read", sa.Integer(), server_default="0", nullable=False))
    # Events that come later have their ids in runs.
    op.execute("UPDATE key_state SET old_ids_are_read = 1 WHERE NOT EXISTS (SELECT 1 FROM usage_events)")
