"""What is worth saying about a budget: lines that spend crosses, its end, and a run-out foretold. Each once, by its key.

What was said last of a rule in a period decides whether more is said: while that has not ended nothing is, and it ends
when the budget was raised so far that its line lies ahead again. So spend that hovers at a line, a restart, another worker
or a clock that jumps say nothing twice, and an increase arms a rule again. The key names team, rule, period and revision:
the budget when it was said, and its number where a budget comes back to what it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.books.budgets import Standing
from bot.books.forecasts import RunOutForecast, ahead_of_pace

HISTORY_AFTER_DAYS = 3
"""Usage older than this came in by an import: a line that it crossed is recorded, and not said."""
FULL_PERCENT = 100
LIKELY = 0.8
"""From this chance on a run-out is said; below the other one it is no longer expected. Between them what was said stands."""
UNLIKELY = 0.5
LAST_DAYS = 2
"""A run-out on the period's last days is left to the lines: nothing can be done about it any more."""
MUCH_NEARER_DAYS = 3


@dataclass(frozen=True, kw_only=True)
class RecordedThreshold:
    """An alert of this period that was said, or noted in silence. `has_ended` is whether its rule is armed again."""

    percent: int
    allocated_nanos: int
    by_holds: bool
    has_ended: bool


@dataclass(frozen=True, kw_only=True)
class ThresholdAlert:
    """A team's spend crossed a share of its budget, or nothing is left of it (100 %): `by_holds` if only because of what
    is held. `silent` ones are remembered without a message."""

    percent: int
    dedupe_key: str
    silent: bool
    by_holds: bool


def is_exhausted(standing: Standing) -> bool:
    """Whether nothing is left for a team that spends: used up, or the rest is held."""
    return standing.balance.available_nanos <= 0 < standing.balance.charged_nanos


def has_crossed(standing: Standing, percent: int) -> bool:
    """Whether spend has reached a share of the budget; for the whole, whether nothing is left."""
    balance = standing.balance
    if percent == FULL_PERCENT and is_exhausted(standing):
        return True
    return balance.charged_nanos * 100 >= balance.allocated_nanos * percent


def thresholds_due(
    standing: Standing, *, said: Sequence[RecordedThreshold], recent_nanos: int, is_governed: bool
) -> list[ThresholdAlert]:
    """The lines that a team's spend has crossed and that are to be noted, lowest first.

    One below 100 % is due only when the team is ahead of its pace. If several are crossed at once, only the highest
    is said. `recent_nanos` is the spend of the last days, today included: what older usage crossed is history. `said` are
    the period's alerts so far, oldest first.
    """
    balance = standing.balance
    if balance.allocated_nanos <= 0:
        return []
    crossed: list[ThresholdAlert] = []
    for percent in sorted(set(standing.team.thresholds) | {FULL_PERCENT}):
        if not has_crossed(standing, percent):
            continue
        if percent < FULL_PERCENT and not ahead_of_pace(balance, today=standing.today, period=standing.period):
            continue
        before = [one for one in said if one.percent == percent]
        by_holds = balance.charged_nanos * 100 < balance.allocated_nanos * percent
        if before and not _is_armed(before[-1], by_holds=by_holds, allocated_nanos=balance.allocated_nanos):
            continue
        line = balance.allocated_nanos * percent
        is_history = (balance.charged_nanos - recent_nanos) * 100 >= line
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


def _is_armed(last: RecordedThreshold, *, by_holds: bool, allocated_nanos: int) -> bool:
    """Holds come and go with requests: what they use up is said once per budget. What was used up is another matter."""
    if not last.has_ended:
        return False
    return not by_holds or allocated_nanos > last.allocated_nanos


