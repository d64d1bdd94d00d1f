"""Observed usage that is not booked, and the plain names of models."""

import pytest

from bot.costs.model_names import plain_model
from bot.crosschecks.observations import NO_USAGE, SETTLED_MICROS, CallTotals, CrossCheck, cross_checks, settled_end
from bot.periods import DAY_MICROS

DAY = 20_000


def check(observed: tuple[int, int], booked: tuple[int, int]) -> CrossCheck:
    (found,) = cross_checks(
        [(1, DAY, "gpt-4o", CallTotals(calls=observed[0], tokens=observed[1]))],
        {DAY: [("gpt-4o", CallTotals(calls=booked[0], tokens=booked[1]))]},
        {1: "laptops"},
    )
    return found


@pytest.mark.parametrize(
    ("observed", "booked", "drifts"),
    [
        ((1_000, 1_000_000), (1_000, 1_000_000), False),
        ((1_000, 1_000_000), (980, 980_000), False),  # two percent
        ((1_000, 1_000_000), (979, 1_000_000), True),
        ((1_000, 1_000_000), (1_000, 979_999), True),
        ((10, 9_000), (0, 0), False),  # too few to say
        ((11, 9_000), (0, 0), True),
        ((3, 10_001), (0, 0), True),
        ((1_000, 1_000_000), (5_000, 9_000_000), False),  # an observer may see a part
    ],
)
def test_more_seen_than_booked_is_worth_saying(
    observed: tuple[int, int], booked: tuple[int, int], drifts: bool
) -> None:
    assert check(observed, booked).has_drift is drifts


def test_a_day_is_compared_once_late_events_had_their_time() -> None:
    midnight = DAY * DAY_MICROS
    assert settled_end(midnight + SETTLED_MICROS - 1) == DAY - 1
    assert settled_end(midnight + SETTLED_MICROS) == DAY


def test_spellings_of_a_model_are_summed_and_sources_that_meter_are_left_out() -> None:
    one = CallTotals(calls=1, tokens=10)
    found = cross_checks(
        [(1, DAY, "claude-opus-4-5-20251101", one), (1, DAY, "anthropic/claude-opus-4.5", one), (2, DAY, "m", one)],
        {DAY: [("claude-opus-4-5", one), ("us.anthropic.claude-opus-4-5-20251101-v1:0", one)]},
        {1: "laptops"},
    )

    assert [(c.source, c.model, c.observed.calls, c.booked.calls) for c in found] == [
        ("laptops", "claude-opus-4-5", 2, 2)
    ]
    assert cross_checks([(1, DAY, "m", one)], {}, {1: "laptops"})[0].booked == NO_USAGE


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("gpt-5.5-2026-04-01", "gpt-5-5"),
        ("openai/gpt-4o", "gpt-4o"),
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("deepseek/deepseek-v4-flash:free", "deepseek-v4-flash"),
        ("claude-sonnet-4@20250514", "claude-sonnet-4"),
        ("mistral-large-latest", "mistral-large"),
        ("text-embedding-3-small", "text-embedding-3-small"),
        ("MetaCode-2 ", "metacode-2"),
    ],
)
def test_a_models_plain_name(name: str, plain: str) -> None:
    assert plain_model(name) == plain
