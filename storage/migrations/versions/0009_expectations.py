"""Spend that somebody said to expect, announced ahead or of a spike."""

import sqlalchemy as sa
from alembic import op

revision = "0009_expectations"
down_revision = "0008_source_beats"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "expectations",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("alert_id", BIG, nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("from_at", BIG, nullable=False),
        sa.Column("until_at", BIG, nullable=True),
        sa.Column("limit_nanos", BIG, nullable=True),
        sa.Column("made_by", BIG, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.Column("ended_by", BIG, nullable=True),
        sa.Column("closed_at", BIG, nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_expectations_alert_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["people.id"], name=op.f("fk_expectations_ended_by")),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_expectations_made_by")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_expectations_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expectations")),
        sqlite_strict=True,
    )
    op.create_index("ix_expectations_team_id", "expectations", ["team_id"], unique=False)
    op.create_index("ix_expectations_alert_id", "expectations", ["alert_id"], unique=False)
