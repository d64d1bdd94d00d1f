"""A quick check of many teams for due budget alerts. Most teams have none."""

from collections.abc import Sequence

from bot.org.teams import Team
from handlers.alerting.budget_alerts import KINDS, THRESHOLD, has_budget_change
from handlers.alerting.forecast_alerts import FORECAST
from handlers.books.standings import standings_of
from handlers.scope import Scope

_TEAMS = 100
"""The number of teams read into memory at once."""


async def teams_with_budget_changes(scope: Scope, teams: Sequence[Team]) -> set[int]:
    """Returns the ids of the teams for which `judge_budget` would post or change anything."""
    found = set()
    for start in range(0, len(teams), _TEAMS):
        standings = await standings_of(scope, teams[start : start + _TEAMS])
        records = await scope.tx.alerts.of_periods(KINDS, {s.team.id: s.period.name for s in standings})
        for standing in standings:
            lines, forecasts = (records.get((standing.team.id, kind), []) for kind in (THRESHOLD, FORECAST))
            if has_budget_change(standing, lines, forecasts):
                found.add(standing.team.id)
    return found
