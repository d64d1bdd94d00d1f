"""How simulated deciders behave: when they look at Slack, what they decide, and how many clicks that takes."""

import random
from dataclasses import dataclass

from bot.money import NANOS
from tests.bench.approvals.company import Habit

_AT_HAND, _SOON_MINUTES, _LATER_MINUTES, _SPREAD = 0.55, 5.0, 120.0, 1.0
_CONFIRMED_FROM = 1_000 * NANOS
_DENIED = {"honest": 0.06, "splits": 0.2, "retries": 0.6, "friends": 0.15, "own": 0.05}


@dataclass(frozen=True, kw_only=True)
class Click:
    """A decider's answer and the clicks that it takes."""

    approves: bool
    clicks: int


def looks_after_hours(chance: random.Random) -> float:
    """Returns the working hours until somebody looks at a card: about half have Slack at hand, the others are busy."""
    usual = _SOON_MINUTES if chance.random() < _AT_HAND else _LATER_MINUTES
    return usual * chance.lognormvariate(0.0, _SPREAD) / 60


def reacts(chance: random.Random) -> bool:
    """Returns whether a reminder makes somebody look again."""
    return chance.random() < 0.6


def answers(chance: random.Random, *, amount_nanos: int, habit: Habit) -> Click:
    """Returns what somebody decides. Large amounts ask for a confirmation; a denial has a form."""
    if chance.random() < _DENIED[habit]:
        return Click(approves=False, clicks=2)
    return Click(approves=True, clicks=2 if amount_nanos >= _CONFIRMED_FROM else 1)
