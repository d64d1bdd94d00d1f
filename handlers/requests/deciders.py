"""The people who decide a budget request: a check before a decision, and the list on their Home."""

from dataclasses import replace

from bot.org.teams import Directory
from bot.refusals import Refusal
from bot.reporting.reports import PendingRequest
from bot.requests.approvals import ApprovalRoute, may_decide, route_request
from bot.requests.budget_requests import BudgetRequest
from bot.rulebook import Rulebook
from handlers.requests.cards import shown
from handlers.scope import Scope
from handlers.slack.callers import called


async def require_decision_permission(scope: Scope, request: BudgetRequest, *, by: int) -> None:
    """Raises Refusal, with the names of the deciders, unless a person may decide a request."""
    found = route_of(scope.directory, scope.rulebook, request).deciders
    with_caller = replace(scope.directory, unreachable=scope.directory.unreachable - {by})  # who clicks is there
    permitted = route_of(with_caller, scope.rulebook, request).deciders
    if may_decide(by, asker_id=request.person_id, deciders=found | permitted, directory=scope.directory):
        return
    names = [called(p) for p in (await scope.tx.people.by_ids(found)).values()]
    who = ", ".join(names) or "finance"
    if by == request.person_id:
        raise Refusal(f"Nobody approves their own request. {who} can decide this one.")
    raise Refusal(f"You can't decide this request. {who} can.")


async def pending_for(scope: Scope, person_id: int) -> list[PendingRequest]:
    """Returns the requests that wait for a person's decision. Finance may decide others too, but those wait for managers."""
    pending = await scope.tx.budget_requests.pending()
    return [
        await shown(scope.tx, scope.directory, request)
        for request in pending
        if person_id in route_of(scope.directory, scope.rulebook, request).deciders
    ]


def route_of(directory: Directory, rulebook: Rulebook, request: BudgetRequest) -> ApprovalRoute:
    """Returns the route of a stored request, by the roles of a directory and the policy in force now."""
    team = directory.by_id(request.team_id)
    payer = None if request.payer_id is None else directory.by_id(request.payer_id)
    return route_request(
        directory,
        team=team,
        asker_id=request.person_id,
        amount_nanos=request.amount_nanos,
        payer=payer,
        rules=rulebook.approvals,
        moves_budget=request.ask.moves_budget,
    )
