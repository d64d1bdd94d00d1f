"""The effect of calls that moved from one model to another."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from bot.reporting.causes.comparing import Comparison, Effect
from bot.reporting.causes.weeks import WeekUse

_UNCERTAIN = 0.05

Place = tuple[str, str]
"""A tool and a workflow."""


class SwapEffect(NamedTuple):
    """Calls that moved from the model `left` to the model `taken`; `share` of the calls of the first.

    `by_place` has the nano-dollars by tool and workflow, or nothing if calls moved between these too.
    """

    left: str
    taken: str
    share: float
    effect: Effect
    by_place: tuple[tuple[Place, float], ...]


class _Move(NamedTuple):
    """Calls that moved in one place."""

    place: Place
    calls: float
    calls_before: float
    nanos: float
    noise: float


def swap_effects(compared: Comparison) -> list[SwapEffect]:
    """Returns calls that moved between two models within the same tools and workflows, or within the team: as many as one
    lost and the other gained, with the difference of their costs per call.
    """
    found = []
    for place_of in (_place, _anywhere):
        moves: dict[tuple[str, str], list[_Move]] = {}
        for place, uses in _by_place(compared, place_of).items():
            for pair, move in _moves(compared, place, uses):
                moves.setdefault(pair, []).append(move)
        found += [_together(pair, of_pair, is_fine=place_of is _place) for pair, of_pair in moves.items()]
    return sorted(found, key=lambda one: -abs(one.effect.nanos))


def _place(use: WeekUse) -> Place:
    return use.tool, use.workflow


def _anywhere(_use: WeekUse) -> Place:
    return "", ""


def _by_place(compared: Comparison, place_of: Callable[[WeekUse], Place]) -> dict[Place, list[WeekUse]]:
    found: dict[Place, list[WeekUse]] = {}
    for use in compared.weeks.uses:
        found.setdefault(place_of(use), []).append(use)
    return found


def _moves(compared: Comparison, place: Place, uses: list[WeekUse]) -> list[tuple[tuple[str, str], _Move]]:
    """Returns the calls that moved between each two models in one place."""
    calls = compared.weeks.sums(lambda use: use.model, lambda use: use.calls, of=uses)
    costs = compared.weeks.sums(lambda use: use.model, lambda use: use.cost_nanos, of=uses)
    changes = {model: counts[0] - compared.usual(counts) for model, counts in calls.items()}
    falls = {model: -change for model, change in changes.items() if change < 0}
    rises = {model: change for model, change in changes.items() if change > 0}
    most = max(sum(falls.values()), sum(rises.values()))
    moves = []
    for left, fall in falls.items():
        before = compared.past(calls[left])
        for taken, rise in rises.items():
            moved = fall * rise / most
            difference = costs[taken][0] / calls[taken][0] - compared.past(costs[left]) / before
            noise = min(compared.noise(calls[left]), compared.noise(calls[taken]) + _UNCERTAIN * rise)
            moves.append(
                (
                    (left, taken),
                    _Move(place, moved, compared.usual(calls[left]), moved * difference, noise * abs(difference)),
                )
            )
    return moves


def _together(pair: tuple[str, str], moves: list[_Move], *, is_fine: bool) -> SwapEffect:
    before = sum(move.calls_before for move in moves)
    return SwapEffect(
        left=pair[0],
        taken=pair[1],
        share=min(1.0, sum(move.calls for move in moves) / before) if before > 0 else 0.0,
        effect=Effect(sum(move.nanos for move in moves), sqrt(sum(move.noise**2 for move in moves))),
        by_place=tuple((move.place, move.nanos) for move in moves) if is_fine else (),
    )
