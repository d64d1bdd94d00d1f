"""A team's statement in Slack: its message, and its CSV or its page as a file."""

from slack_bolt.async_app import AsyncApp

from bot.messages import Block, Message
from bot.periods import Period
from bot.refusals import Refusal
from bot.views.books import standings as standing_views
from bot.views.books import statement_messages as views
from bot.views.books.chargeback import chargeback_blocks
from handlers.books.chargeback import chargeback_of
from handlers.books.statements.making import sealed_or_so_far
from handlers.books.statements.periods import beside
from handlers.context import Context
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest, answers


async def statement_answer(scope: TeamScope, period: Period) -> Message:
    """Returns a team's statement of a period, with buttons for its files. Sums must be folded before the snapshot."""
    statement, _ = await sealed_or_so_far(scope, period)
    blocks: list[Block] = []
    if scope.team.kind == "organisation":
        chargeback = await chargeback_of(scope, period)
        blocks = chargeback_blocks(chargeback.rows, note=chargeback.words)
    return views.statement_message(
        statement,
        chargeback=blocks,
        account_id=await scope.tx.statements.account_id(scope.team.id, period.name),
        command=scope.command,
        beside=await beside(scope, period),
    )


async def click_csv(asked: SlackRequest) -> None:
    await _send(asked, "csv")


async def click_pdf(asked: SlackRequest) -> None:
    await _send(asked, "pdf")


async def _send(asked: SlackRequest, kind: str) -> None:
    """Sends the person a file as a direct message, through the outbox."""
    await asked.context.store.fold_totals()
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        place = await tx.statements.place(asked.id)
        team = None if place is None else next((t for t in scope.directory.teams if t.id == place[0]), None)
        if place is None or team is None:
            raise Refusal("There is no such team any more.")
        in_its_channel = team.is_at(asked.channel_id) and team.mode != "preview"
        if not in_its_channel and not scope.directory.may_see(asked.person.id, team):
            raise Refusal(standing_views.not_your_team_message(team).text)
        organisation = scope.directory.organisation
        period = organisation.calendar.named(place[1])
        statement, sheet = await sealed_or_so_far(scope.of_team(team), period)
    message = views.file_message(statement, sheet=sheet, organisation=organisation.name, kind=kind)
    clicked = str(asked.body["actions"][0].get("action_ts", ""))
    async with asked.begin() as tx:
        key = f"statement:{asked.id}:{kind}:{asked.person.id}:{clicked}"
        await tx.outbox.put(message, dedupe_key=key, at=scope.at, to_person_id=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.reply(views.sent_message(kind))


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.STATEMENT_CSV)(answers(context, click_csv))
    app.action(views.STATEMENT_PDF)(answers(context, click_pdf))
