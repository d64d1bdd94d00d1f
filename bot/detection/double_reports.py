"""What of a team's hours two sources reported both: it was spent once, so it is no spike."""

from collections.abc import Collection, Iterable, Mapping

from bot.crosschecks.overlaps import ComparedCall
from bot.periods import HOUR_MICROS


def double_reported_by_hour(
    calls: Iterable[ComparedCall],
    doubled: Collection[ComparedCall],
    *,
    team_id: int,
    spent: Mapping[int, int],
    both: Collection[int],
) -> dict[int, int]:
    """The nano-dollars of each of a team's hours that are there twice.

    `calls` are a sample, so its shares are taken of what the hours `spent`. Hours before the sample count by the share of all
    of it, if `both` sources had usage in them.
    """
    all_nanos: dict[int, int] = {}
    twice: dict[int, int] = {}
    known = {id(call) for call in doubled}
    for call in calls:
        if call.team_id == team_id:
            hour = call.at // HOUR_MICROS
            all_nanos[hour] = all_nanos.get(hour, 0) + call.cost_nanos
            twice[hour] = twice.get(hour, 0) + (call.cost_nanos if id(call) in known else 0)
    whole = sum(all_nanos[hour] for hour in all_nanos if twice[hour])
    if not whole:
        return {}
    first = min(all_nanos)
    found: dict[int, int] = {}
    for hour, nanos in spent.items():
        if hour in all_nanos:
            share = (twice[hour], all_nanos[hour])
        elif hour < first and hour in both:
            share = (sum(twice.values()), whole)
        else:
            continue
        if share[0] > 0:
            found[hour] = nanos * share[0] // share[1]
    return found
