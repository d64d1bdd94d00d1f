"""Tables of cross-checks: observed days, gateway spend and blocks, overlaps, provider statements, activity of sources."""

from sqlalchemy import Column, Index, Text, text

from storage.tables.base import Big, id_column, table

observed_days = table(
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
gateway_teams = table(
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
gateway_blocks = table(
    "gateway_blocks",
    id_column(),
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
    Index("ix_gateway_blocks_person_id", "person_id"),
    Index(
        "ix_gateway_blocks_untold", "id", sqlite_where=text("told_at IS NULL"), postgresql_where=text("told_at IS NULL")
    ),
)
source_overlaps = table(
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
statement_lines = table(
    "statement_lines",
    Column("provider", Text, primary_key=True),
    Column("day", Big, primary_key=True, autoincrement=False),
    Column("line", Text, primary_key=True),
    Column("amount_nanos", Big, nullable=False),
    Column("imported_at", Big, nullable=False),
    Column("document", Text, nullable=False),
)
statement_days = table(
    "statement_days",
    Column("provider", Text, primary_key=True),
    Column("day", Big, primary_key=True, autoincrement=False),
    Column("statement_nanos", Big, nullable=False),
    Column("booked_nanos", Big, nullable=False),
    Column("variance_nanos", Big, nullable=False),
    Column("document", Text, nullable=False),
    Column("posted_at", Big, nullable=False),
)
source_beats = table(
    "source_beats",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("slot", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
source_hours = table(
    "source_hours",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("hour", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
source_producers = table(
    "source_producers",
    Column("source_id", Big, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("row_count", Big, nullable=False),
    Column("first_at", Big, nullable=False),
    Column("last_at", Big, nullable=False),
)
