"""The kinds of charts, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfoNotFoundError

from bot.periods import date_of, short_day_text, zone

MAX_TOOLS = 6
"""Five with names and the rest: more colours are hard to tell apart, and Slack's block takes no more."""
REST_NAME = "Other"
_PLAN_MARGIN_PERCENT = 10


class ChartSpan(NamedTuple):
    """Days that a chart adds up, the last one included, and what it calls them."""

    name: str
    first_day: int
    last_day: int


@dataclass(frozen=True, kw_only=True)
class SpendByDay:
    """Cost per local day, stacked by tool.

    `days` count from 1970 and ascend; `tools` are (name, nano-dollars per day), largest first, and corrections may be
    negative. `budget_line_nanos` is the period's allocation by its days. Days after `closed_through` are still open and drawn
    striped; None means that all are closed. `title` states the finding. `spans` are the spans whose sums stand beside each
    tool, latest first; without them the sums are of all days. `plan_nanos` is the budget day by day in place of one line for
    all days, None on days that it does not cover.
    """

    title: str
    subtitle: str
    days: tuple[int, ...]
    tools: tuple[tuple[str, tuple[int, ...]], ...]
    budget_line_nanos: int | None
    closed_through: int | None
    alt: str
    spans: tuple["ChartSpan", ...] = ()
    plan_nanos: tuple[int | None, ...] = ()

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in zip(self.days, self.days[1:], strict=False)):
            raise ValueError("days must ascend")
        if any(len(nanos) != len(self.days) for _, nanos in self.tools):
            raise ValueError("a tool needs one amount per day")
        if self.plan_nanos and len(self.plan_nanos) != len(self.days):
            raise ValueError("a plan needs one amount per day")

    @property
    def budget_by_day(self) -> tuple[int | None, ...]:
        """Returns the budget of each day, None where there is none."""
        return self.plan_nanos or (self.budget_line_nanos,) * len(self.days)

    @property
    def over(self) -> tuple[bool, ...]:
        """Returns for each day whether its cost is above the budget; above a plan by weekday, well above it.

        Such a plan is an estimate: a team that keeps to it is a little above it on every other day.
        """
        totals = [sum(nanos[at] for _, nanos in self.tools) for at in range(len(self.days))]
        margin = _PLAN_MARGIN_PERCENT if self.plan_nanos else 0
        return tuple(
            of is not None and total * 100 > of * (100 + margin)
            for total, of in zip(totals, self.budget_by_day, strict=True)
        )

    @property
    def over_words(self) -> str:
        """Returns `above it on 2 days`, or nothing; of several spans for the latest."""
        latest = self.spans[0] if self.spans else None
        count = sum(
            over
            for day, over in zip(self.days, self.over, strict=True)
            if latest is None or latest.first_day <= day <= latest.last_day
        )
        well = "well " if self.plan_nanos else ""
        return f"{well}above it on {count} {'day' if count == 1 else 'days'}" if count else ""

    @property
    def budget_of(self) -> tuple[int, str] | None:
        """Returns the budget as an amount and its time: `a day` if all days are equal, else the latest span it covers."""
        known = {of for of in self.budget_by_day if of is not None}
        if len(known) <= 1:
            return (known.pop(), "a day") if known else None
        for span in self.sums:
            of_span = [
                of
                for day, of in zip(self.days, self.budget_by_day, strict=True)
                if span.first_day <= day <= span.last_day
            ]
            if of_span and None not in of_span:
                return sum(of for of in of_span if of is not None), span.name
        return sum(of for of in self.budget_by_day if of is not None), "on these days"

    @property
    def sums(self) -> tuple["ChartSpan", ...]:
        """Returns the spans whose sums are shown; their names say which days they are."""
        if self.spans or not self.days:
            return self.spans
        return (ChartSpan(days_text(self.days[0], self.days[-1]), self.days[0], self.days[-1]),)

    @property
    def shown_tools(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Returns the tools that are shown, the small ones added up."""
        return fold_tools(self.tools)

    def sum_of(self, nanos: tuple[int, ...], span: "ChartSpan") -> int:
        """Returns the sum of one amount per day over a span."""
        return sum(
            amount for day, amount in zip(self.days, nanos, strict=True) if span.first_day <= day <= span.last_day
        )


@dataclass(frozen=True, kw_only=True)
class SpikeHours:
    """Cost per hour beside the range that is usual for each hour.

    `hours` count from 1970 in UTC and ascend. They are unusual from `marked_from` on, up to `marked_until` if the spike is over;
    hours after it are shown too. Labels are in `timezone`, which the picture names. `silent` are (from, end) of hours in which
    a source sent nothing.
    """

    title: str
    subtitle: str
    hours: tuple[int, ...]
    observed_nanos: tuple[int, ...]
    usual_low_nanos: tuple[int, ...]
    usual_high_nanos: tuple[int, ...]
    marked_from: int
    alt: str
    timezone: str = "UTC"
    silent: tuple[tuple[int, int], ...] = ()
    marked_until: int | None = None

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in zip(self.hours, self.hours[1:], strict=False)):
            raise ValueError("hours must ascend")
        if {len(self.observed_nanos), len(self.usual_low_nanos), len(self.usual_high_nanos)} != {len(self.hours)}:
            raise ValueError("every hour needs an observed amount and a usual range")
        try:
            zone(self.timezone)
        except ZoneInfoNotFoundError as error:
            raise ValueError(f"{self.timezone!r} is no time zone") from error


@dataclass(frozen=True, kw_only=True)
class SpendAgainstPlan:
    """A period's spend so far beside its budget, and the range of where it will end.

    `spent_nanos` has one amount per day from `first_day` on; the last day is today, still open. `end_nanos`, `low_nanos` and
    `high_nanos` are the forecast of the period's whole spend and its range, None where too little is known. `budget_nanos` is
    None without a budget; `plan_nanos` is what it plans for each day of the period, equal days if not given.
    """

    title: str
    subtitle: str
    first_day: int
    end_day: int
    spent_nanos: tuple[int, ...]
    budget_nanos: int | None
    end_nanos: int | None
    low_nanos: int | None
    high_nanos: int | None
    run_out_day: int | None
    alt: str
    plan_nanos: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < len(self.spent_nanos) <= self.end_day - self.first_day:
            raise ValueError("the days of spend lie within the period")
        if self.plan_nanos and len(self.plan_nanos) != self.end_day - self.first_day:
            raise ValueError("a plan needs one amount per day of the period")
        known = [nanos is not None for nanos in (self.low_nanos, self.end_nanos, self.high_nanos)]
        if any(known) != all(known):
            raise ValueError("a forecast has its range")

    @property
    def today(self) -> int:
        return self.first_day + len(self.spent_nanos) - 1


@dataclass(frozen=True, kw_only=True)
class TeamsAgainstBudget:
    """Teams' spend so far beside their budgets: `teams` are (name, spent, budget or None, forecast or None), as shown."""

    title: str
    subtitle: str
    teams: tuple[tuple[str, int, int | None, int | None], ...]
    alt: str


@dataclass(frozen=True, kw_only=True)
class MixByWeek:
    """In-house and third-party spend per week; `mondays` count days from 1970 and ascend."""

    title: str
    subtitle: str
    mondays: tuple[int, ...]
    in_house_nanos: tuple[int, ...]
    third_party_nanos: tuple[int, ...]
    alt: str

    def __post_init__(self) -> None:
        if {len(self.in_house_nanos), len(self.third_party_nanos)} != {len(self.mondays)}:
            raise ValueError("each week needs both amounts")


@dataclass(frozen=True, kw_only=True)
class BudgetChange:
    """A budget now, if there is one, and with a request approved, beside what is spent and expected by the period's end.

    `held_nanos` is what is not available though it is not spent: holds, and what is released later.
    """

    title: str
    subtitle: str
    spent_nanos: int
    held_nanos: int
    forecast_nanos: int | None
    budget_nanos: int | None
    grown_nanos: int
    alt: str


Chart = SpendByDay | SpikeHours | SpendAgainstPlan | TeamsAgainstBudget | MixByWeek | BudgetChange

KINDS: dict[str, type[Chart]] = {
    "spend_by_day": SpendByDay,
    "spike_hours": SpikeHours,
    "spend_against_plan": SpendAgainstPlan,
    "teams_against_budget": TeamsAgainstBudget,
    "mix_by_week": MixByWeek,
    "budget_change": BudgetChange,
}


def kind_of(chart: Chart) -> str:
    """Returns the name of a chart's kind, which is also that of its file."""
    return next(name for name, kind in KINDS.items() if isinstance(chart, kind))


def fold_tools(tools: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Returns at most six tools: those after the fifth are added up as `Other`, so that the total stays."""
    if len(tools) <= MAX_TOOLS:
        return tuple(tools)
    rest = tuple(sum(day) for day in zip(*(nanos for _, nanos in tools[MAX_TOOLS - 1 :]), strict=True))
    return (*tools[: MAX_TOOLS - 1], (REST_NAME, rest))


def days_text(first: int, last: int) -> str:
    """Returns `23 Nov`, `16–22 Nov`, `30 Nov – 6 Dec`."""
    if first == last:
        return short_day_text(first)
    a, b = date_of(first), date_of(last)
    if a.month == b.month:
        return f"{a.day}–{short_day_text(last)}"
    return f"{short_day_text(first)} – {short_day_text(last)}"
