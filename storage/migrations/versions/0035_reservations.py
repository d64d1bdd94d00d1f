"""Reservations of gateways with their sums, and people's own limits with the warnings they got."""

import sqlalchemy as sa
from alembic import op

revision = "0035_reservations"
down_revision = "0032_commitments"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS, COUNTS_NO_MORE, HAS_KEY = (
    sa.text(condition) for condition in ("counted_nanos > 0", "counted_nanos = 0", "idempotency_key <> ''")
)


def upgrade() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("period", "tool", "model", "workflow")),
        *(sa.Column(name, BIG, nullable=False) for name in ("person_id", "max_nanos", "counted_nanos")),
        sa.Column("cost_nanos", BIG),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "decision")),
        *(sa.Column(name, BIG, nullable=False) for name in ("reserved_at", "counts_until")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_reservations_counting", "reservations", ["counts_until"], sqlite_where=COUNTS, postgresql_where=COUNTS
    )
    op.create_index(
        "ix_reservations_over",
        "reservations",
        ["counts_until"],
        sqlite_where=COUNTS_NO_MORE,
        postgresql_where=COUNTS_NO_MORE,
    )
    op.create_index(
        "ix_reservations_key",
        "reservations",
        ["source_id", "idempotency_key"],
        unique=True,
        sqlite_where=HAS_KEY,
        postgresql_where=HAS_KEY,
    )
    parts = ("team_id", "period", "tool", "model", "workflow", "person_id")
    op.create_table(
        "reserved_sums",
        *(
            sa.Column(name, BIG, autoincrement=False, nullable=False)
            if name.endswith("_id")
            else sa.Column(name, sa.Text(), nullable=False)
            for name in parts
        ),
        sa.Column("nanos", BIG, nullable=False),
        sa.PrimaryKeyConstraint(*parts, name=op.f("pk_reserved_sums")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_limits",
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("set_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_limits")),
        sqlite_strict=True,
    )
    op.create_table(
        "person_warnings",
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("limit_key", sa.Text(), nullable=False),
        sa.Column("percent", BIG, autoincrement=False, nullable=False),
        sa.Column("warned_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "period", "limit_key", "percent", name=op.f("pk_person_warnings")),
        sqlite_strict=True,
    )
