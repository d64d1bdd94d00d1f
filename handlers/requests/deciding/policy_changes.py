"""Pending requests and a policy that changed: the line that decides now stands with the request, and its card shows it."""

from dataclasses import replace

from bot.requests.approvals import ApprovalRoute
from bot.requests.budget_requests import BudgetRequest
from bot.requests.policies import stored_policy
from bot.requests.revisions import NotAsSeen
from handlers.requests.budget_requests import audit_request
from handlers.requests.deciding.deciders import named_route, route_of
from handlers.requests.routes import line_for, policy_in_force
from handlers.scope import TeamScope


async def is_of_another_policy(scope: TeamScope, request: BudgetRequest) -> bool:
    """Returns whether another line of the policy decides a pending request than the one that stands with it.

    A request of an earlier version has none: the present policy decides it.
    """
    stored = stored_policy(request.policy)
    if stored is None or request.state != "pending":
        return False
    if (
        stored.text == scope.rulebook.policy_text
        and stored.rule == named_route(scope.directory, scope.rulebook, request).rule
    ):
        return False
    return await line_for(scope, request) != stored.rule


async def require_same_policy(scope: TeamScope, request: BudgetRequest) -> None:
    """Raises NotAsSeen if the policy changed who decides a request since its card was shown."""
    if await is_of_another_policy(scope, request):
        raise NotAsSeen(
            "The policy for requests changed since this was shown. Nothing was done; look again, then decide."
        )


async def follow_policy(scope: TeamScope, request: BudgetRequest) -> tuple[BudgetRequest, ApprovalRoute]:
    """Stores the line that decides a request now. It gets a new revision, so votes under the old one count no more."""
    found = replace(named_route(scope.directory, scope.rulebook, request), rule=await line_for(scope, request))
    moved = replace(request, revision=request.revision + 1, policy=policy_in_force(scope, found))
    await scope.tx.budget_requests.save(moved)
    await audit_request(scope.tx, "reroute request", moved, actor_id=None, at=scope.at)
    return moved, route_of(scope, moved)
