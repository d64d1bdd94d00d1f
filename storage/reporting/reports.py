"""Figures for people, from the rollups: sums by any part of a series, over days or hours."""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from sqlalchemy import ColumnElement, and_, case, func, literal, literal_column, select

from bot.org.people import UnmatchedPerson
from storage.outbox import GIVEN_UP, IN_PREVIEW
from storage.queries.sums import nano_sums, whole
from storage.reporting.company_days import MANY_TEAMS, CompanyDays
from storage.reporting.day_columns import DaySums, sums_by_code, sums_by_day
from storage.tables.intake import UNPRICED, usage_days, usage_hours, usage_series
from storage.tables.org import people, person_teams, team_roles
from storage.tables.outbox import ENDED_CONDITION, outbox
from storage.transaction import OpenTransaction

Dimension = Literal["tool", "model", "workflow", "credential", "basis"]


UsageSum = DaySums
"""The calls, tokens and nano-dollars of one part."""
NO_USAGE = UsageSum(0, 0, 0, 0)
_SERIES_AT_ONCE = 5_000
_TOKENS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def _tokens() -> ColumnElement[int]:
    """Returns all tokens of a day's row; reasoning tokens are part of the output."""
    return sum((usage_days.c[name] for name in _TOKENS[1:]), usage_days.c[_TOKENS[0]])


