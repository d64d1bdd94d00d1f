"""Simulated requests for a company with few of its own: made from its teams, people and budgets, the same for each seed."""

import math
import random
from collections.abc import Callable

from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.teams import Directory, Team
from bot.periods import HOUR_MICROS, day_start, micros
from bot.requests.budget_requests import Ask
from bot.requests.rehearsals.past_asks import PastAsk

_A_TEAM_AND_WEEK, _LEAST, _MOST = 0.7, 40, 2_000
_USUAL_SHARE, _SPREAD = 0.1, 1.0
_UNBUDGETED_NANOS = 1_000 * NANOS
_FIRST_HOUR, _HOURS = 9, 8
_PRETTY = (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10)


def simulated_asks(
    directory: Directory,
    *,
    number: int,
    first_day: int,
    end_day: int,
    seed: int,
    payer_of: Callable[[Team, int], Team | None],
) -> list[PastAsk]:
    """Returns requests by members of the teams in mode govern, on working days and in working hours of the team's zone.

    Half of them are for less than a tenth of the team's budget.
    """
    chance = random.Random(seed)  # noqa: S311  # a simulation: the same for each seed
    askers = [
        (team, sorted(people))
        for team in sorted(directory.open_teams, key=lambda team: team.id)
        if team.mode == "govern"
        and (people := directory.people_with("member", team) or directory.people_with("manager", team))
    ]
    days = [day for day in range(first_day, end_day) if (day + 3) % 7 < 5]
    if not askers or not days:
        return []
    found = []
    weights = [len(people) for _, people in askers]
    for count in range(number):
        ((team, members),) = chance.choices(askers, weights)
        day, person = chance.choice(days), chance.choice(members)
        start = micros(day_start(day, team.timezone)) + _FIRST_HOUR * HOUR_MICROS
        at = start + round(chance.random() * _HOURS * HOUR_MICROS)
        amount = usual_amount(chance, team.budget_nanos)
        payer = payer_of(team, amount)
        found.append(
            PastAsk(
                id=-(count + 1),
                team_id=team.id,
                person_id=person,
                ask=Ask(amount_nanos=amount, reason=""),
                at=at,
                period=directory.period_at(team, at).name,
                payer_id=payer.id if payer else None,
                outcome="approved",
                decided_by=None,
                decided_at=None,
                given_nanos=amount,
            )
        )
    return sorted(found, key=lambda ask: ask.at)


def simulated_number(directory: Directory, *, weeks: int) -> int:
    """Returns how many requests a company of this size makes in some weeks."""
    teams = sum(team.mode == "govern" for team in directory.open_teams)
    return min(max(round(teams * weeks * _A_TEAM_AND_WEEK), _LEAST), _MOST)


def usual_amount(chance: random.Random, budget_nanos: int | None) -> int:
    """Returns an amount that people ask for, around a tenth of the team's budget, in figures that people use."""
    base = (budget_nanos or _UNBUDGETED_NANOS) * _USUAL_SHARE
    return pretty(base * chance.lognormvariate(0.0, _SPREAD))


def pretty(nanos: float) -> int:
    """Rounds an amount up to a figure that people use: $150, $2,000, $7,500; from $1 on."""
    dollars = min(max(nanos / NANOS, 1.0), MAX_AMOUNT_NANOS / NANOS / 10)
    scale = 10.0 ** math.floor(math.log10(dollars))
    step = next(step for step in _PRETTY if step * scale >= dollars - 1e-9)
    return round(step * scale * NANOS)
