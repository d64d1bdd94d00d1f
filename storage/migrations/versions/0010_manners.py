"""What teams set of their alerts, what became of each alert's message, and messages held or sent to a channel apart."""

import sqlalchemy as sa
from alembic import op

revision = "0010_manners"
down_revision = "0009_expectations"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("route", sa.Text(), server_default="", nullable=False))
    op.add_column("outbox", sa.Column("held_until", BIG, server_default="0", nullable=False))
    op.create_table(
        "alert_settings",
        sa.Column("team_id", BIG, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("alerts_channel", sa.Text(), server_default="", nullable=False),
        sa.Column("alerts_state", sa.Text(), server_default="none", nullable=False),
        sa.Column("approvals_channel", sa.Text(), server_default="", nullable=False),
        sa.Column("approvals_state", sa.Text(), server_default="none", nullable=False),
        sa.Column("changed_by", BIG, nullable=True),
        sa.Column("changed_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_alert_settings_team_id_teams")),
        sa.ForeignKeyConstraint(["changed_by"], ["people.id"], name=op.f("fk_alert_settings_changed_by_people")),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_alert_settings")),
        sqlite_strict=True,
    )
    op.create_table(
        "alert_turns",
        sa.Column("alert_id", BIG, autoincrement=False, nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("said_at", BIG, nullable=False),
        sa.Column("said_day", BIG, nullable=False),
        sa.Column("critical_at", BIG, nullable=True),
        sa.Column("escalations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settled", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_turns_alert_id_alerts")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_alert_turns_team_id_teams")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_turns")),
        sqlite_strict=True,
    )
    op.create_index("ix_alert_turns_team_id_said_day", "alert_turns", ["team_id", "said_day"])
    open_ones = sa.text("settled = 0")
    op.create_index(
        "ix_alert_turns_unsettled", "alert_turns", ["said_at"], sqlite_where=open_ones, postgresql_where=open_ones
    )
