"""An index on the age of records of calls, by which old ones are found."""

from alembic import op

revision = "0036_record_ages"
down_revision = "0033_periods"


def upgrade() -> None:
    op.create_index("ix_call_records_made_at", "call_records", ["made_at"])
