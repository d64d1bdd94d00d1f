"""Teams' balances with the state of their budgets: set, none, or later."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.books.budgets import counted_balance, has_begun, target_budget, with_release
from bot.books.ledger import Balance
from bot.org.teams import Team
from bot.periods import Period, local_day
from handlers.scope import Scope


async def balances_of(
    scope: Scope,
    teams: Sequence[Team],
    periods: dict[int, Period],
    *,
    known_usage: Mapping[tuple[int, int], int] | None = None,
) -> dict[int, Balance]:
    """Returns each team's balance in its period, by team id. `known_usage` has the periods' usage as of the same snapshot.

    Usage counts from the budget's first day: the declared one, or the day of the first grant to a team without a budget.
    """
    tx, directory, at = scope.tx, scope.directory, scope.at
    since: dict[int, int] = {}
    without: dict[Period, list[Team]] = {}
    for team in teams:
        if team.kind == "team" and not has_begun(team, team.day_of(at)):
            without.setdefault(periods[team.id], []).append(team)
        elif team.starts_day is not None:
            since[team.id] = team.starts_day
    for period, listed in without.items():
        granted = await tx.ledger.first_grants([team.id for team in listed], period)
        since |= {t.id: local_day(granted[t.id], t.zone_on(granted[t.id])) for t in listed if t.id in granted}
    balances = await tx.ledger.balances(
        [(team.id, periods[team.id]) for team in teams],
        root_id=directory.root.id,
        unattributed_id=directory.unattributed.id,
        since=since,
        known_usage=known_usage,
    )
    for use in await tx.holds.uses_of([team.id for team in teams]):
        if (
            periods[use.hold.team_id].name == use.hold.period
        ):  # what is used but not posted yet is spent, and held no more
            balance = balances[use.hold.team_id]
            unposted = use.used_nanos - use.posted_nanos
            balances[use.hold.team_id] = replace(balance, held_nanos=balance.held_nanos - unposted)
    today = await _used_today(scope, teams, known_usage)
    is_open: dict[Period, bool] = {}
    for team in teams:
        period, balance = periods[team.id], balances[team.id]
        if target_budget(team, period) and not balance.base_nanos and period not in is_open:
            is_open[period] = await tx.ledger.is_open(directory.root.id, period)
        counted = counted_balance(
            balance,
            directory=directory,
            team=team,
            period=period,
            today=team.day_of(at),
            is_open=is_open.get(period, True),
        )
        balances[team.id] = with_release(
            counted, team=team, period=period, at=at, zone=team.zone_on(at), used_today_nanos=today.get(team.id, 0)
        )
    return balances


async def _used_today(
    scope: Scope, teams: Sequence[Team], known_usage: Mapping[tuple[int, int], int] | None
) -> dict[int, int]:
    """Returns today's usage in nano-dollars of the teams whose budget has a limit for each day."""
    by_day: dict[int, list[int]] = {}
    for team in teams:
        if team.terms.per_day_max_nanos is not None:
            by_day.setdefault(team.day_of(scope.at), []).append(team.id)
    used: dict[int, int] = {}
    for day, ids in by_day.items():
        found = known_usage if known_usage is not None else await scope.tx.charges.totals(ids, day, day + 1)
        used |= {team_id: found.get((team_id, day), 0) for team_id in ids}
    return used
