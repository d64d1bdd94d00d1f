"""Charges against usage: the sums of days, what is posted of them, and how far each team's usage is posted."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from bot.books.budgets import PostedTotal
from bot.books.charges import Posted, TeamUsage
from storage import bulk
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries, posted_usage
from storage.tables.intake import team_changes, usage_days
from storage.transaction import OpenTransaction

_TEAMS_AT_ONCE = 50
"""Bounds the accounts that one statement names."""
_NOTHING = PostedTotal(nanos=0, entries=0)
_POSTED = ("team_id", *Posted._fields)


class DayCharge(NamedTuple):
    """A team's day with its posted charges and the sum of its usage, in nano-dollars."""

    team_id: int
    day: int
    posted: PostedTotal
    total_nanos: int


class Charges:
    """The charges within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def usage(self) -> list[TeamUsage]:
        """Returns the state of every team that ever had usage, and how far it is posted."""
        changed = team_changes.c
        rows = await self._connection.execute(
            select(
                changed.team_id,
                changed.version,
                changed.newest_hour,
                changed.rewrites,
                *(posted_usage.c[name] for name in Posted._fields),
            )
            .outerjoin(posted_usage, posted_usage.c.team_id == changed.team_id)
            .order_by(changed.team_id)
        )
        return [
            TeamUsage(team, version, newest, rewrites, None if posted[0] is None else Posted(*posted))
            for team, version, newest, rewrites, *posted in rows
        ]

    async def charged_teams(self) -> list[int]:
        """Returns the teams that were ever charged."""
        query = select(accounts.c.team_id).where(accounts.c.bucket == "spent").distinct().order_by(accounts.c.team_id)
        return [int(team) for team in (await self._connection.execute(query)).scalars()]

    async def due(self, days: Mapping[int, tuple[int, int]]) -> list[DayCharge]:
        """Returns the days where posted charges and usage differ, of each team in its days [first, end)."""
        by_days: dict[tuple[int, int], list[int]] = {}
        for team_id, span in days.items():
            by_days.setdefault(span, []).append(team_id)
        found: list[DayCharge] = []
        for span, team_ids in by_days.items():
            for start in range(0, len(team_ids), _TEAMS_AT_ONCE):
                found += await self._due(team_ids[start : start + _TEAMS_AT_ONCE], *span)
        return sorted(found, key=lambda charge: charge[:2])

    async def _due(self, team_ids: Sequence[int], first: int, end: int) -> list[DayCharge]:
        totals = await self.totals(team_ids, first, end)
        posted = await self._posted(team_ids, first, end)
        charges = (DayCharge(*at, posted.get(at, _NOTHING), totals.get(at, 0)) for at in totals.keys() | posted.keys())
        return [charge for charge in charges if charge.posted.nanos != charge.total_nanos]

    async def totals(self, team_ids: Sequence[int], first: int, end: int) -> dict[tuple[int, int], int]:
        """Returns the nano-dollars of each (team, day) with usage in the days [first, end)."""
        day = usage_days.c.local_day
        rows = await self._connection.execute(
            select(usage_days.c.team_id, day, *nano_sums(usage_days.c.cost_nanos))
            .where(usage_days.c.team_id.in_(team_ids), day >= first, day < end)
            .group_by(usage_days.c.team_id, day)
        )
        return {(int(team), int(at)): whole(dollars, rest) for team, at, dollars, rest in rows}

    async def _posted(self, team_ids: Sequence[int], first: int, end: int) -> dict[tuple[int, int], PostedTotal]:
        spent = accounts.c.bucket == "spent"
        query = select(accounts.c.id, accounts.c.team_id).where(accounts.c.team_id.in_(team_ids), spent)
        teams = {int(account): int(team) for account, team in await self._connection.execute(query)}
        posted: dict[tuple[int, int], PostedTotal] = {}
        day = entries.c.usage_day
        for sign, account in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
            rows = await self._connection.execute(
                select(account, day, func.count(), *nano_sums(entries.c.amount_nanos))
                .where(account.in_(list(teams)), day >= first, day < end)
                .group_by(account, day)
            )
            for account_id, at_day, count, dollars, rest in rows:
                at = (teams[int(account_id)], int(at_day))
                before = posted.get(at, _NOTHING)
                nanos = before.nanos + sign * whole(dollars, rest)
                posted[at] = PostedTotal(nanos=nanos, entries=before.entries + int(count))
        return posted

    async def posted_before(self, days: Mapping[int, tuple[int, int]]) -> dict[int, int]:
        """Returns the charges, in nano-dollars, that are posted of each team's days [first, end)."""
        found: dict[int, int] = {}
        for team_id, (first, end) in days.items():
            if first < end:
                posted = await self._posted([team_id], first, end)
                found[team_id] = sum(total.nanos for total in posted.values())
        return found

    async def posted_of(self, team_id: int, days: Sequence[int]) -> dict[int, int]:
        """Returns the number of a team's charges and their corrections by day, of some days."""
        if not days:
            return {}
        posted = await self._posted([team_id], min(days), max(days) + 1)
        return {day: total.entries for (_, day), total in posted.items()}

    async def unchanged(self, expected: Iterable[TeamUsage]) -> set[int]:
        """Locks the given teams' positions until the transaction ends. Returns the teams that nobody has posted since
        they were read; a missing position is made."""
        known = {usage.team_id: usage.posted for usage in expected}
        missing = [(team_id, *_UNPOSTED) for team_id, posted in sorted(known.items()) if posted is None]
        await bulk.insert_missing(self._connection, "posted_usage", _POSTED, ("team_id",), missing)
        rows = await self._connection.execute(
            select(*(posted_usage.c[name] for name in _POSTED))
            .where(posted_usage.c.team_id.in_(list(known)))
            .order_by(posted_usage.c.team_id)
            .with_for_update()
        )
        return {team for team, *position in rows if Posted(*position) == (known[team] or _UNPOSTED)}

    async def mark_posted(self, positions: Mapping[int, Posted]) -> None:
        """Stores how far teams are posted, in the transaction of their entries."""
        tail = ", ".join(f"{name} = excluded.{name}" for name in Posted._fields)
        rows = [(team_id, *position) for team_id, position in sorted(positions.items())]
        await bulk.upsert(
            self._connection, "posted_usage", _POSTED, rows, f"ON CONFLICT (team_id) DO UPDATE SET {tail}"
        )


_UNPOSTED = Posted(version=-1, newest_hour=0, rewrites=-1, until_day=0)  # all its days are due
