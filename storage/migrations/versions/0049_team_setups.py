"""What is set up in Slack of teams and the organisation, and the history of each."""

import sqlalchemy as sa
from alembic import op

revision = "0049_team_setups"
down_revision = "0049_canvases"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "team_setups",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_new", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("set_by", BIG, nullable=True),
        sa.Column("set_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name=op.f("fk_team_setups_set_by")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_setups_team_id")),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_team_setups")),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_subject_id", "audit", ["subject", "id"])
