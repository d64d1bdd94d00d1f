"""Wishes: what simulated people want over a year, and how they try to get it, honestly or by splits, retries and friends."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from bot.periods import HOUR_MICROS, day_start, micros
from bot.requests.rehearsals.simulations import pretty, usual_amount
from tests.bench.approvals.company import Company, Habit

WISHES_A_TEAM_AND_MONTH = 1.5
PIECES = 5


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One request that somebody makes; `habit` is how they go about it, `pieces` what is still to come after it."""

    at: int
    person_id: int
    team_id: int
    amount_nanos: int
    habit: Habit
    tries: int = 0


def wishes(company: Company, *, seed: int, first_day: int, days: int, limit_nanos: int) -> Iterator[Wish]:
    """Yields the wishes of all teams, day by day. Whoever splits wants more than `limit_nanos`, in pieces below it."""
    chance = random.Random(seed + 1)
    teams = [team for team in company.directory.real_teams if company.directory.people_with("member", team)]
    members = {team.id: sorted(company.directory.people_with("member", team)) for team in teams}
    for day in range(first_day, first_day + days):
        if (day + 3) % 7 >= 5 or day in company.days_off:
            continue
        for team in teams:
            if chance.random() >= WISHES_A_TEAM_AND_MONTH / 21:
                continue
            person = chance.choice(members[team.id])
            if company.is_away(person, day) and company.habits[person] != "own":
                continue  # who asks for themselves also tries it while a delegate of theirs decides
            start = micros(day_start(day, company.zones[person])) + 9 * HOUR_MICROS
            at = start + round(chance.random() * 8.5 * HOUR_MICROS)
            amount, habit = usual_amount(chance, team.budget_nanos), company.habits[person]
            yield from _tried(chance, company, Wish(
                at=at, person_id=person, team_id=team.id, amount_nanos=amount, habit=habit
            ), members[team.id], limit_nanos)  # fmt: skip


def _tried(chance: random.Random, company: Company, wish: Wish, members: list[int], limit_nanos: int) -> Iterator[Wish]:
    """Yields the requests by which somebody tries to get what they wish."""
    if wish.habit not in ("splits", "friends"):
        yield wish
        return
    piece = pretty(limit_nanos * chance.uniform(0.4, 0.9))
    friends = [person for person in members if company.habits[person] != "own"]
    for number in range(PIECES):
        who = wish.person_id if wish.habit == "splits" else chance.choice(friends)
        later = round(number * chance.uniform(0.5, 8.0) * HOUR_MICROS)
        yield Wish(at=wish.at + later, person_id=who, team_id=wish.team_id, amount_nanos=piece, habit=wish.habit)
