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


def last_month_yml(*, now: datetime, history: list[AttributedEvent]) -> tuple[str, datetime]:
    """Returns the teams.yml of the month before `now`, and the moment at which it is imported: noon of that month's first
    day. Its budgets follow from the usage of that month."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begins = (first - timedelta(days=1)).replace(day=1, hour=12)
    earlier = [booked for booked in history if datetime.fromisoformat(booked.event["time"]) < first]
    return teams_yml(earlier, now=first - timedelta(hours=12)), begins


@dataclass(frozen=True, kw_only=True)
class DemoHold:
    """Budget that a manager has set aside for a planned run, which uses it up."""

    team: str
    manager: DemoPerson
    text: str
    """As it is typed after `/tokens hold`."""


@dataclass(frozen=True, kw_only=True)
class DemoTransfer:
    """A transfer that the giver's manager asks for, and that waits for the taker's."""

    giver: str
    taker: str
    manager: DemoPerson
    amount_nanos: int
    reason: str


def demo_hold() -> DemoHold:
    """Returns Meera's hold for the support assistant."""
    return DemoHold(team="support", manager=_person_named("meera"), text="60 support-bot for 3 days")


def demo_transfer() -> DemoTransfer:
    """Returns the transfer from Mobile to Search, which waits for Ben. Both teams are in one zone, and so in one period."""
    return DemoTransfer(
        giver="mobile",
        taker="search",
        manager=_person_named("ruth"),
        amount_nanos=150 * NANOS,
        reason="the search box that both teams test",
    )


def _person_named(name: str) -> DemoPerson:
    return next(person for person in DEMO_PEOPLE if person.name == name)


def demo_request(*, now: datetime) -> DemoRequest:
    """Returns Emi's request for Search, 35 minutes old, that waits for Ben."""
    return DemoRequest(
        team="search",
        asker=_person_named("emi"),
        amount_nanos=750 * NANOS,
        reason=(
            "Nightly evals for the new ranking model. They caught two regressions last week, and the budget is used up "
            "before the release. $750 carries them to the end of the month."
        ),
        asked_at=now - timedelta(minutes=35),
    )
