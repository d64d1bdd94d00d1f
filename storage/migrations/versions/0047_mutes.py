"""Who finds an alert not useful, and why: private, one row per person."""

import sqlalchemy as sa
from alembic import op

revision = "0047_mutes"
down_revision = "0043_budget_changes"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert_opinions",
        sa.Column("alert_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_opinions_alert_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_alert_opinions_person_id")),
        sa.PrimaryKeyConstraint("alert_id", "person_id", name=op.f("pk_alert_opinions")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO alert_opinions (alert_id, person_id, reason, at) "
        "SELECT id, useless_by, 'other', useless_at FROM alerts WHERE useless_by IS NOT NULL AND useless_at IS NOT NULL"
    )
    op.execute("UPDATE alerts SET state = 'open', answered_by = NULL, answered_at = NULL WHERE state = 'useless'")
