"""Attribution with dates: which rules a person dated, and the work of moving past usage to where it belongs."""

import sqlalchemy as sa
from alembic import op

revision = "0003_claims"
down_revision = "0002_senders"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reattributions",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("since_at", BIG, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("asked_by", BIG, nullable=True),
        sa.Column("lease_until", BIG, server_default="0", nullable=False),
        sa.Column("done_at", BIG, nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_reattributions_asked_by")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_reattributions_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reattributions")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_usage_adjustments_team_id_local_day", "usage_adjustments", ["team_id", "local_day"], unique=False
    )
    op.create_index("ix_person_aliases_person_id", "person_aliases", ["person_id"], unique=False)
    op.add_column("attribution_rules", sa.Column("dated", sa.Integer(), server_default="0", nullable=False))
