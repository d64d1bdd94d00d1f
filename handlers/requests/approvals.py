"""Approvals: a decider approves or denies a request once, and the ledger entries follow in the same transaction."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.money import usd
from bot.refusals import Refusal
from bot.requests.approvals import policy_words
from bot.requests.budget_requests import BudgetRequest, Ended, checked_reason, grant_entries, with_decision
from bot.requests.revisions import NotAsSeen, Seen
from bot.views.requests import budget_requests as views
from bot.views.requests.request_forms import DENY_FORM, REASON_FIELD, deny_form
from handlers.alerting.budget_alerts import budget_raised
from handlers.books.standings import standing_of
from handlers.context import Context
from handlers.requests.budget_requests import (
    audit_request,
    card_key,
    find_route,
    lock_accounts,
    pending_request,
    release_hold,
    shown,
)
from handlers.requests.current_cards import show_current
from handlers.requests.deciders import require_decision_permission
from handlers.requests.request_periods import (
    carry_and_show,
    carry_request,
    is_of_another_period,
)
from handlers.requests.revisions import carried, require_as_seen, seen_at_click, seen_in_form
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called


async def decide_request(scope: Scope, seen: Seen, *, approve: bool, by: int, reason: str = "") -> BudgetRequest:
    """Approves or denies a request: posts the grant level by level, updates the card, and notifies the asker. Raises
    Refusal if the person may not decide it or it is not pending, and NotAsSeen if it is another than they saw."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    request = await pending_request(tx, seen.request_id)
    team_scope = scope.of_team_id(request.team_id)
    team = team_scope.team
    await lock_accounts(team_scope, request.period)
    await require_as_seen(team_scope, request, seen)
    if is_of_another_period(scope, request):  # a card of an earlier version, which names no revision
        request, _ = await carry_request(team_scope, request)
    await require_decision_permission(scope, request, by=by)
    ended = with_decision(request, approve=approve, by=by, at=at, reason=reason)
    await tx.budget_requests.save(ended)
    await release_hold(tx, request, by=by, at=at)
    if approve:
        payer_id = request.payer_id
        if payer_id is None:
            found = await find_route(team_scope, person_id=request.person_id, amount_nanos=request.amount_nanos)
            payer_id = found.payer.id if found.payer else None
            if payer_id is None and by not in directory.finance:
                raise Refusal("Nobody above this team has that much left, so finance decides about this request.")
        entries = grant_entries(request, directory=directory, team=team, payer_id=payer_id, by=by, at=at)
        await tx.ledger.post(entries, at=at)
    pending = await shown(tx, directory, ended)
    standing = await standing_of(team_scope)
    decider = await tx.people.by_id(by)
    mention = called(decider)
    if approve:
        because = f"{mention} approved {usd(ended.amount_nanos)} more."
        await budget_raised(team_scope, because=because)
    action, policy = "approve request" if approve else "deny request", policy_words(scope.rulebook.approvals)
    await audit_request(tx, action, ended, actor_id=by, at=at, policy=policy)
    card = views.decided_card(pending, decided_by_mention=mention, standing=standing)
    await tx.outbox.change(card_key(ended.id), card, at=at, is_over=True)
    verdict = views.verdict_message(
        pending=pending, decided_by_mention=mention, standing=standing, command=scope.command
    )
    await tx.outbox.put(verdict, dedupe_key=f"verdict:{ended.id}", at=at, to_person_id=ended.person_id)
    return ended


async def click_approve(asked: SlackRequest) -> None:
    """Approves a request. The decision is committed before Slack gets its answer."""
    context = asked.context
    seen = seen_at_click(asked)
    try:
        async with asked.begin() as tx:
            await decide_request(await asked.scope(tx), seen, approve=True, by=asked.person.id)
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
            await decide_request(await asked.scope(tx), seen, approve=False, by=asked.person.id, reason=reason)
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
