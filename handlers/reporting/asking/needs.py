"""What needs an admin: keys that belong to no team, channels that can't be posted to, silent sources, lost messages."""

from bot.messages import Message
from bot.org.attribution import UNATTRIBUTED_DAYS
from bot.views.reporting.asking import needs as views
from handlers.crosschecks.health_alerts import silent_sources
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest

_BROKEN = ("broken", "paused", "unresolved")


async def needs_message(scope: Scope, asked: SlackRequest) -> Message:
    """Returns what needs the admin who asks, who is in no team."""
    return views.needs_message(
        await unassigned_keys(scope),
        broken=[team for team in scope.directory.open_teams if team.channel_state in _BROKEN],
        silent=len(await silent_sources(scope.tx, scope.directory)),
        lost=await scope.tx.reports.undelivered(),
        command=scope.command,
    )


async def unassigned_keys(scope: Scope) -> list[views.UnassignedKey]:
    """Returns the keys with usage of no team in the last month that no rule gives to a team now, the dearest first."""
    directory, at = scope.directory, scope.at
    today = directory.root.day_of(at)
    keys = await scope.tx.attribution.unattributed_keys(
        directory.unattributed.id, first_day=today - UNATTRIBUTED_DAYS, end_day=today + 2
    )
    return [
        views.UnassignedKey(series_id=key.series_id, name=key.credential, calls=key.calls, cost_nanos=key.cost_nanos)
        for key in keys
        if key.credential and scope.rulebook.attribution.rule_of(key.credential, at) is None
    ]
