"""Absences at the ask: Slack is asked whether the people who would decide are away, while the form is filled in."""

import asyncio

import structlog

from bot.org.teams import Directory, Team
from handlers.context import Context
from handlers.slack.reachability import check_people

log = structlog.get_logger()

_MOST_ASKED = 10
_PATIENCE = 0.25
"""The part of the time for an answer that a submitted form waits for Slack to say who is away."""


def look_at_deciders(context: Context, directory: Directory, team: Team) -> asyncio.Task[None]:
    """Begins to ask Slack about the people who may decide for a team, unless that is under way. Their last status counts
    until the answer is there; a request is rerouted if they turn out to be away."""
    key = f"deciders:{team.id}"
    known = context.lookups.get(key)
    if known is None:
        known = context.lookups[key] = asyncio.create_task(_look(context, _may_decide(directory, team)))
        known.add_done_callback(lambda _: context.lookups.pop(key, None))
    return known


async def await_deciders(context: Context, team_id: int) -> None:
    """Waits a moment for Slack to say who is away, so that a new request goes to those who are there."""
    directory = (await context.rulebooks.cached()).directory
    team = next((one for one in directory.real_teams if one.id == team_id), None)
    if team is not None:
        patience = context.settings.slack_answer_seconds * _PATIENCE
        await asyncio.wait({look_at_deciders(context, directory, team)}, timeout=patience)


def _may_decide(directory: Directory, team: Team) -> frozenset[int]:
    chain = (team, *directory.ancestors(team))
    return directory.finance.union(*(directory.people_with("manager", one) for one in chain))


async def _look(context: Context, people: frozenset[int]) -> None:
    try:
        await check_people(context, limit=_MOST_ASKED, among=people)
    except Exception as error:  # noqa: BLE001  # the sweep of all people reports what lasts; a form goes on without
        log.warning("deciders not looked up", error=repr(error))
