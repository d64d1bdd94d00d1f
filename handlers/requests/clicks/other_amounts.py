"""Approvals of another amount or end than was asked for."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.books.grant_ends import TypedEnd, parse_end
from bot.money import parse_amount
from bot.org.teams import Team
from bot.periods import date_of, local_day
from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.requests.budget_requests import BudgetRequest, Decision, Ended, RequestEnd
from bot.requests.revisions import NotAsSeen
from bot.views.requests.budget_requests import OTHER_AMOUNT
from bot.views.requests.clicks import other_amounts as views
from handlers.books.granting.grant_ends import end_for, typed_end
from handlers.books.standings import standing_of
from handlers.context import Context
from handlers.requests.budget_requests import pending_request
from handlers.requests.cards import shown
from handlers.requests.clicks.current_cards import show_current
from handlers.requests.deciding.approvals import decide_request
from handlers.requests.deciding.deciders import require_decision_permission
from handlers.requests.request_periods import carry_and_show
from handlers.requests.revisions import carried, require_as_seen, seen_at_click, seen_in_form
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers


async def open_other_amount(asked: SlackRequest) -> None:
    """Opens the form for another amount or end, filled in with what was asked, for a person who may decide."""
    seen = seen_at_click(asked)
    try:
        async with asked.context.store.read() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id, locked=False)
            await require_as_seen(scope.of_team_id(request.team_id), request, seen)
            await require_decision_permission(scope, request, by=asked.person.id)
            form = await _form(scope, request, channel=asked.channel_id)
    except (NotAsSeen, Ended) as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    await asked.open_form(form)


async def submit_other_amount(asked: SlackRequest) -> None:
    """Approves what was typed. A request that changed meanwhile is shown in the form first, with what was typed."""
    context, seen = asked.context, seen_in_form(asked)
    amount, by = _amount(asked), asked.person.id
    try:
        async with asked.begin() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id, locked=False)
            end = _end(scope, scope.directory.by_id(request.team_id), asked, request)
            decision = Decision(approve=True, amount_nanos=amount, end=end)
            try:
                await decide_request(scope, context, seen, decision, by=by)
            except (NotAsSeen, Ended, FieldRefusal, FieldRefusals):
                raise
            except Refusal as refusal:  # shown where the person looks first
                raise FieldRefusal(views.AMOUNT_FIELD, refusal.sentence) from refusal
    except NotAsSeen as refusal:
        async with context.store.begin() as tx:
            scope = await asked.scope(tx)
            await carry_and_show(scope, seen.request_id)
            request = await pending_request(tx, seen.request_id)
            typed = asked.field(views.AMOUNT_FIELD)
            form = await _form(scope, request, amount=typed, end=typed_end(asked), note=refusal.sentence)
        context.wake_outbox.set()
        await asked.answer.update_form(form, sentence=refusal.sentence)
        return
    context.wake_outbox.set()
    await asked.ack()


async def _form(
    scope: Scope,
    request: BudgetRequest,
    *,
    channel: str = "",
    amount: str = "",
    end: TypedEnd | None = None,
    note: str = "",
) -> dict[str, Any]:
    team_scope = scope.of_team_id(request.team_id)
    return views.other_amount_form(
        await shown(scope.tx, scope.directory, request),
        standing=await standing_of(team_scope),
        period=scope.directory.organisation.period,
        end=end or _asked_end(team_scope.team, request),
        metadata=carried(request, channel=channel),
        amount=amount,
        note=note,
    )


def _asked_end(team: Team, request: BudgetRequest) -> TypedEnd:
    """Returns the asked end as the form's fields show it."""
    day = ""
    if request.ends_at is not None:
        day = date_of(local_day(request.ends_at - 1, team.zone_on(request.created_at))).isoformat()
    return TypedEnd(kind=request.end_kind, day=day)


def _end(scope: Scope, team: Team, asked: SlackRequest, request: BudgetRequest) -> RequestEnd:
    """Returns the chosen end. Raises FieldRefusal for an end that is not there."""
    offered = views.offered_ends(request)
    choice = parse_end(typed_end(asked), offered=offered)
    end = end_for(scope, team, choice)
    if end is None:
        return RequestEnd(kind="open")
    return RequestEnd() if choice.kind == "period" else RequestEnd(kind="date", at=end.at)


def _amount(asked: SlackRequest) -> int:
    try:
        return parse_amount(asked.field(views.AMOUNT_FIELD))
    except Refusal as refusal:
        raise FieldRefusal(views.AMOUNT_FIELD, refusal.sentence) from refusal


def register(app: AsyncApp, context: Context) -> None:
    app.action(OTHER_AMOUNT)(answers(context, open_other_amount))
    app.view(views.OTHER_AMOUNT_FORM)(answers(context, submit_other_amount))
