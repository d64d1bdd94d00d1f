"""The ids of events by run, so that an event is found by its id. Events of before are found by reading all."""

import sqlalchemy as sa
from alembic import op

from storage.triggers import create_triggers

revision = "0024_run_ids"
down_revision = "0023_removals"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("run_keys", sa.Column("id_hash", BIG, server_default="0", nullable=False))
    op.create_table(
        "run_ids",
        sa.Column("run", BIG, autoincrement=False, nullable=False),
        sa.Column("id_hash", BIG, autoincrement=False, nullable=False),
        sa.Column("occurred_at", BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("run", "id_hash", "occurred_at", name=op.f("pk_run_ids")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    create_triggers(op.get_bind())
