"""The table of budget requests."""

from sqlalchemy import Column, ForeignKey, Index, Text, text

from storage.tables.base import Big, id_column, table

PENDING = text("state = 'pending'")
"""Requests that wait. Written out, as SQLite uses a partial index only for a condition without parameters."""

budget_requests = table(
    "budget_requests",
    id_column(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("reason", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("payer_id", Big, ForeignKey("teams.id")),
    Column("held_nanos", Big, nullable=False),
    Column("revision", Big, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("decided_at", Big),
    Column("decided_by", Big, ForeignKey("people.id")),
    Column("decision_reason", Text, nullable=False, server_default=""),
    Index("ix_budget_requests_person_id", "person_id"),
    Index(
        "ix_budget_requests_one_pending",
        "team_id",
        "person_id",
        unique=True,
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    ),
)
