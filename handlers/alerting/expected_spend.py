"""The cost of expected spend, hour by hour: detection excludes it, digests report it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from bot.alerting.expectations import Expectation, combine_excluded, excluded_spend
from bot.org.teams import Team
from bot.periods import HOUR_MICROS
from bot.reporting.digests import AnnouncedSpend
from storage.reporting.reports import Dimension
from storage.store import Transaction

_USUAL_HOURS = 4 * 168


async def expected_of(tx: Transaction, expectations: Sequence[Expectation], *, at: int) -> dict[int, int]:
    """Returns the nano-dollars by UTC hour that one team's expectations exclude from spikes, as known at `at`."""
    parts = [(e.cause, excluded_spend(e, await _costs(tx, e, at=at), at=at)) for e in expectations if e.from_at <= at]
    return combine_excluded(parts)


async def _costs(tx: Transaction, expectation: Expectation, *, at: int) -> dict[int, int]:
    """Returns the nano-dollars of an expectation's cause by UTC hour, from four weeks before it on."""
    first, end = expectation.from_at // HOUR_MICROS - _USUAL_HOURS, at // HOUR_MICROS + 1
    cause = expectation.cause
    if cause.is_total:
        return await tx.reports.by_hour(expectation.team_id, first_hour=first, end_hour=end)
    part = cast(Dimension, cause.dimension)
    return await tx.reports.part_by_hour(part, cause.name, expectation.team_id, first_hour=first, end_hour=end)


async def announced_in(tx: Transaction, team: Team, *, from_at: int, until_at: int) -> tuple[AnnouncedSpend, ...]:
    """Returns the announcements of a team in a span of time, each with its cost above the usual."""
    found = []
    for expectation in await tx.expectations.since(from_at, team_id=team.id):
        end = expectation.ends_at
        if expectation.alert_id is not None or end is None or expectation.from_at >= min(until_at, end):
            continue  # planned, later, or taken back before it began
        extra = await expected_of(tx, [replace(expectation, limit_nanos=None)], at=min(end, until_at) - 1)
        found.append(
            AnnouncedSpend(
                what=expectation.what,
                first_day=team.day_of(expectation.from_at),
                last_day=team.day_of(end - 1),
                limit_nanos=expectation.limit_nanos,
                extra_nanos=sum(extra.values()),
            )
        )
    return tuple(found)
