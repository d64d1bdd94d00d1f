"""E-mails that people had, emergency grants, and the requests of a team's period."""

import sqlalchemy as sa
from alembic import op

revision = "0045_policies"
down_revision = "0039_away"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "former_emails",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_former_emails_person_id")),
        sa.PrimaryKeyConstraint("email", "person_id", name=op.f("pk_former_emails")),
        sqlite_strict=True,
    )
    op.create_index("ix_former_emails_person_id", "former_emails", ["person_id"])
    op.create_table(
        "emergencies",
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("grant_id", BIG, nullable=False),
        sa.Column("ask_at", BIG, nullable=False),
        sa.Column("asked_at", BIG),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", BIG),
        sa.Column("answered_at", BIG),
        sa.ForeignKeyConstraint(["request_id"], ["budget_requests.id"], name=op.f("fk_emergencies_request_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_emergencies_grant_id")),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_emergencies_answered_by")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_emergencies")),
        sqlite_strict=True,
    )
    op.create_index("ix_emergencies_grant_id", "emergencies", ["grant_id"])
    op.create_index("ix_budget_requests_team_period", "budget_requests", ["team_id", "period"])
