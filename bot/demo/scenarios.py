"""Scenarios of the demo: Acme, or somebody's own usage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.demo.company import (
    DEMO_CHANNELS,
    DemoChannel,
    DemoRequest,
    demo_history,
    demo_request,
    demo_teams_yml,
    last_month_yml,
    later_events,
)
from bot.demo.merges import merge_events, merges_before
from bot.demo.own import own_channels, own_teams_yml, slug_of, teams_named
from handlers.intake.replays import ending_at, read_events

LaterEvents = Callable[[datetime, datetime], Sequence[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class DemoScenario:
    """A demo's content: its usage, channels and teams, and the request that waits for a decision."""

    channels: tuple[DemoChannel, ...]
    events: list[dict[str, Any]]
    teams_yml: str
    team: str
    request: DemoRequest | None
    last_month: tuple[str, datetime] | None
    """The teams.yml of the month before, and the moment of its import."""
    later: LaterEvents
    """Returns the usage between two moments, for when the clock moves ahead."""

    @property
    def is_own(self) -> bool:
        """Whether it shows somebody's own usage instead of Acme's."""
        return self.request is None


def acme_scenario(now: datetime) -> DemoScenario:
    """Returns Acme and a month of its usage."""
    history = demo_history(now=now)
    return DemoScenario(
        channels=DEMO_CHANNELS,
        events=[*(booked.event for booked in history), *merges_before(now)],
        teams_yml=demo_teams_yml(now=now, history=history),
        team="search",
        request=demo_request(now=now),
        last_month=last_month_yml(now=now, history=history),
        later=lambda since, until: [
            *later_events(opened_at=now, since=since, until=until),
            *merge_events(since=since, until=until),
        ],
    )


def own_usage_scenario(file: Path, now: datetime) -> DemoScenario:
    """Returns somebody's own export, moved in time so that it ends now, with the teams that it names."""
    events = ending_at(list(read_events(file)), now)
    for event in events:
        data = event.get("data")
        if isinstance(data, dict) and data.get("team"):
            data["team"] = slug_of(str(data["team"]))
    slugs = teams_named(events)
    return DemoScenario(
        channels=own_channels(slugs),
        events=events,
        teams_yml=own_teams_yml(slugs, spent_nanos={}),
        team=slugs[0],
        request=None,
        last_month=None,
        later=lambda since, until: (),
    )
