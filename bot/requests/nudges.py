"""Nudges: the asker of a budget request reminds its deciders, once in four hours."""

from bot.periods import HOUR_MICROS

NUDGE_HOURS = 4


def next_nudge_at(*, created_at: int, nudged_at: int | None) -> int:
    """Returns when the asker may nudge: four hours after the last nudge; at once before the first."""
    return created_at if nudged_at is None else nudged_at + NUDGE_HOURS * HOUR_MICROS
