"""Tables of commitments: holds for planned runs, transfers between teams, and credits."""

from sqlalchemy import Column, ForeignKey, Index, Text, text

from storage.tables.base import Big, id_column, table

ACTIVE = text("state = 'active'")
WAITING = text("state = 'waiting'")
"""Rows that may still change. Written out, as SQLite uses a partial index only for a condition without parameters."""

holds = table(
    "holds",
    id_column(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("from_day", Big, nullable=False),
    Column("end_day", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Big, nullable=False),
    Column("made_by", Big, ForeignKey("people.id"), nullable=False),
    Column("made_at", Big, nullable=False),
    Column("ended_at", Big),
    Column("ended_by", Big, ForeignKey("people.id")),
    Index(
        "ix_holds_active",
        "team_id",
        "name",
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    ),
)
transfers = table(
    "transfers",
    id_column(),
    Column("giver_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("taker_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("reason", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_by", Big, ForeignKey("people.id"), nullable=False),
    Column("made_at", Big, nullable=False),
    Column("giver_agreed", Big, ForeignKey("people.id")),
    Column("taker_agreed", Big, ForeignKey("people.id")),
    Column("ended_by", Big, ForeignKey("people.id")),
    Column("ended_at", Big),
    Column("returned_nanos", Big, nullable=False, server_default="0"),
    Index("ix_transfers_waiting", "period", sqlite_where=WAITING, postgresql_where=WAITING),
)
credit_notes = table(
    "credit_notes",
    id_column(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("period", Text, nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("paper", Text, nullable=False),
    Column("made_by", Big, ForeignKey("people.id")),
    Column("made_at", Big, nullable=False),
    Column("reversed_at", Big),
)
