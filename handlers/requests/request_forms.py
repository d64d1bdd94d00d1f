"""The forms and buttons that request budget, change a request and withdraw it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.books.grant_ends import KIND_FIELD
from bot.money import usd
from bot.org.teams import Directory, Team
from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.requests.budget_requests import BudgetRequest, Ended, Origin
from bot.requests.revisions import NotAsSeen
from bot.requests.typed_asks import AMOUNT_FIELD, CAP_FIELD, TEAM_FIELD, TypedAsk
from bot.views.blocks import name
from bot.views.books.budgets import REQUEST_BUDGET
from bot.views.requests import ask_forms as forms
from bot.views.requests import budget_requests as views
from handlers.context import Context
from handlers.requests.approvals import ask_for_budget
from handlers.requests.ask_forms import (
    Carried,
    at_blocks,
    draft_of,
    keep_draft,
    make_form,
    read_ask,
    typed_ask,
    typed_of,
)
from handlers.requests.askers import require_may_ask
from handlers.requests.attendance.absences import await_deciders, look_at_deciders
from handlers.requests.budget_requests import change_request, pending_request, withdraw_request
from handlers.requests.current_cards import show_current
from handlers.requests.revisions import seen_at_click, seen_in_form
from handlers.scope import Scope
from handlers.slack.answers import DoneBefore, SlackRequest, answers

_KEPT = "What you typed last time is still here."
_REPORTING = re.compile(rf"\A(?:{TEAM_FIELD}|{AMOUNT_FIELD}|{KIND_FIELD}|{CAP_FIELD})\Z")
"""The fields of the form that report each change, by their action ids."""


async def open_request_form(
    asked: SlackRequest,
    team_id: int | None = None,
    *,
    amount: str = "",
    reason: str = "",
    origin: Origin = "command",
    origin_ref: str = "",
) -> None:
    """Opens the request form for a team, prefilled; or the form to change the person's pending request for it."""
    typed = TypedAsk(amount=amount, reason=reason) if amount or reason else None
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        teams = _teams_to_ask_for(scope.directory, asked, team_id)
        carried = Carried(team_id=teams[0].id, channel=asked.channel_id, origin=origin, origin_ref=origin_ref)
        form = await _form_to_open(scope, teams, typed, carried, person_id=asked.person.id)
    look_at_deciders(asked.context, scope.directory, teams[0])
    try:
        await asked.open_form(form)
    except Refusal:
        if typed is not None:
            await keep_draft(asked, carried.team_id, typed)
        raise


async def _form_to_open(
    scope: Scope, teams: Sequence[Team], typed: TypedAsk | None, carried: Carried, *, person_id: int
) -> dict[str, object]:
    chosen, note = scope.of_team(teams[0]), ""
    waiting = await scope.tx.budget_requests.pending_of(person_id=person_id, team_id=chosen.team.id)
    if waiting is not None:
        given = typed or TypedAsk()
        shown = typed_of(waiting, chosen.team, at=scope.at, amount=given.amount, reason=given.reason)
        second = replace(carried, request_id=waiting.id, revision=waiting.revision, is_second=True)
        return await make_form(chosen, teams, shown, second, person_id=person_id, changes=waiting)
    if typed is None and (kept := await draft_of(scope, person_id, chosen.team.id)) is not None:
        typed, note = kept, _KEPT
    return await make_form(chosen, teams, typed, carried, person_id=person_id, note=note)


def _teams_to_ask_for(directory: Directory, asked: SlackRequest, team_id: int | None, channel: str = "") -> list[Team]:
    """Returns the teams in mode govern to choose from: the given one, the channel's, then the person's own. Raises
    Refusal if there are none, or if the given one is not for this person."""
    channel = channel or asked.channel_id
    listed = [] if team_id is None else [_team(directory, asked, team_id, channel=channel)]
    channel_team = directory.open_at(channel)
    listed += [channel_team] if channel_team else []
    listed += directory.teams_of(asked.person.id)
    unique = list(dict.fromkeys(t for t in listed if t.kind == "team"))
    governed = [t for t in unique if t.mode == "govern"]
    if not unique:
        raise Refusal(
            "You are in no team that has a budget here, and this channel belongs to none. "
            "Ask in your team's channel, or ask an admin to add you to a team."
        )
    if not governed:
        modes = ", ".join(f"{name(t.name)} is in mode {t.mode}" for t in unique[:3])
        raise Refusal(f"There is nothing to ask for yet: {modes}, so budgets have no consequences.")
    return governed


