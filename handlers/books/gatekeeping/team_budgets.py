"""Reads teams' budgets as gateways meet them: balances, what is reserved, and the spend of parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.books.gatekeeping.parts import Labels, spent_by_part
from bot.books.gatekeeping.team_budgets import TeamBudget
from bot.books.ledger import Balance
from bot.org.teams import Team
from handlers.books.balances import balances_of
from handlers.books.gatekeeping.parts import parts_of, spend_of_parts
from handlers.scope import Scope
from storage.books.gatekeeping.reservations import SumKey


async def read_team_budgets(
    scope: Scope, teams: Sequence[Team], *, balances: Mapping[int, Balance] | None = None
) -> dict[int, TeamBudget]:
    """Returns the budgets of teams by id, as of now in a transaction. `balances` are used if they are of the same snapshot.

    Reservations are read first: a cost that turns into usage meanwhile counts twice for a moment, and never not at all.
    """
    reserved = await scope.tx.reservations.sums([team.id for team in teams], now=scope.at)
    periods = {team.id: scope.directory.period_at(team, scope.at) for team in teams}
    if balances is None:
        balances = await balances_of(scope, teams, periods)
    parts = await parts_of(scope, teams)
    spend = await spend_of_parts(scope, [team for team in teams if team.id in parts], balances, periods)
    tools = scope.rulebook.tools
    budgets = {
        team.id: TeamBudget(
            team=team,
            balance=balances[team.id],
            period=periods[team.id],
            zone=team.zone_on(scope.at),
            tools=tools,
            enforce=team.terms.enforce,
            degrade_to=team.terms.degrade_to,
            parts=parts.get(team.id, ()),
            spent_by_part=spent_by_part(parts.get(team.id, ()), spend.get(team.id, {}), tools),
        )
        for team in teams
    }
    add_reserved(budgets, reserved.items())
    return budgets


async def with_reserved(scope: Scope, budgets: Mapping[int, TeamBudget]) -> dict[int, TeamBudget]:
    """Returns budgets of the same moment with what is reserved now. A budget without reservations stays as it is."""
    sums = await scope.tx.reservations.sums(now=scope.at)
    reserved = {team_id for team_id, *_ in sums}
    found = dict(budgets)
    for team_id, budget in budgets.items():
        if budget.reserved_nanos or team_id in reserved:
            found[team_id] = replace(budget, reserved_nanos=0, reserved_by_part={})
    add_reserved({team_id: found[team_id] for team_id in reserved & found.keys()}, sums.items())
    return found


def add_reserved(budgets: Mapping[int, TeamBudget], sums: Iterable[tuple[SumKey, int]]) -> None:
    """Adds reservations to the budgets of the periods that they were made in."""
    for (team_id, period, tool, model, workflow, person_id), nanos in sums:
        budget = budgets.get(team_id)
        if budget is not None and budget.period.name == period:
            budget.reserve(Labels(tool, model, workflow, person_id), nanos)
