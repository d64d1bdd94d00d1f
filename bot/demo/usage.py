"""The demo's usage: each actor's days as native usage events, the same for the same seed."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bot.demo.actors import ACTORS, Actor, AgentTurn
from bot.periods import date_of, day_start, local_day, micros, week_of

HISTORY = timedelta(days=35)
WEEKLY_GROWTH = 1.03
SOURCE = "/gateway/eu"

Event = dict[str, Any]


class AttributedEvent(NamedTuple):
    """An event and the slug of the team that its attribution will find; `""` where none will."""

    team: str
    event: Event


def seeded_random(seed: int, *about: object) -> random.Random:
    """Returns a random generator that depends on the seed and the subject alone."""
    return random.Random(":".join(map(str, (seed, *about))))  # noqa: S311 – figures for a demo, no secrets


def ordinary_usage(*, start: datetime, end: datetime, anchor: datetime, seed: int) -> Iterator[AttributedEvent]:
    """Yields Acme's usage after `start` up to `end`, unsorted. Growth and new actors are counted from `anchor`.

    A day's events do not depend on `start` and `end`, so that two adjoining stretches make one month.
    """
    for actor in ACTORS:
        today = local_day(micros(anchor), actor.timezone)
        new_from = week_of(today)[0] - 6  # the Tuesday of the last closed week
        for day in range(local_day(micros(start), actor.timezone), local_day(micros(end), actor.timezone) + 1):
            if actor.is_new and day < new_from:
                continue
            for at, event in _day_of(actor, day, weeks=(day - today) / 7, seed=seed):
                if start < at <= end:
                    yield AttributedEvent(actor.team, event)


def turn_event(
    turn: AgentTurn, actor: Actor, *, event_id: str, at: datetime, chance: random.Random, scale: float = 1.0
) -> Event:
    """Returns one turn as a native usage event, its counts scattered around the typical ones."""
    data: Event = {"provider": turn.provider, "model": turn.model, "tool": turn.tool}
    named = {"workflow": actor.workflow, "user": actor.user}
    if turn.placed_by == "credential":
        named["credential"] = actor.credential
    elif turn.placed_by == "team":
        named["team"] = actor.team
    data.update({name: value for name, value in named.items() if value})
    if actor.tags and turn.placed_by == "tag":
        data["tags"] = [chance.choice(actor.tags)]
    data.update({"cost_usd": turn.cost_usd} if turn.cost_usd else _counts(turn, chance, scale))
    return {
        "specversion": "1.0",
        "type": "ai.usage",
        "source": SOURCE,
        "id": event_id,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": data,
    }


def sorted_by_time(booked: Iterator[AttributedEvent]) -> list[AttributedEvent]:
    """Returns events by time, then id."""
    return sorted(booked, key=lambda b: (b.event["time"], b.event["id"]))


def _day_of(actor: Actor, day: int, *, weeks: float, seed: int) -> Iterator[tuple[datetime, Event]]:
    chance = seeded_random(seed, actor.key, day)
    weekday = date_of(day).weekday()
    part = actor.weekend if weekday >= 5 else 0.85 if weekday == 4 else 1.0
    expected = actor.per_day * part * WEEKLY_GROWTH**weeks * chance.lognormvariate(-0.02, 0.2)
    begin = day_start(day, actor.timezone)
    kinds, weights = [turn for _, turn in actor.turns], [weight for weight, _ in actor.turns]
    for number in range(int(expected + chance.random())):
        hour = chance.choices(range(24), actor.hours)[0]
        at = begin + timedelta(hours=hour, seconds=chance.randrange(3600))
        turn = chance.choices(kinds, weights)[0]
        event_id = f"{actor.key}-{date_of(day):%Y%m%d}-{number}"
        yield at, turn_event(turn, actor, event_id=event_id, at=at, chance=chance)


def _counts(turn: AgentTurn, chance: random.Random, scale: float) -> Event:
    size = scale * chance.lognormvariate(-0.06, 0.35)
    whole_input = turn.uncached + turn.cache_read + turn.cache_write
    if turn.most_input:
        size = min(size, turn.most_input / whole_input)
    output = int(turn.output * scale * chance.lognormvariate(-0.06, 0.35))
    return {
        "uncached_input_tokens": int(turn.uncached * size),
        "cache_read_tokens": int(turn.cache_read * size),
        "cache_write_5m_tokens": int(turn.cache_write * size),
        "cache_write_1h_tokens": 0,
        "output_tokens": output,
        "reasoning_tokens": output * turn.reasoning_percent // 100,
    }
