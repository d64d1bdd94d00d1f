"""Tables of reporting: outcomes of work, and their totals by day."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Text, UniqueConstraint

from storage.tables.base import Big, id_column, table

outcomes = table(
    "outcomes",
    id_column(),
    Column("scope_id", Big, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("source_id", Big, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("occurred_at", Big, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("team_id", Big, nullable=False),
    Column("local_day", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("count", Big, nullable=False),
    UniqueConstraint("scope_id", "key_hash"),
    Index("ix_outcomes_source_id_received_at", "source_id", "received_at"),
)
"""Each outcome once. A key is unique within its source, or with scope 0 for all sources: a merge is one merge, whoever
tells it. Nothing here names a person.
"""
outcome_days = table(
    "outcome_days",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("local_day", Big, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("tool", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("count", Big, nullable=False),
    sqlite_with_rowid=False,
)

canvases = table(
    "canvases",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True, autoincrement=False),
    Column("channel", Text, nullable=False),
    Column("canvas_id", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("shown", Text, nullable=False, server_default=""),
    Column("begun_at", Big, nullable=False),
    Column("made", Big, nullable=False, server_default="0"),
    Column("next_at", Big, nullable=False),
    Column("fault", Text, nullable=False, server_default=""),
)
"""The canvas of each team's channel, and of the company's: its id in Slack, and when it is due."""
