"""Keys of events in runs. The keys of before stay where they are: the table is closed, and read in pieces later.

On PostgreSQL a table with keys stays open in run 0, so that the release before keeps working until it is stopped.
"""

import secrets

import sqlalchemy as sa
from alembic import op

from storage.triggers import close_event_keys, create_triggers

revision = "0021_key_runs"
down_revision = "0020_posted_usage"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "run_keys",
        sa.Column("run", BIG, autoincrement=False, nullable=False),
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("run", "source_id", "key_hash", name=op.f("pk_run_keys")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "key_runs",
        sa.Column("run", BIG, autoincrement=False, nullable=False),
        sa.Column("key_count", BIG, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("token", BIG, nullable=False),
        sa.Column("last_source_id", BIG, nullable=True),
        sa.Column("last_key_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_key_runs")),
        sqlite_strict=True,
    )
    state = op.create_table(
        "key_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", BIG, nullable=False),
        sa.Column("token", BIG, nullable=False),
        sa.Column("multiplier", BIG, nullable=False),
        sa.Column("old_is_read", sa.Integer(), nullable=False),
        sa.Column("migrated_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_state")),
        sqlite_strict=True,
    )
    connection = op.get_bind()
    has_keys = connection.execute(sa.text("SELECT 1 FROM event_keys LIMIT 1")).first() is not None
    stays_open = has_keys and connection.dialect.name == "postgresql"
    op.bulk_insert(
        state,
        [
            {
                "id": 1,
                "run": int(not stays_open),
                "token": secrets.randbits(62),
                "multiplier": secrets.randbits(62) | 1,
                "old_is_read": int(not has_keys),
                "migrated_at": None,
            }
        ],
    )
    create_triggers(connection)
    if not stays_open:
        close_event_keys(connection)
