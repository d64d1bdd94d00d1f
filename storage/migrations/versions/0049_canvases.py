"""The canvases of channels."""

import sqlalchemy as sa
from alembic import op

revision = "0049_canvases"
down_revision = "0048_outcomes"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "canvases",
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("canvas_id", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("shown", sa.Text(), server_default="", nullable=False),
        sa.Column("begun_at", BIG, nullable=False),
        sa.Column("made", BIG, server_default="0", nullable=False),
        sa.Column("next_at", BIG, nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_canvases_team_id")),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_canvases")),
        sqlite_strict=True,
    )
