"""The form and buttons that change a request, and withdraw it."""

from slack_bolt.async_app import AsyncApp

from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.requests.asking.typed_asks import TypedAsk
from bot.requests.budget_requests import BudgetRequest, Ended
from bot.requests.revisions import NotAsSeen
from bot.views.requests import ask_forms as forms
from bot.views.requests import budget_requests as views
from handlers.context import Context
from handlers.requests.asking.ask_forms import Carried, make_form, read_ask, typed_ask, typed_of
from handlers.requests.asking.request_forms import refuse_fields
from handlers.requests.budget_requests import change_request, pending_request, withdraw_request
from handlers.requests.clicks.current_cards import show_current
from handlers.requests.revisions import seen_at_click, seen_in_form
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers


async def open_change_form(asked: SlackRequest) -> None:
    """Opens the form to change a request, with what it is now."""
    seen = seen_at_click(asked)
    try:
        async with asked.context.store.read() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id, locked=False)
            if request.person_id != asked.person.id:
                raise Refusal("Only the person who asked can change a request.")
            form = await _change_form(scope, request, channel=asked.channel_id)
    except Ended as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    await asked.open_form(form)


async def _change_form(
    scope: Scope, request: BudgetRequest, *, channel: str, typed: TypedAsk | None = None, turn: int = 0, note: str = ""
) -> dict[str, object]:
    team = scope.of_team_id(request.team_id)
    carried = Carried(
        team_id=request.team_id,
        channel=channel,
        origin=request.origin or "command",
        origin_ref=request.origin_ref,
        turn=turn,
        request_id=request.id,
        revision=request.revision,
    )
    shown = typed or typed_of(request, team.team, at=scope.at)
    return await make_form(team, [team.team], shown, carried, person_id=request.person_id, note=note, changes=request)


async def submit_change(asked: SlackRequest) -> None:
    """Changes a request. One that changed meanwhile is shown in the form first."""
    context, carried, seen = asked.context, Carried.of(asked), seen_in_form(asked)
    typed = typed_ask(asked, carried)
    asked.answer.shows_form_again = True
    try:
        async with asked.begin() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id)
            ask = await read_ask(scope.of_team_id(request.team_id), typed, carried, person_id=asked.person.id)
            await change_request(scope, seen, ask, by=asked.person.id, channel=carried.channel)
            await tx.request_drafts.remove(asked.person.id)
    except NotAsSeen as refusal:
        async with context.store.read() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id, locked=False)
            form = await _change_form(
                scope,
                request,
                channel=carried.channel,
                typed=typed,
                turn=carried.turn,
                note=refusal.sentence,
            )
        await asked.answer.update_form(form, sentence=refusal.sentence)
        return
    except (FieldRefusal, FieldRefusals) as refusal:
        await refuse_fields(asked, refusal, carried.team_id, typed, carried)
        return
    context.wake_outbox.set()
    await asked.ack()


async def click_withdraw(asked: SlackRequest) -> None:
    """Withdraws a request."""
    seen = seen_at_click(asked)
    try:
        async with asked.begin() as tx:
            await withdraw_request(await asked.scope(tx), seen, by=asked.person.id)
    except (NotAsSeen, Ended) as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    asked.context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.CHANGE_REQUEST)(answers(context, open_change_form))
    app.view(forms.CHANGE_FORM)(answers(context, submit_change))
    app.action(views.WITHDRAW_REQUEST)(answers(context, click_withdraw))
