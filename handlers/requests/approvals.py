"""Approvals: a decider approves or denies a request once, and the ledger entries follow in the same transaction."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.money import usd
from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest, checked_reason, grant_entries, with_decision
from bot.views.requests import budget_requests as views
from bot.views.requests.request_forms import DENY_FORM, REASON_FIELD, deny_form
from handlers.alerting.budget_alerts import budget_raised
from handlers.books.standings import standing_of
from handlers.context import Context
from handlers.requests.budget_requests import audit_request, card_key, find_route, pending_request, release_hold, shown
from handlers.requests.deciders import require_decision_permission
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called


async def decide_request(scope: Scope, request_id: int, *, approve: bool, by: int, reason: str = "") -> BudgetRequest:
    """Approves or denies a request: posts the grant level by level, updates the card, and notifies the asker. Raises
    Refusal if the person may not decide it or it is not pending."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    request = await pending_request(tx, request_id)
    team_scope = scope.of_team_id(request.team_id)
    team = team_scope.team
    await require_decision_permission(scope, request, by=by)
    ended = with_decision(request, approve=approve, by=by, at=at, reason=reason)
    await tx.budget_requests.save(ended)
    await release_hold(tx, request, by=by, at=at)
    if approve:
        period = directory.period_at(team, at).name
        if request.period != period:  # it waited into the next period: the grant and its payer belong there
            request = replace(request, period=period, payer_id=None, held_nanos=0)
        payer_id = request.payer_id
        if payer_id is None:
            found = await find_route(team_scope, person_id=request.person_id, amount_nanos=request.amount_nanos)
            payer_id = found.payer.id if found.payer else None
            if payer_id is None and by not in directory.finance:
                raise Refusal("Nobody above this team has that much left, so finance decides about this request.")
        entries = grant_entries(request, directory=directory, team=team, payer_id=payer_id, by=by, at=at)
        await tx.ledger.post(entries, at=at)
    await audit_request(tx, "approve request" if approve else "deny request", ended, actor_id=by, at=at)
    pending = await shown(tx, directory, ended)
    standing = await standing_of(team_scope)
    decider = await tx.people.by_id(by)
    mention = called(decider)
    if approve:
        because = f"{mention} approved {usd(ended.amount_nanos)} more."
        await budget_raised(team_scope, because=because)
    card = views.decided_card(pending, decided_by_mention=mention, standing=standing)
    await tx.outbox.change(card_key(ended.id), card, at=at)
    verdict = views.verdict_message(
        pending=pending, decided_by_mention=mention, standing=standing, command=scope.command
    )
    await tx.outbox.put(verdict, dedupe_key=f"verdict:{ended.id}", at=at, to_person_id=ended.person_id)
    return ended


async def click_approve(asked: SlackRequest) -> None:
    """Approves a request. The decision is committed before Slack gets its answer."""
    context = asked.context
    async with context.store.begin() as tx:
        await decide_request(await asked.scope(tx), asked.id, approve=True, by=asked.person.id)
    context.wake_outbox.set()
    await asked.ack()
    if asked.in_home:
        await asked.context.refresh_home(asked.person)


async def open_denial(asked: SlackRequest) -> None:
    """Opens the form for the reason of a denial, for a person who may decide."""
    context = asked.context
    async with context.store.read() as tx:
        scope = await asked.scope(tx)
        request = await tx.budget_requests.by_id(asked.id)
        if request is None:
            raise Refusal("There is no such request any more.")
        await require_decision_permission(scope, request, by=asked.person.id)
        form = deny_form(pending=await shown(tx, scope.directory, request), metadata=str(request.id))
    await asked.client.views_open(trigger_id=asked.trigger_id, view=form)


async def submit_denial(asked: SlackRequest) -> None:
    """Denies a request. Only the asker sees the reason."""
    context = asked.context
    reason = checked_reason(asked.field(REASON_FIELD))
    async with context.store.begin() as tx:
        request_id = int(asked.body["view"]["private_metadata"])
        await decide_request(await asked.scope(tx), request_id, approve=False, by=asked.person.id, reason=reason)
    context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.APPROVE_REQUEST)(answers(context, click_approve))
    app.action(views.DENY_REQUEST)(answers(context, open_denial))
    app.view(DENY_FORM)(answers(context, submit_denial))
