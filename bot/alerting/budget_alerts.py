"""The rules of budget alerts: crossed thresholds, an exhausted budget, and a forecast run-out.

Each alert is posted once per team, rule, period and budget; its dedupe key names them. The last alert of a rule in a
period blocks the next one until it ends. It ends when a larger budget puts its threshold ahead again. So spend that
hovers at a threshold, a restart, a second worker or a clock that jumps posts nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.books.budgets import Standing
from bot.books.forecasts import Forecast, ahead_of_pace

HISTORY_AFTER_DAYS = 3
"""Older usage was imported: a threshold that it crossed is recorded without a message."""
FULL_PERCENT = 100
LIKELY = 0.8
"""A forecast is posted from this chance of a run-out on, and recovers below the other. In between, the last message
stands."""
UNLIKELY = 0.5
LAST_DAYS = 2
"""No forecast is posted for a run-out in the last days of a period: it is too late to act on it."""
MUCH_NEARER_DAYS = 3


@dataclass(frozen=True, kw_only=True)
class RecordedThreshold:
    """A threshold alert of this period, posted or silent. Once it `has_ended`, its rule may post again."""

    percent: int
    allocated_nanos: int
    by_holds: bool
    has_ended: bool


@dataclass(frozen=True, kw_only=True)
class ThresholdAlert:
    """A crossed threshold, or an exhausted budget (100%). `by_holds` means that spend alone has not crossed it. A
    `silent` alert is recorded without a message."""

    percent: int
    dedupe_key: str
    silent: bool
    by_holds: bool


def is_exhausted(standing: Standing) -> bool:
    """Whether a team that spends has nothing available: its budget is $0, spent, held, or went to its teams."""
    balance = standing.balance
    return balance.budget == "set" and balance.left_nanos <= 0 < balance.charged_nanos


def has_alerts(standing: Standing) -> bool:
    """Whether budget alerts apply: to a team's budget of $0 or more once it has begun, and to what no team was given."""
    balance = standing.balance
    return balance.budget == "set" and (standing.team.kind == "team" or balance.allocated_nanos > 0)


def has_crossed(standing: Standing, percent: int) -> bool:
    """Whether spend has reached a percentage of the budget; at 100% also whether the budget is exhausted. Any spend has
    crossed a budget of $0."""
    balance = standing.balance
    if balance.allocated_nanos <= 0:
        return balance.charged_nanos > 0
    if percent == FULL_PERCENT and is_exhausted(standing):
        return True
    return balance.charged_nanos * 100 >= balance.allocated_nanos * percent


def thresholds_due(
    standing: Standing, *, recorded: Sequence[RecordedThreshold], recent_nanos: int, is_governed: bool
) -> list[ThresholdAlert]:
    """Returns the crossed thresholds to record, lowest first. Only the highest of several is posted.

    A threshold below 100% is due only if the team spends faster than its pace. `recent_nanos` is the spend of the
    last days, today included: a threshold crossed before them is recorded silently. `recorded` are the period's alerts so
    far, oldest first.
    """
    balance = standing.balance
    if not has_alerts(standing):
        return []
    crossed: list[ThresholdAlert] = []
    percents = set(standing.team.thresholds) if balance.allocated_nanos > 0 else set()  # $0 has no part of it
    for percent in sorted(percents | {FULL_PERCENT}):
        if not has_crossed(standing, percent):
            continue
        if percent < FULL_PERCENT and not _is_ahead_of_pace(standing):
            continue
        before = [one for one in recorded if one.percent == percent]
        by_holds = balance.charged_nanos * 100 < balance.allocated_nanos * percent
        if before and not _is_armed(before[-1], by_holds=by_holds, allocated_nanos=balance.allocated_nanos):
            continue
        line = max(0, balance.allocated_nanos) * percent
        earlier = (balance.charged_nanos - recent_nanos) * 100
        is_history = earlier >= line and earlier > 0
        key = revision_key("threshold", standing, len(before), of=[o.allocated_nanos for o in before], percent=percent)
        silent = is_history or not is_governed
        crossed.append(ThresholdAlert(percent=percent, dedupe_key=key, silent=silent, by_holds=by_holds))
    return [
        ThresholdAlert(
            percent=a.percent,
            dedupe_key=a.dedupe_key,
            silent=a.silent or a is not crossed[-1],
            by_holds=a.by_holds,
        )
        for a in crossed
    ]


def _is_ahead_of_pace(standing: Standing) -> bool:
    usual = standing.forecast.weekday_nanos if standing.forecast.is_known else ()
    return ahead_of_pace(standing.balance, today=standing.today, period=standing.period, weekday_nanos=usual)


