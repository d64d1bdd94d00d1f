"""Indexes for what people read: a person's series, requests and messages, models without a price, alerts by time."""

import sqlalchemy as sa
from alembic import op

revision = "0022_reading"
down_revision = "0021_key_runs"

INDEXES: tuple[tuple[str, str, list[str], str], ...] = (
    ("ix_usage_series_person_id", "usage_series", ["person_id"], ""),
    ("ix_usage_series_unpriced", "usage_series", ["team_id", "id"], "basis = 'unpriced'"),
    ("ix_people_merged_into", "people", ["merged_into"], "merged_into IS NOT NULL"),
    ("ix_budget_requests_person_id", "budget_requests", ["person_id"], ""),
    ("ix_alerts_kind_closed_at", "alerts", ["kind", "closed_at"], ""),
    ("ix_alerts_opened_at", "alerts", ["opened_at"], ""),
    ("ix_outbox_to_person_id", "outbox", ["to_person_id", "id"], ""),
    ("ix_outbox_ended", "outbox", ["id"], "given_up > 0"),
    ("ix_outbox_repeated", "outbox", ["id"], "repeats > 0"),
)
"""(name, table, columns, condition), all on tables of thousands of rows."""


def upgrade() -> None:
    for name, table, columns, condition in INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    by_prefix = {"dedupe_key": "text_pattern_ops"}
    op.create_index("ix_outbox_dedupe_key_prefix", "outbox", ["dedupe_key"], postgresql_ops=by_prefix)
