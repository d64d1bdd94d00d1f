"""Which message a person's copy of an alert was put into, where several were said at once."""

import sqlalchemy as sa
from alembic import op

revision = "0012_alert_bundles"
down_revision = "0011_incidents"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert_bundles",
        sa.Column("outbox_id", BIG, autoincrement=False, nullable=False),
        sa.Column("bundle_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_alert_bundles")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_alert_bundles_outbox_id_outbox")),
        sqlite_strict=True,
    )
    op.create_index("ix_alert_bundles_bundle_key", "alert_bundles", ["bundle_key"])
