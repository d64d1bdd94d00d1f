"""The form that requests budget: opened, filled in and sent."""

import re
from collections.abc import Sequence
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.books.grant_ends import KIND_FIELD
from bot.money import usd
from bot.org.teams import Team
from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.requests.asking.typed_asks import AMOUNT_FIELD, CAP_FIELD, TEAM_FIELD, TypedAsk, with_typed_end
from bot.requests.budget_requests import BudgetRequest, Origin
from bot.views.books.budgets import REQUEST_BUDGET
from bot.views.requests import ask_forms as forms
from handlers.context import Context
from handlers.requests.asking.ask_forms import (
    Carried,
    at_blocks,
    draft_of,
    keep_draft,
    make_form,
    read_ask,
    typed_ask,
    typed_of,
)
from handlers.requests.asking.asked_teams import asked_team, named_team, teams_to_ask_for
from handlers.requests.attendance.absences import await_deciders, look_at_deciders
from handlers.requests.budget_requests import pending_request
from handlers.requests.deciding.approvals import ask_for_budget
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
    slug: str = "",
    origin: Origin = "command",
    origin_ref: str = "",
) -> None:
    """Opens the request form for a team, prefilled; or the form to change the person's pending request for it. `slug`
    names the team in place of its id. A reason that ends with `until friday` fills in the end."""
    typed = TypedAsk(amount=amount, reason=reason) if amount or reason else None
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        named = named_team(scope.directory, asked, slug) if slug else team_id
        teams = teams_to_ask_for(scope.directory, asked, named)
        typed = typed and with_typed_end(typed, today=teams[0].day_of(scope.at))
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
        changes = await changed_request(scope, carried)
        teams = teams_to_ask_for(scope.directory, asked, team_id, carried.channel)
        form = await make_form(
            scope.of_team(teams[0]), teams, typed, carried, person_id=asked.person.id, changes=changes
        )
    await asked.show_form(form, if_unchanged=True)
    if changes is None:
        await keep_draft(asked, teams[0].id, typed)


async def changed_request(scope: Scope, carried: Carried) -> BudgetRequest | None:
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
            team = scope.of_team(asked_team(scope.directory, asked, team_id, channel=carried.channel))
            ask = await read_ask(team, typed, carried, person_id=asked.person.id)
            await ask_for_budget(team, asked.context, ask, person_id=asked.person.id)
            await tx.request_drafts.remove(asked.person.id)
    except DoneBefore:
        raise
    except Exception as error:
        await keep_draft(asked, team_id, typed)
        if not isinstance(error, (FieldRefusal, FieldRefusals)):
            raise
        await refuse_fields(asked, error, team_id, typed, carried)
        return
    asked.context.wake_outbox.set()
    await asked.ack()


async def refuse_fields(
    asked: SlackRequest, error: FieldRefusal | FieldRefusals, team_id: int, typed: TypedAsk, carried: Carried
) -> None:
    """Raises the refusal of a form at its blocks; shows the form with the field that a fault is about, if it lacks it."""
    refusal = at_blocks(carried, error)
    blocks = {block.get("block_id") for block in asked.body["view"].get("blocks") or []}
    if blocks.intersection(refusal.fields):
        raise refusal from error
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        changes = await changed_request(scope, carried)
        teams = teams_to_ask_for(scope.directory, asked, team_id, carried.channel)
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


def register(app: AsyncApp, context: Context) -> None:
    app.action(REQUEST_BUDGET)(answers(context, click_request_budget))
    app.action(_REPORTING)(answers(context, refresh_form))
    for offer in forms.OFFERS:
        app.action(offer)(answers(context, click_offer))
    app.view(forms.REQUEST_FORM)(answers(context, submit_request))
