"""The tables of asks: raises of limits that requests brought, and forms that were not sent."""

from sqlalchemy import Column, ForeignKey, Index, Text

from storage.tables.base import Big, table

limit_raises = table(
    "limit_raises",
    Column("request_id", Big, ForeignKey("budget_requests.id"), primary_key=True, autoincrement=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("declared_nanos", Big, nullable=False),
    Column("period", Text, nullable=False),
    Column("ends_at", Big),
    Column("made_at", Big, nullable=False),
    Index("ix_limit_raises_team_id", "team_id"),
)
request_drafts = table(
    "request_drafts",
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("team_id", Big, nullable=False),
    Column("typed", Text, nullable=False),
    Column("saved_at", Big, nullable=False),
)
