"""How much each source has in quarantine, sources that overlap, and what was posted for a provider's statement of a day."""

import sqlalchemy as sa
from alembic import op

revision = "0004_statements"
down_revision = "0003_claims"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "quarantine_sizes",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("rows", BIG, nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("not_kept", BIG, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_quarantine_sizes")),
        sqlite_strict=True,
    )
    op.execute(
        'INSERT INTO quarantine_sizes (source_id, "rows", bytes, not_kept) '
        "SELECT source_id, count(*), sum(length(body)), 0 FROM quarantine GROUP BY source_id"
    )
    op.create_table(
        "source_overlaps",
        sa.Column("first_id", BIG, autoincrement=False, nullable=False),
        sa.Column("second_id", BIG, autoincrement=False, nullable=False),
        sa.Column("matches", BIG, nullable=False),
        sa.Column("calls", BIG, nullable=False),
        sa.Column("cost_nanos", BIG, nullable=False),
        sa.Column("from_at", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.Column("told_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_source_overlaps")),
        sqlite_strict=True,
    )
    op.create_table(
        "statement_days",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("day", BIG, autoincrement=False, nullable=False),
        sa.Column("statement_nanos", BIG, nullable=False),
        sa.Column("booked_nanos", BIG, nullable=False),
        sa.Column("variance_nanos", BIG, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("posted_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("provider", "day", name=op.f("pk_statement_days")),
        sqlite_strict=True,
    )
