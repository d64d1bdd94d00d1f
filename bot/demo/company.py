"""The demo's company: Acme, its people and channels, and a month of AI usage, made from a seed and a moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.demo.people import DEMO_CHANNELS, DEMO_PEOPLE, DemoChannel, DemoPerson
from bot.demo.spikes import runaway_loop, spike_events
from bot.demo.teams import teams_yml
from bot.demo.usage import HISTORY, AttributedEvent, Event, ordinary_usage, sorted_by_time
from bot.money import NANOS

__all__ = [
    "DEMO_CHANNELS",
    "DEMO_PEOPLE",
    "DemoChannel",
    "DemoPerson",
    "DemoRequest",
    "demo_events",
    "demo_history",
    "demo_request",
    "demo_teams_yml",
    "later_events",
    "spike_events",
]


@dataclass(frozen=True, kw_only=True)
class DemoRequest:
    """A budget request that waits when the demo opens."""

    team: str
    asker: DemoPerson
    amount_nanos: int
    reason: str
    asked_at: datetime


def demo_history(*, now: datetime, seed: int = 7) -> list[AttributedEvent]:
    """Returns 35 days of usage up to `now` in the order of time, each event with the team its attribution will find.

    Raises ValueError if `now` has no zone. Some 17,000 events; the last two hours hold a runaway agent of Data Platform.
    """
    ordinary = ordinary_usage(start=now - HISTORY, end=now, anchor=now, seed=seed)
    return sorted_by_time(booked for part in (ordinary, runaway_loop(now=now, seed=seed)) for booked in part)


def demo_events(*, now: datetime, seed: int = 7) -> Iterator[Event]:
    """Yields the same 35 days as native usage events (CloudEvents)."""
    return (booked.event for booked in demo_history(now=now, seed=seed))


def later_events(*, opened_at: datetime, since: datetime, until: datetime, seed: int = 7) -> list[Event]:
    """Returns Acme's usage after `since` up to `until`, for a demo that was opened with `demo_events(now=opened_at)`.

    It fills the days that the demo's clock skips.
    """
    return [b.event for b in sorted_by_time(ordinary_usage(start=since, end=until, anchor=opened_at, seed=seed))]


def demo_teams_yml(*, now: datetime, seed: int = 7, history: list[AttributedEvent] | None = None) -> str:
    """Returns Acme's teams.yml. Its budgets follow from the usage: Search has spent all of its own in the month of `now`.

    `history` is `demo_history(now=now, seed=seed)` where the caller has it already.
    """
    return teams_yml(demo_history(now=now, seed=seed) if history is None else history, now=now)


def demo_request(*, now: datetime) -> DemoRequest:
    """Returns Emi's request for Search, 35 minutes old, that waits for Ben."""
    return DemoRequest(
        team="search",
        asker=next(p for p in DEMO_PEOPLE if p.name == "emi"),
        amount_nanos=750 * NANOS,
        reason=(
            "Nightly evals for the new ranking model. They caught two regressions last week, and the budget is used up "
            "before the release. $750 carries them to the end of the month."
        ),
        asked_at=now - timedelta(minutes=35),
    )
