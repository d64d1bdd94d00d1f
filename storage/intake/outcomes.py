"""Outcomes: each once, with its total by day, in one transaction."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import func, select, update

from bot.intake.outcomes import PlacedOutcome
from bot.usage import BookingOutcome
from storage import bulk
from storage.tables.reporting import outcome_days, outcomes
from storage.transaction import OpenTransaction

_KEY = ("scope_id", "key_hash")
_DAY_KEY = ("team_id", "local_day", "kind", "tool", "workflow")
_COLUMNS = (
    *(*_KEY, "fingerprint", "source_id", "event_id", "occurred_at", "received_at", "team_id", "local_day", "kind"),
    *("tool", "workflow", "rule", "count"),
)
_Key = tuple[int, bytes]


class OutcomeDay(NamedTuple):
    """A team's outcomes of one kind, tool and workflow on a local day."""

    team_id: int
    local_day: int
    kind: str
    tool: str
    workflow: str
    number: int


class Outcomes:
    """The outcomes within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def book(self, placed: Sequence[PlacedOutcome], *, received_at: int) -> list[BookingOutcome]:
        """Stores new outcomes and returns what became of each, in order.

        A known key with the same fingerprint is a duplicate, with another one a conflict; neither changes anything.
        """
        firsts: dict[_Key, int] = {}
        for at, one in enumerate(placed):
            firsts.setdefault((one.scope_id, one.outcome.key), at)
        ordered = sorted(firsts)  # so that two writers wait for each other instead of deadlocking
        rows = [_row(placed[firsts[key]], received_at) for key in ordered]
        inserted = await bulk.insert_missing(self._connection, "outcomes", _COLUMNS, _KEY, rows)
        new = {(int(scope), bytes(key)) for scope, key in inserted}
        await self._add_days([placed[firsts[key]] for key in ordered if key in new])
        known = await bulk.select(self._connection, "outcomes", (*_KEY, "fingerprint"), _KEY, ordered)
        fingerprints = {(int(scope), bytes(key)): bytes(mark) for scope, key, mark in known}
        found: list[BookingOutcome] = []
        for at, one in enumerate(placed):
            key = (one.scope_id, one.outcome.key)
            if key in new and firsts[key] == at:
                found.append("accepted")
            else:
                found.append("duplicate" if fingerprints[key] == one.outcome.fingerprint else "conflict")
        return found

    async def _add_days(self, placed: Sequence[PlacedOutcome]) -> None:
        sums: Counter[tuple[int, int, str, str, str]] = Counter()
        for one in placed:
            sums[one.team_id, one.local_day, one.outcome.kind, one.tool, one.workflow] += one.outcome.count
        rows = [(*key, count) for key, count in sorted(sums.items())]
        await bulk.add(self._connection, "outcome_days", _DAY_KEY, ("count",), rows)

    async def by_day(self, team_ids: Collection[int], *, first_day: int, end_day: int) -> list[OutcomeDay]:
        """Returns teams' outcomes of the days in [first_day, end_day)."""
        day = outcome_days.c.local_day
        query = select(outcome_days).where(outcome_days.c.team_id.in_(list(team_ids)), day >= first_day, day < end_day)
        return [OutcomeDay(*row) for row in await self._connection.execute(query)]

    async def received_since(self, source_id: int, *, since: int) -> int:
        """Returns the number of outcomes that came from a source since a moment."""
        found = select(func.coalesce(func.sum(outcomes.c["count"]), 0)).where(
            outcomes.c.source_id == source_id, outcomes.c.received_at >= since
        )
        return int((await self._connection.execute(found)).scalar_one())

    async def clear_ids(self, *, before: int) -> int:
        """Removes the senders' ids of outcomes before a moment, and returns their number. Keys and counts stay."""
        old = update(outcomes).where(outcomes.c.occurred_at < before, outcomes.c.event_id != "")
        return (await self._connection.execute(old.values(event_id=""))).rowcount

    async def faults(self) -> list[str]:
        """Returns the days whose total is not the sum of their outcomes."""
        keys = [outcomes.c[name] for name in _DAY_KEY]
        query = select(*keys, func.sum(outcomes.c["count"])).group_by(*keys)
        have = {tuple(row[:-1]): int(row[-1]) for row in await self._connection.execute(query)}
        said = {tuple(row[:-1]): int(row[-1]) for row in await self._connection.execute(select(outcome_days))}
        wrong = sorted(key for key in have.keys() | said.keys() if have.get(key, 0) != said.get(key, 0))
        return [
            f"outcomes: team {key[0]}, day {key[1]}, {key[2]}: {have.get(key, 0)} outcomes, {said.get(key, 0)} in the total"
            for key in wrong
        ]


def _row(one: PlacedOutcome, received_at: int) -> tuple[object, ...]:
    outcome = one.outcome
    return (
        *(one.scope_id, outcome.key, outcome.fingerprint, one.source_id, outcome.event_id, outcome.occurred_at),
        *(received_at, one.team_id, one.local_day, outcome.kind, one.tool, one.workflow, one.rule, outcome.count),
    )
