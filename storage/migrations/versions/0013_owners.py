"""Owners of keys, who answer without being named, and looks at people's figures, which those people can see."""

import sqlalchemy as sa
from alembic import op

revision = "0013_owners"
down_revision = "0012_alert_bundles"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("alerts", sa.Column("answered_as", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "person_looks",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("looked_by", BIG, nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["looked_by"], ["people.id"], name=op.f("fk_person_looks_looked_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_looks_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_person_looks_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_looks")),
        sqlite_strict=True,
    )
    op.create_index("ix_person_looks_person_id", "person_looks", ["person_id"], unique=False)
