"""Approvals: a decider approves or denies a request once, and the ledger entries follow in the same transaction."""

from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.money import usd
from bot.periods import day_start, micros
from bot.refusals import Refusal
from bot.requests.budget_requests import Ask, BudgetRequest, Decision, Ended, checked_reason, with_decision
from bot.requests.policies import stored_policy
from bot.requests.revisions import NotAsSeen, Seen
from bot.views.requests import budget_requests as views
from bot.views.requests.request_forms import DENY_FORM, REASON_FIELD, deny_form
from handlers.alerting.budget_alerts import budget_raised
from handlers.context import Context
from handlers.requests.askers import require_govern_mode, require_open
from handlers.requests.budget_requests import audit_request, create_request, pending_request
from handlers.requests.cards import shown
from handlers.requests.clicks.current_cards import show_current
from handlers.requests.deciding.deciders import require_amount_permission, require_decision_permission
from handlers.requests.deciding.giving import give_budget
from handlers.requests.deciding.policy_changes import require_same_policy
from handlers.requests.deciding.votes import count_vote
from handlers.requests.endings import end_messages, policy_or_people
from handlers.requests.request_periods import (
    carry_and_show,
    carry_request,
    is_of_another_period,
)
from handlers.requests.revisions import carried, require_as_seen, seen_at_click, seen_in_form
from handlers.requests.routes import find_route, lock_accounts, policy_in_force, release_hold
from handlers.requests.waiting.lists import place_in_list, refresh_below, refresh_list
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from storage.store import Transaction


async def ask_for_budget(scope: TeamScope, context: Context, ask: Ask, *, person_id: int) -> BudgetRequest:
    """Stores a request. If a line of the policy approves it by itself, it is decided at once; else its deciders get it."""
    if ask.end.kind == "open":
        await scope.tx.config.lock()
    request = await create_request(scope, ask, person_id=person_id, allows_auto=True)
    stored = stored_policy(request.policy)
    if stored is None or stored.rule.auto is None:
        return request
    return await decide_request(
        scope, context, Seen(request_id=request.id, revision=request.revision), Decision(approve=True), by=None
    )


async def decide_request(
    scope: Scope, context: Context, seen: Seen, decision: Decision, *, by: int | None
) -> BudgetRequest:
    """Approves or denies a request: posts the grant, updates the card, and notifies the asker. Where several people
    approve, a click is a vote, and the request stays pending until the last one. Without `by` the policy decides.

    Raises Refusal if the person may not decide it or it is not pending, and NotAsSeen if it is another than they saw.
    """
    tx, directory, at = scope.tx, scope.directory, scope.at
    if decision.approve and await _lasts_on(tx, seen, decision):
        await tx.config.lock()  # a budget that grows from now on changes the configuration, whose lock comes first
    request = await pending_request(tx, seen.request_id)
    team_scope = scope.of_team_id(request.team_id)
    if decision.approve:
        require_govern_mode(team_scope.team)
        require_open(directory, team_scope.team)
    await lock_accounts(team_scope, request.period, givers=[request.giver_id])
    decided_for = None
    if by is not None:
        await require_as_seen(team_scope, request, seen)
        if is_of_another_period(scope, request):  # a card of an earlier version, which names no revision
            request, _ = await carry_request(team_scope, request)
        permission = await require_decision_permission(scope, request, by=by, approve=decision.approve)
        await require_same_policy(team_scope, request)
        route, decided_for = permission.route, permission.decided_for
        amended = _is_amended(request, decision)
        if decision.approve and not amended and route.needed > 1:
            if not await count_vote(team_scope, request, permission, by=by):
                return request
        elif amended and route.needed > 1:
            await require_amount_permission(team_scope, request, route, by=by)
    ended = with_decision(request, decision, by=by, at=at, decided_for=decided_for)
    await release_hold(tx, request, by=by, at=at)
    if decision.approve:
        ended, payer_id = await _paid(team_scope, request, ended, by=by)
        ended, team_scope = await give_budget(team_scope, context, ended, payer_id=payer_id, by=by)
    await tx.budget_requests.save(ended)
    await _record_decision(team_scope, ended)
    await end_messages(team_scope, ended)
    return ended


