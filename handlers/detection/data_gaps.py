"""Data gaps of sources, and those that lower a team's figures."""

from collections.abc import Sequence

from bot.alerting.alerts import DataGap
from bot.detection.data_gaps import BEFORE_HOURS, find_gaps
from bot.org.teams import Team
from storage.store import Transaction

_WEEK = 168


async def source_silences(tx: Transaction, *, from_hour: int, this_hour: int) -> list[DataGap]:
    """Returns the data gaps of metering sources since `from_hour`; `this_hour` is still open."""
    used = await tx.histories.used_hours(first_hour=from_hour - BEFORE_HOURS)
    names = {source.id: source.name for source, keys in await tx.keys.listed() if source.role == "meter" and keys}
    return [
        DataGap(source=names[source_id], from_hour=start, end_hour=end)
        for source_id, hours in used.items()
        if source_id in names
        for start, end in find_gaps(hours, from_hour=from_hour, this_hour=this_hour)
    ]


async def gaps_of(tx: Transaction, team: Team, *, from_hour: int, this_hour: int) -> Sequence[DataGap]:
    """Returns the data gaps in which the team cost at most half of the week before."""
    found = []
    for silence in await source_silences(tx, from_hour=from_hour, this_hour=this_hour):
        end = silence.end_hour or this_hour
        hours = await tx.reports.by_hour(team.id, first_hour=silence.from_hour - _WEEK, end_hour=end)
        usual = sum(nanos for hour, nanos in hours.items() if hour < end - _WEEK)
        spent = sum(nanos for hour, nanos in hours.items() if hour >= silence.from_hour)
        if usual > 0 and spent * 2 <= usual:
            found.append(silence)
    return found
