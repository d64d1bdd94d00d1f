"""The history of budget requests: those of a team, or a person's own, a page at a time."""

from slack_bolt.async_app import AsyncApp

from bot.messages import Message
from bot.org.teams import Team
from bot.refusals import Refusal
from bot.views.requests import history as views
from handlers.context import Context
from handlers.requests.cards import shown
from handlers.requests.endings import policy_or_people
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers


async def history_of(scope: Scope, *, team: Team | None, person_id: int, before_id: int | None = None) -> Message:
    """Returns a page of a team's requests, or of a person's own without a team, older than one of them. It hides the
    reasons of denials."""
    tx, size = scope.tx, views.PAGE_SIZE
    found = await tx.budget_requests.history(
        team_id=None if team is None else team.id,
        person_ids=scope.directory.records_of(person_id),
        before_id=before_id,
        limit=size + 1,
    )
    past = []
    for request in found[:size]:
        decided = request.state in ("approved", "denied")
        by = "the policy"
        if decided and request.decided_by is not None:
            by = await policy_or_people(scope.of_team_id(request.team_id), request)
        past.append(views.PastRequest(pending=await shown(tx, scope.directory, request), decided_by=by))
    name = "" if team is None else team.name
    return views.history_message(past, team_name=name, has_older=len(found) > size, command=scope.command)


async def click_older_of_team(asked: SlackRequest) -> None:
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        request = await tx.budget_requests.by_id(asked.id)
        if request is None:
            raise Refusal("There is no such request any more.")
        team = scope.directory.by_id(request.team_id)
        here = team.is_at(asked.channel_id) and team.mode != "preview"
        if not here and not scope.directory.may_see(asked.person.id, team):
            raise Refusal("You can't see this team's requests.")
        message = await history_of(scope, team=team, person_id=asked.person.id, before_id=request.id)
    await asked.reply(message)


async def click_older_of_mine(asked: SlackRequest) -> None:
    async with asked.context.store.read() as tx:
        message = await history_of(await asked.scope(tx), team=None, person_id=asked.person.id, before_id=asked.id)
    await asked.reply(message)


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.OLDER_OF_TEAM)(answers(context, click_older_of_team))
    app.action(views.OLDER_OF_MINE)(answers(context, click_older_of_mine))
