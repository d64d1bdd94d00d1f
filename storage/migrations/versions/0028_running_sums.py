"""Running sums of senders' counters: the value that is booked of each."""

import sqlalchemy as sa
from alembic import op

revision = "0028_running_sums"
down_revision = "0027_old_ids"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "running_sums",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in ("value", "at", "restarts")),
        sa.Column("next_value", BIG),
        *(sa.Column(name, BIG, nullable=False) for name in ("next_at", "changed_at")),
        sa.PrimaryKeyConstraint("source_id", "stream", name=op.f("pk_running_sums")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_running_sums_changed_at", "running_sums", ["changed_at"])
