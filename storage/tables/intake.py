"""Tables of intake: sources, keys, usage events, their totals, quarantine and replays."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.base import COUNTER_COLUMNS, Big, counter_columns, id_column, table

UNPRICED = text("basis = 'unpriced'")
"""Series without a price. Written out, as SQLite uses a partial index only for a condition without parameters."""

sources = table(
    "sources",
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("format", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("team_id", Big, ForeignKey("teams.id")),
    Column("created_at", Big, nullable=False),
    Column("options", Text, nullable=False, server_default="{}"),
)
source_activity = table(
    "source_activity",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("first_occurred_at", Big, nullable=False),
    Column("last_received_at", Big, nullable=False),
)
ingest_keys = table(
    "ingest_keys",
    id_column(),
    Column("source_id", Big, ForeignKey("sources.id"), nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Big, nullable=False),
    Column("revoked_at", Big),
)
event_keys = table(
    "event_keys",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Keys of before there were runs. It is closed: a trigger refuses new ones."""
run_keys = table(
    "run_keys",
    Column("run", Big, primary_key=True, autoincrement=False),
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("occurred_at", Big, nullable=False),
    Column("id_hash", Big, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
run_ids = table(
    "run_ids",
    Column("run", Big, primary_key=True, autoincrement=False),
    Column("id_hash", Big, primary_key=True, autoincrement=False),
    Column("occurred_at", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""The moments of the events of sealed runs, by a hash of their id: it is how an event is found by the id alone."""
key_runs = table(
    "key_runs",
    Column("run", Big, primary_key=True, autoincrement=False),
    Column("key_count", Big, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("token", Big, nullable=False),
    Column("last_source_id", Big),
    Column("last_key_hash", LargeBinary),
)
"""Sealed runs, each with the sorted hashes of its keys and the token of `key_state` since. Negative ones are pieces of
`event_keys`, each up to its last key.
"""
key_state = table(
    "key_state",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("run", Big, nullable=False),
    Column("token", Big, nullable=False),
    Column("multiplier", Big, nullable=False),
    Column("old_is_read", Integer, nullable=False),
    Column("migrated_at", Big),
    Column("old_ids_until", Big),
    Column("old_ids_are_read", Integer, nullable=False, server_default="0"),
)
"""One row: the current run, 0 while keys still go to `event_keys`, and a random token that every sealing replaces."""
usage_series = table(
    "usage_series",
    id_column(),
    Column("team_id", Big, nullable=False),
    Column("tool", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("person_id", Big, nullable=False),
    Column("credential", Text, nullable=False),
    Column("basis", Text, nullable=False),
    UniqueConstraint("team_id", "tool", "provider", "model", "workflow", "person_id", "credential", "basis"),
    Index("ix_usage_series_person_id", "person_id"),
    Index("ix_usage_series_unpriced", "team_id", "id", sqlite_where=UNPRICED, postgresql_where=UNPRICED),
)
usage_events = table(
    "usage_events",
    Column("source_id", Big, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("occurred_at", Big, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("team_id", Big, nullable=False),
    Column("local_day", Big, nullable=False),
    Column("series_id", Big, nullable=False),
    *counter_columns(),
    Column("cost_nanos", Big, nullable=False),
    Column("book_nanos", Big),
    Column("reported_nanos", Big),
    Column("notional_nanos", Big, nullable=False),
    Column("book", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("gateway_team", Text, nullable=False),
    Column("declared_team", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("tier", Text, nullable=False, server_default=""),
    Column("parts", Text, nullable=False, server_default=""),
    Column("units", Text, nullable=False, server_default=""),
    Column("conditions", Text, nullable=False, server_default=""),
    Column("cost_reason", Text, nullable=False, server_default=""),
    Index("ix_usage_events_occurred_at", "occurred_at"),
    postgresql_partition_by="RANGE (occurred_at)",
)
usage_adjustments = table(
    "usage_adjustments",
    id_column(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("source_id", Big, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("made_at", Big, nullable=False),
    Column("actor_id", Big),
    Column("document", Text, nullable=False),
    Column("occurred_at", Big, nullable=False),
    Column("team_id", Big, nullable=False),
    Column("local_day", Big, nullable=False),
    Column("series_id", Big, nullable=False),
    Column("calls", Big, nullable=False),
    *counter_columns(),
    Column("cost_nanos", Big, nullable=False),
    Column("notional_nanos", Big, nullable=False),
    Column("book_nanos", Big),
    Column("book", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("cost_reason", Text, nullable=False, server_default=""),
    Column("figures", Text, nullable=False, server_default=""),
    Index("ix_usage_adjustments_source_id_key_hash", "source_id", "key_hash"),
    Index("ix_usage_adjustments_team_id_local_day", "team_id", "local_day"),
)
call_marks = table(
    "call_marks",
    id_column(),
    Column("token", Big, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("calls", Big, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_call_marks_received_at", "received_at"),
    Index("ix_call_marks_token", "token"),
)
"""A row per commit with records that may have twins: where and when each was made. Rows go after some hours."""
call_records = table(
    "call_records",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("call_key", LargeBinary, nullable=False),
    Column("call_at", Big, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("occurred_at", Big, nullable=False),
    Column("made_at", Big, nullable=False),
    Column("is_booked", Integer, nullable=False),
    Column("has_key", Integer, nullable=False),
    Column("person_id", Big, nullable=False),
    Column("record", Text, nullable=False),
    Index("ix_call_records_source_id_call_key", "source_id", "call_key"),
    Index("ix_call_records_made_at", "made_at"),
    sqlite_with_rowid=False,
)
"""The records of calls that have more than one. `call_key` is the event that books the call, `is_booked` marks records
that are events, `has_key` those without an event whose key is known. A call's records go when all are old.
"""
reattributions = table(
    "reattributions",
    id_column(),
    Column("credential", Text, nullable=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("since_at", Big, nullable=False),
    Column("asked_at", Big, nullable=False),
    Column("asked_by", Big, ForeignKey("people.id")),
    Column("lease_until", Big, nullable=False, server_default="0"),
    Column("done_at", Big),
)
backfills = table(
    "backfills",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("read_until", Big, nullable=False),
)


def _rollup(name: str, bucket: str) -> Table:
    return table(
        name,
        Column("team_id", Big, primary_key=True, autoincrement=False),
        Column(bucket, Big, primary_key=True, autoincrement=False),
        Column("series_id", Big, primary_key=True, autoincrement=False),
        Column("calls", Big, nullable=False),
        *counter_columns(),
        Column("cost_nanos", Big, nullable=False),
        Column("notional_nanos", Big, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )


usage_hours = _rollup("usage_hours", "hour")
usage_days = _rollup("usage_days", "local_day")
team_changes = table(
    "team_changes",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("newest_hour", Big, nullable=False, server_default="0"),
    Column("oldest_hour", Big, nullable=False, server_default="0"),
    Column("rewrites", Big, nullable=False, server_default="0"),
)
_Numbers = ARRAY(BigInteger).with_variant(Text(), "sqlite")
usage_pending = table(
    "usage_pending",
    id_column(),
    Column("received_at", Big, nullable=False),
    Column("calls", Big, nullable=False),
    Column("first_event", Big),
    Column("last_event", Big),
    *(Column(name, _Numbers) for name in ("team_id", "occurred_at", "local_day", "series_id")),
    *(Column(name, _Numbers) for name in (*COUNTER_COLUMNS, "cost_nanos", "notional_nanos")),
)
quarantine = table(
    "quarantine",
    id_column(),
    Column("source_id", Big, nullable=False),
    Column("row_hash", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("format", Text, nullable=False, server_default=""),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("expires_at", Big, nullable=False),
    UniqueConstraint("source_id", "row_hash"),
)
quarantine_sizes = table(
    "quarantine_sizes",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("rows", Big, nullable=False),
    Column("bytes", Big, nullable=False),
    Column("not_kept", Big, nullable=False),
)
left_out_fields = table(
    "left_out_fields",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("calls", Big, nullable=False),
    Column("last_received_at", Big, nullable=False),
)
running_sums = table(
    "running_sums",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("stream", LargeBinary, primary_key=True),
    Column("value", Big, nullable=False),
    Column("at", Big, nullable=False),
    Column("restarts", Big, nullable=False),
    Column("next_value", Big),
    Column("next_at", Big, nullable=False),
    Column("changed_at", Big, nullable=False),
    Index("ix_running_sums_changed_at", "changed_at"),
    sqlite_with_rowid=False,
)
replays = table(
    "replays",
    Column("file_digest", LargeBinary, primary_key=True),
    Column("shift_micros", Big, nullable=False),
    Column("first_at", Big, nullable=False),
)
