"""Rerouting: a pending request whose deciders or channel changed names and asks the people who can decide it now."""

from bot.requests.budget_requests import BudgetRequest
from handlers.context import Context
from handlers.requests.cards import (
    card_key,
    decider_words,
    directly_asked,
    passed_by,
    passed_on_card,
    receipt_key,
    shown,
    update_messages,
)
from handlers.requests.deciding.deciders import route_of
from handlers.requests.deciding.policy_changes import is_of_another_policy
from handlers.requests.request_periods import carry_and_show
from handlers.scope import Scope
from storage.outbox import copy_key


async def reroute_requests(context: Context) -> int:
    """Updates the card and the receipt of each pending request whose deciders changed, and asks those who were not asked.

    Returns the number of requests. It runs after every look at Slack's people and channels, and changes nothing where
    everybody was asked.
    """
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        stale = [request.id for request in await tx.budget_requests.pending() if await _is_stale(scope, request)]
    for request_id in stale:
        async with context.store.begin() as tx:
            scope = await context.scope(tx)
            request = await tx.budget_requests.for_decision(request_id)
            if request is not None and request.state == "pending":
                await _reroute(scope, request)
    if stale:
        context.wake_outbox.set()
    return len(stale)


async def _is_stale(scope: Scope, request: BudgetRequest) -> bool:
    tx, directory = scope.tx, scope.directory
    if await is_of_another_policy(scope.of_team_id(request.team_id), request):
        return True
    found = route_of(scope, request)
    asked = directly_asked(directory, found)
    for person_id in asked:
        if not await tx.outbox.known(copy_key(card_key(request.id), person_id)):
            return True
    pending = await shown(tx, directory, request)
    for person_id in await passed_by(tx, request, found):
        had = await tx.outbox.text_of(copy_key(card_key(request.id), person_id))
        if had is not None and had != (await passed_on_card(tx, pending, found)).text:
            return True
    said = await tx.outbox.text_of(receipt_key(request.id))
    return said is not None and await decider_words(tx, found) not in said


async def _reroute(scope: Scope, request: BudgetRequest) -> None:
    tx, at = scope.tx, scope.at
    if await carry_and_show(scope, request.id):
        return
    found = route_of(scope, request)
    await update_messages(scope.of_team_id(request.team_id), request, found)
    detail = {"team": request.team_id, "revision": request.revision, "deciders": sorted(found.deciders)}
    await tx.audit.record(at=at, actor_id=None, action="reroute request", subject=request.document, detail=detail)
