"""The quarters of an hour in which each source was heard."""

import sqlalchemy as sa
from alembic import op

revision = "0008_source_beats"
down_revision = "0007_answers"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "source_beats",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("slot", BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "slot", name=op.f("pk_source_beats")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
