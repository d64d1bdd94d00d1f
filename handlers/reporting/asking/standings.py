"""The standing of a team, its budget and its requests, for whoever asks; and the standing shared in its channel."""

from slack_bolt.async_app import AsyncApp

from bot.messages import Message
from bot.periods import hour_of
from bot.refusals import Refusal
from bot.reporting.questions import Question
from bot.views.books import standings as views
from bot.views.charts import without_chart
from bot.views.detection.data_gaps import gaps_words
from handlers.books.budgets.team_budgets import grant_lines, team_budget
from handlers.books.commitments.funds import commitment_lines
from handlers.books.standings import standing_of
from handlers.context import Context
from handlers.detection.data_gaps import gaps_of
from handlers.reporting.asking import spends
from handlers.reporting.figures import parts_of, span_at, spenders_of
from handlers.requests.askers import may_ask
from handlers.requests.history import history_of
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called

GAPS_HOURS = 72
"""A standing shows the data gaps of this many hours."""


async def answer(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns how a team stands now, or what it spent in the asked days or on the asked part."""
    if question.span is not None or question.parts:
        return await spends.answer(scope, asked, question)
    return await standing_answer(scope, asked)


async def standing_answer(scope: TeamScope, asked: SlackRequest | None, *, shared_by: str | None = None) -> Message:
    """Returns a standing for the person who asks, or for everybody in the team's channel if nobody does."""
    tx, team = scope.tx, scope.team
    standing = await standing_of(scope, viewer_id=None if asked is None else asked.person.id)
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
        may_request=asked is None
        or may_ask(scope.directory, team, person_id=asked.person.id, channel=asked.channel_id),
        may_share=asked is not None and _is_shared_in(asked, scope),
        gaps_note=gaps_words(gaps, zone=standing.zone) if gaps else "",
        grants=[line.words for line in await grant_lines(scope, standing)] if team.kind == "team" else (),
        commitments=await commitment_lines(scope),
    )


def _is_shared_in(asked: SlackRequest, scope: TeamScope) -> bool:
    """Returns whether a person asks in the team's own channel, where its standing may be shared."""
    here = scope.directory.open_at(asked.channel_id)
    return here is not None and here.id == scope.team.id and here.mode != "preview"


async def answer_budget(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns a team's budget with its teams; of an earlier period, what was spent of it."""
    if question.span is not None:
        return await spends.answer(scope, asked, question)
    return await team_budget(scope, person_id=asked.person.id)


async def answer_history(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns the budget requests of a team; the company has none, so finance gets its own."""
    if question.span is not None:
        raise Refusal(
            f"The history shows the newest requests first, of any day. Type `{scope.command} history` and page back."
        )
    team = scope.team if scope.team.kind == "team" else None
    return await history_of(scope, team=team, person_id=asked.person.id)


async def own_history(scope: Scope, asked: SlackRequest) -> Message:
    return await history_of(scope, team=None, person_id=asked.person.id)


async def click_show(asked: SlackRequest) -> None:
    """Shows the standing of the team whose id the button carries."""
    await show_team(asked, asked.id)


async def show_team(asked: SlackRequest, team_id: int) -> None:
    """Shows a team's standing to the person alone, by the same rules as the command."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        directory = scope.directory
        team = next((t for t in directory.teams if t.id == team_id), None)
        if team is None:
            raise Refusal("There is no such team any more.")
        in_its_channel = team.is_at(asked.channel_id) and team.mode != "preview"
        if not in_its_channel and not directory.may_see(asked.person.id, team):
            message = views.not_your_team_message(team)
        else:
            message = await standing_answer(scope.of_team(team), asked)
    await asked.reply(message, fallback=without_chart(message))


async def click_share(asked: SlackRequest) -> None:
    """Shares a standing in the team's own channel."""
    context = asked.context
    async with context.store.read() as tx:
        scope = await asked.scope(tx)
        team = next((t for t in scope.directory.teams if t.id == asked.id), None)
        if team is None or not _is_shared_in(asked, scope.of_team(team)):
            raise Refusal("A team's figures are shared in its own channel only. Run the command there.")
        message = await standing_answer(scope.of_team(team), None, shared_by=called(asked.person))
    async with asked.begin() as tx:
        key = f"share:{team.id}:{asked.person.id}:{asked.body['actions'][0].get('action_ts', '')}"
        await tx.outbox.put(message, dedupe_key=key, at=context.now_micros(), to_team_id=team.id)
    context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.SHOW_STANDING)(answers(context, click_show))
    app.action(views.SHARE_STANDING)(answers(context, click_share))
