"""The producers of each source's rows, and the rows with usage that no rule books, by producer and reason."""

import sqlalchemy as sa
from alembic import op

revision = "0026_producers"
down_revision = "0025_units"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = ("source_id", "name", "version", "service", "kind", "reason")


def upgrade() -> None:
    op.create_table(
        "source_producers",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in KEY[1:]),
        *(sa.Column(name, BIG, nullable=False) for name in ("row_count", "first_at", "last_at")),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_source_producers")),
        sqlite_strict=True,
    )
