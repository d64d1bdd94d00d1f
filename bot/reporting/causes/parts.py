"""The effect of single parts on a week's cost: tools, models, workflows and keys that grew or shrank more than the rest."""

from collections.abc import Callable
from statistics import median
from typing import Literal, NamedTuple

from bot.reporting.causes.comparing import Comparison, Effect
from bot.reporting.causes.weeks import Dimension, WeekUse

State = Literal["new", "gone", "more", "less"]
DIMENSIONS: tuple[Dimension, ...] = ("workflow", "credential", "model", "tool")
"""The most specific first."""
_LEAST_REST, _MOST_REST = 0.5, 2.0
_WHOLE = 0.97
"""A part with this share of both weeks is the team itself, and explains nothing."""
_ENDED = 0.03
_CHURN_WEEKS = 4
_CHURN_NOISE = 1.5


class PartEffect(NamedTuple):
    """A part whose cost moved beyond what the rest of the team did."""

    dimension: Dimension
    name: str
    state: State
    effect: Effect
    change: float
    """Its whole change in nano-dollars, with what it shares with the rest."""


def part_effects(compared: Comparison) -> list[PartEffect]:
    """Returns the effect of every named part, the largest first within each dimension."""
    found: list[PartEffect] = []
    for dimension in DIMENSIONS:
        costs = compared.weeks.sums(name_of(dimension), lambda use: use.cost_nanos)
        churn = _churn(compared, costs)
        lone = _of_one_person(compared) if dimension == "credential" else frozenset()
        own = [
            one
            for name, sums in costs.items()
            if name.strip()
            and (one := _effect(compared, dimension, name, sums, churn)) is not None
            and not (name in lone and one.state in ("less", "gone"))  # somebody was away
        ]
        found += sorted(own, key=lambda one: -abs(one.effect.nanos))
    return found


def name_of(dimension: Dimension) -> Callable[[WeekUse], str]:
    """Returns what reads a use's name in a dimension."""
    return lambda use: str(getattr(use, dimension))


def _effect(
    compared: Comparison, dimension: Dimension, name: str, sums: list[float], churn: float
) -> PartEffect | None:
    usual, total, now = compared.usual(sums), compared.level.usual, compared.now
    if usual >= _WHOLE * total and sums[0] >= _WHOLE * now:
        return None
    rest_before, rest_now = total - usual, now - sums[0]
    growth = rest_now / rest_before if rest_before > 0.02 * total else 1.0
    growth = min(_MOST_REST, max(_LEAST_REST, growth))
    if usual <= 0:
        state: State = "new"
    elif sums[0] <= _ENDED * usual:
        state = "gone"
    else:
        state = "more" if sums[0] > usual else "less"
    noise = max(compared.noise(sums), _CHURN_NOISE * churn if state == "new" else 0.0)
    return PartEffect(dimension, name, state, Effect(sums[0] - usual * growth, noise), sums[0] - usual)


def _of_one_person(compared: Comparison) -> frozenset[str]:
    """Returns the keys that one person alone uses."""
    users: dict[str, set[int]] = {}
    for use in compared.weeks.uses:
        users.setdefault(use.credential, set()).add(use.person_id)
    return frozenset(key for key, people in users.items() if len(people) == 1 and 0 not in people)


def _churn(compared: Comparison, costs: dict[str, list[float]]) -> float:
    """Returns what the largest new part of a week costs in this team: some have a new one every week."""
    largest = []
    for week in range(1, min(compared.weeks.full - 1, _CHURN_WEEKS) + 1):
        new = [sums[week] for name, sums in costs.items() if name.strip() and not any(a > 0 for a in sums[week + 1 :])]
        largest.append(max(new, default=0.0))
    return median(largest) if largest else 0.0
