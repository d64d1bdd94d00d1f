"""What outcomes are compared with: teams' spend by workflow and tool, the people behind it, and tokens by model."""

from collections.abc import Collection, Sequence

import numpy as np
from sqlalchemy import case, func, literal, literal_column, select

from bot.reporting.value.outcomes import Behind, Spent
from bot.reporting.value.what_ifs import ModelUse
from storage import bulk
from storage.queries.sums import nano_sums, whole
from storage.reporting.company_days import MANY_TEAMS, CompanyDays
from storage.reporting.day_columns import COST, DAY, SERIES, TOKENS, exact_sums
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import UNPRICED, usage_days, usage_series
from storage.transaction import OpenTransaction

_TOKENS = sum((usage_days.c[name] for name in COUNTER_COLUMNS[1:5]), usage_days.c[COUNTER_COLUMNS[0]])
_PRICED = ("book", "contract")
"""Bases by which the book, or a contract, prices every token."""


class OutcomeSpend:
    """The reads of one transaction. Figures of many teams come from the process's memory of their days."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._is_snapshot = transaction.is_snapshot
        self._company = CompanyDays(transaction)

    def _is_of_many(self, team_ids: Collection[int]) -> bool:
        return self._is_snapshot and len(team_ids) >= MANY_TEAMS

    async def by_span(
        self, team_ids: Collection[int], *, starts: Sequence[int], first_day: int, end_day: int
    ) -> list[Spent]:
        """Returns teams' spend of the days in [first_day, end_day) by workflow, tool and the span that begins on `starts`."""
        if self._is_of_many(team_ids):
            return await self._from_memory(team_ids, starts=starts, first_day=first_day, end_day=end_day)
        day = usage_days.c.local_day
        later = [(day >= start, start) for start in reversed(starts[1:])]
        span = case(*later, else_=starts[0]) if later else literal(starts[0])
        parts = (usage_days.c.team_id, span.label("start"), usage_series.c.workflow, usage_series.c.tool)
        unpriced = func.sum(case((UNPRICED, _TOKENS), else_=0))
        rows = await self._connection.execute(
            select(*parts, *nano_sums(usage_days.c.cost_nanos), unpriced)
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)), day >= first_day, day < end_day)
            .group_by(parts[0], literal_column("start"), parts[2], parts[3])
        )
        return [Spent(int(i), int(at), w, t, whole(usd, rest), int(n)) for i, at, w, t, usd, rest, n in rows]

    async def _from_memory(
        self, team_ids: Collection[int], *, starts: Sequence[int], first_day: int, end_day: int
    ) -> list[Spent]:
        teams = await self._company.of_teams(team_ids, first_day=first_day, end_day=end_day)
        coded = self._company.names.coded(("workflow", "tool", "basis"))
        found: dict[tuple[int, int, str, str], list[int]] = {}
        for team_id, days in teams.items():
            part = days.between(first_day, end_day)
            if not part.size:
                continue
            at = coded.codes[part[SERIES]] * len(starts) + np.searchsorted(starts, part[DAY], side="right") - 1
            places, inverse = np.unique(at, return_inverse=True)
            costs, tokens = (exact_sums(inverse, part[row], len(places)) for row in (COST, TOKENS))
            for place, cost, count in zip(places.tolist(), costs, tokens, strict=True):
                workflow, tool, basis = coded.names[place // len(starts)]
                sums = found.setdefault((team_id, starts[place % len(starts)], workflow, tool), [0, 0])
                sums[0] += cost
                sums[1] += count if basis == "unpriced" else 0
        return [Spent(*key, *sums) for key, sums in found.items()]

    async def people_behind(self, team_ids: Collection[int], *, first_day: int, end_day: int) -> set[Behind]:
        """Returns who used AI on the days in [first_day, end_day), by team, workflow and tool. Merged people are one."""
        if self._is_of_many(team_ids):
            found = await self._people_from_memory(team_ids, first_day=first_day, end_day=end_day)
        else:
            parts = (usage_days.c.team_id, usage_series.c.workflow, usage_series.c.tool, usage_series.c.person_id)
            rows = await self._connection.execute(
                select(*parts)
                .join(usage_series, usage_series.c.id == usage_days.c.series_id)
                .where(usage_days.c.team_id.in_(list(team_ids)))
                .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
                .distinct()
            )
            found = {Behind(int(i), w, t, int(person)) for i, w, t, person in rows}
        ids = [(person,) for person in sorted({one.person_id for one in found} - {0})]
        records = await bulk.select(self._connection, "people", ("id", "merged_into"), ("id",), ids)
        merged = {int(person): int(into) for person, into in records if into is not None}
        return {one._replace(person_id=merged.get(one.person_id, one.person_id)) for one in found}

    async def _people_from_memory(self, team_ids: Collection[int], *, first_day: int, end_day: int) -> set[Behind]:
        teams = await self._company.of_teams(team_ids, first_day=first_day, end_day=end_day)
        coded, people = self._company.names.coded(("workflow", "tool")), self._company.names.people()
        found: set[Behind] = set()
        for team_id, days in teams.items():
            series = np.unique(days.between(first_day, end_day)[SERIES])
            for code, person in zip(coded.codes[series].tolist(), people[series].tolist(), strict=True):
                workflow, tool = coded.names[code]
                found.add(Behind(team_id, workflow, tool, person))
        return found

    async def by_model(self, team_ids: Collection[int], *, first_day: int, end_day: int) -> list[ModelUse]:
        """Returns teams' tokens of each kind by model, workflow and tool, as far as the book or a contract priced them."""
        parts = (usage_series.c.provider, usage_series.c.model, usage_series.c.tool, usage_series.c.workflow)
        counters = [func.sum(usage_days.c[name]) for name in COUNTER_COLUMNS]
        rows = await self._connection.execute(
            select(*parts, func.sum(usage_days.c.calls), *counters, *nano_sums(usage_days.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)), usage_series.c.basis.in_(_PRICED))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(*parts)
        )
        return [
            ModelUse(
                provider=row[0],
                model=row[1],
                tool=row[2],
                workflow=row[3],
                calls=int(row[4]),
                counters=(int(row[5]), int(row[6]), int(row[7]), int(row[8]), int(row[9]), int(row[10])),
                cost_nanos=whole(row[11], row[12]),
            )
            for row in rows
        ]

    async def models_used(
        self, team_ids: Collection[int], *, first_day: int, end_day: int
    ) -> list[tuple[str, str, str]]:
        """Returns the (provider, model, tool) that teams used on the days in [first_day, end_day)."""
        if self._is_of_many(team_ids):
            teams = await self._company.of_teams(team_ids, first_day=first_day, end_day=end_day)
            coded = self._company.names.coded(("provider", "model", "tool"))
            parts = [days.between(first_day, end_day)[SERIES] for days in teams.values()]
            codes: list[int] = np.unique(coded.codes[np.concatenate(parts)]).tolist() if parts else []
            return [(provider, model, tool) for provider, model, tool in map(coded.names.__getitem__, codes)]
        rows = await self._connection.execute(
            select(usage_series.c.provider, usage_series.c.model, usage_series.c.tool)
            .join(usage_days, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .distinct()
        )
        return [(str(provider), str(model), str(tool)) for provider, model, tool in rows]
