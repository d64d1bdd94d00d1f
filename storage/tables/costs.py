"""Tables of costs: models without a price, and repricing jobs."""

from sqlalchemy import Column, ForeignKey, Text, UniqueConstraint

from storage.tables.base import Big, id_column, table

unpriced_models = table(
    "unpriced_models",
    id_column(),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("told_at", Big, nullable=False),
    UniqueConstraint("provider", "model"),
)
repricings = table(
    "repricings",
    id_column(),
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
