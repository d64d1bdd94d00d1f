"""Absences by Slack status, reminders of waiting requests, and an index on when requests were decided."""

import sqlalchemy as sa
from alembic import op

revision = "0039_away"
down_revision = "0041_increase_requests"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("until_at", BIG),
        sa.Column("seen_at", BIG, nullable=False),
        _reference("absences", "person_id", "people"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_absences")),
        sqlite_strict=True,
    )
    op.create_table(
        "request_reminders",
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("sent", BIG, nullable=False),
        sa.Column("sent_at", BIG),
        _reference("request_reminders", "request_id", "budget_requests"),
        _reference("request_reminders", "person_id", "people"),
        sa.PrimaryKeyConstraint("request_id", "person_id", name=op.f("pk_request_reminders")),
        sqlite_strict=True,
    )
    op.create_table(
        "reminder_messages",
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("posted_at", BIG, nullable=False),
        sa.Column("is_over", BIG, server_default="0", nullable=False),
        _reference("reminder_messages", "person_id", "people"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reminder_messages")),
        sqlite_strict=True,
    )
    op.create_index("ix_budget_requests_decided_at", "budget_requests", ["decided_at"])


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))
