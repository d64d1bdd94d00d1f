"""Cost that two sources both reported, by hour: it was spent once, so it is no spike."""

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
    """Returns the nano-dollars of each of a team's hours that were reported twice.

    `calls` are a sample, so its shares apply to the hours' cost, `spent`. Hours before the sample take the share of the whole
    sample, if they are in `both`: two sources had usage in them.
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
