"""Stored drafts: what a person typed in a request form that was not sent, so that it is there when the form opens again."""

import json

from sqlalchemy import delete, select

from bot.requests.asking.typed_asks import TypedAsk, typed_from_json, typed_json
from storage import bulk
from storage.tables.requests import request_drafts
from storage.transaction import OpenTransaction

_COLUMNS = ("person_id", "team_id", "typed", "saved_at")
_REPLACE = "ON CONFLICT (person_id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])


class RequestDrafts:
    """The drafts within one transaction: one per person, the newest."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def save(self, person_id: int, team_id: int, typed: TypedAsk, *, at: int) -> None:
        row = (person_id, team_id, json.dumps(typed_json(typed)), at)
        await bulk.upsert(self._connection, "request_drafts", _COLUMNS, [row], _REPLACE)

    async def of(self, person_id: int, *, since: int) -> tuple[int, TypedAsk] | None:
        """Returns the team's id and what was typed, unless it was saved before `since`."""
        query = select(request_drafts).where(
            request_drafts.c.person_id == person_id, request_drafts.c.saved_at >= since
        )
        row = (await self._connection.execute(query)).one_or_none()
        return (int(row.team_id), typed_from_json(json.loads(row.typed))) if row is not None else None

    async def remove(self, person_id: int) -> None:
        await self._connection.execute(delete(request_drafts).where(request_drafts.c.person_id == person_id))

    async def remove_old(self, *, before: int) -> None:
        await self._connection.execute(delete(request_drafts).where(request_drafts.c.saved_at < before))
