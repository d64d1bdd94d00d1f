"""Figures for people, from the rollups: sums by any part of a series, over days or hours."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import func, select

from storage.outbox import GIVEN_UP, IN_PREVIEW
from storage.sums import nano_sums, whole
from storage.tables.intake import usage_days, usage_hours, usage_series
from storage.tables.org import people
from storage.tables.outbox import outbox
from storage.transaction import OpenTransaction

Dimension = Literal["tool", "model", "workflow", "credential", "basis"]


class UsageSum(NamedTuple):
    """The calls, tokens and nano-dollars of one part."""

    calls: int
    tokens: int
    cost_nanos: int
    notional_nanos: int


NO_USAGE = UsageSum(0, 0, 0, 0)
_TOKENS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


class Reports:
    """The reports within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def by_day(self, team_ids: Iterable[int], *, first_day: int, end_day: int) -> dict[tuple[int, int], int]:
        """Returns nano-dollars by (team, day)."""
        rows = await self._connection.execute(
            select(usage_days.c.team_id, usage_days.c.local_day, *nano_sums(usage_days.c.cost_nanos))
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_days.c.team_id, usage_days.c.local_day)
        )
        return {(int(team), int(day)): whole(dollars, rest) for team, day, dollars, rest in rows}

    async def first_day(self, team_id: int) -> int | None:
        """Returns the day of a team's first usage."""
        found = await self._connection.execute(
            select(func.min(usage_days.c.local_day)).where(usage_days.c.team_id == team_id, usage_days.c.calls != 0)
        )
        day = found.scalar()
        return None if day is None else int(day)

    async def by_part(
        self,
        part: Dimension,
        *,
        first_day: int,
        end_day: int,
        team_ids: Sequence[int] | None = None,
        person_ids: Sequence[int] | None = None,
    ) -> dict[str, UsageSum]:
        """Returns sums by a part of the series over days, of teams or of one person. Parts that adjusting rows emptied
        are left out.
        """
        tokens = sum((usage_days.c[name] for name in _TOKENS[1:]), usage_days.c[_TOKENS[0]])
        query = (
            select(
                usage_series.c[part],
                func.sum(usage_days.c.calls),
                func.sum(tokens),
                *nano_sums(usage_days.c.cost_nanos),
                func.sum(usage_days.c.notional_nanos),
            )
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_series.c[part])
        )
        if team_ids is not None:
            query = query.where(usage_days.c.team_id.in_(list(team_ids)))
        if person_ids is not None:
            query = query.where(usage_series.c.person_id.in_(list(person_ids)))
        sums = {
            str(name): UsageSum(int(calls), int(count), whole(dollars, rest), int(notional))
            for name, calls, count, dollars, rest, notional in await self._connection.execute(query)
        }
        return {name: total for name, total in sums.items() if total != NO_USAGE}

    async def by_tool_and_basis(
        self, team_ids: Iterable[int], *, first_day: int, end_day: int
    ) -> list[tuple[str, str, int, int]]:
        """Returns (tool, cost basis, tokens, nano-dollars) of teams."""
        tokens = sum((usage_days.c[name] for name in _TOKENS[1:]), usage_days.c[_TOKENS[0]])
        rows = await self._connection.execute(
            select(usage_series.c.tool, usage_series.c.basis, func.sum(tokens), *nano_sums(usage_days.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_series.c.tool, usage_series.c.basis)
        )
        return [(str(tool), str(basis), int(count), whole(dollars, rest)) for tool, basis, count, dollars, rest in rows]

    async def by_tool_and_day(self, team_id: int, *, first_day: int, end_day: int) -> dict[tuple[str, int], int]:
        """Returns a team's nano-dollars by (tool, day)."""
        rows = await self._connection.execute(
            select(usage_series.c.tool, usage_days.c.local_day, *nano_sums(usage_days.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id == team_id)
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_series.c.tool, usage_days.c.local_day)
        )
        return {(str(tool), int(day)): whole(dollars, rest) for tool, day, dollars, rest in rows}

    async def by_hour(self, team_id: int, *, first_hour: int, end_hour: int) -> dict[int, int]:
        """Returns a team's nano-dollars by UTC hour."""
        rows = await self._connection.execute(
            select(usage_hours.c.hour, *nano_sums(usage_hours.c.cost_nanos))
            .where(usage_hours.c.team_id == team_id)
            .where(usage_hours.c.hour >= first_hour, usage_hours.c.hour < end_hour)
            .group_by(usage_hours.c.hour)
        )
        return {int(hour): whole(dollars, rest) for hour, dollars, rest in rows}

    async def part_by_hour(
        self, part: Dimension, name: str, team_id: int, *, first_hour: int, end_hour: int
    ) -> dict[int, int]:
        """Returns nano-dollars of one of a team's parts by UTC hour."""
        rows = await self._connection.execute(
            select(usage_hours.c.hour, *nano_sums(usage_hours.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_hours.c.series_id)
            .where(usage_hours.c.team_id == team_id, usage_series.c[part] == name)
            .where(usage_hours.c.hour >= first_hour, usage_hours.c.hour < end_hour)
            .group_by(usage_hours.c.hour)
        )
        return {int(hour): whole(dollars, rest) for hour, dollars, rest in rows}

    async def by_part_in_hours(
        self,
        part: Dimension,
        team_id: int,
        *,
        first_hour: int,
        end_hour: int,
        without: Iterable[tuple[Dimension, str]] = (),
    ) -> dict[str, int]:
        """Returns a team's nano-dollars by a part of the series over UTC hours, except the parts in `without`."""
        query = (
            select(usage_series.c[part], *nano_sums(usage_hours.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_hours.c.series_id)
            .where(usage_hours.c.team_id == team_id)
            .where(usage_hours.c.hour >= first_hour, usage_hours.c.hour < end_hour)
            .group_by(usage_series.c[part])
        )
        for other, name in without:
            query = query.where(usage_series.c[other] != name)
        rows = await self._connection.execute(query)
        return {str(name): whole(dollars, rest) for name, dollars, rest in rows}

    async def by_person_in_hours(
        self, team_id: int, *, first_hour: int, end_hour: int, credential: str | None = None
    ) -> dict[int, int]:
        """Returns a team's nano-dollars by person over UTC hours, of one credential or of all; 0 is usage without a
        person.

        Merged people count as one.
        """
        person = func.coalesce(people.c.merged_into, usage_series.c.person_id)
        query = (
            select(person, *nano_sums(usage_hours.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_hours.c.series_id)
            .outerjoin(people, people.c.id == usage_series.c.person_id)
            .where(usage_hours.c.team_id == team_id)
            .where(usage_hours.c.hour >= first_hour, usage_hours.c.hour < end_hour)
            .group_by(person)
        )
        if credential is not None:
            query = query.where(usage_series.c.credential == credential)
        rows = await self._connection.execute(query)
        return {int(person_id): whole(dollars, rest) for person_id, dollars, rest in rows}

    async def undelivered(self) -> int:
        """Returns the messages that were given up."""
        lost = select(func.count()).where(outbox.c.given_up == GIVEN_UP, outbox.c.fault != IN_PREVIEW)
        found = await self._connection.execute(lost)
        return int(found.scalar_one())
