"""Approvals: a decider approves or denies a request once, and the ledger entries follow in the same transaction."""

from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.money import usd
from bot.refusals import Refusal
from bot.requests.approvals import policy_words
from bot.requests.budget_requests import BudgetRequest, Decision, Ended, checked_reason, with_decision
from bot.requests.revisions import NotAsSeen, Seen
from bot.views.requests import budget_requests as views
from bot.views.requests.request_forms import DENY_FORM, REASON_FIELD, deny_form
from handlers.alerting.budget_alerts import budget_raised
from handlers.context import Context
from handlers.requests.budget_requests import audit_request, pending_request
from handlers.requests.cards import shown
from handlers.requests.current_cards import show_current
from handlers.requests.deciders import require_decision_permission
from handlers.requests.endings import end_messages
from handlers.requests.giving import give_budget
from handlers.requests.request_periods import (
    carry_and_show,
    carry_request,
    is_of_another_period,
)
from handlers.requests.revisions import carried, require_as_seen, seen_at_click, seen_in_form
from handlers.requests.routes import find_route, lock_accounts, release_hold
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from storage.store import Transaction


async def decide_request(scope: Scope, context: Context, seen: Seen, decision: Decision, *, by: int) -> BudgetRequest:
    """Approves or denies a request: posts the grant, updates the card, and notifies the asker. Raises Refusal if the
    person may not decide it or it is not pending, and NotAsSeen if it is another than they saw."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    if decision.approve and await _lasts_on(tx, seen, decision):
        await tx.config.lock()  # a budget that grows from now on changes the configuration, whose lock comes first
    request = await pending_request(tx, seen.request_id)
    team_scope = scope.of_team_id(request.team_id)
    await lock_accounts(team_scope, request.period, givers=[request.giver_id])
    await require_as_seen(team_scope, request, seen)
    if is_of_another_period(scope, request):  # a card of an earlier version, which names no revision
        request, _ = await carry_request(team_scope, request)
    decided_for = await require_decision_permission(scope, request, by=by)
    ended = with_decision(request, decision, by=by, at=at, decided_for=decided_for)
    await release_hold(tx, request, by=by, at=at)
    if decision.approve:
        payer_id = request.payer_id
        if ended.given_nanos != request.held_nanos and request.ask.moves_budget:
            ask = replace(request.ask, amount_nanos=ended.given_nanos)
            found = await find_route(team_scope, ask, person_id=request.person_id)
            payer_id = found.payer.id if found.payer else None
            if payer_id is None and not {by, decided_for} & directory.finance:
                raise Refusal("Nobody above this team has that much left, so finance decides about this request.")
        ended, team_scope = await give_budget(team_scope, context, ended, payer_id=payer_id, by=by)
    await tx.budget_requests.save(ended)
    if decision.approve:
        because = f"{called(await tx.people.by_id(by))} approved {usd(ended.given_nanos)} more."
        await budget_raised(team_scope, because=because)
    action, policy = "approve request" if decision.approve else "deny request", policy_words(scope.rulebook.approvals)
    await audit_request(tx, action, ended, actor_id=by, at=at, policy=policy)
    await end_messages(team_scope, ended)
    return ended


async def _lasts_on(tx: Transaction, seen: Seen, decision: Decision) -> bool:
    if decision.end is not None:
        return decision.end.kind == "open"
    return (await pending_request(tx, seen.request_id, locked=False)).end_kind == "open"


async def click_approve(asked: SlackRequest) -> None:
    """Approves a request. The decision is committed before Slack gets its answer."""
    context = asked.context
    seen = seen_at_click(asked)
    try:
        async with asked.begin() as tx:
            await decide_request(await asked.scope(tx), context, seen, Decision(approve=True), by=asked.person.id)
    except (NotAsSeen, Ended) as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    context.wake_outbox.set()
    await asked.ack()
    if asked.in_home:
        await asked.refresh_home()


async def open_denial(asked: SlackRequest) -> None:
    """Opens the form for the reason of a denial, for a person who may decide."""
    seen = seen_at_click(asked)
    try:
        async with asked.context.store.read() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id, locked=False)
            await require_as_seen(scope.of_team_id(request.team_id), request, seen)
            await require_decision_permission(scope, request, by=asked.person.id)
            form = await _deny_form(scope, request, channel=asked.channel_id)
    except (NotAsSeen, Ended) as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    await asked.open_form(form)


async def _deny_form(
    scope: Scope, request: BudgetRequest, *, channel: str, reason: str = "", note: str = ""
) -> dict[str, Any]:
    pending = await shown(scope.tx, scope.directory, request)
    return deny_form(pending=pending, metadata=carried(request, channel=channel), reason=reason, note=note)


async def submit_denial(asked: SlackRequest) -> None:
    """Denies a request. Only the asker sees the reason. A request that changed meanwhile is shown in the form first."""
    context = asked.context
    seen, reason = seen_in_form(asked), checked_reason(asked.field(REASON_FIELD))
    try:
        async with asked.begin() as tx:
            decision = Decision(approve=False, reason=reason)
            await decide_request(await asked.scope(tx), context, seen, decision, by=asked.person.id)
    except NotAsSeen as refusal:
        async with context.store.begin() as tx:
            scope = await asked.scope(tx)
            await carry_and_show(scope, seen.request_id)
            request = await pending_request(tx, seen.request_id)
            form = await _deny_form(scope, request, channel="", reason=reason, note=refusal.sentence)
        context.wake_outbox.set()
        await asked.answer.update_form(form, sentence=refusal.sentence)
        return
    context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.APPROVE_REQUEST)(answers(context, click_approve))
    app.action(views.DENY_REQUEST)(answers(context, open_denial))
    app.view(DENY_FORM)(answers(context, submit_denial))
