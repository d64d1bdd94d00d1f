"""Which rows existed when an export began, so that its pages agree however late they are read, while others write.

PostgreSQL's own snapshot says it exactly, also of transactions that were open then. SQLite has one writer at a time, so
the number of a table's last row says the same.
"""

import re

from sqlalchemy import BigInteger, ColumnElement, Table, func, literal, literal_column, select, text

from storage.tables.books import audit, entries
from storage.tables.intake import usage_adjustments, usage_events
from storage.transaction import OpenTransaction

_TABLES = (usage_events, usage_adjustments, entries, audit)
_LAST_ROWS = re.compile(r"(0|[1-9]\d{0,18})(\.(0|[1-9]\d{0,18})){3}")
_SNAPSHOT = re.compile(r"(\d{1,19}):(\d{1,19}):((?:\d{1,19})(?:,\d{1,19})*)?")
_MOST_OPEN = 2_000
_XIDS = 2**32


class NoSnapshot(ValueError):
    """A text names no moment of this database."""


async def snapshot_now(tx: OpenTransaction) -> str:
    """Returns the rows that exist now as a text, for `existed`."""
    if tx.connection.dialect.name == "postgresql":
        found = await tx.connection.execute(text("SELECT CAST(pg_current_snapshot() AS text)"))
        return str(found.scalar_one())
    last_rows = [select(func.coalesce(func.max(_rowid(table)), 0)).select_from(table) for table in _TABLES]
    return ".".join([str((await tx.connection.execute(query)).scalar_one()) for query in last_rows])


def existed(tx: OpenTransaction, table: Table, snapshot: str) -> ColumnElement[bool]:
    """Returns the condition of a table's rows that existed at a snapshot. Raises NoSnapshot for anything else."""
    if tx.connection.dialect.name != "postgresql":
        if not _LAST_ROWS.fullmatch(snapshot):
            raise NoSnapshot
        return _rowid(table) <= int(snapshot.split(".")[_TABLES.index(table)])
    return _visible(table, snapshot)


def _rowid(table: Table) -> ColumnElement[int]:
    return literal_column(f"{table.name}.rowid")


def _visible(table: Table, snapshot: str) -> ColumnElement[bool]:
    """Returns the condition in terms of `xmin`, the last 32 bits of the number of the transaction that wrote a row.

    A row is missing if its transaction was open at the snapshot, or began between then and now.
    """
    found = _SNAPSHOT.fullmatch(snapshot)
    if found is None:
        raise NoSnapshot
    first_open, next_one = int(found[1]), int(found[2])
    opened = sorted({int(number) for number in (found[3] or "").split(",") if number})
    if not 0 < first_open <= next_one < 2**63 or len(opened) > _MOST_OPEN:
        raise NoSnapshot
    if opened and not (first_open <= opened[0] and opened[-1] < next_one):
        raise NoSnapshot
    writer: ColumnElement[int] = literal_column(f"CAST(CAST({table.name}.xmin AS text) AS bigint)")
    begun_since: ColumnElement[int] = literal_column(
        "CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)"
    )
    since = (writer - literal(next_one % _XIDS, BigInteger) + _XIDS) % _XIDS
    existed_then = since >= begun_since - literal(next_one, BigInteger)
    return existed_then & writer.not_in([number % _XIDS for number in opened]) if opened else existed_then
