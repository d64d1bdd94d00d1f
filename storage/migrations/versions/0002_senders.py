"""Usage from every sender: what sources say of themselves, adjustments, observations, gateways and statements."""

import sqlalchemy as sa
from alembic import op

from storage.triggers import create_triggers

revision = "0002_senders"
down_revision = "0001_first"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "gateway_blocks",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("gateway_team", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("limit_nanos", BIG, nullable=False),
        sa.Column("spend_nanos", BIG, nullable=False),
        sa.Column("resets_at", BIG, nullable=True),
        sa.Column("occurred_at", BIG, nullable=False),
        sa.Column("told_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_blocks")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_gateway_blocks_dedupe_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "gateway_teams",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("gateway_team", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("spend_nanos", BIG, nullable=False),
        sa.Column("cap_nanos", BIG, nullable=True),
        sa.Column("resets_at", BIG, nullable=True),
        sa.Column("seen_at", BIG, nullable=False),
        sa.Column("base_nanos", BIG, nullable=False),
        sa.Column("base_at", BIG, nullable=False),
        sa.Column("booked_nanos", BIG, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "gateway_team", name=op.f("pk_gateway_teams")),
        sqlite_strict=True,
    )
    op.create_table(
        "observed_days",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("day", BIG, autoincrement=False, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("calls", BIG, nullable=False),
        sa.Column("tokens", BIG, nullable=False),
        sa.Column("reported_nanos", BIG, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "day", "provider", "model", name=op.f("pk_observed_days")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_activity",
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("first_occurred_at", BIG, nullable=False),
        sa.Column("last_received_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_activity")),
        sqlite_strict=True,
    )
    op.create_table(
        "statement_lines",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("day", BIG, autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("amount_nanos", BIG, nullable=False),
        sa.Column("imported_at", BIG, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "day", "line", name=op.f("pk_statement_lines")),
        sqlite_strict=True,
    )
    op.create_table(
        "usage_adjustments",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("occurred_at", BIG, nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.Column("local_day", BIG, nullable=False),
        sa.Column("series_id", BIG, nullable=False),
        sa.Column("calls", BIG, nullable=False),
        sa.Column("uncached_input", BIG, server_default="0", nullable=False),
        sa.Column("cache_read", BIG, server_default="0", nullable=False),
        sa.Column("cache_write_5m", BIG, server_default="0", nullable=False),
        sa.Column("cache_write_1h", BIG, server_default="0", nullable=False),
        sa.Column("output", BIG, server_default="0", nullable=False),
        sa.Column("reasoning", BIG, server_default="0", nullable=False),
        sa.Column("cost_nanos", BIG, nullable=False),
        sa.Column("notional_nanos", BIG, nullable=False),
        sa.Column("book_nanos", BIG, nullable=True),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_adjustments")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_usage_adjustments_dedupe_key")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_usage_adjustments_source_id_key_hash", "usage_adjustments", ["source_id", "key_hash"], unique=False
    )
    op.create_table(
        "person_teams",
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("from_day", BIG, autoincrement=False, nullable=False),
        sa.Column("team_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_teams_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_person_teams_team_id")),
        sa.PrimaryKeyConstraint("person_id", "from_day", name=op.f("pk_person_teams")),
        sqlite_strict=True,
    )
    op.add_column("attribution_rules", sa.Column("origin", sa.Text(), server_default="file", nullable=False))
    op.add_column("quarantine", sa.Column("format", sa.Text(), server_default="", nullable=False))
    op.add_column("sources", sa.Column("options", sa.Text(), server_default="{}", nullable=False))
    op.add_column("usage_events", sa.Column("tier", sa.Text(), server_default="", nullable=False))
    create_triggers(op.get_bind())
