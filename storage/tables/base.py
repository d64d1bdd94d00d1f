"""What all tables share: their metadata, their column helpers, and the tables of the configuration.

Money is an integer of nano-dollars, a moment an integer of microseconds since 1970, a day an integer of days since 1970.
SQLite's tables are STRICT: a sum that overflows 64 bits is refused, as on PostgreSQL, and never becomes a float.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Big = BigInteger().with_variant(Integer(), "sqlite")  # SQLite: INTEGER is 64 bits wide, and a rowid only by that name
COUNTER_COLUMNS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
APPEND_ONLY = (
    "entries",
    "audit",
    "usage_events",
    "event_keys",
    "run_keys",
    "run_ids",
    "key_runs",
    "usage_adjustments",
    "statements",
)
"""Tables that only grow; triggers in both databases refuse updates and deletes."""
SUMS_OF_REMOVED = ("removed_usage", "removed_calls")
"""Tables whose rows only grow: their triggers refuse deletes, and updates by which `calls` does not grow."""


def table(name: str, *columns: Any, **options: Any) -> Table:
    """Declares a table in `metadata`, STRICT on SQLite."""
    return Table(name, metadata, *columns, sqlite_strict=True, **options)


def id_column() -> Column[int]:
    return Column("id", Big, Identity(always=False), primary_key=True)


def counter_columns() -> list[Column[int]]:
    """Returns one column of token counts per name in `COUNTER_COLUMNS`."""
    return [Column(name, Big, nullable=False, server_default="0") for name in COUNTER_COLUMNS]


config = table(
    "config",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("salt", LargeBinary, nullable=False),
)
documents = table(
    "documents",
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("imported_at", Big, nullable=False),
)
