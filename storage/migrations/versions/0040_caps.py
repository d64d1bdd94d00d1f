"""Caps at gateways that follow the books, and the marks of teams whose budgets changed."""

import sqlalchemy as sa
from alembic import op

revision = "0040_caps"
down_revision = "0042_cards"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cap_marks",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in ("version", "decided_version")),
        sa.Column("decided_by", BIG),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("marked_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_cap_marks")),
        sqlite_strict=True,
    )
    targets = ("gateway", "kind", "ref", "member_of")
    op.create_table(
        "gateway_caps",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in targets),
        sa.Column("team_id", BIG, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "sentence")),
        sa.Column("followed_version", BIG, nullable=False),
        sa.Column("wanted_nanos", BIG),
        sa.Column("wanted_version", BIG, nullable=False),
        sa.Column("set_nanos", BIG),
        sa.Column("set_version", BIG, nullable=False),
        sa.Column("set_at", BIG),
        sa.Column("attempts", sa.Text(), nullable=False),
        *(
            sa.Column(name, BIG)
            for name in ("accepted_nanos", "base_nanos", "seen_nanos", "spent_nanos", "resets_at", "seen_at")
        ),
        sa.Column("conflict", BIG, nullable=False),
        *(sa.Column(name, BIG) for name in ("kept_version", "kept_by")),
        *(sa.Column(name, BIG, nullable=False) for name in ("tries", "next_at", "not_before")),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("lease_until", BIG, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_gateway_caps_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_caps")),
        sa.UniqueConstraint(*targets, name=op.f("uq_gateway_caps_gateway_kind_ref_member_of")),
        sqlite_strict=True,
    )
    op.create_index("ix_gateway_caps_team_id", "gateway_caps", ["team_id"])
