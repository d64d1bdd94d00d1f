"""The balances of all teams at one moment, and their budgets as gateways meet them, read together."""

from dataclasses import dataclass

from bot.books.gatekeeping.team_budgets import TeamBudget
from bot.books.ledger import Balance
from bot.books.subtrees import SubtreeFigures
from bot.org.teams import Directory, Team
from bot.periods import MICROS, Period, moment
from bot.rulebook import Rulebook
from handlers.books.balances import balances_of
from handlers.books.gatekeeping.team_budgets import read_team_budgets, with_reserved
from handlers.books.subtrees import subtree_figures_of
from handlers.context import Context
from handlers.scope import Scope
from storage.books.gatekeeping.changes import Marks

_WHOLE_MICROS = 60 * MICROS
"""All teams are read anew each minute: days and periods begin on one, and budgets are released by the day."""


@dataclass(frozen=True, kw_only=True)
class TeamBalances:
    """All teams' balances at one moment. `as_of` is when the oldest usage that they miss came in: `at`, unless totals
    wait for a fold. `marks` say how far entries and usage were read."""

    rulebook: Rulebook
    at: int
    as_of: int
    periods: dict[int, Period]
    by_team: dict[int, Balance]
    budgets: dict[int, TeamBudget]
    subtrees: dict[int, SubtreeFigures]
    marks: Marks


async def read_balances(context: Context, *, at: int, last: TeamBalances | None = None) -> TeamBalances:
    """Returns all teams' balances, ledger and usage of one snapshot. Those of `last` are kept where nothing changed within its
    minute: with thousands of teams that takes a small part of the time."""
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=moment(at))
        directory, marks = scope.directory, await tx.balance_changes.marks()
        kept = last if last is not None and _is_near(last, scope) else None
        teams: list[Team] = list(directory.teams)
        if kept is not None:
            changed = await tx.balance_changes.teams_since(kept.marks, marks)
            concerned = _concerned(directory, changed)
            teams = [team for team in teams if team.id in concerned]
        periods = {team.id: directory.period_at(team, at) for team in teams}
        by_team = await balances_of(scope, teams, periods) if teams else {}
        known = {**kept.by_team, **by_team} if kept is not None else by_team
        budgets = await read_team_budgets(scope, teams, balances=by_team) if teams else {}
        if kept is not None:
            others = {team_id: budget for team_id, budget in kept.budgets.items() if team_id not in budgets}
            budgets |= await with_reserved(scope, others)
        subtrees = await subtree_figures_of(scope, [t for t in teams if t.kind == "team"], known=known)
        waiting = await tx.pending.waiting()
    return TeamBalances(
        rulebook=scope.rulebook,
        at=at,
        as_of=at if waiting is None else min(at, waiting.since),
        periods={**kept.periods, **periods} if kept is not None else periods,
        by_team=known,
        budgets=budgets,
        subtrees={**kept.subtrees, **subtrees} if kept is not None else subtrees,
        marks=marks,
    )


def _is_near(last: TeamBalances, scope: Scope) -> bool:
    """Returns whether balances differ from the last ones by entries and usage alone."""
    return last.rulebook is scope.rulebook and last.at // _WHOLE_MICROS == scope.at // _WHOLE_MICROS


def _concerned(directory: Directory, changed: set[int]) -> set[int]:
    """Returns changed teams, and those above them, whose figures include theirs."""
    teams = [team for team in directory.teams if team.id in changed]
    above = {parent.id for team in teams for parent in directory.ancestors(team)}
    unattributed = {directory.root.id} if directory.unattributed.id in changed else set()
    return changed | above | unattributed