def _is_amended(request: BudgetRequest, decision: Decision) -> bool:
    """Returns whether an approval names another amount or end than the asker's."""
    if not decision.approve:
        return False
    is_other = decision.amount_nanos not in (None, request.amount_nanos)
    return is_other or decision.end not in (None, request.ask.end)


async def _paid(
    scope: TeamScope, request: BudgetRequest, ended: BudgetRequest, *, by: int | None
) -> tuple[BudgetRequest, int | None]:
    """Returns an approved request and who pays what is granted. Raises Refusal if the decider may not grant that much or
    that long, or if nobody can pay it."""
    period_end = micros(
        day_start(scope.directory.period_at(scope.team, scope.at).end_day, scope.team.zone_on(scope.at))
    )
    is_longer = ended.given_end.is_longer_than(request.ask.end, period_end=period_end)
    is_more = ended.given_nanos > request.amount_nanos or is_longer
    is_other = ended.given_nanos != request.amount_nanos or ended.given_end != request.ask.end
    is_unpaid = request.held_nanos == 0 and request.ask.moves_budget
    above = {team.id for team in scope.directory.ancestors(scope.team)}
    is_displaced = request.payer_id is not None and request.payer_id not in {*above, request.giver_id}
    if not is_other and not is_unpaid and not is_displaced:
        return ended, request.payer_id
    ask = replace(request.ask, amount_nanos=ended.given_nanos, end=ended.given_end)
    found = await find_route(scope, ask, person_id=request.person_id, request_id=request.id)
    if is_more and by is not None:
        await require_amount_permission(scope, ended, found, by=by)
        ended = replace(ended, policy=policy_in_force(scope, found))
    payer_id = found.payer.id if found.payer else None
    voted = await scope.tx.votes.of(request)
    approved_by = {by, ended.decided_for, *(v.person_id for v in voted), *(v.for_person_id for v in voted)}
    if payer_id is None and request.ask.moves_budget and not approved_by & scope.directory.finance:
        raise Refusal("Nobody above this team has that much left, so finance decides about this request.")
    return ended, payer_id


async def _record_decision(scope: TeamScope, ended: BudgetRequest) -> None:
    """Judges the budget after a decision, and records who decided what by which line of the policy."""
    tx, facts = scope.tx, dict[str, Any]()
    if ended.state == "approved":
        because = f"{await policy_or_people(scope, ended)} approved {usd(ended.given_nanos)} more."
        await budget_raised(scope, because=because)
        facts |= {"granted_nanos": ended.given_nanos, "granted_end": ended.given_end.kind}
        facts |= {"grant": ended.grant_id} if ended.grant_id is not None else {}
        if votes := await tx.votes.of(ended):
            facts["votes"] = [vote.person_id for vote in votes]
    action = "approve request" if ended.state == "approved" else "deny request"
    await audit_request(tx, action, ended, actor_id=ended.decided_by, at=scope.at, **facts)


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
    await refresh_list(asked)


async def open_denial(asked: SlackRequest) -> None:
    """Opens the form for the reason of a denial, for a person who may decide."""
    seen = seen_at_click(asked)
    try:
        async with asked.context.store.read() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id, locked=False)
            await require_as_seen(scope.of_team_id(request.team_id), request, seen)
            await require_decision_permission(scope, request, by=asked.person.id, approve=False)
            form = await _deny_form(scope, request, channel=asked.channel_id or place_in_list(asked))
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
    await refresh_below(asked)


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.APPROVE_REQUEST)(answers(context, click_approve))
    app.action(views.DENY_REQUEST)(answers(context, open_denial))
    app.view(DENY_FORM)(answers(context, submit_denial))
