"""What an approval gives: budget for the period, until a date or from now on, out of a payer's budget or another team's."""

from dataclasses import replace

from bot.books.grants import GrantEnd, check_end
from bot.money import usd
from bot.org.teams import Directory, Team
from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest
from bot.requests.request_entries import grant_entries
from bot.views.blocks import name
from handlers.books.granting.grants import grant_budget
from handlers.books.periods import post_budgets
from handlers.context import Context
from handlers.requests.asking.limit_raises import raise_limit
from handlers.scope import TeamScope


async def give_budget(
    scope: TeamScope, context: Context, request: BudgetRequest, *, payer_id: int | None, by: int | None
) -> tuple[BudgetRequest, TeamScope]:
    """Books what a decision grants, and returns the request and the scope with the budgets that hold then.

    The configuration and the accounts must be locked, and the request's hold released. Raises Refusal if it can't be.
    """
    tx, directory, at = scope.tx, scope.directory, scope.at
    if request.given_end.kind == "date":
        check_end(GrantEnd(at=request.given_end.at), now=at, amount_nanos=request.given_nanos)
    await raise_limit(scope, request)
    if not request.ask.moves_budget:
        return request, scope
    if request.giver_id is not None and request.given_end.kind != "period":
        raise Refusal("Budget that another team gives is for this period. Choose “this period only”.")
    payer = None if payer_id is None else directory.by_id(payer_id)
    if request.given_end.kind == "date":
        end = GrantEnd(at=request.given_end.at)
        grant = await grant_budget(scope, scope.team, payer, request.given_nanos, end, by=by)
        return replace(request, grant_id=grant.id), scope
    if request.given_end.kind == "open":
        return request, await _raise_budgets(scope, context, request, payer=payer, by=by)
    entries = grant_entries(request, directory=directory, team=scope.team, payer_id=payer_id, by=by, at=at)
    await tx.ledger.post(entries, at=at)
    return request, scope


async def _raise_budgets(
    scope: TeamScope, context: Context, request: BudgetRequest, *, payer: Team | None, by: int | None
) -> TeamScope:
    """Raises the declared budget of a team, and of the teams between it and its payer, from now on."""
    tx, directory = scope.tx, scope.directory
    if payer is None:
        root = name(directory.root.name)
        more = usd(request.given_nanos)
        raise Refusal(
            f"{root} has no {more} left for every period. Approve it for this period, or raise its funding first."
        )
    raised = {
        team.id: (team.budget_nanos or 0) + request.given_nanos for team in _levels_below(directory, scope.team, payer)
    }
    await tx.set_budgets.save(raised, by=by, at=scope.at)
    changed = replace(scope, rulebook=await context.rulebooks.read(tx))
    await post_budgets(tx, changed.directory, raised, at=scope.at, actor_id=by)
    for team_id, nanos in raised.items():
        detail = {"before_nanos": nanos - request.given_nanos, "after_nanos": nanos, "request": request.id}
        await tx.audit.record(at=scope.at, actor_id=by, action="set budget", subject=f"team:{team_id}", detail=detail)
    return changed.of_team_id(scope.team.id)


def _levels_below(directory: Directory, team: Team, payer: Team) -> list[Team]:
    chain = (team, *directory.ancestors(team))
    return list(chain[: [one.id for one in chain].index(payer.id)])
