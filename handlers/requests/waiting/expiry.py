"""Expiry: a request that nobody decided in time, or that can't go on, ends with a message to its asker."""

from bot.requests.budget_requests import BudgetRequest, with_expiry
from bot.views.requests.waiting.expiries import expired_message
from handlers.requests.budget_requests import audit_request
from handlers.requests.cards import shown
from handlers.requests.endings import end_messages, verdict_key
from handlers.requests.routes import lock_accounts, release_hold
from handlers.scope import Scope


async def expire_request(scope: Scope, request: BudgetRequest) -> BudgetRequest:
    """Ends a request that nobody decided in time: its hold is released, and the asker can ask again. It must be locked."""
    tx, at = scope.tx, scope.at
    team_scope = scope.of_team_id(request.team_id)
    await lock_accounts(team_scope, request.period, givers=[request.giver_id])
    ended = with_expiry(request, at=at)
    await tx.budget_requests.save(ended)
    await release_hold(tx, request, by=None, at=at)
    await audit_request(tx, "expire request", ended, actor_id=None, at=at)
    await end_messages(team_scope, ended)
    message = expired_message(await shown(tx, scope.directory, ended))
    await tx.outbox.put(message, dedupe_key=verdict_key(request.id), at=at, to_person_id=request.person_id)
    return ended
