"""A simulated company: people in seven zones, their managers, budgets, absences, second accounts and bad habits."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.money import NANOS
from bot.org.teams import Directory, Organisation, Role, Team
from bot.periods import DAY_MICROS, day_start, micros
from bot.requests.attendance.absences import Absence
from bot.requests.attendance.delegations import Delegation
from bot.requests.rehearsals.simulations import pretty
from tests.bot.acme import ACME

ZONES = (
    *("America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Berlin"),
    *("Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney"),
)
TEAM_PEOPLE, TEAMS_PER_DEPARTMENT = 12, 25
FINANCE = 8
ROOT_ID, FIRST_PERSON = 1, 100_000
Habit = Literal["honest", "splits", "retries", "friends", "own"]
_HABITS: Mapping[Habit, int] = {"honest": 940, "splits": 20, "retries": 20, "friends": 10, "own": 10}


@dataclass(frozen=True, kw_only=True)
class Away:
    """Days [first_day, end_day) on which somebody is not there. Not everybody says so in Slack, or names a delegate."""

    first_day: int
    end_day: int
    says_so: bool
    delegate_id: int | None


@dataclass(frozen=True, kw_only=True)
class Company:
    """The simulated company. `humans` maps every account to a human; `away` has each account's absences."""

    directory: Directory
    zones: Mapping[int, str]
    humans: Mapping[int, int]
    habits: Mapping[int, Habit]
    away: Mapping[int, Sequence[Away]]
    days_off: frozenset[int]

    def is_away(self, person_id: int, day: int) -> bool:
        return any(one.first_day <= day < one.end_day for one in self.away.get(person_id, ()))

    def absences(self, day: int) -> dict[int, Absence]:
        """Returns the absences that statuses show on a day."""
        return {
            person: Absence(until=micros(day_start(one.end_day, self.zones[person])))
            for person, all_of in self.away.items()
            for one in all_of
            if one.says_so and one.first_day <= day < one.end_day
        }

    def delegations(self) -> tuple[Delegation, ...]:
        found: list[Delegation] = []
        for person, all_of in sorted(self.away.items()):
            for one in all_of:
                if one.delegate_id is not None:
                    starts, ends = (micros(day_start(day, self.zones[person])) for day in (one.first_day, one.end_day))
                    found.append(
                        Delegation(
                            id=len(found) + 1,
                            person_id=person,
                            delegate_id=one.delegate_id,
                            starts_at=starts,
                            ends_at=ends,
                            made_by=person,
                            made_at=starts - DAY_MICROS,
                        )
                    )
        return tuple(found)


