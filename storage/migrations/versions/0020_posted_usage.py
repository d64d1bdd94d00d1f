"""How far each team's usage is posted, and indexes by which a day's charges are found without the others."""

import sqlalchemy as sa
from alembic import op

revision = "0020_posted_usage"
down_revision = "0019_pending"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "posted_usage",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("newest_hour", BIG, nullable=False),
        sa.Column("rewrites", BIG, nullable=False),
        sa.Column("until_day", BIG, nullable=False),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_posted_usage")),
        sqlite_strict=True,
    )
    for account in ("from_account_id", "to_account_id"):
        op.create_index(f"ix_entries_{account}_usage_day", "entries", [account, "usage_day"], unique=False)
        op.drop_index(f"ix_entries_{account}", "entries")
