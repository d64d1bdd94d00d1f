"""The tables of budget requests: requests, votes and questions about them, and who stands in for whom."""

from sqlalchemy import Column, ForeignKey, Index, Text, text

from storage.tables.base import Big, id_column, table

PENDING = text("state = 'pending'")
"""Requests that wait. Written out, as SQLite uses a partial index only for a condition without parameters."""

budget_requests = table(
    "budget_requests",
    id_column(),
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
    Column("end_kind", Text, nullable=False, server_default="period"),
    Column("ends_at", Big),
    Column("cap_kind", Text, nullable=False, server_default="team"),
    Column("cap_ref", Text, nullable=False, server_default=""),
    Column("giver_id", Big),
    Column("policy", Text, nullable=False, server_default=""),
    Column("origin", Text, nullable=False, server_default=""),
    Column("origin_ref", Text, nullable=False, server_default=""),
    Column("granted_nanos", Big),
    Column("granted_end_kind", Text),
    Column("granted_ends_at", Big),
    Column("grant_id", Big),
    Column("decided_for", Big),
    Column("nudged_at", Big),
    Column("reminders", Big, nullable=False, server_default="0"),
    Column("remind_at", Big),
    Column("escalated_at", Big),
    Column("expires_at", Big),
    Index("ix_budget_requests_person_id", "person_id"),
    Index("ix_budget_requests_decided_at", "decided_at"),
    Index("ix_budget_requests_team_period", "team_id", "period"),
    Index("ix_budget_requests_grant_id", "grant_id"),
    Index(
        "ix_budget_requests_one_pending",
        "team_id",
        "person_id",
        unique=True,
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    ),
)

request_votes = table(
    "request_votes",
    Column("request_id", Big, ForeignKey("budget_requests.id"), primary_key=True, autoincrement=False),
    Column("revision", Big, primary_key=True, autoincrement=False),
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("for_person_id", Big, ForeignKey("people.id")),
    Column("at", Big, nullable=False),
)

request_questions = table(
    "request_questions",
    id_column(),
    Column("request_id", Big, ForeignKey("budget_requests.id"), nullable=False),
    Column("asked_by", Big, ForeignKey("people.id"), nullable=False),
    Column("asked_at", Big, nullable=False),
    Column("question", Text, nullable=False),
    Column("answered_by", Big, ForeignKey("people.id")),
    Column("answered_at", Big),
    Column("answer", Text, nullable=False, server_default=""),
    Index("ix_request_questions_request_id", "request_id"),
)

delegations = table(
    "delegations",
    id_column(),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Column("delegate_id", Big, ForeignKey("people.id"), nullable=False),
    Column("starts_at", Big, nullable=False),
    Column("ends_at", Big, nullable=False),
    Column("made_by", Big, ForeignKey("people.id"), nullable=False),
    Column("made_at", Big, nullable=False),
    Column("ended_at", Big),
    Index("ix_delegations_person_id", "person_id"),
)

grant_worth = table(
    "grant_worth",
    Column("request_id", Big, ForeignKey("budget_requests.id"), primary_key=True, autoincrement=False),
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("asked_at", Big, nullable=False),
    Column("answer", Text),
    Column("answered_at", Big),
)
"""What the asker and the decider of an ended grant say of it. Rows may be deleted."""

increase_requests = table(
    "increase_requests",
    Column("gateway", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("request_id", Big, ForeignKey("budget_requests.id")),
    Column("seen_at", Big, nullable=False),
    Column("tries", Big, nullable=False, server_default="0"),
    Column("try_at", Big, nullable=False, server_default="0"),
    Column("set_nanos", Big),
    Column("set_at", Big),
    Column("sentence", Text, nullable=False, server_default=""),
    Index("ix_increase_requests_request_id", "request_id"),
)

emergencies = table(
    "emergencies",
    Column("request_id", Big, ForeignKey("budget_requests.id"), primary_key=True, autoincrement=False),
    Column("grant_id", Big, ForeignKey("grants.id"), nullable=False),
    Column("ask_at", Big, nullable=False),
    Column("asked_at", Big),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_by", Big, ForeignKey("people.id")),
    Column("answered_at", Big),
    Index("ix_emergencies_grant_id", "grant_id"),
)
"""Emergency grants: when the managers are asked to confirm or end one, and their answer."""

limit_raises = table(
    "limit_raises",
    Column("request_id", Big, ForeignKey("budget_requests.id"), primary_key=True, autoincrement=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("amount_nanos", Big, nullable=False),
    Column("declared_nanos", Big, nullable=False),
    Column("period", Text, nullable=False),
    Column("ends_at", Big),
    Column("made_at", Big, nullable=False),
    Index("ix_limit_raises_team_id", "team_id"),
)
request_drafts = table(
    "request_drafts",
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("team_id", Big, nullable=False),
    Column("typed", Text, nullable=False),
    Column("saved_at", Big, nullable=False),
)
