"""A person's own use: the days that it covers, and its figures from one read of those days."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bot.periods import Calendar, period_of
from bot.reporting.figures import Share
from bot.reporting.reports import PersonUse
from bot.reporting.spans import span_of

_COMPARED_DAYS = 28
CURVE_DAYS = 14
"""The days of the curve on Home, today included."""
_DAYS_AHEAD = 2
"""A team east of the organisation may already have its next day."""


class UseSum(NamedTuple):
    """A person's use of one tool and model over a span of days, which is named by its first day."""

    first_day: int
    tool: str
    model: str
    calls: int
    tokens: int
    cost_nanos: int
    notional_nanos: int
    unpriced_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class UseDays:
    """The days of a person's use, as of `today`: the calendar month so far, and the days to compare it with."""

    today: int

    @property
    def month(self) -> int:
        return period_of(self.today, "month").first_day

    @property
    def week(self) -> int:
        return self.today - 7

    @property
    def end(self) -> int:
        return self.today + _DAYS_AHEAD

    @property
    def starts(self) -> tuple[int, ...]:
        """Returns the first days of the spans between which no figure distinguishes, ascending."""
        spans = {self.month - _COMPARED_DAYS, self.last_month, self.last_month_so_far_end, self.month, self.week}
        return tuple(sorted(spans.union(self.curve)))

    @property
    def curve(self) -> range:
        """Returns the days whose figures are shown one by one."""
        return range(self.today + 1 - CURVE_DAYS, self.today + 1)

    @property
    def last_month(self) -> int:
        return period_of(self.month - 1, "month").first_day

    @property
    def last_month_so_far_end(self) -> int:
        """Returns the day after the last month's days that are compared with this month's."""
        month = period_of(self.today, "month")
        return span_of("month", today=self.today, period=month, calendar=Calendar(), zone="UTC").before_end


def person_use(
    sums: Iterable[UseSum], days: UseDays, *, teams: tuple[str, ...], looks: tuple[tuple[str, int], ...]
) -> PersonUse:
    """Returns a person's use from its sums over the spans of `days`."""
    known = list(sums)
    month = [s for s in known if s.first_day >= days.month]
    before = [s for s in known if days.month - _COMPARED_DAYS <= s.first_day < days.month]
    last_month = [s for s in known if days.last_month <= s.first_day < days.month]
    return PersonUse(
        today_nanos=sum(s.cost_nanos for s in known if s.first_day >= days.today),
        week_nanos=sum(s.cost_nanos for s in known if days.week <= s.first_day < days.today),
        month_nanos=sum(s.cost_nanos for s in month),
        month_tokens=sum(s.tokens for s in month),
        month_calls=sum(s.calls for s in month),
        notional_nanos=sum(s.notional_nanos for s in month),
        tools=_shares(month, before, lambda s: s.tool),
        models=_shares(month, before, lambda s: s.model),
        teams=teams,
        looks=looks,
        last_month_nanos=sum(s.cost_nanos for s in last_month),
        last_month_so_far_nanos=sum(s.cost_nanos for s in last_month if s.first_day < days.last_month_so_far_end),
        last_month=period_of(days.last_month, "month").name,
        days=tuple(sum(s.cost_nanos for s in known if s.first_day == day) for day in days.curve),
    )


def _shares(month: Iterable[UseSum], before: Iterable[UseSum], name_of: Callable[[UseSum], str]) -> tuple[Share, ...]:
    """Returns the month's parts; those that adjusting rows emptied are left out."""
    current: dict[str, list[UseSum]] = {}
    for s in month:
        current.setdefault(name_of(s), []).append(s)
    earlier: dict[str, int] = {}
    for s in before:
        earlier[name_of(s)] = earlier.get(name_of(s), 0) + s.cost_nanos
    shares = [
        Share(
            name=name,
            cost_nanos=sum(s.cost_nanos for s in parts),
            before_nanos=earlier.get(name, 0),
            tokens=sum(s.tokens for s in parts),
            unpriced_calls=sum(s.calls for s in parts if s.unpriced_tokens),
            unpriced_tokens=sum(s.unpriced_tokens for s in parts),
        )
        for name, parts in current.items()
        if any(sum(amounts) for amounts in zip(*(s[3:] for s in parts), strict=True))
    ]
    return tuple(sorted(shares, key=lambda share: (-share.cost_nanos, -share.tokens, share.name)))