def _team(directory: Directory, asked: SlackRequest, team_id: int, *, channel: str) -> Team:
    """Returns the team of a form. Raises Refusal unless the form may offer it to this person."""
    team = next((t for t in directory.real_teams if t.id == team_id), None)
    if team is None:
        raise Refusal("There is no such team any more.")
    require_may_ask(directory, team, person_id=asked.person.id, channel=channel)
    return team


async def click_request_budget(asked: SlackRequest) -> None:
    """Opens the form for the team whose id the button carries."""
    await open_request_form(asked, asked.id, origin="home" if asked.in_home else "button")


async def refresh_form(asked: SlackRequest) -> None:
    """Shows what follows from what is typed and chosen so far. What is typed stays as it is."""
    if asked.body["view"].get("callback_id") in (forms.REQUEST_FORM, forms.CHANGE_FORM):
        carried = Carried.of(asked)
        await _show_again(asked, typed_ask(asked, carried), carried)


async def click_offer(asked: SlackRequest) -> None:
    """Fills in the amount of the clicked button."""
    carried = Carried.of(asked)
    typed = replace(typed_ask(asked, carried), amount=usd(asked.id).removesuffix(".00"))
    await _show_again(asked, typed, replace(carried, turn=carried.turn + 1))


async def _show_again(asked: SlackRequest, typed: TypedAsk, carried: Carried) -> None:
    chosen = asked.field(TEAM_FIELD)
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        team_id = int(chosen) if chosen.isdigit() else carried.team_id
        changes = await _changed_request(scope, carried)
        teams = _teams_to_ask_for(scope.directory, asked, team_id, carried.channel)
        form = await make_form(
            scope.of_team(teams[0]), teams, typed, carried, person_id=asked.person.id, changes=changes
        )
    await asked.show_form(form, if_unchanged=True)
    if changes is None:
        await keep_draft(asked, teams[0].id, typed)


async def _changed_request(scope: Scope, carried: Carried) -> BudgetRequest | None:
    if carried.request_id is None:
        return None
    return await pending_request(scope.tx, carried.request_id, locked=False)


async def submit_request(asked: SlackRequest) -> None:
    """Checks the form, stores the request and posts its card before Slack gets its answer. A form that fails comes back
    with what was typed."""
    asked.answer.shows_form_again = True
    carried = Carried.of(asked)
    typed, chosen = typed_ask(asked, carried), asked.field(TEAM_FIELD)
    team_id = int(chosen) if chosen.isdigit() else carried.team_id
    await await_deciders(asked.context, team_id)
    try:
        async with asked.begin() as tx:
            scope = await asked.scope(tx)
            team = scope.of_team(_team(scope.directory, asked, team_id, channel=carried.channel))
            ask = await read_ask(team, typed, carried, person_id=asked.person.id)
            await ask_for_budget(team, asked.context, ask, person_id=asked.person.id)
            await tx.request_drafts.remove(asked.person.id)
    except DoneBefore:
        raise
    except Exception as error:
        await keep_draft(asked, team_id, typed)
        if not isinstance(error, (FieldRefusal, FieldRefusals)):
            raise
        await _refuse(asked, error, team_id, typed, carried)
        return
    asked.context.wake_outbox.set()
    await asked.ack()


async def _refuse(
    asked: SlackRequest, error: FieldRefusal | FieldRefusals, team_id: int, typed: TypedAsk, carried: Carried
) -> None:
    """Raises the refusal of a form at its blocks; shows the form with the field that a fault is about, if it lacks it."""
    refusal = at_blocks(carried, error)
    blocks = {block.get("block_id") for block in asked.body["view"].get("blocks") or []}
    if blocks.intersection(refusal.fields):
        raise refusal from error
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        changes = await _changed_request(scope, carried)
        teams = _teams_to_ask_for(scope.directory, asked, team_id, carried.channel)
        form = await make_form(
            scope.of_team(teams[0]),
            teams,
            typed,
            carried,
            person_id=asked.person.id,
            note=error.sentence,
            changes=changes,
        )
    await asked.answer.update_form(form, sentence=error.sentence)


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
        await _refuse(asked, refusal, carried.team_id, typed, carried)
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
    if asked.in_home:
        await asked.refresh_home()


def register(app: AsyncApp, context: Context) -> None:
    app.action(REQUEST_BUDGET)(answers(context, click_request_budget))
    app.action(_REPORTING)(answers(context, refresh_form))
    for offer in forms.OFFERS:
        app.action(offer)(answers(context, click_offer))
    app.view(forms.REQUEST_FORM)(answers(context, submit_request))
    app.action(views.CHANGE_REQUEST)(answers(context, open_change_form))
    app.view(forms.CHANGE_FORM)(answers(context, submit_change))
    app.action(views.WITHDRAW_REQUEST)(answers(context, click_withdraw))
