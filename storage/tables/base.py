"""Every table. Money is an integer of nano-dollars, a moment an integer of microseconds since 1970, a day the count of days.

SQLite's tables are STRICT: a sum that overflows 64 bits is refused there, as PostgreSQL refuses it, and never becomes a float.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Big = BigInteger().with_variant(Integer(), "sqlite")  # SQLite: INTEGER is 64 bits wide, and a rowid only by that name
COUNTER_COLUMNS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")


def _table(name: str, *columns: Any, **options: Any) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True, **options)


def _id() -> Column[int]:
    return Column("id", Big, Identity(always=False), primary_key=True)


def _counters() -> list[Column[int]]:
    return [Column(name, Big, nullable=False, server_default="0") for name in COUNTER_COLUMNS]


# What an operator declared.
config = _table(
    "config",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("salt", LargeBinary, nullable=False),
)
documents = _table(
    "documents",
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("imported_at", Big, nullable=False),
)
people = _table(
    "people",
    _id(),
    Column("email", Text, unique=True),
    Column("slack_id", Text, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("timezone", Text, nullable=False, server_default=""),
    Column("merged_into", Big, ForeignKey("people.id")),
)
person_aliases = _table(
    "person_aliases",
    Column("alias", Text, primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Index("ix_person_aliases_person_id", "person_id"),
)
teams = _table(
    "teams",
    _id(),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent_id", Big, ForeignKey("teams.id")),
    Column("channel_ref", Text, nullable=False, server_default=""),
    Column("channel_id", Text, nullable=False, server_default=""),
    Column("channel_state", Text, nullable=False, server_default="none"),
    Column("timezone", Text, nullable=False),
    Column("next_timezone", Text, nullable=False, server_default=""),
    Column("next_timezone_day", Big),
    Column("cost_center", Text, nullable=False, server_default=""),
    Column("budget_nanos", Big, nullable=False, server_default="0"),
    Column("thresholds", Text, nullable=False, server_default="[80,100]"),
    Column("starts_day", Big),
    Column("mode", Text),
)
team_roles = _table(
    "team_roles",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True),
    Column("role", Text, primary_key=True),
)
attribution_rules = _table(
    "attribution_rules",
    _id(),
    Column("position", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("from_at", Big, nullable=False),
    Column("until_at", Big),
    Column("origin", Text, nullable=False, server_default="file"),
    Column("dated", Integer, nullable=False, server_default="0"),
)
reattributions = _table(
    "reattributions",
    _id(),
    Column("credential", Text, nullable=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("since_at", Big, nullable=False),
    Column("asked_at", Big, nullable=False),
    Column("asked_by", Big, ForeignKey("people.id")),
    Column("lease_until", Big, nullable=False, server_default="0"),
    Column("done_at", Big),
)
person_teams = _table(
    "person_teams",
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True),
    Column("from_day", Big, primary_key=True, autoincrement=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
)
person_looks = _table(
    "person_looks",
    _id(),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Column("looked_by", Big, ForeignKey("people.id"), nullable=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("at", Big, nullable=False),
    Index("ix_person_looks_person_id", "person_id"),
)
sources = _table(
    "sources",
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("format", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("team_id", Big, ForeignKey("teams.id")),
    Column("created_at", Big, nullable=False),
    Column("options", Text, nullable=False, server_default="{}"),
)
source_activity = _table(
    "source_activity",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("first_occurred_at", Big, nullable=False),
    Column("last_received_at", Big, nullable=False),
)
source_beats = _table(
    "source_beats",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("slot", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
source_hours = _table(
    "source_hours",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("hour", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
ingest_keys = _table(
    "ingest_keys",
    _id(),
    Column("source_id", Big, ForeignKey("sources.id"), nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Big, nullable=False),
    Column("revoked_at", Big),
)

# Usage: the immutable facts, their keys, and the totals that follow from them.
event_keys = _table(
    "event_keys",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
usage_series = _table(
    "usage_series",
    _id(),
    Column("team_id", Big, nullable=False),
    Column("tool", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("person_id", Big, nullable=False),
    Column("credential", Text, nullable=False),
    Column("basis", Text, nullable=False),
    UniqueConstraint("team_id", "tool", "provider", "model", "workflow", "person_id", "credential", "basis"),
)
usage_events = _table(
    "usage_events",
    Column("source_id", Big, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("occurred_at", Big, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("team_id", Big, nullable=False),
    Column("local_day", Big, nullable=False),
    Column("series_id", Big, nullable=False),
    *_counters(),
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
    Index("ix_usage_events_occurred_at", "occurred_at"),
    postgresql_partition_by="RANGE (occurred_at)",
)
usage_adjustments = _table(
    "usage_adjustments",
    _id(),
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
    *_counters(),
    Column("cost_nanos", Big, nullable=False),
    Column("notional_nanos", Big, nullable=False),
    Column("book_nanos", Big),
    Column("book", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Index("ix_usage_adjustments_source_id_key_hash", "source_id", "key_hash"),
    Index("ix_usage_adjustments_team_id_local_day", "team_id", "local_day"),
)
unpriced_models = _table(
    "unpriced_models",
    _id(),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("told_at", Big, nullable=False),
    UniqueConstraint("provider", "model"),
)
repricings = _table(
    "repricings",
    _id(),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("from_day", Big, nullable=False),
    Column("actor_id", Big, ForeignKey("people.id"), nullable=False),
    Column("wanted_at", Big, nullable=False),
    Column("lease_until", Big, nullable=False, server_default="0"),
    Column("done_at", Big),
    Column("calls", Big, nullable=False, server_default="0"),
    Column("difference_nanos", Big, nullable=False, server_default="0"),
)
observed_days = _table(
    "observed_days",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("day", Big, primary_key=True, autoincrement=False),
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("calls", Big, nullable=False),
    Column("tokens", Big, nullable=False),
    Column("reported_nanos", Big, nullable=False),
    sqlite_with_rowid=False,
)
gateway_teams = _table(
    "gateway_teams",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("gateway_team", Text, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("spend_nanos", Big, nullable=False),
    Column("cap_nanos", Big),
    Column("resets_at", Big),
    Column("seen_at", Big, nullable=False),
    Column("base_nanos", Big, nullable=False),
    Column("base_at", Big, nullable=False),
    Column("booked_nanos", Big, nullable=False),
    Column("cost_nanos", Big, nullable=False, server_default="0"),
    Column("edge_nanos", Big, nullable=False, server_default="0"),
    Column("settled_nanos", Big, nullable=False, server_default="0"),
    Column("mark_at", Big, nullable=False, server_default="0"),
    Column("mark_nanos", Big, nullable=False, server_default="0"),
    Column("over_since", Big),
)
gateway_blocks = _table(
    "gateway_blocks",
    _id(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("source_id", Big, nullable=False),
    Column("person_id", Big, nullable=False),
    Column("gateway_team", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("limit_nanos", Big, nullable=False),
    Column("spend_nanos", Big, nullable=False),
    Column("resets_at", Big),
    Column("occurred_at", Big, nullable=False),
    Column("told_at", Big),
    Column("credential", Text, nullable=False, server_default=""),
    Index(
        "ix_gateway_blocks_untold", "id", sqlite_where=text("told_at IS NULL"), postgresql_where=text("told_at IS NULL")
    ),
)
backfills = _table(
    "backfills",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("read_until", Big, nullable=False),
)


def _rollup(name: str, bucket: str) -> Table:
    return _table(
        name,
        Column("team_id", Big, primary_key=True, autoincrement=False),
        Column(bucket, Big, primary_key=True, autoincrement=False),
        Column("series_id", Big, primary_key=True, autoincrement=False),
        Column("calls", Big, nullable=False),
        *_counters(),
        Column("cost_nanos", Big, nullable=False),
        Column("notional_nanos", Big, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )


usage_hours = _rollup("usage_hours", "hour")
usage_days = _rollup("usage_days", "local_day")
team_changes = _table(
    "team_changes",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("newest_hour", Big, nullable=False, server_default="0"),
    Column("oldest_hour", Big, nullable=False, server_default="0"),
    Column("rewrites", Big, nullable=False, server_default="0"),
)
team_judgements = _table(
    "team_judgements",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("judged_at", Big, nullable=False),
)
quarantine = _table(
    "quarantine",
    _id(),
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
quarantine_sizes = _table(
    "quarantine_sizes",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("rows", Big, nullable=False),
    Column("bytes", Big, nullable=False),
    Column("not_kept", Big, nullable=False),
)
source_overlaps = _table(
    "source_overlaps",
    Column("first_id", Big, primary_key=True, autoincrement=False),
    Column("second_id", Big, primary_key=True, autoincrement=False),
    Column("matches", Big, nullable=False),
    Column("calls", Big, nullable=False),
    Column("cost_nanos", Big, nullable=False),
    Column("from_at", Big, nullable=False),
    Column("seen_at", Big, nullable=False),
    Column("told_at", Big, nullable=False),
)
replays = _table(
    "replays",
    Column("file_digest", LargeBinary, primary_key=True),
    Column("shift_micros", Big, nullable=False),
    Column("first_at", Big, nullable=False),
)

# The books.
accounts = _table(
    "accounts",
    _id(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("period", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    UniqueConstraint("team_id", "period", "bucket"),
)
entries = _table(
    "entries",
    _id(),
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
    Index("ix_entries_from_account_id", "from_account_id"),
    Index("ix_entries_to_account_id", "to_account_id"),
    Index("ix_entries_document", "document"),
)
statement_lines = _table(
    "statement_lines",
    Column("provider", Text, primary_key=True),
    Column("day", Big, primary_key=True, autoincrement=False),
    Column("line", Text, primary_key=True),
    Column("amount_nanos", Big, nullable=False),
    Column("imported_at", Big, nullable=False),
    Column("document", Text, nullable=False),
)
statement_days = _table(
    "statement_days",
    Column("provider", Text, primary_key=True),
    Column("day", Big, primary_key=True, autoincrement=False),
    Column("statement_nanos", Big, nullable=False),
    Column("booked_nanos", Big, nullable=False),
    Column("variance_nanos", Big, nullable=False),
    Column("document", Text, nullable=False),
    Column("posted_at", Big, nullable=False),
)
budget_requests = _table(
    "budget_requests",
    _id(),
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
    Index(
        "ix_budget_requests_one_pending",
        "team_id",
        "person_id",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)
audit = _table(
    "audit",
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("at", Big, nullable=False),
    Column("actor_id", Big),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
)

# What is said, and to whom.
alerts = _table(
    "alerts",
    _id(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", Big, nullable=False),
    Column("closed_at", Big),
    Column("answered_by", Big, ForeignKey("people.id")),
    Column("answered_at", Big),
    Column("facts", Text, nullable=False),
    Column("first_answered_at", Big),
    Column("snoozed_until", Big),
    Column("useless_by", Big),
    Column("useless_at", Big),
    Column("answered_as", Text, nullable=False, server_default=""),
    Index("ix_alerts_team_id_kind", "team_id", "kind"),
    Index(
        "ix_alerts_snoozed",
        "snoozed_until",
        sqlite_where=text("state = 'snoozed'"),
        postgresql_where=text("state = 'snoozed'"),
    ),
)
expectations = _table(
    "expectations",
    _id(),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("alert_id", Big, ForeignKey("alerts.id")),
    Column("what", Text, nullable=False),
    Column("dimension", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("from_at", Big, nullable=False),
    Column("until_at", Big),
    Column("limit_nanos", Big),
    Column("made_by", Big, ForeignKey("people.id"), nullable=False),
    Column("made_at", Big, nullable=False),
    Column("ended_at", Big),
    Column("ended_by", Big, ForeignKey("people.id")),
    Column("closed_at", Big),
    Index("ix_expectations_team_id", "team_id"),
    Index("ix_expectations_alert_id", "alert_id"),
)
outbox = _table(
    "outbox",
    _id(),
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
    Index("ix_outbox_next_at", "next_at"),
)
alert_settings = _table(
    "alert_settings",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("alerts_channel", Text, nullable=False, server_default=""),
    Column("alerts_state", Text, nullable=False, server_default="none"),
    Column("approvals_channel", Text, nullable=False, server_default=""),
    Column("approvals_state", Text, nullable=False, server_default="none"),
    Column("changed_by", Big, ForeignKey("people.id")),
    Column("changed_at", Big, nullable=False),
)
alert_turns = _table(
    "alert_turns",
    Column("alert_id", Big, ForeignKey("alerts.id"), primary_key=True, autoincrement=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("way", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("said_at", Big, nullable=False),
    Column("said_day", Big, nullable=False),
    Column("critical_at", Big),
    Column("escalations", Integer, nullable=False, server_default="0"),
    Column("settled", Integer, nullable=False, server_default="0"),
    Index("ix_alert_turns_team_id_said_day", "team_id", "said_day"),
    Index(
        "ix_alert_turns_unsettled", "said_at", sqlite_where=text("settled = 0"), postgresql_where=text("settled = 0")
    ),
)
alert_bundles = _table(
    "alert_bundles",
    Column("outbox_id", Big, ForeignKey("outbox.id"), primary_key=True, autoincrement=False),
    Column("bundle_key", Text, nullable=False),
    Index("ix_alert_bundles_bundle_key", "bundle_key"),
)

APPEND_ONLY = ("entries", "audit", "usage_events", "event_keys", "usage_adjustments")
"""Tables that only grow; triggers in both databases refuse anything else."""
