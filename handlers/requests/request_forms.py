"""The forms and buttons that request budget, change a request and withdraw it."""

import json
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.money import parse_amount
from bot.org.teams import Directory, Team
from bot.refusals import FieldRefusal, Refusal
from bot.requests.budget_requests import Ask, BudgetRequest, Ended, checked_reason
from bot.requests.revisions import NotAsSeen
from bot.views.blocks import name
from bot.views.books.budgets import REQUEST_BUDGET
from bot.views.requests import budget_requests as views
from bot.views.requests import request_forms as forms
from handlers.books.standings import standing_of, standings_of
from handlers.context import Context
from handlers.requests.askers import require_may_ask
from handlers.requests.budget_requests import change_request, create_request, pending_request, withdraw_request
from handlers.requests.current_cards import show_current
from handlers.requests.revisions import carried, seen_at_click, seen_in_form
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers


async def open_request_form(
    asked: SlackRequest, team_id: int | None = None, *, amount: str = "", reason: str = ""
) -> None:
    """Opens the request form for a team, prefilled; or the form to change the person's pending request for it."""
    context = asked.context
    async with context.store.read() as tx:
        scope = await asked.scope(tx)
        teams = _teams_to_ask_for(scope.directory, asked, team_id)
        chosen = teams[0]
        waiting = await tx.budget_requests.pending_of(person_id=asked.person.id, team_id=chosen.id)
        if waiting is not None:
            form = await _change_form(
                scope, waiting, channel=asked.channel_id, already=True, amount=amount, reason=reason
            )
        else:
            standings = await standings_of(scope, teams)
            metadata = json.dumps({"channel": asked.channel_id, "team": chosen.id})
            form = forms.request_form(
                teams=[(s.team, s.balance) for s in standings],
                chosen=chosen,
                amount=amount,
                reason=reason,
                metadata=metadata,
            )
    await asked.open_form(form)


def _teams_to_ask_for(directory: Directory, asked: SlackRequest, team_id: int | None) -> list[Team]:
    """Returns the teams in mode govern to choose from: the given one, the channel's, then the person's own. Raises
    Refusal if there are none, or if the given one is not for this person."""
    listed = [] if team_id is None else [_team(directory, asked, team_id, channel=asked.channel_id)]
    channel_team = directory.open_at(asked.channel_id)
    listed += [channel_team] if channel_team else []
    listed += directory.teams_of(asked.person.id)
    unique = list(dict.fromkeys(t for t in listed if t.kind == "team"))
    governed = [t for t in unique if t.mode == "govern"]
    if not unique:
        raise Refusal(
            "You are in no team that has a budget here, and this channel belongs to none. "
            "Ask in your team's channel, or ask whoever keeps teams.yml to add you."
        )
    if not governed:
        modes = ", ".join(f"{name(t.name)} is in mode {t.mode}" for t in unique[:3])
        raise Refusal(f"There is nothing to ask for yet: {modes}, so budgets have no consequences.")
    return governed


async def click_request_budget(asked: SlackRequest) -> None:
    """Opens the form for the team whose id the button carries."""
    await open_request_form(asked, asked.id)


async def submit_request(asked: SlackRequest) -> None:
    """Checks the form, stores the request and posts its card before Slack gets its answer."""
    context = asked.context
    amount_nanos = _amount(asked)
    reason = checked_reason(asked.field(forms.REASON_FIELD))
    chosen = asked.field(forms.TEAM_FIELD)
    team_id = int(chosen) if chosen.isdigit() else asked.carried_id("team")
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        team = _team(scope.directory, asked, team_id, channel=_channel(asked))
        ask = Ask(amount_nanos=amount_nanos, reason=reason)
        await create_request(scope.of_team(team), ask, person_id=asked.person.id)
    context.wake_outbox.set()
    await asked.ack()


def _team(directory: Directory, asked: SlackRequest, team_id: int, *, channel: str) -> Team:
    """Returns the team of a submitted form. Raises Refusal unless the form may offer it to this person."""
    team = next((t for t in directory.real_teams if t.id == team_id), None)
    if team is None:
        raise Refusal("There is no such team any more.")
    require_may_ask(directory, team, person_id=asked.person.id, channel=channel)
    return team


async def open_change_form(asked: SlackRequest) -> None:
    """Opens the form to change a request, with what it is now."""
    seen = seen_at_click(asked)
    try:
        async with asked.context.store.read() as tx:
            request = await pending_request(tx, seen.request_id, locked=False)
            if request.person_id != asked.person.id:
                raise Refusal("Only the person who asked can change a request.")
            form = await _change_form(await asked.scope(tx), request, channel=asked.channel_id, already=False)
    except Ended as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    await asked.open_form(form)


async def _change_form(
    scope: Scope,
    request: BudgetRequest,
    *,
    channel: str,
    already: bool,
    amount: str = "",
    reason: str = "",
    note: str = "",
) -> dict[str, Any]:
    team = scope.directory.by_id(request.team_id)
    standing = await standing_of(scope.of_team(team))
    return forms.change_form(
        request=request,
        team=team,
        balance=standing.balance,
        metadata=carried(request, channel=channel),
        already=already,
        amount=amount,
        reason=reason,
        note=note,
    )


async def submit_change(asked: SlackRequest) -> None:
    """Changes a request. One that changed meanwhile is shown in the form first."""
    context = asked.context
    amount_nanos = _amount(asked)
    reason = checked_reason(asked.field(forms.REASON_FIELD))
    seen, channel = seen_in_form(asked), _channel(asked)
    try:
        async with asked.begin() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id)
            ask = replace(request.ask, amount_nanos=amount_nanos, reason=reason)
            await change_request(scope, seen, ask, by=asked.person.id, channel=channel)
    except NotAsSeen as refusal:
        async with context.store.read() as tx:
            form = await _change_form(
                await asked.scope(tx),
                await pending_request(tx, seen.request_id, locked=False),
                channel=channel,
                already=False,
                amount=asked.field(forms.AMOUNT_FIELD),
                reason=reason,
                note=refusal.sentence,
            )
        await asked.answer.update_form(form, sentence=refusal.sentence)
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


def _amount(asked: SlackRequest) -> int:
    try:
        return parse_amount(asked.field(forms.AMOUNT_FIELD))
    except Refusal as refusal:
        raise FieldRefusal(forms.AMOUNT_FIELD, refusal.sentence) from refusal


def _channel(asked: SlackRequest) -> str:
    """Returns the channel in which the form was opened."""
    return str(asked.metadata.get("channel") or "")


def register(app: AsyncApp, context: Context) -> None:
    app.action(REQUEST_BUDGET)(answers(context, click_request_budget))
    app.view(forms.REQUEST_FORM)(answers(context, submit_request))
    app.action(views.CHANGE_REQUEST)(answers(context, open_change_form))
    app.view(forms.CHANGE_FORM)(answers(context, submit_change))
    app.action(views.WITHDRAW_REQUEST)(answers(context, click_withdraw))
