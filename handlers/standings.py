"""How teams stand now, put together from the ledger and the rollups in one snapshot."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.budgets import Standing
from bot.digests import Share
from bot.forecasts import forecast
from bot.periods import micros
from bot.teams import Directory, Team
from storage.reports import NOTHING, Part
from storage.store import Transaction

DAYS_SHOWN = 35


async def standing_of(tx: Transaction, directory: Directory, team: Team, *, now: datetime) -> Standing:
    """How one team stands."""
    return (await standings_of(tx, directory, [team], now=now))[0]


async def standings_of(
    tx: Transaction, directory: Directory, teams: Sequence[Team], *, now: datetime
) -> list[Standing]:
    """How teams stand, in the order asked for: a handful of queries, however many teams."""
    if not teams:
        return []
    at = micros(now)
    periods = {team.id: directory.period_at(team, at) for team in teams}
    balances = await tx.ledger.balances(
        periods.items(), root_id=directory.root.id, unattributed_id=directory.unattributed.id
    )
    today = {team.id: team.day_of(at) for team in teams}
    first = min(min(today.values()) - DAYS_SHOWN, *(p.first_day for p in periods.values()))
    ids = {team.id for team in teams}
    if directory.root.id in ids:
        ids.add(directory.unattributed.id)
    by_day = await tx.reports.by_day(ids, first_day=first, end_day=max(today.values()) + 2)
    standings = []
    for team in teams:
        spenders = {team.id, directory.unattributed.id} if team.kind == "organisation" else {team.id}
        spent: dict[int, int] = {}
        for (spender, day), nanos in by_day.items():
            if spender in spenders:
                spent[day] = spent.get(day, 0) + nanos
        now_day = today[team.id]
        standings.append(
            Standing(
                team=team,
                period=periods[team.id],
                today=now_day,
                zone=team.zone_on(at),
                balance=balances[team.id],
                forecast=forecast(
                    balances[team.id],
                    spent_by_day=spent,
                    today=now_day,
                    period=periods[team.id],
                    first_day=min(spent, default=None),
                ),
                spent_by_day=tuple(sorted(spent.items())),
                week_nanos=sum(spent.get(day, 0) for day in range(now_day - 7, now_day)),
                week_before_nanos=sum(spent.get(day, 0) for day in range(now_day - 14, now_day - 7)),
            )
        )
    return standings


async def shares(
    tx: Transaction, part: Part, *, team_ids: Iterable[int], first_day: int, end_day: int, before_day: int
) -> tuple[Share, ...]:
    """A part's shares of [first_day, end_day) with [before_day, first_day) beside them, the costliest first."""
    ids = list(team_ids)
    current = await tx.reports.by_part(part, team_ids=ids, first_day=first_day, end_day=end_day)
    earlier = await tx.reports.by_part(part, team_ids=ids, first_day=before_day, end_day=first_day)
    found = [
        Share(
            name=name,
            cost_nanos=current.get(name, NOTHING).cost_nanos,
            before_nanos=earlier.get(name, NOTHING).cost_nanos,
            tokens=current.get(name, NOTHING).tokens,
        )
        for name in current.keys() | earlier.keys()
    ]
    return tuple(sorted(found, key=lambda share: (-share.cost_nanos, share.name)))