def is_threshold_resolved(standing: Standing, said: RecordedThreshold) -> bool:
    """Whether an alert has ended: the budget is larger than when it was said and its line lies ahead again; or what was
    used up by holds alone is free again. Spend that a correction took back under the line ends nothing."""
    if has_crossed(standing, said.percent) or standing.balance.allocated_nanos <= 0:
        return False
    return said.by_holds or standing.balance.allocated_nanos > said.allocated_nanos


def revision_key(rule: str, standing: Standing, number: int, *, of: Sequence[int], percent: int | None = None) -> str:
    """Team, rule, period and budget; and which of the period it is, where one of the same budget is known."""
    allocated = standing.balance.allocated_nanos
    parts = (rule, standing.team.id, standing.period.name, *(() if percent is None else (percent,)), allocated)
    again = f":{number}" if allocated in of else ""
    return ":".join(map(str, parts)) + again


ForecastOutcome = Literal["expected", "recovered", "ran_out", "nearer"]


@dataclass(frozen=True, kw_only=True)
class PostedForecast:
    """A run-out as it was said in a period that ends before `end_day`: on which day for which one, and what is shown since.
    `end_nanos` is what the period is expected to come to."""

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


ForecastStep = Literal["say", "show", "recover", "end"]


def forecast_step(standing: Standing, found: RunOutForecast | None, last: PostedForecast | None) -> ForecastStep | None:
    """What to do about a run-out, by what was said last of it in this period: `say` it in a message of its own, `show` the
    newest figures in the message that is there (once a day at most, while the budget stays), say there that it has
    `recover`ed, or `end` it because nothing is left.

    It is said once per budget, and again only if the date has moved much nearer: by three days, and by a third of the
    way. Between likely and unlikely what was said stands; so it does where too few days are known to say anything.
    """
    if is_exhausted(standing):
        return "end" if last is not None and last.outcome == "expected" else None
    if found is None:
        return None
    if last is None or last.outcome != "expected":
        return _first_step(standing, found, last)
    if _is_due(found, standing) and _is_much_nearer(found, last):
        return "say"
    if found.middle_day is None or found.chance < UNLIKELY:
        return "recover"
    has_moved = found.middle_day != last.shown_day and standing.today > last.shown_on
    return "show" if has_moved or standing.balance.allocated_nanos != last.allocated_nanos else None


def _first_step(standing: Standing, found: RunOutForecast, last: PostedForecast | None) -> ForecastStep | None:
    """A run-out that nothing said expects at the moment: `last` was taken back, if there is one."""
    if not _is_due(found, standing):
        return None
    was_raised = last is not None and standing.balance.allocated_nanos > last.allocated_nanos
    is_new = last is None or was_raised or _is_much_nearer(found, last)
    return "say" if is_new else "show"


def foretold(standing: Standing, found: RunOutForecast, before: PostedForecast | None) -> PostedForecast:
    """A run-out to be shown as it is expected now; `before` is what was said of it first, where the message is the same."""
    assert found.middle_day is not None, "it is not expected within the period"
    assert found.early_day is not None, "the middle is reached after the early day"
    return PostedForecast(
        allocated_nanos=standing.balance.allocated_nanos,
        said_on=standing.today if before is None else before.said_on,
        said_day=found.middle_day if before is None else before.said_day,
        shown_on=standing.today,
        shown_day=found.middle_day,
        early_day=found.early_day,
        late_day=found.late_day,
        chance=found.chance,
        end_nanos=found.end_nanos,
        end_day=standing.period.end_day,
        outcome="expected",
    )


def _is_due(found: RunOutForecast, standing: Standing) -> bool:
    last_useful_day = standing.period.end_day - LAST_DAYS
    return found.chance >= LIKELY and found.middle_day is not None and found.middle_day < last_useful_day


def _is_much_nearer(found: RunOutForecast, last: PostedForecast) -> bool:
    if found.middle_day is None:
        return False
    moved = last.said_day - found.middle_day
    return moved >= MUCH_NEARER_DAYS and moved * 3 >= last.said_day - last.said_on
