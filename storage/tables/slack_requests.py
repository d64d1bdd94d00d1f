"""The table of Slack's requests that did their work, by the hash of their body."""

from sqlalchemy import Column, Index, LargeBinary

from storage.tables.base import Big, table

slack_requests = table(
    "slack_requests",
    Column("body_hash", LargeBinary, primary_key=True),
    Column("done_at", Big, nullable=False),
    Index("ix_slack_requests_done_at", "done_at"),
)
