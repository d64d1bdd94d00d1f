"""Tables of the organisation: people, teams, roles, attribution rules and alert settings."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Text, text

from storage.tables.base import Big, id_column, table

people = table(
    "people",
    id_column(),
    Column("email", Text, unique=True),
    Column("slack_id", Text, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("timezone", Text, nullable=False, server_default=""),
    Column("merged_into", Big, ForeignKey("people.id")),
    Index(
        "ix_people_merged_into",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)
person_aliases = table(
    "person_aliases",
    Column("alias", Text, primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Index("ix_person_aliases_person_id", "person_id"),
)
former_emails = table(
    "former_emails",
    Column("email", Text, primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Index("ix_former_emails_person_id", "person_id"),
)
"""E-mails that people had: an address that goes to another account may still be the same human's."""
teams = table(
    "teams",
    id_column(),
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
    Column("budget_declared", Integer, nullable=False, server_default="0"),
    Column("thresholds", Text, nullable=False, server_default="[80,100]"),
    Column("starts_day", Big),
    Column("mode", Text),
    Column("terms", Text, nullable=False, server_default="{}"),
    Column("shared", Text, nullable=False, server_default="null"),
    Column("closed_day", Big),
    Column("merged_into", Big, ForeignKey("teams.id")),
)
team_parents = table(
    "team_parents",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True, autoincrement=False),
    Column("from_day", Big, primary_key=True, autoincrement=False),
    Column("parent_id", Big, ForeignKey("teams.id"), nullable=False),
)
former_slugs = table(
    "former_slugs",
    Column("slug", Text, primary_key=True),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
)
team_roles = table(
    "team_roles",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True),
    Column("role", Text, primary_key=True),
)
role_references = table(
    "role_references",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True, autoincrement=False),
    Column("role", Text, primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Index("ix_role_references_person_id", "person_id"),
)
attribution_rules = table(
    "attribution_rules",
    id_column(),
    Column("position", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("from_at", Big, nullable=False),
    Column("until_at", Big),
    Column("origin", Text, nullable=False, server_default="file"),
    Column("dated", Integer, nullable=False, server_default="0"),
)
person_teams = table(
    "person_teams",
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True),
    Column("from_day", Big, primary_key=True, autoincrement=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
)
person_looks = table(
    "person_looks",
    id_column(),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Column("looked_by", Big, ForeignKey("people.id"), nullable=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("at", Big, nullable=False),
    Index("ix_person_looks_person_id", "person_id"),
)
alert_settings = table(
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
person_checks = table(
    "person_checks",
    Column("person_id", Big, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("checked_at", Big, nullable=False),
    Column("fault", Text, nullable=False, server_default=""),
    Column("since", Big, nullable=False, server_default="0"),
)
set_budgets = table(
    "set_budgets",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True, autoincrement=False),
    Column("amount_nanos", Big, nullable=False),
    Column("set_by", Big, ForeignKey("people.id")),
    Column("set_at", Big, nullable=False),
    Column("file_nanos", Big),
)
"""Budgets that managers set in Slack. `file_nanos` is the amount of teams.yml at that moment; none if it had none."""
team_setups = table(
    "team_setups",
    Column("team_id", Big, ForeignKey("teams.id"), primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("is_new", Integer, nullable=False, server_default="0"),
    Column("set_by", Big, ForeignKey("people.id")),
    Column("set_at", Big, nullable=False),
)
"""What was set up in Slack of teams and the organisation, which goes before teams.yml."""
budget_changes = table(
    "budget_changes",
    Column("version", Big, primary_key=True, autoincrement=False),
    Column("team_id", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""The latest versions of the configuration that changed nothing but set budgets, with the teams. A version that is missing may
have changed anything."""
