"""Commitments: holds for planned runs, transfers between teams, and credits."""

import sqlalchemy as sa
from alembic import op

revision = "0032_commitments"
down_revision = "0034_statements"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ACTIVE, WAITING = sa.text("state = 'active'"), sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("from_day", BIG, nullable=False),
        sa.Column("end_day", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("made_by", BIG, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("ended_at", BIG),
        sa.Column("ended_by", BIG),
        *(_reference("holds", column, table) for column, table in (("team_id", "teams"), ("made_by", "people"))),
        _reference("holds", "ended_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_holds_active", "holds", ["team_id", "name"], unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE
    )
    op.create_table(
        "transfers",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("giver_id", BIG, nullable=False),
        sa.Column("taker_id", BIG, nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", BIG, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("giver_agreed", BIG),
        sa.Column("taker_agreed", BIG),
        sa.Column("ended_by", BIG),
        sa.Column("ended_at", BIG),
        sa.Column("returned_nanos", BIG, server_default="0", nullable=False),
        *(_reference("transfers", column, "teams") for column in ("giver_id", "taker_id")),
        *(
            _reference("transfers", column, "people")
            for column in ("made_by", "giver_agreed", "taker_agreed", "ended_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sqlite_strict=True,
    )
    op.create_index("ix_transfers_waiting", "transfers", ["period"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table(
        "credit_notes",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("made_by", BIG),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("reversed_at", BIG),
        *(_reference("credit_notes", column, table) for column, table in (("team_id", "teams"), ("made_by", "people"))),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_notes")),
        sqlite_strict=True,
    )


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