def _is_armed(last: RecordedThreshold, *, by_holds: bool, allocated_nanos: int) -> bool:
    """Whether a rule may post again. Holds come and go with requests, so they post once per budget."""
    if not last.has_ended:
        return False
    return not by_holds or allocated_nanos > last.allocated_nanos


def is_threshold_resolved(standing: Standing, recorded: RecordedThreshold) -> bool:
    """Whether an alert has ended: a larger budget puts its threshold ahead again, its holds were released, or the team has
    no budget now. A correction of spend does not end it."""
    if standing.balance.budget != "set":
        return True
    if has_crossed(standing, recorded.percent) or standing.balance.allocated_nanos <= 0:
        return False
    return recorded.by_holds or standing.balance.allocated_nanos > recorded.allocated_nanos


def revision_key(rule: str, standing: Standing, number: int, *, of: Sequence[int], percent: int | None = None) -> str:
    """Returns the dedupe key of a rule: team, period, percentage and budget, and a number where this budget had an
    alert before."""
    allocated = standing.balance.allocated_nanos
    parts = (rule, standing.team.id, standing.period.name, *(() if percent is None else (percent,)), allocated)
    again = f":{number}" if allocated in of else ""
    return ":".join(map(str, parts)) + again


ForecastOutcome = Literal["expected", "recovered", "ran_out", "nearer"]


@dataclass(frozen=True, kw_only=True)
class PostedForecast:
    """A run-out as it was posted: `said_on` a day for `said_day`, and the days its message shows since. Days count
    from 1970. `end_nanos` is the expected spend of the whole period, which ends before `end_day`."""

    allocated_nanos: int
    said_on: int
    said_day: int
    shown_on: int
    shown_day: int
    early_day: int
    late_day: int | None
    chance: float
    end_nanos: int
    end_day: int
    outcome: ForecastOutcome


ForecastStep = Literal["post", "show", "recover", "end"]


def forecast_step(standing: Standing, last: PostedForecast | None) -> ForecastStep | None:
    """Returns the next step for a run-out: `post` it in a new message, `show` new figures in its message, `recover` it
    there, or `end` it because the budget is exhausted; None to leave it.

    A run-out is posted once per budget, and again only if its date moves nearer by three days and by a third of the
    remaining time. Its message shows new figures once a day at most while the budget stays the same. Between likely
    and unlikely, and with too few days of data, the last message stands.
    """
    if is_exhausted(standing):
        return "end" if last is not None and last.outcome == "expected" else None
    found = standing.forecast
    if not found.is_known or standing.balance.left_nanos <= 0 or standing.today >= standing.period.end_day:
        return None
    if last is None or last.outcome != "expected":
        return _first_step(standing, last)
    if _is_due(standing) and _is_much_nearer(found, last):
        return "post"
    if found.run_out_day is None or found.chance < UNLIKELY:
        return "recover"
    has_moved = found.run_out_day != last.shown_day and standing.today > last.shown_on
    return "show" if has_moved or standing.balance.allocated_nanos != last.allocated_nanos else None


def _first_step(standing: Standing, last: PostedForecast | None) -> ForecastStep | None:
    """Returns the step for a run-out that no open message expects. `last` is the message that recovered, if there is
    one."""
    if not _is_due(standing):
        return None
    was_raised = last is not None and standing.balance.allocated_nanos > last.allocated_nanos
    is_new = last is None or was_raised or _is_much_nearer(standing.forecast, last)
    return "post" if is_new else "show"


def posted_forecast(standing: Standing, before: PostedForecast | None) -> PostedForecast:
    """Returns a run-out as its message shows it now. `before` is the first version of the same message."""
    found = standing.forecast
    assert found.run_out_day is not None, "it is not expected within the period"
    assert found.early_day is not None, "the middle is reached after the early day"
    return PostedForecast(
        allocated_nanos=standing.balance.allocated_nanos,
        said_on=standing.today if before is None else before.said_on,
        said_day=found.run_out_day if before is None else before.said_day,
        shown_on=standing.today,
        shown_day=found.run_out_day,
        early_day=found.early_day,
        late_day=found.late_day,
        chance=found.chance,
        end_nanos=found.end_nanos,
        end_day=standing.period.end_day,
        outcome="expected",
    )


def _is_due(standing: Standing) -> bool:
    found = standing.forecast
    last_useful_day = standing.period.end_day - LAST_DAYS
    return found.chance >= LIKELY and found.run_out_day is not None and found.run_out_day < last_useful_day


def _is_much_nearer(found: Forecast, last: PostedForecast) -> bool:
    if found.run_out_day is None:
        return False
    moved = last.said_day - found.run_out_day
    return moved >= MUCH_NEARER_DAYS and moved * 3 >= last.said_day - last.said_on
