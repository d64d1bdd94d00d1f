"""Exclude cost that two metering sources both reported, so that it is no spike.

`handlers.crosschecks.overlaps` notifies finance and admins of such sources.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.crosschecks.overlaps import double_reported_calls
from bot.detection.double_reports import double_reported_by_hour
from bot.detection.sweeps import RECENT_WINDOW_HOURS, SpikingHour, SweepView
from bot.periods import HOUR_MICROS
from handlers.context import Context


async def without_double_counts(
    context: Context, found: Mapping[int, Sequence[SpikingHour]], view: SweepView, *, running: Collection[int]
) -> SweepView | None:
    """Returns the view without doubly reported cost of teams that begin to spike; None if there is none.

    Calls are read only if two sources had usage in these hours.
    """
    new = sorted(set(found) - set(running))
    if not new:
        return None
    first_hour = min(hours[0].hour for hours in (found[team_id] for team_id in new)) - RECENT_WINDOW_HOURS
    async with context.store.read() as tx:
        meters = {source.id for source, _ in await tx.keys.listed() if source.role == "meter"}
        used = {s: h for s, h in (await tx.histories.used_hours(first_hour=first_hour)).items() if s in meters}
        if len(used) < 2:
            return None
        sample = await tx.overlaps.sample(sorted(used), end=(view.this_hour + 1) * HOUR_MICROS)
    doubled = await asyncio.to_thread(double_reported_calls, sample.calls)
    smaller = {call.source_id for call in doubled}
    both = {hour for one in smaller for other in used if one != other for hour in used[one] & used[other]}
    excluded_spend = {team_id: dict(hours) for team_id, hours in view.excluded_spend.items()}
    count = view.this_hour - first_hour + 1
    is_any = False
    for team_id in new if doubled else ():
        nanos = context.histories.teams[team_id].by_hour(first_hour, count).tolist()
        spent = dict(enumerate(nanos, start=first_hour))
        own = excluded_spend.setdefault(team_id, {})
        for hour, twice in double_reported_by_hour(
            sample.calls, doubled, team_id=team_id, spent=spent, both=both
        ).items():
            own[hour] = own.get(hour, 0) + twice
            is_any = True
    return replace(view, excluded_spend=excluded_spend) if is_any else None