def make_company(people: int, *, seed: int, first_day: int, days: int) -> Company:
    """Returns a company, the same for each seed."""
    chance = random.Random(seed)
    maker = _Maker(chance, people)
    away = {person: _absences(chance, first_day, days) for person in maker.people}
    away = {person: found for person, found in away.items() if found}
    for team_id, managers in maker.managers.items():
        others = [p for p in maker.members[team_id] if p not in managers]
        for manager in managers:
            names = 1.0 if maker.habits[manager] == "own" else 0.4
            away[manager] = [
                replace(one, delegate_id=chance.choice(others) if chance.random() < names else None)
                for one in away.get(manager, ())
            ]
    return Company(
        directory=maker.directory(),
        zones=maker.zones,
        humans=maker.humans,
        habits=maker.habits,
        away=away,
        days_off=frozenset(chance.sample(range(first_day, first_day + days), max(1, days // 36))),
    )


def _absences(chance: random.Random, first_day: int, days: int) -> list[Away]:
    """Returns two or three holidays and a few sick days a year."""
    lengths = [*(chance.choice((5, 7, 12, 16)) for _ in range(3)), *(chance.choice((1, 1, 2, 4)) for _ in range(3))]
    found: list[Away] = []
    for length in lengths:
        if chance.random() < days / 365:
            first = first_day + chance.randrange(days)
            if all(first + length < one.first_day or one.end_day < first for one in found):
                says_so = chance.random() < 0.7
                found.append(Away(first_day=first, end_day=first + length, says_so=says_so, delegate_id=None))
    return sorted(found, key=lambda one: one.first_day)


class _Maker:
    """Makes departments of teams: each team has a manager, a third have two; each department has two."""

    def __init__(self, chance: random.Random, people: int) -> None:
        self.chance = chance
        self.zones: dict[int, str] = {}
        self.humans: dict[int, int] = {}
        self.habits: dict[int, Habit] = {}
        self.members: dict[int, list[int]] = {}
        self.managers: dict[int, list[int]] = {}
        self.roles: set[tuple[int, int, Role]] = set()
        self.teams: list[Team] = []
        self.second: list[frozenset[int]] = []
        self.people: list[int] = []
        count = max(1, people // TEAM_PEOPLE)
        for number in range(max(1, count // TEAMS_PER_DEPARTMENT)):
            self._department(number, min(count, TEAMS_PER_DEPARTMENT))
        for _ in range(FINANCE):
            self.roles.add((ROOT_ID, self._person("Europe/London"), "finance"))

    def _person(self, zone: str) -> int:
        person = FIRST_PERSON + len(self.humans)
        self.people.append(person)
        self.humans[person] = person
        self.zones[person] = zone if self.chance.random() < 0.9 else self.chance.choice(ZONES)
        ((habit),) = self.chance.choices(list(_HABITS), list(_HABITS.values()))
        self.habits[person] = habit
        return person

    def _department(self, number: int, teams: int) -> None:
        zone = ZONES[number % len(ZONES)]
        department_id = 10 + number
        managers = [self._person(zone) for _ in range(2)]
        self.roles |= {(department_id, person, "manager") for person in managers}
        budgets = [self._team(1_000 + number * 100 + place, department_id, zone) for place in range(teams)]
        reserve = round(sum(budgets) * self.chance.uniform(0.1, 0.3))
        self.teams.append(_team(department_id, ROOT_ID, zone, sum(budgets) + reserve))

    def _team(self, team_id: int, department_id: int, zone: str) -> int:
        people = [self._person(zone) for _ in range(TEAM_PEOPLE)]
        managers = people[: 1 + (self.chance.random() < 0.33)]
        self.members[team_id], self.managers[team_id] = people, managers
        self.roles |= {(team_id, person, "member") for person in people}
        self.roles |= {(team_id, person, "manager") for person in managers}
        if self.habits[managers[0]] == "own":
            self._second_account(managers[0], team_id)
        budget = pretty(6_000 * NANOS * self.chance.lognormvariate(0.0, 0.6))
        self.teams.append(_team(team_id, department_id, zone, budget))
        return budget

    def _second_account(self, person: int, team_id: int) -> None:
        """Gives a manager a second account, with which they ask for what they would approve themselves."""
        second = FIRST_PERSON + len(self.humans)
        self.humans[second] = person
        self.zones[second] = self.zones[person]
        self.habits[second] = "own"
        self.members[team_id].append(second)
        self.roles.add((team_id, second, "member"))
        self.second.append(frozenset({person, second}))

    def directory(self) -> Directory:
        whole = sum(team.budget_nanos or 0 for team in self.teams if team.parent_id == ROOT_ID)
        root = replace(ACME, id=ROOT_ID, budget_nanos=round(whole * 1.1))
        return Directory(
            organisation=Organisation(
                name="Acme", currency="USD", period="month", funding_nanos=None, mode="govern", people="self"
            ),
            teams=(root, *self.teams),
            roles=frozenset(self.roles),
            same_people=tuple(self.second),
        )


def _team(team_id: int, parent_id: int, zone: str, budget: int) -> Team:
    return replace(
        ACME,
        id=team_id,
        slug=f"t{team_id}",
        name=f"Team {team_id}",
        kind="team",
        parent_id=parent_id,
        timezone=zone,
        budget_nanos=budget,
    )
