"""What people say of a temporary grant that has ended; requests are found by their grant."""

import sqlalchemy as sa
from alembic import op

revision = "0042_cards"
down_revision = "0038_requests"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "grant_worth",
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_at", BIG),
        sa.ForeignKeyConstraint(["request_id"], ["budget_requests.id"], name=op.f("fk_grant_worth_request_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_grant_worth_person_id")),
        sa.PrimaryKeyConstraint("request_id", "person_id", name=op.f("pk_grant_worth")),
        sqlite_strict=True,
    )
    op.create_index("ix_budget_requests_grant_id", "budget_requests", ["grant_id"])
