"""The slash command: the standing of this channel's team, one's own use, help, and requests."""

import difflib
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp

from bot.messages import Message
from bot.periods import hour_of
from bot.refusals import Refusal
from bot.requests.asking.typed_asks import parse_request
from bot.text import first_word
from bot.views.books import standings as views
from bot.views.charts import without_chart
from bot.views.detection.data_gaps import gaps_words
from bot.views.reporting import help as help_views
from handlers.alerting.expectations import expect
from handlers.books.budgets.allocation_forms import show_allocation
from handlers.books.budgets.team_budgets import grant_lines, show_budget
from handlers.books.commitments.credits import credit_command
from handlers.books.commitments.funds import commitment_lines
from handlers.books.commitments.holds import hold_command, release_command
from handlers.books.commitments.transfers import transfer_command
from handlers.books.standings import standing_of, team_here
from handlers.books.statements.showing import show_statement
from handlers.context import Context
from handlers.detection.data_gaps import gaps_of
from handlers.org.alert_settings import show_alert_settings
from handlers.org.setup_forms import show_setup
from handlers.reporting.figures import parts_of, span_at, spenders_of
from handlers.reporting.own_use import me_command
from handlers.reporting.top import show_top
from handlers.requests.asking.request_forms import open_request_form
from handlers.requests.attendance.delegations import delegate_command
from handlers.requests.history import show_history
from handlers.requests.waiting.emergencies import emergency_command
from handlers.requests.waiting.lists import requests_command
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called

GAPS_HOURS = 72
"""A standing shows the data gaps of this many hours."""
_KEY_WORDS = frozenset({"key", "keys", "apikey", "api-key", "token"})


async def show_standing(asked: SlackRequest) -> None:
    """`/tokens`: shows the standing of this channel's team, or of the person's own."""
    context = asked.context
    async with context.store.read() as tx:
        scope = await asked.scope(tx)
        team, refusal = team_here(scope.rulebook, asked)
        if team is None:
            message = refusal or views.no_team_message(list(scope.directory.real_teams), scope.command)
            fallback = None
        else:
            message = await _standing_message(scope.of_team(team), viewer_id=asked.person.id)
            fallback = without_chart(message)
    await asked.reply(message, fallback=fallback)


async def _standing_message(scope: TeamScope, *, viewer_id: int | None = None, shared_by: str | None = None) -> Message:
    """Returns the answer for one person, or for everybody in a channel if there is no viewer."""
    tx, team = scope.tx, scope.team
    standing = await standing_of(scope, viewer_id=viewer_id)
    tools = await parts_of(scope, spenders_of(scope.directory, team), span_at(scope, team, "7d"), "tool")
    waiting = await tx.budget_requests.pending([team.id])
    this_hour = hour_of(scope.at)
    gaps = await gaps_of(tx, team, from_hour=this_hour - GAPS_HOURS, this_hour=this_hour)
    return views.standing_message(
        standing,
        tools=tools,
        command=scope.command,
        pending=len(waiting),
        shared_by=shared_by,
        gaps_note=gaps_words(gaps, zone=standing.zone) if gaps else "",
        grants=[line.words for line in await grant_lines(scope, standing)] if team.kind == "team" else (),
        commitments=await commitment_lines(scope),
    )


async def click_show(asked: SlackRequest) -> None:
    """Shows the standing of the team whose id the button carries."""
    await show_team(asked, asked.id)


async def show_team(asked: SlackRequest, team_id: int) -> None:
    """Shows a team's standing to the person alone, by the same rules as the command."""
    context = asked.context
    async with context.store.read() as tx:
        scope = await asked.scope(tx)
        directory = scope.directory
        team = next((t for t in directory.teams if t.id == team_id), None)
        if team is None:
            raise Refusal("There is no such team any more.")
        in_its_channel = team.is_at(asked.channel_id) and team.mode != "preview"
        if not in_its_channel and not directory.may_see(asked.person.id, team):
            message = views.not_your_team_message(team)
        else:
            message = await _standing_message(scope.of_team(team), viewer_id=asked.person.id)
    await asked.reply(message, fallback=without_chart(message))


async def click_share(asked: SlackRequest) -> None:
    """Shares a standing in the team's own channel."""
    context = asked.context
    async with context.store.read() as tx:
        scope = await asked.scope(tx)
        team = next((t for t in scope.directory.teams if t.id == asked.id), None)
        if team is None or team.channel_id != asked.channel_id or team.channel_state not in ("linked", "unresolved"):
            raise Refusal("A team's figures are shared in its own channel only. Run the command there.")
        message = await _standing_message(scope.of_team(team), shared_by=called(asked.person))
    async with asked.begin() as tx:
        key = f"share:{team.id}:{asked.person.id}:{asked.body['actions'][0].get('action_ts', '')}"
        await tx.outbox.put(message, dedupe_key=key, at=context.now_micros(), to_team_id=team.id)
    context.wake_outbox.set()
    await asked.ack()


async def show_help(asked: SlackRequest) -> None:
    await asked.reply(help_views.help_message(asked.context.settings.command, unknown=None, suggestion=None))


async def ask(asked: SlackRequest) -> None:
    """`/tokens request [amount] [team:name] [why]`: opens the form, prefilled with what was typed. With `emergency` before
    an amount it grants it at once."""
    _, rest = first_word(asked.text)
    word, typed_amount = first_word(rest)
    if word.casefold() == "emergency" and (not typed_amount or typed_amount[0] in "$0123456789"):
        await emergency_command(asked, typed_amount)
        return
    typed = parse_request(rest)
    await open_request_form(
        asked,
        amount=typed.amount,
        reason=typed.reason,
        slug=typed.team,
        origin="link" if typed.team else "command",
    )


async def dispatch(asked: SlackRequest) -> None:
    """Runs the typed command; suggests a similar one if it is unknown."""
    word = first_word(asked.text)[0].casefold()
    found = COMMANDS.get(word)
    if found is not None:
        await found(asked)
        return
    command = asked.context.settings.command
    if word in _KEY_WORDS or "api key" in asked.text.casefold():
        await asked.reply(help_views.keys_message(command))
        return
    near = difflib.get_close_matches(word, [name for name in COMMANDS if name], n=1, cutoff=0.6)
    await asked.reply(help_views.help_message(command, unknown=asked.text[:100], suggestion=near[0] if near else None))


COMMANDS: dict[str, Callable[[SlackRequest], Awaitable[None]]] = {
    "": show_standing,
    "me": me_command,
    "top": show_top,
    "help": show_help,
    "request": ask,
    "expect": expect,
    "hold": hold_command,
    "holds": hold_command,
    "release": release_command,
    "transfer": transfer_command,
    "credit": credit_command,
    "budget": show_budget,
    "budgets": show_budget,
    "allocate": show_allocation,
    "requests": requests_command,
    "delegate": delegate_command,
    "delegates": delegate_command,
    "settings": show_alert_settings,
    "setup": show_setup,
    "statement": show_statement,
    "history": show_history,
}


def register(app: AsyncApp, context: Context) -> None:
    app.command(context.settings.command)(answers(context, dispatch))
    app.action(views.SHOW_STANDING)(answers(context, click_show))
    app.action(views.SHARE_STANDING)(answers(context, click_share))
