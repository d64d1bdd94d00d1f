"""Caps in what a gateway counts: whole dollars at GitHub, at least a cent at OpenAI, cents elsewhere."""

import pytest

from bot.crosschecks.cap_plans import PlannedTarget, plan_caps
from bot.crosschecks.caps import CENT_NANOS
from bot.money import NANOS


def target(number: int, *, cap: int | None = None, unit: int = CENT_NANOS, least: int = 0) -> PlannedTarget:
    return PlannedTarget(id=number, cap_nanos=cap, spent_nanos=0, unit_nanos=unit, least_nanos=least)


@pytest.mark.parametrize(
    ("unit", "least", "nanos", "counted"),
    [
        (NANOS, 0, 99_999_999_999, 99 * NANOS),
        (NANOS, 0, NANOS - 1, 0),
        (CENT_NANOS, CENT_NANOS, 0, CENT_NANOS),
        (CENT_NANOS, CENT_NANOS, -5, CENT_NANOS),
        (CENT_NANOS, 0, 1_239_999_999, 1_230_000_000),
    ],
)
def test_an_amount_is_rounded_down_to_the_unit_and_is_at_least_the_least(
    unit: int, least: int, nanos: int, counted: int
) -> None:
    assert target(1, unit=unit, least=least).counted(nanos) == counted


def test_each_target_of_a_plan_is_counted_in_its_own_unit() -> None:
    plan = plan_caps([target(1, unit=NANOS), target(2)], available_nanos=101 * NANOS)

    assert plan.wanted == {1: 50 * NANOS, 2: 50_500_000_000}


def test_a_cap_that_is_right_in_its_unit_is_not_written_again() -> None:
    plan = plan_caps([target(1, cap=50 * NANOS, unit=NANOS)], available_nanos=50_990_000_000)

    assert (plan.lower, plan.higher) == ((), ())
