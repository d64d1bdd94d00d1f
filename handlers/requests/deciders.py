"""The people who decide a budget request: a check before a decision, and the list on their Home."""

from dataclasses import replace

from bot.org.teams import Directory
from bot.refusals import Refusal
from bot.reporting.reports import PendingRequest
from bot.requests.approvals import ApprovalRoute, may_decide, route_request
from bot.requests.attendance.stand_ins import presence, present_route
from bot.requests.budget_requests import BudgetRequest
from bot.rulebook import Rulebook
from handlers.requests.cards import shown
from handlers.scope import Scope
from handlers.slack.callers import called


async def require_decision_permission(scope: Scope, request: BudgetRequest, *, by: int) -> int | None:
    """Returns the person for whom somebody decides a request as their delegate, or None. Raises Refusal, with the names of
    the deciders, unless they may decide it."""
    directory = scope.directory
    route = route_of(scope, request)
    found = route.deciders
    with_caller = replace(directory, unreachable=directory.unreachable - {by})  # who clicks is there
    permitted = named_route(with_caller, scope.rulebook, request).deciders
    if may_decide(by, asker_id=request.person_id, deciders=permitted, directory=directory):
        return None
    there = presence(directory, scope.rulebook.attendance, asker_id=request.person_id, at=scope.at)
    if may_decide(by, asker_id=request.person_id, deciders=found, directory=there.directory):
        represented = (person for person, delegate in sorted(there.stands_in.items()) if delegate == by)
        return route.stands_in.get(by) or next(represented, None)
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
        if person_id in route_of(scope, request).deciders
    ]


def route_of(scope: Scope, request: BudgetRequest) -> ApprovalRoute:
    """Returns the route of a stored request, by the roles, the policy and the absences now."""
    return present_route(
        scope.directory,
        scope.rulebook.attendance,
        lambda there: named_route(there, scope.rulebook, request),
        team=scope.directory.by_id(request.team_id),
        asker_id=request.person_id,
        at=scope.at,
        is_escalated=request.escalated_at is not None,
    )


def named_route(directory: Directory, rulebook: Rulebook, request: BudgetRequest) -> ApprovalRoute:
    """Returns the route of a stored request as if nobody was away, by the roles of a directory and the policy now."""
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
