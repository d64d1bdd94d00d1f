"""The details behind the digests of the company and of managers: what the person may see now, for that week."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.org.teams import Team
from bot.periods import week_of
from bot.refusals import Refusal
from bot.reporting.company_digests import CompanyDigest, managed_nodes, shown_nodes
from bot.views.reporting.company_digests import COMPANY_WEEK, MANAGED_WEEK, week_page
from handlers.context import Context
from handlers.reporting.company_digests import count_for, week_of_nodes
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers


async def open_company_week(asked: SlackRequest) -> None:
    """Opens the details of the company's week: for finance with every team, in the company's channel as it is posted there."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        directory, person_id = scope.directory, asked.person.id
        sees_all = person_id in directory.finance or person_id in directory.reachable_finance
        is_here = directory.root.mode != "preview" and directory.root.is_at(asked.channel_id)
        if not sees_all and not is_here:
            raise Refusal("The company's figures are for finance.")
        monday = _asked_week(asked, directory.root)
        view = await _week_view(scope, (directory.root,), monday, person_id=person_id, shows_preview=sees_all)
    await asked.open_form(view)


async def open_managed_week(asked: SlackRequest) -> None:
    """Opens the details of the week of all that the person manages now."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        directory, person_id = scope.directory, asked.person.id
        shows_preview = person_id in directory.finance
        managed = managed_nodes(directory, person_id)
        nodes = managed if shows_preview else shown_nodes(directory, managed)
        if not nodes:
            raise Refusal("You manage no team now, so there are no figures to show.")
        monday = _asked_week(asked, nodes[0])
        view = await _week_view(scope, nodes, monday, person_id=person_id, shows_preview=shows_preview)
    await asked.open_form(view)


async def _week_view(
    scope: Scope, nodes: tuple[Team, ...], monday: int, *, person_id: int, shows_preview: bool
) -> dict[str, Any]:
    report = await week_of_nodes(scope, nodes, monday, shows_preview=shows_preview)
    yours = count_for(scope, report.waiting, person_id)
    return week_page(CompanyDigest(monday=monday, report=report, yours=yours))


def _asked_week(asked: SlackRequest, team: Team) -> int:
    """Returns the week of the button. Refuses a day that is no Monday of a closed week, because no button carries one."""
    monday, today = asked.id, team.day_of(asked.context.now_micros())
    if week_of(monday)[0] != monday or not 0 < monday <= today:
        raise Refusal(asked.old_button)
    return monday


def register(app: AsyncApp, context: Context) -> None:
    app.action(COMPANY_WEEK)(answers(context, open_company_week))
    app.action(MANAGED_WEEK)(answers(context, open_managed_week))
