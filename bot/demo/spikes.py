"""The demo's two runaway agents: one in its history, that began two hours ago, and one made by a button."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.demo.actors import ALWAYS, Actor, AgentTurn
from bot.demo.people import DEMO_TEAM_ZONES
from bot.demo.usage import AttributedEvent, Event, seeded_random, sorted_by_time, turn_event
from bot.periods import micros

LOOP_BEGAN = timedelta(hours=2)
LOOP_PAUSE_SECONDS = 9
"""A turn every nine seconds at more than a dollar each: nearly 500 dollars an hour, where 30 are usual."""

_LOOP_TURN = AgentTurn(
    tool="Gateway API", provider="anthropic", model="claude-opus-4-5", placed_by="credential",
    uncached=200_000, output=8_000,
)  # fmt: skip


def _ci(team: str, credential: str, workflow: str) -> Actor:
    return Actor(
        key=f"{team}.{workflow}",
        team=team,
        timezone=DEMO_TEAM_ZONES[team],
        turns=((1, _LOOP_TURN),),
        per_day=0,
        weekend=0,
        hours=ALWAYS,
        credential=credential,
        workflow=workflow,
    )


SPIKE_CHANNEL = "CCHECKOUT"
"""Where the alert of the button's loop is posted."""

_HISTORY_LOOP = _ci("data-platform", "ci-4", "dependency-updates")
_BUTTON_LOOP = _ci("checkout", "ci-7", "flaky-test-fixer")


def runaway_loop(*, now: datetime, seed: int) -> Iterator[AttributedEvent]:
    """The loop of Data Platform's CI key, from two hours before `now` until now."""
    chance = seeded_random(seed, "loop")
    at, number = now - LOOP_BEGAN, 0
    while at <= now:
        event_id = f"{_HISTORY_LOOP.key}-{number}"
        yield AttributedEvent(
            _HISTORY_LOOP.team, turn_event(_LOOP_TURN, _HISTORY_LOOP, event_id=event_id, at=at, chance=chance)
        )
        at += timedelta(seconds=LOOP_PAUSE_SECONDS + chance.randrange(-3, 4))
        number += 1


def spike_events(*, now: datetime, seed: int = 7) -> list[Event]:
    """48 native usage events of the last minutes, about 800 dollars in all: an agent of Checkout's CI key gone wild.

    They stay in the hour of `now` wherever that hour has begun more than a minute ago, so that one hour shows it all.
    Pressing twice makes two lots, with ids of their own.
    """
    count, reach = 48, timedelta(minutes=8)
    into_hour = timedelta(minutes=now.minute, seconds=now.second)
    if into_hour > timedelta(minutes=1):
        reach = min(reach, into_hour)
    chance = seeded_random(seed, "pressed", micros(now))
    made = (
        turn_event(
            _LOOP_TURN,
            _BUTTON_LOOP,
            event_id=f"{_BUTTON_LOOP.key}-{micros(now)}-{number}",
            at=now - reach * number / count,
            chance=chance,
            scale=14.0,
        )
        for number in range(count)
    )
    return [b.event for b in sorted_by_time(AttributedEvent(_BUTTON_LOOP.team, event) for event in made)]
