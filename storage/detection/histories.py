"""Hourly cost of many teams from the rollups, as sweeps read it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select

from storage import bulk
from storage.bulk import Numbers
from storage.tables.alerting import team_judgements
from storage.tables.crosschecks import source_hours
from storage.tables.intake import sources, team_changes
from storage.transaction import OpenTransaction

_COLUMNS = ("team_id", "hour", "series_id", "cost_nanos")


class TeamChange(NamedTuple):
    """The version of a team's totals and the hours that it changed: see `team_changes_insert`."""

    version: int
    newest_hour: int
    rewrites: int


class SeriesNames(NamedTuple):
    """The tool, model, workflow, credential and person of a series."""

    tool: str
    model: str
    workflow: str
    credential: str
    person_id: int


class Histories:
    """Queries of hourly cost in a transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def changes(self) -> dict[int, TeamChange]:
        """Returns the change of every team that ever had usage, by its id."""
        c = team_changes.c
        rows = await self._connection.execute(select(c.team_id, c.version, c.newest_hour, c.rewrites))
        return {int(team): TeamChange(int(version), int(newest), int(count)) for team, version, newest, count in rows}

    async def judged_at(self) -> dict[int, int]:
        """Returns when each team was last judged, in microseconds, by its id."""
        rows = await self._connection.execute(select(team_judgements.c.team_id, team_judgements.c.judged_at))
        return {int(team): int(at) for team, at in rows}

    async def hours(self, since: Sequence[tuple[int, int]]) -> Numbers:
        """Returns (team, hour, series, nano-dollars) as columns, of each (team, first hour)."""
        return await bulk.numbers_since(self._connection, "usage_hours", _COLUMNS, ("team_id", "hour"), since)

    async def series(self, ids: Iterable[int]) -> dict[int, SeriesNames]:
        """Returns the names of series by their ids."""
        columns = ("id", "tool", "model", "workflow", "credential", "person_id")
        rows = await bulk.select(self._connection, "usage_series", columns, ("id",), [(i,) for i in sorted(ids)])
        return {int(row[0]): SeriesNames(*row[1:]) for row in rows}

    async def used_hours(self, *, first_hour: int) -> dict[int, set[int]]:
        """Returns the UTC hours since `first_hour` in which each source had usage, by its id."""
        c = source_hours.c
        known = c.source_id.in_(select(sources.c.id))  # so that each source's hours are found by the key
        rows = await self._connection.execute(select(c.source_id, c.hour).where(known, c.hour >= first_hour))
        found: dict[int, set[int]] = {}
        for source_id, hour in rows:
            found.setdefault(int(source_id), set()).add(int(hour))
        return found
