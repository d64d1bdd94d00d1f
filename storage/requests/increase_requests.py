"""Stored requests for higher limits at gateways: which were asked of whom here, and which are answered."""

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import select, update

from bot.requests.budget_requests import BudgetRequest
from bot.requests.increases.increase_requests import IncreaseState, StoredIncrease
from storage import bulk
from storage.requests.budget_requests import request_of
from storage.tables.requests import budget_requests, increase_requests
from storage.transaction import OpenTransaction

_KEY = ("gateway", "ref")
_NAMES = (*_KEY, "state", "request_id", "tries", "set_nanos", "set_at", "sentence")


class Due(NamedTuple):
    """A request that is open at a gateway, and the request here."""

    stored: StoredIncrease
    request: BudgetRequest


class IncreaseRequests:
    """The requests of gateways' members, in one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def take(self, gateway: str, ref: str, *, at: int) -> bool:
        """Stores a request that is new, or was unplaced. Returns False if another worker has it."""
        columns = (*_KEY, "state", "seen_at")
        made = await bulk.insert_missing(
            self._connection, "increase_requests", columns, _KEY, [(gateway, ref, "open", at)]
        )
        if made:
            return True
        found = update(increase_requests).where(
            increase_requests.c.gateway == gateway,
            increase_requests.c.ref == ref,
            increase_requests.c.state == "unplaced",
        )
        return (await self._connection.execute(found.values(state="open"))).rowcount == 1

    async def save(self, stored: StoredIncrease, *, try_at: int = 0) -> None:
        """Stores what became of a request. `try_at` is when its answer is tried again."""
        changed = update(increase_requests).where(
            increase_requests.c.gateway == stored.gateway, increase_requests.c.ref == stored.ref
        )
        values = {name: getattr(stored, name) for name in _NAMES if name not in _KEY}
        await self._connection.execute(changed.values(**values, try_at=try_at))

    async def known(self, gateway: str) -> dict[str, StoredIncrease]:
        """Returns a gateway's requests, by its id; unplaced ones too."""
        query = select(increase_requests).where(increase_requests.c.gateway == gateway)
        return {row.ref: _stored(row) for row in await self._connection.execute(query)}

    async def open(self, gateway: str, *, now: int) -> list[Due]:
        """Returns the requests that are asked here and not answered there, whose time has come."""
        columns = [c.label(f"i_{c.name}") for c in increase_requests.c]
        query = (
            select(budget_requests, *columns)
            .join(increase_requests, increase_requests.c.request_id == budget_requests.c.id)
            .where(increase_requests.c.gateway == gateway, increase_requests.c.state == "open")
            .where(increase_requests.c.try_at <= now)
            .order_by(budget_requests.c.id)
        )
        found = []
        for row in await self._connection.execute(query):
            values = row._mapping
            request = request_of(_Row({c.name: values[c] for c in budget_requests.c}))
            stored = {name: values[f"i_{name}"] for name in _NAMES}
            found.append(Due(StoredIncrease(**stored), request))
        return found

    async def of_request(self, request_id: int) -> StoredIncrease | None:
        """Returns the gateway's request that a request here came of."""
        query = select(increase_requests).where(increase_requests.c.request_id == request_id)
        row = (await self._connection.execute(query)).one_or_none()
        return _stored(row) if row else None

    async def end(self, stored: StoredIncrease, state: IncreaseState) -> None:
        await self.save(replace(stored, state=state))


class _Row:
    def __init__(self, mapping: dict[str, object]) -> None:
        self._mapping = mapping


def _stored(row: object) -> StoredIncrease:
    return StoredIncrease(**{name: getattr(row, name) for name in _NAMES})
