"""The rows of `export audit`: every record of the audit log, in the order of its number."""

import json
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from bot.books.exports.columns import AUDIT_COLUMNS
from storage.books.exports.entry_rows import actor_text
from storage.books.exports.pages import ExportScope, Page, Position
from storage.books.exports.snapshots import existed
from storage.tables.books import audit
from storage.tables.org import people
from storage.transaction import OpenTransaction

_CURRENT = people.alias("current")


class AuditRows:
    """The records of a scope within one transaction: those of the days of a period, in the organisation's zone."""

    columns = AUDIT_COLUMNS

    def __init__(self, tx: OpenTransaction, scope: ExportScope, edges: tuple[int, int] | None = None) -> None:
        """`edges` are the first moment of the period, and the first one after it."""
        self._connection = tx.connection
        self._conditions: list[ColumnElement[bool]] = [existed(tx, audit, scope.snapshot)]
        if edges is not None:
            self._conditions += [audit.c.at >= edges[0], audit.c.at < edges[1]]

    async def page(self, after: Position, limit: int) -> Page:
        columns = (*audit.c, _CURRENT.c.email, _CURRENT.c.slack_id, _CURRENT.c.name)
        query = (
            self._query(after, *columns)
            .outerjoin(people, people.c.id == audit.c.actor_id)
            .outerjoin(_CURRENT, _CURRENT.c.id == func.coalesce(people.c.merged_into, people.c.id))
        )
        rows = (await self._connection.execute(query.order_by(audit.c.id).limit(limit))).all()
        return Page([_cells(row) for row in rows], (int(rows[-1].id),) if len(rows) == limit else None)

    async def skip(self, after: Position, rows: int) -> Position | None:
        query = self._query(after, audit.c.id).order_by(audit.c.id).offset(rows - 1).limit(1)
        found = (await self._connection.execute(query)).scalar()
        return None if found is None else (int(found),)

    async def count(self) -> int:
        counted = select(func.count()).select_from(self._query((), audit.c.id).subquery())
        return int((await self._connection.execute(counted)).scalar_one())

    def _query(self, after: Position, *columns: Any) -> Select[Any]:
        query = select(*columns).select_from(audit).where(*self._conditions)
        return query.where(audit.c.id > after[0]) if after else query


def _cells(row: Any) -> tuple[Any, ...]:
    policy = json.loads(row.detail).get("policy", "")
    return (
        *(int(row.id), row.at, actor_text(row.actor_id), row.email or row.slack_id or row.name or ""),
        *(row.action, row.subject, policy if isinstance(policy, str) else json.dumps(policy)),
        *(row.detail, bytes(row.hash).hex()),
    )
