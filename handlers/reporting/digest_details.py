"""The details of a team's week, which the digest's button opens for one person."""

import re

from slack_bolt.async_app import AsyncApp

from bot.org.teams import Team
from bot.refusals import Refusal
from bot.views.books.standings import not_your_team_message
from bot.views.reporting.digest_details import week_page
from bot.views.reporting.digests import SHOW_WEEK
from handlers.context import Context
from handlers.reporting.digests import build_digest
from handlers.slack.answers import SlackRequest, answers

_VALUE = re.compile(r"w([0-9]{1,6}):([0-9]{1,18})")


async def click_week(asked: SlackRequest) -> None:
    """Opens the details of the week whose Monday and team the button carries, by the rules of the team's standing."""
    match = _VALUE.fullmatch(asked.value)
    if match is None:
        raise Refusal(asked.old_button)
    monday = int(match[1])
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        team = next((one for one in scope.directory.real_teams if one.id == int(match[2])), None)
        if team is None:
            raise Refusal("There is no such team any more.")
        if not _may_see(asked, team, may_see=scope.directory.may_see(asked.person.id, team)):
            raise Refusal(not_your_team_message(team).text)
        view = week_page(await build_digest(scope.of_team(team), monday), command=scope.command)
    await asked.open_form(view)


def _may_see(asked: SlackRequest, team: Team, *, may_see: bool) -> bool:
    """Returns whether a person may see a team's figures: by a role, or in the team's own channel."""
    return may_see or (team.is_at(asked.channel_id) and team.mode != "preview")


def register(app: AsyncApp, context: Context) -> None:
    app.action(SHOW_WEEK)(answers(context, click_week))
