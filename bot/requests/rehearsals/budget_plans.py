"""Budget plans: when teams would have used up other budgets, by what they really spent."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.org.teams import Directory, Team
from bot.periods import Period
from bot.requests.rehearsals.past_asks import PastAsk


@dataclass(frozen=True, kw_only=True)
class UsedUp:
    """A team whose budget runs out at another time in a period: the amounts it keeps for itself, now and as planned, and
    the day on which its spend passes them, None for never. Grants of the period count in both."""

    team_id: int
    period: Period
    spent_nanos: int
    now_nanos: int | None
    planned_nanos: int | None
    now_day: int | None
    planned_day: int | None


def used_up(
    now: Directory,
    planned: Directory,
    *,
    spend: Mapping[tuple[int, int], int],
    asks: Sequence[PastAsk],
    first_day: int,
    end_day: int,
) -> list[UsedUp]:
    """Returns the teams whose budget would have run out earlier, later, or not at all, in the periods of some days.

    `spend` has nano-dollars by (team, day), from the first day of the first period on. Release over time, carry-forward and
    budgets of parts are left out of both sides.
    """
    grants = _grants(asks)
    found = []
    for team in sorted(planned.real_teams, key=lambda team: team.slug):
        before = next((one for one in now.real_teams if one.id == team.id), None)
        amounts = (None if before is None else kept_nanos(now, before), kept_nanos(planned, team))
        if amounts[0] == amounts[1]:
            continue
        for period in _periods(planned, first_day, end_day):
            days = {day: spend.get((team.id, day), 0) for day in range(period.first_day, min(period.end_day, end_day))}
            given = grants[team.id, period.name]
            passed = [None if amount is None else _day_passed(days, amount + given) for amount in amounts]
            if passed[0] != passed[1]:
                found.append(
                    UsedUp(
                        team_id=team.id,
                        period=period,
                        spent_nanos=sum(days.values()),
                        now_nanos=amounts[0],
                        planned_nanos=amounts[1],
                        now_day=passed[0],
                        planned_day=passed[1],
                    )
                )
    return found


def kept_nanos(directory: Directory, team: Team) -> int | None:
    """Returns what a team keeps of its declared budget, after those of the teams below it; None without a budget."""
    if team.budget_nanos is None:
        return None
    return team.budget_nanos - sum(child.budget_nanos or 0 for child in directory.children(team))


def _periods(directory: Directory, first_day: int, end_day: int) -> list[Period]:
    calendar = directory.organisation.calendar
    found = [calendar.period_of(first_day)]
    while found[-1].end_day < end_day:
        found.append(calendar.next(found[-1]))
    return found


def _grants(asks: Sequence[PastAsk]) -> Mapping[tuple[int, str], int]:
    """Returns what approved requests gave, by team and period."""
    found: dict[tuple[int, str], int] = defaultdict(int)
    for ask in asks:
        if ask.outcome == "approved" and ask.ask.moves_budget and not ask.is_simulated:
            found[ask.team_id, ask.period] += ask.given_nanos
    return found


def _day_passed(days: Mapping[int, int], amount_nanos: int) -> int | None:
    """Returns the first day at whose end more than an amount was spent."""
    total = 0
    for day, nanos in sorted(days.items()):
        total += nanos
        if total > amount_nanos:
            return day
    return None
