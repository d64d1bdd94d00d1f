"""The choice of a week's cause: the most specific change that explains about half of it or more."""

from dataclasses import dataclass
from typing import Literal

from bot.reporting.causes.activity import calls_effect, size_effect
from bot.reporting.causes.candidates import Cause, CauseKind, candidates
from bot.reporting.causes.comparing import Comparison, Effect, comparison_of
from bot.reporting.causes.levels import level_of
from bot.reporting.causes.weeks import Weeks, Weigh, usual_weights

WeekKind = Literal["first", "first_full", "quiet", "usual_again", "changed"]
_HALF = 0.5
_THIRD = 0.35
"""Enough where what is left of the change is no more than chance."""
_MOST, _MOST_PART = 6.0, 3.0
"""An effect of more than so many times the change is offset by others, and explains too little of the week."""
_CERTAIN, _CERTAIN_PART, _CERTAIN_ALONE = 2.0, 3.0, 4.0
"""Spreads of an effect: in an unusual week, and in a week that is not unusual as a whole."""
_ALONE: dict[CauseKind, float] = {"price": 4.0, "cache": 4.0, "swap": 4.0, "part": 6.0, "people": 4.0}
_MEASURED = frozenset({"price", "cache", "swap"})
"""Kinds whose effect is measured call by call, so that chance hardly makes one."""
_LEAST_ALONE = 0.10
_LEAST_CHANGE = 0.02
_BROAD = 0.6


@dataclass(frozen=True, kw_only=True)
class WeekChange:
    """What kind of week it was, what a usual one costs, and why it changed."""

    kind: WeekKind
    usual_nanos: int
    cause: Cause | None = None


def week_change(weeks: Weeks, *, weigh: Weigh = usual_weights) -> WeekChange:
    """Returns what kind of week it was and its cause. A quiet week has none.

    A week may be unusual as a whole, or cost more for one certain reason.
    """
    totals = weeks.totals()
    if weeks.full == 0:
        return WeekChange(kind="first", usual_nanos=0)
    level = level_of(totals[1:])
    compared = comparison_of(weeks, level, weigh)
    usual, last = round(level.usual), totals[1]
    if level.usual <= 0 or compared.now <= 0:
        kind: WeekKind = "quiet" if compared.now <= 0 and level.usual <= 0 else "changed"
        return WeekChange(kind=kind, usual_nanos=usual)
    if abs(compared.now - last) < _LEAST_CHANGE * max(last, 1.0):
        return WeekChange(kind="quiet", usual_nanos=usual)
    is_unusual = level.is_unusual(compared.now)
    if is_unusual and (compared.now - last) * compared.change <= 0:
        is_unusual = False
    cause = _cause(compared, is_unusual=is_unusual)
    if cause is not None:
        return WeekChange(kind="changed", usual_nanos=usual, cause=cause)
    if is_unusual:
        return WeekChange(kind="changed", usual_nanos=usual, cause=_broad(compared))
    is_back = level.weights[0] == 0 and level.is_unusual(last)
    return WeekChange(kind="usual_again" if is_back else "quiet", usual_nanos=usual)


def _cause(compared: Comparison, *, is_unusual: bool) -> Cause | None:
    """Returns the first of the candidates, the most specific first, that explains the change."""
    return next((one for one, effect in candidates(compared) if _explains(compared, one, effect, is_unusual)), None)


def _explains(compared: Comparison, cause: Cause, effect: Effect, is_unusual: bool) -> bool:
    change, usual = compared.change, compared.level.usual
    if (compared.now - compared.totals[1]) * effect.nanos <= 0:
        return False
    most = _MOST_PART if cause.kind == "part" else _MOST
    if is_unusual:
        share = effect.nanos / change
        is_sure = cause.kind in _MEASURED and abs(effect.nanos) >= _CERTAIN_ALONE * effect.noise
        is_rest_chance = not compared.level.is_unusual(compared.now - effect.nanos)
        is_most = share >= _HALF or (share >= _THIRD and (is_sure or is_rest_chance))
        certain = _CERTAIN_PART if cause.kind == "part" else _CERTAIN
        return is_most and share <= most and abs(effect.nanos) >= certain * effect.noise
    certain = _ALONE[cause.kind]
    if abs(effect.nanos) < max(_LEAST_ALONE * usual, certain * effect.noise):
        return False
    return 0 < effect.nanos / change <= most and abs(change) >= _LEAST_CHANGE * usual if change else False


def _broad(compared: Comparison) -> Cause:
    """Returns more calls, or larger ones, if these made the difference; else many small changes."""
    calls, size = calls_effect(compared), size_effect(compared)
    if calls.effect.nanos / compared.change >= _BROAD:
        kind: CauseKind = "calls"
        ratio = calls
    elif size.effect.nanos / compared.change >= _BROAD:
        kind, ratio = "size", size
    else:
        return Cause(kind="many", effect_nanos=round(compared.change))
    return Cause(
        kind=kind,
        effect_nanos=round(ratio.effect.nanos),
        state="more" if ratio.now > ratio.before else "less",
        before=ratio.before,
        now=ratio.now,
    )
