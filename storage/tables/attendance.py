"""The tables of absences, and of what reminded whom of waiting requests."""

from sqlalchemy import Column, ForeignKey

from storage.tables.base import Big, table

absences = table(
    "absences",
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("until_at", Big),
    Column("seen_at", Big, nullable=False),
)
"""People whose status in Slack says that they are away. The status itself is not kept."""

request_reminders = table(
    "request_reminders",
    Column("request_id", Big, ForeignKey("budget_requests.id"), primary_key=True, autoincrement=False),
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("asked_at", Big, nullable=False),
    Column("sent", Big, nullable=False),
    Column("sent_at", Big),
)
"""Since when somebody is asked to decide a request, and how often they were reminded of it."""

reminder_messages = table(
    "reminder_messages",
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("number", Big, nullable=False),
    Column("posted_at", Big, nullable=False),
    Column("is_over", Big, nullable=False, server_default="0"),
)
"""Somebody's latest reminder: one message, which lists all that waits for them."""