class Reports:
    """The reports within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._is_snapshot = transaction.is_snapshot
        self._company = CompanyDays(transaction)

    def is_of_many(self, teams: Collection[object]) -> bool:
        """Returns whether figures of teams come from memory: of many, and in a snapshot, which never rolls back."""
        return self._is_snapshot and len(teams) >= MANY_TEAMS

    async def by_day(self, team_ids: Collection[int], *, first_day: int, end_day: int) -> dict[tuple[int, int], int]:
        """Returns nano-dollars by (team, day)."""
        if self.is_of_many(team_ids):
            teams = await self._company.of_teams(team_ids, first_day=first_day, end_day=end_day)
            return sums_by_day(teams, first_day=first_day, end_day=end_day)
        rows = await self._connection.execute(
            select(usage_days.c.team_id, usage_days.c.local_day, *nano_sums(usage_days.c.cost_nanos))
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_days.c.team_id, usage_days.c.local_day)
        )
        return {(int(team), int(day)): whole(dollars, rest) for team, day, dollars, rest in rows}

    async def first_day_after(self, team_ids: Collection[int], day: int) -> int | None:
        """Returns the day of the first usage of some teams if it is after `day`; None if there was any before, or never
        any."""
        of_teams = select(usage_days.c.local_day).where(
            usage_days.c.team_id.in_(list(team_ids)), usage_days.c.calls != 0
        )
        known = await self._connection.execute(of_teams.where(usage_days.c.local_day <= day).limit(1))
        if known.first() is not None:
            return None
        found = await self._connection.execute(of_teams.order_by(usage_days.c.local_day).limit(1))
        first = found.scalar()
        return None if first is None else int(first)

    async def use_of_people(
        self, person_ids: Sequence[int], *, starts: Sequence[int], end_day: int
    ) -> list[tuple[int, str, str, int, int, int, int, int]]:
        """Returns (first day, tool, model, calls, tokens, nano-dollars, notional nano-dollars, unpriced tokens) of some people,
        summed over the spans that begin on `starts`, ascending; the last one ends before `end_day`.

        It names each day, so that both databases look up a series' days by the whole key instead of reading its team's.
        """
        day = usage_days.c.local_day
        later = [(day >= start, start) for start in reversed(starts[1:])]
        span = case(*later, else_=starts[0]) if later else literal(starts[0])
        here = and_(usage_days.c.team_id == usage_series.c.team_id, usage_days.c.series_id == usage_series.c.id)
        rows = await self._connection.execute(
            select(
                *(span.label("first_day"), usage_series.c.tool, usage_series.c.model),
                *(func.sum(usage_days.c.calls), func.sum(_tokens()), *nano_sums(usage_days.c.cost_nanos)),
                func.sum(usage_days.c.notional_nanos),
                func.sum(case((UNPRICED, _tokens()), else_=0)),
            )
            .join(usage_days, here)
            .where(usage_series.c.person_id.in_(person_ids), day.in_(range(starts[0], end_day)))
            .group_by(literal_column("first_day"), usage_series.c.tool, usage_series.c.model)
        )
        return [
            (int(day), tool, model, int(calls), int(tokens), whole(dollars, rest), int(notional), int(unpriced))
            for day, tool, model, calls, tokens, dollars, rest, notional, unpriced in rows
        ]

    async def by_part(
        self,
        part: Dimension,
        *,
        first_day: int,
        end_day: int,
        team_ids: Sequence[int],
    ) -> dict[str, UsageSum]:
        """Returns teams' sums by a part of the series over days. Parts that adjusting rows emptied are left out."""
        sums = await self.by_parts((part,), team_ids=team_ids, first_day=first_day, end_day=end_day)
        return {name: total for (name,), total in sums.items()}

    async def by_parts(
        self, parts: tuple[Dimension, ...], *, first_day: int, end_day: int, team_ids: Sequence[int]
    ) -> dict[tuple[str, ...], UsageSum]:
        """Returns teams' sums by several parts of the series over days, such as tool and basis. Sums that adjusting rows
        emptied are left out."""
        if self.is_of_many(team_ids):
            company = await self._company_parts(parts, team_ids, first_day=first_day, end_day=end_day)
            return {names: total for names, total in company.items() if total != NO_USAGE}
        named = [usage_series.c[part] for part in parts]
        query = (
            select(
                *named,
                func.sum(usage_days.c.calls),
                func.sum(_tokens()),
                *nano_sums(usage_days.c.cost_nanos),
                func.sum(usage_days.c.notional_nanos),
            )
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(*named)
        )
        sums = {
            tuple(map(str, names)): UsageSum(int(calls), int(count), whole(dollars, rest), int(notional))
            for *names, calls, count, dollars, rest, notional in await self._connection.execute(query)
        }
        return {names: total for names, total in sums.items() if total != NO_USAGE}

    async def part_names(self, team_ids: Collection[int]) -> list[tuple[str, str, str, str]]:
        """Returns the distinct (tool, model, workflow, credential) of teams' usage at any time."""
        c = usage_series.c
        names = select(c.tool, c.model, c.workflow, c.credential).where(c.team_id.in_(list(team_ids))).distinct()
        return [(str(t), str(m), str(w), str(k)) for t, m, w, k in await self._connection.execute(names)]

    async def _company_parts(
        self, parts: tuple[str, ...], team_ids: Collection[int], *, first_day: int, end_day: int
    ) -> dict[tuple[str, ...], UsageSum]:
        """Returns sums by the names of some parts, from memory."""
        teams = await self._company.of_teams(team_ids, first_day=first_day, end_day=end_day)
        coded = self._company.names.coded(parts)
        sums = sums_by_code(teams.values(), coded.codes, first_day=first_day, end_day=end_day)
        return {coded.names[code]: own for code, own in sums.items()}

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

    async def in_hours(self, team_ids: Collection[int], *, first_hour: int, end_hour: int) -> dict[int, int]:
        """Returns nano-dollars by team over UTC hours."""
        rows = await self._connection.execute(
            select(usage_hours.c.team_id, *nano_sums(usage_hours.c.cost_nanos))
            .where(usage_hours.c.team_id.in_(sorted(team_ids)))
            .where(usage_hours.c.hour >= first_hour, usage_hours.c.hour < end_hour)
            .group_by(usage_hours.c.team_id)
        )
        return {int(team): whole(dollars, rest) for team, dollars, rest in rows}

    async def unpriced_tokens(
        self, team_ids: Collection[int], *, first_day: int, end_day: int
    ) -> dict[tuple[int, int], int]:
        """Returns the tokens without a price by (team, day), where there are any.

        The series without a price are few. Each day is named, so that a series' days are looked up by the whole key.
        """
        of_teams = select(usage_series.c.id, usage_series.c.team_id)
        series = await self._connection.execute(of_teams.where(UNPRICED, usage_series.c.team_id.in_(sorted(team_ids))))
        known = {int(i): int(team) for i, team in series}
        ids, teams = sorted(known), sorted(set(known.values()))
        found: dict[tuple[int, int], int] = {}
        for at in range(0, len(ids), _SERIES_AT_ONCE):
            rows = await self._connection.execute(
                select(usage_days.c.team_id, usage_days.c.local_day, func.sum(_tokens()))
                .where(usage_days.c.team_id.in_(teams))
                .where(usage_days.c.local_day.in_(range(first_day, end_day)))
                .where(usage_days.c.series_id.in_(ids[at : at + _SERIES_AT_ONCE]))
                .group_by(usage_days.c.team_id, usage_days.c.local_day)
            )
            for team, day, tokens in rows:
                found[int(team), int(day)] = found.get((int(team), int(day)), 0) + int(tokens)
        return {key: tokens for key, tokens in found.items() if tokens}

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

    async def unmatched_people(
        self, team_ids: Collection[int], *, first_day: int, end_day: int
    ) -> list[UnmatchedPerson]:
        """Returns unknown identities by their cost in all teams on these days, the most expensive first."""
        rows = await self._connection.execute(
            select(people.c.id, people.c.email, people.c.name)
            .where(people.c.slack_id.is_(None), people.c.merged_into.is_(None))
            .where(people.c.id.not_in(select(team_roles.c.person_id)))
            .where(people.c.id.not_in(select(person_teams.c.person_id)))
        )
        unknown = {int(person): (email, name) for person, email, name in rows}
        teams = await self._company.of_teams(team_ids, first_day=first_day, end_day=end_day) if unknown else {}
        people_of = self._company.names.people()
        sums = sums_by_code(teams.values(), people_of, first_day=first_day, end_day=end_day)
        found = [
            UnmatchedPerson(str(email or name), email is not None, sums[person].calls, sums[person].cost_nanos)
            for person, (email, name) in unknown.items()
            if person in sums and sums[person].calls > 0
        ]
        return sorted(found, key=lambda one: (-one.cost_nanos, -one.calls, one.spelled))

    async def undelivered(self) -> int:
        """Returns the messages that were given up."""
        lost = select(func.count()).where(ENDED_CONDITION, outbox.c.given_up == GIVEN_UP, outbox.c.fault != IN_PREVIEW)
        found = await self._connection.execute(lost)
        return int(found.scalar_one())
