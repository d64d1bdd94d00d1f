"""Expected spend: announced ahead, or a spike that was planned. Detection excludes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bot.alerting.spike_facts import SpikeFacts
from bot.periods import DAY_MICROS, HOUR_MICROS

AFTER_MICROS = 7 * DAY_MICROS
"""A planned spike stays expected this long after it ends."""
_WEEK_HOURS = 168
_WEEKS = 3
_SETTLED_HOURS = 24
WINDOW_HOURS = 72
"""The longest window in which a spike is found. A shorter expectation stays excluded until no window reaches into it."""
_DOMINANT_SHARE = (4, 5)
"""A contributor with at least this share is the cause of a spike; else the team's whole spend is."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """The spend that is expected: one credential, model, workflow or tool of a team, or all of the team's spend if
    both are empty."""

    dimension: str
    name: str

    @property
    def is_total(self) -> bool:
        return not self.dimension


TEAM_TOTAL = Cause(dimension="", name="")


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Expected spend from `from_at` until `until_at`, in microseconds. A planned spike has no `until_at` unless
    somebody chose one: it ends a week after its alert. `limit_nanos` is the most that is excluded above the usual,
    None for no limit."""

    id: int
    team_id: int
    what: str
    cause: Cause
    from_at: int
    until_at: int | None
    limit_nanos: int | None
    alert_id: int | None
    alert_closed_at: int | None
    made_by: int
    made_at: int
    ended_at: int | None
    ended_by: int | None

    @property
    def ends_at(self) -> int | None:
        """When it ends, in microseconds; None while that is unknown."""
        end = self.until_at
        if end is None and self.alert_closed_at is not None:
            end = self.alert_closed_at + AFTER_MICROS
        if self.ended_at is not None:
            end = self.ended_at if end is None else min(end, self.ended_at)
        return end

    def is_in_force(self, at: int) -> bool:
        end = self.ends_at
        return self.from_at <= at and (end is None or at < end)

    def is_over(self, at: int) -> bool:
        end = self.ends_at
        return end is not None and end <= at


def cause_to_expect(facts: SpikeFacts) -> Cause:
    """Returns the cause of a planned spike: its part, the contributor with 80% of it, or the team's whole spend.
    Never a person."""
    if facts.part is not None:
        return Cause(dimension=facts.part[0], name=facts.part[1])
    first = facts.leading_contributor
    part, whole = _DOMINANT_SHARE
    if first is None or first.cost_nanos * whole < facts.observed_nanos * part:
        return TEAM_TOTAL
    return Cause(dimension=first.dimension, name=first.name)


def excluded_spend(expectation: Expectation, cost_nanos: Mapping[int, int], *, at: int) -> dict[int, int]:
    """Returns the nano-dollars to exclude by UTC hour: all above the usual, earliest first, up to the limit.

    While an expectation holds, detection ignores its spend. Once it is over, spend that lasted counts as the new
    usual; spend that passed stays excluded, so that a launch does not hide the next spike. What lasts beyond a spike that was
    planned for less than three days is judged by the hours after it alone.
    """
    first = expectation.from_at // HOUR_MICROS
    end = expectation.ends_at
    last = at // HOUR_MICROS if end is None else min(at, end - 1) // HOUR_MICROS
    above = {
        hour: nanos - usual
        for hour in range(first, last + 1)
        if (nanos := cost_nanos.get(hour, 0)) > (usual := _usual(cost_nanos, hour, before=first))
    }
    is_short = expectation.alert_id is not None and last + 1 - first < WINDOW_HOURS
    is_near = is_short and at // HOUR_MICROS - last < WINDOW_HOURS
    if (
        expectation.is_over(at)
        and not is_near
        and _lasted(expectation, cost_nanos, above, first=first, last=last, at=at)
    ):
        return {}
    if expectation.limit_nanos is None:
        return above
    left, excluded = expectation.limit_nanos, {}
    for hour, nanos in above.items():
        excluded[hour] = min(left, nanos)
        left -= excluded[hour]
        if left <= 0:
            break
    return excluded


def _usual(cost_nanos: Mapping[int, int], hour: int, *, before: int) -> int:
    """Returns the median of the same hour of the week in the three weeks before `before`."""
    nearest = hour - _WEEK_HOURS * max(1, -((before - 1 - hour) // _WEEK_HOURS))
    return int(median(max(0, cost_nanos.get(nearest - _WEEK_HOURS * week, 0)) for week in range(_WEEKS)))


def _lasted(
    expectation: Expectation, cost_nanos: Mapping[int, int], above: Mapping[int, int], *, first: int, last: int, at: int
) -> bool:
    """Whether spend stayed up: for a spike, its later half against its earlier half; for an announcement, the hours
    after it, once a day of them is known."""
    if expectation.alert_id is not None:
        middle = (first + last + 1) // 2
        earlier = _mean(above, first, middle)
        return _mean(above, middle, last + 1) * 2 >= earlier > 0
    now = at // HOUR_MICROS
    after = {h: max(0, cost_nanos.get(h, 0) - _usual(cost_nanos, h, before=first)) for h in range(last + 1, now)}
    return len(after) >= _SETTLED_HOURS and _mean(after, last + 1, now) * 2 >= _mean(above, first, last + 1) > 0


def _mean(nanos: Mapping[int, int], first: int, end: int) -> float:
    return sum(nanos.get(hour, 0) for hour in range(first, end)) / max(1, end - first)


def combine_excluded(parts: Sequence[tuple[Cause, Mapping[int, int]]]) -> dict[int, int]:
    """Returns what several expectations exclude together, by hour. Two keys add up. A key and a model may be the same
    spend, so the dimension that excludes most counts."""
    by_cause: dict[tuple[str, int], dict[str, int]] = {}
    for cause, excluded in parts:
        for hour, nanos in excluded.items():
            named = by_cause.setdefault((cause.dimension, hour), {})
            named[cause.name] = max(named.get(cause.name, 0), nanos)
    together: dict[int, int] = {}
    for (_, hour), named in by_cause.items():
        together[hour] = max(together.get(hour, 0), sum(named.values()))
    return together
