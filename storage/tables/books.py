"""Tables of the books: accounts, ledger entries, how far usage is posted, grants that end, and the audit trail."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text

from storage.tables.base import Big, counter_columns, id_column, table

accounts = table(
    "accounts",
    id_column(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("period", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    UniqueConstraint("team_id", "period", "bucket"),
)
entries = table(
    "entries",
    id_column(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("posted_at", Big, nullable=False),
    Column("effective_at", Big, nullable=False),
    Column("usage_day", Big),
    Column("from_account_id", Big, ForeignKey("accounts.id"), nullable=False),
    Column("to_account_id", Big, ForeignKey("accounts.id"), nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("actor_id", Big),
    Column("reason", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("reverses_id", Big, ForeignKey("entries.id")),
    Index("ix_entries_from_account_id_usage_day", "from_account_id", "usage_day"),
    Index("ix_entries_to_account_id_usage_day", "to_account_id", "usage_day"),
    Index("ix_entries_document", "document"),
)
posted_usage = table(
    "posted_usage",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("newest_hour", Big, nullable=False),
    Column("rewrites", Big, nullable=False),
    Column("until_day", Big, nullable=False),
)
audit = table(
    "audit",
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("at", Big, nullable=False),
    Column("actor_id", Big),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Index("ix_audit_subject_id", "subject", "id"),
)
statements = table(
    "statements",
    id_column(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("period", Text, nullable=False),
    Column("number", Big, nullable=False),
    Column("sealed_at", Big, nullable=False),
    Column("previous", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("slugs", Text, nullable=False),
    UniqueConstraint("team_id", "period"),
    UniqueConstraint("team_id", "number"),
)
"""Sealed statements: `sheet` is the CSV, `slugs` the teams' ids by their names in it. A team's statements are a chain."""
removals = table(
    "removals",
    id_column(),
    Column("first_at", Big, nullable=False),
    Column("before_at", Big, nullable=False),
    Column("part", Big, nullable=False),
    Column("last_row", Big),
    Column("rows", Big, nullable=False),
    Column("file", Text, nullable=False, server_default=""),
    Column("sha256", Text, nullable=False, server_default=""),
    Column("lease_until", Big, nullable=False),
    Column("is_deleting", Integer, nullable=False, server_default="0"),
    Column("done_at", Big),
    UniqueConstraint("first_at", "part"),
)
"""Months whose raw events are removed, late ones in further parts. On SQLite `is_deleting` opens the triggers to rows of
the month up to `last_row`, and is 1 only within the transaction that deletes some of them.
"""
removed_usage = table(
    "removed_usage",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("local_day", Big, primary_key=True, autoincrement=False),
    Column("calls", Big, nullable=False),
    *counter_columns(),
    Column("cost_nanos", Big, nullable=False),
    Column("notional_nanos", Big, nullable=False),
    Column("hours_mark", Big, nullable=False),
    Column("days_mark", Big, nullable=False),
    sqlite_with_rowid=False,
)
"""The sums of removed events, with the marks (storage/books/marks.py) that their totals must have. They only grow."""
removed_calls = table(
    "removed_calls",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("calls", Big, nullable=False),
    sqlite_with_rowid=False,
)
ACTIVE = text("state = 'active'")
"""Grants that go on. Written out, as SQLite uses a partial index only for a condition without parameters."""
grants = table(
    "grants",
    id_column(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("payer_id", Big, ForeignKey("teams.id")),
    Column("period", Text, nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("used_nanos", Big, nullable=False, server_default="0"),
    Column("level_nanos", Big, nullable=False, server_default="0"),
    Column("ends_at", Big),
    Column("ends_at_spent_nanos", Big),
    Column("given_by", Big, ForeignKey("people.id")),
    Column("given_at", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_at", Big),
    Column("ended_level_nanos", Big),
    Column("returned_nanos", Big, nullable=False, server_default="0"),
    Index("ix_grants_team_id_period", "team_id", "period"),
    Index("ix_grants_active", "id", sqlite_where=ACTIVE, postgresql_where=ACTIVE),
)
"""Allocations that end. bot/books/grants.py says what the columns mean."""
periods = table(
    "periods",
    Column("name", Text, primary_key=True),
    Column("first_day", Big, nullable=False),
    Column("end_day", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("closed_at", Big),
    Column("closed_by", Big),
    Column("close_after_days", Integer),
    Column("is_early", Integer, nullable=False, server_default="0"),
)
"""The periods that the books have opened. `is_early` is 1 if `end_day` is not the calendar's: it was closed early."""
