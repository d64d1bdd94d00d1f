"""Tables of alerting: alerts, their delivery, expectations and what each team was last judged on."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Text, text

from storage.tables.base import Big, id_column, table

alerts = table(
    "alerts",
    id_column(),
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
    Column("useless_by", Big),  # these two moved to alert_opinions; the release before reads them
    Column("useless_at", Big),
    Column("answered_as", Text, nullable=False, server_default=""),
    Index("ix_alerts_team_id_kind", "team_id", "kind"),
    Index("ix_alerts_kind_closed_at", "kind", "closed_at"),
    Index("ix_alerts_opened_at", "opened_at"),
    Index(
        "ix_alerts_snoozed",
        "snoozed_until",
        sqlite_where=text("state = 'snoozed'"),
        postgresql_where=text("state = 'snoozed'"),
    ),
)
alert_opinions = table(
    "alert_opinions",
    Column("alert_id", Big, ForeignKey("alerts.id"), primary_key=True, autoincrement=False),
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("at", Big, nullable=False),
)
expectations = table(
    "expectations",
    id_column(),
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
alert_turns = table(
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
alert_bundles = table(
    "alert_bundles",
    Column("outbox_id", Big, ForeignKey("outbox.id"), primary_key=True, autoincrement=False),
    Column("bundle_key", Text, nullable=False),
    Index("ix_alert_bundles_bundle_key", "bundle_key"),
)
team_judgements = table(
    "team_judgements",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("judged_at", Big, nullable=False),
)
