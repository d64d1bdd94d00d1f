"""The effect of how many people used AI, how many calls they made, and how large these were."""

from math import log
from typing import NamedTuple

from bot.reporting.causes.comparing import Comparison, Effect
from bot.reporting.causes.weeks import WeekUse

FEWEST_PEOPLE = 5
"""Groups of fewer are not broken down by people."""
_MOST_TYPICAL = 1.6


class Ratio(NamedTuple):
    """A figure before and now, and what its change did to the cost."""

    before: float
    now: float
    effect: Effect


def people_effect(compared: Comparison) -> Ratio | None:
    """Returns the effect of more or fewer people; None for a group of fewer than five, before or now.

    It is what the people who came or went cost, but not much more than as many usually cost: one of them may be a case
    of its own.
    """
    costs = compared.weeks.sums(lambda use: use.person_id, lambda use: use.cost_nanos)
    costs.pop(0, None)
    weeks = range(compared.weeks.full + 1)
    counts = [float(sum(1 for sums in costs.values() if sums[week] > 0)) for week in weeks]
    before = compared.past(counts)
    if min(before, counts[0]) < FEWEST_PEOPLE or abs(counts[0] - before) < 2:
        return None
    came = [sums[0] for sums in costs.values() if sums[0] > 0 and not any(amount > 0 for amount in sums[1:])]
    went = [compared.usual(sums) for sums in costs.values() if sums[0] <= 0]
    by_people = sum(compared.usual(sums) for sums in costs.values())
    typical = by_people / before
    moved = sum(came) - sum(went)
    by_number = (counts[0] - before) * typical
    nanos = min(moved, _MOST_TYPICAL * by_number, key=abs) if moved * by_number > 0 else 0.0
    return Ratio(before, counts[0], Effect(nanos, max(0.5, compared.noise(counts) / 3) * typical))


def newcomers(compared: Comparison) -> frozenset[int]:
    """Returns the people who were not there in the weeks before."""
    costs = compared.weeks.sums(lambda use: use.person_id, lambda use: use.cost_nanos)
    return frozenset(p for p, sums in costs.items() if p and sums[0] > 0 and not any(a > 0 for a in sums[1:]))


def calls_effect(compared: Comparison) -> Ratio:
    """Returns the effect of more or fewer calls."""
    return _ratio(compared, compared.weeks.sums(lambda _use: None, lambda use: use.calls).get(None, []))


def size_effect(compared: Comparison) -> Ratio:
    """Returns the effect of more or fewer tokens per call."""
    calls = compared.weeks.sums(lambda _use: None, lambda use: use.calls).get(None, [])
    tokens = compared.weeks.sums(lambda _use: None, _tokens).get(None, [])
    if not calls or compared.past(calls) <= 0 or calls[0] <= 0 or compared.past(tokens) <= 0 or tokens[0] <= 0:
        return _NOTHING
    before, now = compared.past(tokens) / compared.past(calls), tokens[0] / calls[0]
    return Ratio(before, now, _share_of(compared, now / before))


def _tokens(use: WeekUse) -> float:
    return use.tokens


def _ratio(compared: Comparison, sums: list[float]) -> Ratio:
    if not sums or compared.past(sums) <= 0 or sums[0] <= 0:
        return _NOTHING
    before = compared.usual(sums)
    return Ratio(before, sums[0], _share_of(compared, sums[0] / before))


def _share_of(compared: Comparison, ratio: float) -> Effect:
    """Returns the share of the week's change, by logarithms, that a factor of the cost has."""
    if compared.now <= 0 or compared.level.usual <= 0 or compared.now == compared.level.usual:
        return Effect(0.0, 0.0)
    share = log(ratio) / log(compared.now / compared.level.usual)
    return Effect(share * compared.change, compared.level.spread * compared.level.usual)


_NOTHING = Ratio(0.0, 0.0, Effect(0.0, 0.0))
