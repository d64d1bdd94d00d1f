"""The tree of teams: terms of budgets, shared cost, closed and merged teams, former parents and former slugs."""

import sqlalchemy as sa
from alembic import op

revision = "0030_tree"
down_revision = "0029_twins"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("teams", sa.Column("terms", sa.Text(), server_default="{}", nullable=False))
    op.add_column("teams", sa.Column("shared", sa.Text(), server_default="null", nullable=False))
    op.add_column("teams", sa.Column("closed_day", BIG))
    big = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE teams ADD COLUMN merged_into {big} CONSTRAINT fk_teams_merged_into REFERENCES teams (id)")
    op.create_table(
        "team_parents",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        sa.Column("from_day", BIG, autoincrement=False, nullable=False),
        sa.Column("parent_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_parents_team_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["teams.id"], name=op.f("fk_team_parents_parent_id")),
        sa.PrimaryKeyConstraint("team_id", "from_day", name=op.f("pk_team_parents")),
        sqlite_strict=True,
    )
    op.create_table(
        "former_slugs",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_former_slugs_team_id")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_former_slugs")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO team_parents (team_id, from_day, parent_id) "
        "SELECT id, 0, parent_id FROM teams WHERE kind = 'team' AND parent_id IS NOT NULL"
    )
