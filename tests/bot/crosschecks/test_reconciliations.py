"""Tolerance of a statement, posted variances, and compared models."""

from dataclasses import replace

import pytest

from bot.crosschecks.provider_reports import CostLine, TokenLine
from bot.crosschecks.reconciliations import (
    BookedDay,
    DayCheck,
    lines_of,
    pair_models,
    pair_tokens,
    state_of,
    variance_entries,
)
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.periods import DAY_MICROS, HOUR_MICROS

DAY = 20_779


def check(billed: float, booked: float, *, posted: float = 0, entries: int = 0) -> DayCheck:
    return DayCheck(
        provider="anthropic",
        day=DAY,
        state="settled",
        statement_nanos=round(billed * NANOS),
        lines={"all": round(billed * NANOS)},
        booked=BookedDay(nanos=round(booked * NANOS)),
        posted_nanos=round(posted * NANOS),
        posted_entries=entries,
    )


@pytest.mark.parametrize(
    ("billed", "booked", "variance"),
    [
        (100, 99, 0),  # a dollar
        (100, 98.99, 1.01),
        (100, 101, 0),
        (100, 101.01, -1.01),
        (1_000, 995, 0),  # half a percent
        (1_000, 994.99, 5.01),
        (0, 0.5, 0),
        (0, 40, -40),
        (-20, 0, -20),  # a credit
        (-1_000, -995, 0),
    ],
)
def test_a_dollar_or_half_a_percent_agrees(billed: float, booked: float, variance: float) -> None:
    assert check(billed, booked).variance_nanos == round(variance * NANOS)


@pytest.mark.parametrize(
    ("billed", "booked", "posted", "moves"),
    [
        (110, 100, 0, [("available", "variance:anthropic", 10)]),
        (90, 100, 0, [("variance:anthropic", "available", 10)]),
        (110, 100, 10, []),  # the same statement again
        (115, 100, 10, [("available", "variance:anthropic", 5)]),  # a corrected one
        (110, 104, 10, [("variance:anthropic", "available", 4)]),  # usage that came late
        (110, 109.5, 10, [("variance:anthropic", "available", 10)]),  # it agrees now
        (100, 100, 0, []),
    ],
)
def test_entries_bring_the_posted_amount_to_the_variance(
    billed: float, booked: float, posted: float, moves: list[tuple[str, str, float]]
) -> None:
    entries = variance_entries(
        check(billed, booked, posted=posted, entries=3), root_id=1, period="2026-11", at=0, document="d"
    )

    assert [(e.from_account.bucket, e.to_account.bucket, e.amount_nanos / NANOS) for e in entries] == moves
    assert [e.dedupe_key for e in entries] == [f"variance:anthropic:{DAY}:{3 + n}" for n in range(len(moves))]


def test_more_than_a_billion_takes_several_entries() -> None:
    large = replace(check(0, 0), statement_nanos=5 * MAX_AMOUNT_NANOS // 2)
    entries = variance_entries(large, root_id=1, period="2026-11", at=0, document="d")

    assert sum(e.amount_nanos for e in entries) == 5 * MAX_AMOUNT_NANOS // 2
    assert len({e.dedupe_key for e in entries}) == 3


@pytest.mark.parametrize(
    ("age", "first_day", "state"),
    [
        (-HOUR_MICROS, DAY - 9, "running"),
        (0, DAY - 9, "provisional"),
        (72 * HOUR_MICROS - 1, DAY, "provisional"),
        (72 * HOUR_MICROS, DAY, "settled"),
        (900 * HOUR_MICROS, DAY + 1, "before"),
        (900 * HOUR_MICROS, None, "before"),
    ],
)
def test_a_day_is_posted_once_it_is_settled(age: int, first_day: int | None, state: str) -> None:
    assert state_of(DAY, first_day=first_day, now=(DAY + 1) * DAY_MICROS + age) == state


def test_lines_of_a_day_are_summed_and_models_meet_by_their_plain_names() -> None:
    costs = [
        CostLine(DAY, "Input", "claude-opus-4-5-20251101", 70),
        CostLine(DAY, "Input", "claude-opus-4-5-20251101", 10),
        CostLine(DAY, "Web search", "", 5),
    ]

    assert lines_of(costs) == {DAY: {"Input": 80, "Web search": 5}}
    assert pair_models(costs, {"claude-opus-4-5": 78, "claude-haiku-4-5": 1}) == [
        ("", 5, 0),
        ("claude-opus-4-5", 80, 78),
        ("claude-haiku-4-5", 0, 1),
    ]
    tokens = [TokenLine(DAY, "gpt-5.5-2026-04-01", 1, 2, 3, 4)]
    assert pair_tokens(tokens, {(DAY, "gpt-5.5"): 9, (DAY, "x"): 1}) == [(DAY, "gpt-5-5", 10, 9), (DAY, "x", 0, 1)]
