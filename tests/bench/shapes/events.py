"""The shapes of usage: which combinations of person, key, tool, model and workflow call, in what order, and when."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, product
from typing import Any

from tests.bench.events import MODELS, TEAMS, TOOLS, WORKFLOWS, events, first_events, native_event

Event = dict[str, Any]
Events = Iterator[Event]
_HABIT_PEOPLE_PER_TEAM, _COMBINATIONS = 12, 3
_USUAL = (6, 3, 1)
"""How often a person uses the first, second and third combination."""
_NEWCOMERS = 1_000_000  # more than one run has, so that each seed's people are others
_WARM_UP = 8_000
_BACKFILL_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`before` makes a warm-up of other events; `counted` so many events of a seed, each with an id of its own."""

    name: str
    before: Callable[[int, datetime], Events]
    counted: Callable[[int, int, datetime], Events]
    count: int


def _bursts_before(seed: int, now: datetime) -> Events:
    return chain(first_events(seed=-seed, now=now), events(_WARM_UP, seed=-seed - 1, now=now))


def _bursts(count: int, seed: int, now: datetime) -> Events:
    return events(count, seed=seed, now=now)


Combination = tuple[int, int, str, tuple[str, str], str]
"""(team, person, tool, model, workflow)"""


def combinations() -> list[list[Combination]]:
    """The combinations of each of 600 people."""
    company = random.Random(3)
    possible = [*product(TOOLS, MODELS, WORKFLOWS[2:])]
    return [
        [(team, person, *combination) for combination in company.sample(possible, _COMBINATIONS)]
        for team in range(TEAMS)
        for person in range(_HABIT_PEOPLE_PER_TEAM)
    ]


def _habits_over(hours: int, count: int, seed: int, now: datetime, *, in_order: bool = True) -> Events:
    """Calls of people at work at the same time: the next call is almost always another person's."""
    chance, people, weights = random.Random(seed), combinations(), random.Random(4)
    busy = [weights.lognormvariate(0, 0.8) for _ in people]
    began, step = now - timedelta(hours=hours), timedelta(hours=hours) / count
    for number, of_one in enumerate(chance.choices(people, busy, k=count)):
        at = began + (number if in_order else chance.randrange(count)) * step
        yield _call(f"{seed}-{number}", at, chance.choices(of_one, _USUAL)[0], chance)


def _call(event_id: str, at: datetime, combination: Combination, chance: random.Random) -> Event:
    team, person, tool, model, workflow = combination
    return native_event(
        event_id, at, team=team, person=person, tool=tool, model=model, workflow=workflow, chance=chance
    )


def _habits_before(seed: int, now: datetime) -> Events:
    chance, at = random.Random(-seed), now - timedelta(hours=1)
    for number, combination in enumerate(chain.from_iterable(combinations())):
        yield _call(f"{-seed}-{number}", at, combination, chance)
    yield from _habits_over(2, _WARM_UP, -seed - 1, now)


def _habits(count: int, seed: int, now: datetime) -> Events:
    return _habits_over(2, count, seed, now)


def _backfill_before(seed: int, now: datetime) -> Events:
    return chain(_habits_before(seed, now), _backfill(_WARM_UP, -seed - 2, now))


def _backfill(count: int, seed: int, now: datetime) -> Events:
    """The habits' calls, as several exports send them at once: each body has calls of any of 30 days."""
    return _habits_over(24 * _BACKFILL_DAYS, count, seed, now, in_order=False)


def _first_day(count: int, seed: int, now: datetime) -> Events:
    """No combination of person, key, model and workflow comes twice, and each tenth event is of a person seen never before."""
    chance = random.Random(seed)
    step = timedelta(hours=2) / count
    for number in range(count):
        newcomer, combination = divmod(number, len(MODELS))
        yield native_event(
            f"{seed}-{number}",
            now - timedelta(hours=2) + number * step,
            team=newcomer % TEAMS,
            person=_NEWCOMERS * seed + newcomer,
            tool=TOOLS[newcomer % len(TOOLS)],
            model=MODELS[combination],
            workflow=WORKFLOWS[chance.randrange(len(WORKFLOWS))],
            credential=f"key-{seed}-{newcomer}",
            chance=chance,
        )


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(name="bursts", before=_bursts_before, counted=_bursts, count=100_000),
        Shape(name="habits", before=_habits_before, counted=_habits, count=100_000),
        Shape(name="first day", before=_bursts_before, counted=_first_day, count=40_000),
        Shape(name="backfill", before=_backfill_before, counted=_backfill, count=100_000),
    )
}
