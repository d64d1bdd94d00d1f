"""What is known of changed hours, and in which hours a source had usage."""

import sqlalchemy as sa
from alembic import op

revision = "0011_incidents"
down_revision = "0010_manners"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("newest_hour", "oldest_hour", "rewrites"):
        op.add_column("team_changes", sa.Column(name, BIG, server_default="0", nullable=False))
    op.create_table(
        "source_hours",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("hour", BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "hour", name=op.f("pk_source_hours")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
