"""Twins: where and when the newest records were made, the records of calls that have several, and raised figures."""

import sqlalchemy as sa
from alembic import op

revision = "0029_twins"
down_revision = "0028_running_sums"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "call_marks",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("token", BIG, nullable=False),
        sa.Column("received_at", BIG, nullable=False),
        sa.Column("calls", BIG, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_marks")),
        sqlite_strict=True,
    )
    op.create_index("ix_call_marks_received_at", "call_marks", ["received_at"])
    op.create_index("ix_call_marks_token", "call_marks", ["token"])
    op.create_table(
        "call_records",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("call_key", sa.LargeBinary(), nullable=False),
        sa.Column("call_at", BIG, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("occurred_at", BIG, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("is_booked", sa.Integer(), nullable=False),
        sa.Column("has_key", sa.Integer(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "key_hash", "fingerprint", name=op.f("pk_call_records")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_call_records_source_id_call_key", "call_records", ["source_id", "call_key"])
    op.add_column("usage_adjustments", sa.Column("figures", sa.Text(), server_default="", nullable=False))
