"""The Monday digest: when it is due, and the figures of the closed week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from bot.alerting.alerts import DataGap
from bot.books.budgets import Standing
from bot.periods import date_of, day_number, day_start, hour_of, micros, week_of, zone
from bot.reporting.causes.choosing import WeekChange
from bot.reporting.figures import Share, Spend
from bot.reporting.mix import ToolMix

DIGEST_HOUR = 9
CATCH_UP = timedelta(hours=24)
"""How long after its hour a digest is still sent if the worker was down."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """A tool, model or workflow whose change moved the week's spend."""

    dimension: Literal["tool", "model", "workflow"]
    share: Share


@dataclass(frozen=True, kw_only=True)
class AnnouncedSpend:
    """Announced spend and its cost above the usual. The days are the first and the last."""

    what: str
    first_day: int
    last_day: int
    limit_nanos: int | None
    extra_nanos: int


class WaitingAsk(NamedTuple):
    """A budget request that waits: who asks, as a mention, how much, and since when."""

    asker_mention: str
    amount_nanos: int
    since: int


@dataclass(frozen=True, kw_only=True)
class Digest:
    """A team's closed week. Tools, models and workflows are sorted by cost, largest first."""

    standing: Standing
    monday: int
    week: Spend
    change: WeekChange
    tools: tuple[Share, ...]
    models: tuple[Share, ...]
    workflows: tuple[Share, ...]
    drivers: tuple[Driver, ...]
    mix: ToolMix
    tool_days: tuple[tuple[str, tuple[int, ...]], ...]
    """(tool, nano-dollars per day) over `chart_days`."""
    chart_days: tuple[int, ...]
    open_requests: int
    alerts: int
    announced: tuple[AnnouncedSpend, ...] = ()
    gaps: tuple[DataGap, ...] = ()
    """Hours of the week in which a usually active source sent nothing."""
    waiting: tuple[WaitingAsk, ...] = ()
    """The budget requests that wait, oldest first."""
    decision_times: str = ""
    """How long decisions of the team's requests take, in mrkdwn."""
    hides_key: bool = False
    """Whether the cause's key belongs to one person, whose figures are private."""

    @property
    def is_first(self) -> bool:
        """Returns whether the team's usage began in this week, so that there is no week to compare with."""
        return self.week.first_day is not None and self.week.first_day >= self.monday

    @property
    def is_first_full(self) -> bool:
        """Returns whether the week before was the team's first and not a whole one."""
        return self.week.first_day is not None and self.week.first_day < self.monday

    @property
    def gap_hours(self) -> int:
        """Returns the hours without data from a source, each once, within the week. A gap that goes on ends with the week."""
        end = hour_of(micros(day_start(self.monday + 7, self.standing.zone)))
        return len({hour for gap in self.gaps for hour in range(gap.from_hour, min(gap.end_hour or end, end))})

    @property
    def week_nanos(self) -> int:
        return self.week.cost_nanos

    @property
    def before_nanos(self) -> int:
        return self.week.before_nanos

    @property
    def calls(self) -> int:
        return self.week.calls

    @property
    def unpriced_calls(self) -> int:
        return self.week.unpriced_calls


def due_week(*, now: datetime, zone_name: str) -> int | None:
    """Returns the Monday (as a day) of the closed week whose digest is due in a zone, or None.

    A digest is due from 09:00 local time on the following Monday, for 24 hours. The slot is a wall-clock time in the
    zone: daylight saving moves the moment, never the local hour. Of a nine that comes twice it is the first.
    """
    monday, _ = week_of(day_number(now.astimezone(zone(zone_name)).date()))
    slot = _slot(monday, zone_name)
    return monday - 7 if slot <= now < slot + CATCH_UP else None


def _slot(monday: int, zone_name: str) -> datetime:
    """Returns the moment of a Monday's nine, in UTC. A nine that a clock change skips is the moment of the change plus what
    would have passed since.
    """
    date = date_of(monday)
    return datetime(date.year, date.month, date.day, DIGEST_HOUR, tzinfo=zone(zone_name)).astimezone(UTC)


def next_digest(*, now: datetime, zone_name: str) -> datetime:
    """Returns the next moment, in UTC, at which a digest of the zone becomes due."""
    week = week_of(day_number(now.astimezone(zone(zone_name)).date()))
    return next(slot for monday in week if (slot := _slot(monday, zone_name)) > now)


def drivers_of(
    shares: Mapping[Literal["tool", "model", "workflow"], Sequence[Share]], *, most: int = 3
) -> tuple[Driver, ...]:
    """Returns the largest changes in dollars, either way, at most `most`. A driver changes by at least a twentieth of the
    larger week.

    If parts changed by the same amount they are usually the same calls, so only the most specific is returned: workflow,
    then model, then tool.
    """
    order: tuple[Literal["tool", "model", "workflow"], ...] = ("workflow", "model", "tool")
    drivers: list[Driver] = []
    total = max(
        (sum(max(s.cost_nanos, s.before_nanos) for s in shares.get(dimension, ())) for dimension in order), default=0
    )
    ranked = sorted(
        (Driver(dimension=d, share=s) for d in order for s in shares.get(d, ()) if s.name),
        key=lambda driver: (-abs(driver.share.change_nanos), order.index(driver.dimension)),
    )
    for driver in ranked:
        if driver.share.change_nanos == 0 or abs(driver.share.change_nanos) * 20 < total or len(drivers) == most:
            break
        if any(_same_calls(driver, other) for other in drivers):
            continue
        seen_from = [other for other in ranked if _same_calls(other, driver)]
        drivers.append(min(seen_from, key=lambda other: order.index(other.dimension)))
    return tuple(drivers)


def _same_calls(one: Driver, other: Driver) -> bool:
    """Returns whether two parts changed by nearly the same amount, which suggests the same calls."""
    change = other.share.change_nanos
    return abs(one.share.change_nanos - change) * 8 <= abs(change)
