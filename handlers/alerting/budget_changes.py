"""Of which teams a budget has something to say: asked of many at once, as of hardly any it has."""

from collections.abc import Sequence

from bot.org.teams import Team
from handlers.alerting.budget_alerts import FORECAST, KINDS, THRESHOLD, has_budget_change
from handlers.books.standings import standings_of
from handlers.scope import Scope

_TEAMS = 100
"""So many stand in memory at once."""


async def teams_with_budget_changes(scope: Scope, teams: Sequence[Team]) -> set[int]:
    """The teams of which `judge_budget` would say or change anything, as things stand in this snapshot."""
    found = set()
    for start in range(0, len(teams), _TEAMS):
        standings = await standings_of(scope.tx, scope.directory, teams[start : start + _TEAMS], now=scope.now)
        records = await scope.tx.alerts.of_periods(KINDS, {s.team.id: s.period.name for s in standings})
        for standing in standings:
            lines, forecasts = (records.get((standing.team.id, kind), []) for kind in (THRESHOLD, FORECAST))
            if has_budget_change(standing, lines, forecasts):
                found.add(standing.team.id)
    return found
