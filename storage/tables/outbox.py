"""The table of messages to Slack."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Text, text

from storage.tables.base import Big, id_column, table

WAITS_CONDITION = text("delivered_version < wanted_version AND given_up = 0")
"""Messages to deliver. Written out, as SQLite uses a partial index only for a condition without parameters."""

ENDED_CONDITION = text("given_up > 0")
"""Messages that were given up or closed."""
REPEATED_CONDITION = text("repeats > 0")
"""Messages that may be in Slack twice."""

outbox = table(
    "outbox",
    id_column(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("to_team_id", Big, ForeignKey("teams.id")),
    Column("to_person_id", Big, ForeignKey("people.id")),
    Column("body", Text, nullable=False),
    Column("wanted_version", Big, nullable=False),
    Column("delivered_version", Big, nullable=False),
    Column("channel", Text, nullable=False, server_default=""),
    Column("ts", Text, nullable=False, server_default=""),
    Column("file_ids", Text, nullable=False, server_default="[]"),
    Column("lease_owner", Text, nullable=False, server_default=""),
    Column("lease_until", Big, nullable=False, server_default="0"),
    Column("attempts", Big, nullable=False, server_default="0"),
    Column("next_at", Big, nullable=False),
    Column("fault", Text, nullable=False, server_default=""),
    Column("given_up", Integer, nullable=False, server_default="0"),
    Column("created_at", Big, nullable=False),
    Column("route", Text, nullable=False, server_default=""),
    Column("held_until", Big, nullable=False, server_default="0"),
    Column("about_team_id", Big),
    Column("worth_until", Big, nullable=False, server_default="0"),
    Column("holds_line", Integer, nullable=False, server_default="0"),
    Column("posting_since", Big, nullable=False, server_default="0"),
    Column("repeats", Big, nullable=False, server_default="0"),
    Index("ix_outbox_next_at", "next_at"),
    Index("ix_outbox_dedupe_key_prefix", "dedupe_key", postgresql_ops={"dedupe_key": "text_pattern_ops"}),
    Index("ix_outbox_to_person_id", "to_person_id", "id"),
    Index("ix_outbox_ended", "id", sqlite_where=ENDED_CONDITION, postgresql_where=ENDED_CONDITION),
    Index("ix_outbox_repeated", "id", sqlite_where=REPEATED_CONDITION, postgresql_where=REPEATED_CONDITION),
    Index(
        "ix_outbox_waiting",
        "to_team_id",
        "to_person_id",
        "route",
        "id",
        sqlite_where=WAITS_CONDITION,
        postgresql_where=WAITS_CONDITION,
    ),
)
