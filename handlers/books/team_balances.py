"""The balances of all teams at one moment, and their budgets as gateways meet them, read together."""

from dataclasses import dataclass

from bot.books.gatekeeping.team_budgets import TeamBudget
from bot.books.ledger import Balance
from bot.books.subtrees import SubtreeFigures
from bot.periods import Period, moment
from bot.rulebook import Rulebook
from handlers.books.balances import balances_of
from handlers.books.gatekeeping.team_budgets import read_team_budgets
from handlers.books.subtrees import subtree_figures_of
from handlers.context import Context


@dataclass(frozen=True, kw_only=True)
class TeamBalances:
    """All teams' balances at one moment. `as_of` is when the oldest usage that they miss came in: `at`, unless totals
    wait for a fold."""

    rulebook: Rulebook
    at: int
    as_of: int
    periods: dict[int, Period]
    by_team: dict[int, Balance]
    budgets: dict[int, TeamBudget]
    subtrees: dict[int, SubtreeFigures]


async def read_balances(context: Context, *, at: int) -> TeamBalances:
    """Returns all teams' balances, ledger and usage of one snapshot."""
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=moment(at))
        teams = scope.directory.teams
        periods = {team.id: scope.directory.period_at(team, at) for team in teams}
        by_team = await balances_of(scope, teams, periods)
        budgets = await read_team_budgets(scope, teams, balances=by_team)
        subtrees = await subtree_figures_of(scope, scope.directory.real_teams, known=by_team)
        waiting = await tx.pending.waiting()
    as_of = at if waiting is None else min(at, waiting.since)
    return TeamBalances(
        rulebook=scope.rulebook,
        at=at,
        as_of=as_of,
        periods=periods,
        by_team=by_team,
        budgets=budgets,
        subtrees=subtrees,
    )
