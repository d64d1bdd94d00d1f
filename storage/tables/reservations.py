"""Tables of the reservations that gateways make before a call, their sums, and the limits that people set themselves."""

from sqlalchemy import Column, Index, LargeBinary, Text, text

from storage.tables.base import Big, table

COUNTS, COUNTS_NO_MORE, HAS_KEY = text("counted_nanos > 0"), text("counted_nanos = 0"), text("idempotency_key <> ''")
"""Written out, as SQLite uses a partial index only for a condition without parameters."""

reservations = table(
    "reservations",
    Column("id", Text, primary_key=True),
    Column("source_id", Big, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("asked", LargeBinary, nullable=False),
    Column("team_id", Big, nullable=False),
    Column("period", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("person_id", Big, nullable=False),
    Column("max_nanos", Big, nullable=False),
    Column("counted_nanos", Big, nullable=False),
    Column("cost_nanos", Big),
    Column("state", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reserved_at", Big, nullable=False),
    Column("counts_until", Big, nullable=False),
    Index("ix_reservations_counting", "counts_until", sqlite_where=COUNTS, postgresql_where=COUNTS),
    Index("ix_reservations_over", "counts_until", sqlite_where=COUNTS_NO_MORE, postgresql_where=COUNTS_NO_MORE),
    Index(
        "ix_reservations_key",
        "source_id",
        "idempotency_key",
        unique=True,
        sqlite_where=HAS_KEY,
        postgresql_where=HAS_KEY,
    ),
)
"""`counted_nanos` is what a reservation takes from what is available: its bound, or its cost once that is said."""
reserved_sums = table(
    "reserved_sums",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("period", Text, primary_key=True),
    Column("tool", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("person_id", Big, primary_key=True, autoincrement=False),
    Column("nanos", Big, nullable=False),
    sqlite_with_rowid=False,
)
"""The sums of `counted_nanos`. The labels are empty where no budget of a part asks for them."""
person_limits = table(
    "person_limits",
    Column("person_id", Big, primary_key=True, autoincrement=False),
    Column("amount_nanos", Big, nullable=False),
    Column("set_at", Big, nullable=False),
)
"""The limits that people set themselves. Nobody else sees them."""
person_warnings = table(
    "person_warnings",
    Column("person_id", Big, primary_key=True, autoincrement=False),
    Column("period", Text, primary_key=True),
    Column("limit_key", Text, primary_key=True),
    Column("percent", Big, primary_key=True, autoincrement=False),
    Column("warned_at", Big, nullable=False),
)
"""The warnings that people got by direct message, so that each comes once."""
