"""What a budget request says beside its amount, what was granted, votes and questions about it, and delegates."""

import sqlalchemy as sa
from alembic import op

revision = "0038_requests"
down_revision = "0036_record_ages"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = {"end_kind": "period", "cap_kind": "team", "cap_ref": "", "policy": "", "origin": "", "origin_ref": ""}
NUMBERS = (
    *("ends_at", "giver_id", "granted_nanos", "granted_ends_at", "grant_id", "decided_for", "nudged_at", "remind_at"),
    *("escalated_at", "expires_at"),
)


def upgrade() -> None:
    for name, default in WORDS.items():
        op.add_column("budget_requests", sa.Column(name, sa.Text(), server_default=default, nullable=False))
    for name in NUMBERS:
        op.add_column("budget_requests", sa.Column(name, BIG))
    op.add_column("budget_requests", sa.Column("granted_end_kind", sa.Text()))
    op.add_column("budget_requests", sa.Column("reminders", BIG, server_default="0", nullable=False))
    op.execute(
        "UPDATE budget_requests SET granted_nanos = amount_nanos, granted_end_kind = 'period' WHERE state = 'approved'"
    )
    op.create_table(
        "request_votes",
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("for_person_id", BIG),
        sa.Column("at", BIG, nullable=False),
        _reference("request_votes", "request_id", "budget_requests"),
        *(_reference("request_votes", column, "people") for column in ("person_id", "for_person_id")),
        sa.PrimaryKeyConstraint("request_id", "revision", "person_id", name=op.f("pk_request_votes")),
        sqlite_strict=True,
    )
    op.create_table(
        "request_questions",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("asked_by", BIG, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answered_by", BIG),
        sa.Column("answered_at", BIG),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        _reference("request_questions", "request_id", "budget_requests"),
        *(_reference("request_questions", column, "people") for column in ("asked_by", "answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_questions")),
        sqlite_strict=True,
    )
    op.create_index("ix_request_questions_request_id", "request_questions", ["request_id"])
    op.create_table(
        "delegations",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("delegate_id", BIG, nullable=False),
        sa.Column("starts_at", BIG, nullable=False),
        sa.Column("ends_at", BIG, nullable=False),
        sa.Column("made_by", BIG, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("ended_at", BIG),
        *(_reference("delegations", column, "people") for column in ("person_id", "delegate_id", "made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
        sqlite_strict=True,
    )
    op.create_index("ix_delegations_person_id", "delegations", ["person_id"])


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))
