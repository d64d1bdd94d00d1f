"""Requests that wait into the next period: they are shown and decided with its figures, and their hold moves along."""

from dataclasses import replace

from bot.refusals import FieldRefusal
from bot.requests.approvals import ApprovalRoute
from bot.requests.budget_requests import BudgetRequest
from handlers.context import Context
from handlers.requests.budget_requests import audit_request
from handlers.requests.cards import update_messages
from handlers.requests.deciding.policy_changes import follow_policy, is_of_another_policy
from handlers.requests.routes import find_route, hold_amount, lock_accounts, policy_in_force, release_hold
from handlers.requests.waiting.expiry import expire_request
from handlers.scope import Scope, TeamScope


def is_of_another_period(scope: Scope, request: BudgetRequest) -> bool:
    """Returns whether a pending request was made, or last changed, in another period than the present one."""
    team = scope.directory.by_id(request.team_id)
    return request.state == "pending" and request.period != scope.directory.period_at(team, scope.at).name


async def carry_request(scope: TeamScope, request: BudgetRequest) -> tuple[BudgetRequest, ApprovalRoute]:
    """Moves a pending request to the present period: its hold is released in the old one and made in the new one.

    The request and its accounts must be locked. It gets a new revision, as its card shows other figures.
    """
    tx, at = scope.tx, scope.at
    is_escalated = request.escalated_at is not None
    found = await find_route(
        scope, request.ask, person_id=request.person_id, request_id=request.id, is_escalated=is_escalated
    )
    await release_hold(tx, request, by=None, at=at)
    moved = replace(
        request,
        period=scope.directory.period_at(scope.team, at).name,
        payer_id=found.payer.id if found.payer else None,
        held_nanos=found.held_nanos,
        revision=request.revision + 1,
        policy=policy_in_force(scope, found),
    )
    await tx.budget_requests.save(moved)
    await hold_amount(tx, moved, at)
    await audit_request(tx, "carry request", moved, actor_id=None, at=at)
    return moved, found


async def carry_and_show(scope: Scope, request_id: int) -> bool:
    """Moves a request to the present period if it is of another one, or puts it under the line of a policy that changed,
    and updates its card and receipt."""
    request = await scope.tx.budget_requests.for_decision(request_id)
    if request is None or request.state != "pending":
        return False
    team_scope = scope.of_team_id(request.team_id)
    if not is_of_another_period(scope, request):
        if not await is_of_another_policy(team_scope, request):
            return False
        await update_messages(team_scope, *await follow_policy(team_scope, request))
        return True
    await lock_accounts(team_scope, request.period, givers=[request.giver_id])
    try:
        moved, found = await carry_request(team_scope, request)
    except FieldRefusal:  # the team that was to give has less in this period: nobody could decide it any more
        await expire_request(scope, request)
        return True
    await update_messages(team_scope, moved, found, carried=True)
    return True


async def carry_requests(context: Context) -> int:
    """Moves every pending request of a past period to the present one; a scheduled job. Returns their number."""
    now = context.now()
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=now)
        late = [r.id for r in await tx.budget_requests.pending() if is_of_another_period(scope, r)]
    if not late:
        return 0
    moved = 0
    for request_id in late:
        async with context.store.begin() as tx:
            moved += await carry_and_show(await context.scope(tx, now=now), request_id)
    context.wake_outbox.set()
    return moved
