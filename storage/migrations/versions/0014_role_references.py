"""Whom each name in teams.yml means, and Slack accounts that an e-mail's move had merged, which are two people again."""

import sqlalchemy as sa
from alembic import op

revision = "0014_role_references"
down_revision = "0013_owners"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "role_references",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_references_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_role_references_team_id")),
        sa.PrimaryKeyConstraint("team_id", "role", "reference", name=op.f("pk_role_references")),
        sqlite_strict=True,
    )
    op.create_index("ix_role_references_person_id", "role_references", ["person_id"], unique=False)
    op.execute(
        "INSERT INTO role_references (team_id, role, reference, person_id) "
        "SELECT team_id, role, coalesce(email, slack_id), person_id FROM team_roles JOIN people ON people.id = person_id "
        "WHERE coalesce(email, slack_id) IS NOT NULL"
    )
    op.execute("UPDATE people SET merged_into = NULL WHERE slack_id IS NOT NULL")
