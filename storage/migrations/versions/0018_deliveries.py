"""Deliveries: how long a message is worth posting, whose turn it is, and which people Slack no longer reaches."""

import sqlalchemy as sa
from alembic import op

revision = "0018_deliveries"
down_revision = "0017_parts"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITS = sa.text("delivered_version < wanted_version AND given_up = 0")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("about_team_id", BIG, nullable=True))
    op.add_column("outbox", sa.Column("worth_until", BIG, server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("holds_line", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("posting_since", BIG, server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("repeats", BIG, server_default="0", nullable=False))
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["to_team_id", "to_person_id", "route", "id"],
        unique=False,
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    # Somebody else has got these messages, so nobody needs to act.
    op.execute(
        "UPDATE outbox SET given_up = 2 WHERE given_up = 1 AND to_team_id IS NOT NULL AND fault IN "
        "('team_in_preview', 'team_channel_paused', 'channel_not_found', 'not_in_channel', 'is_archived', "
        "'restricted_action')"
    )
    op.create_table(
        "person_checks",
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.Column("checked_at", BIG, nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("since", BIG, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_checks_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_checks")),
        sqlite_strict=True,
    )
