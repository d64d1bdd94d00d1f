"""The band of usual hours, compared with a plain count over hours that cost a few nano-dollars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.detector.spike_bands import onset, usual_band
from bot.detection.detector.spike_hours import DAY, WEEK


def plain_band(costs: list[int], at: int) -> tuple[int, int]:
    """Returns the band of one hour, as the docstring says it."""
    spent = [max(cost, 0) for cost in costs]
    step = WEEK if at >= WEEK else DAY
    earlier = [at - step * times for times in (1, 2, 3, 4) if at - step * times >= 0]
    near = [spent[max(hour - 1, 0) : hour + 2] for hour in earlier]
    lows, highs = sorted(map(min, near)), sorted(map(max, near))
    if not earlier:
        return spent[at], spent[at]
    trimmed = 1 if len(earlier) >= 3 else 0
    return lows[trimmed], highs[len(highs) - 1 - trimmed]


@given(
    st.integers(1, 5 * WEEK).flatmap(
        lambda hours: st.tuples(st.just(hours), st.integers(0, 2**32), st.integers(1, 2 * DAY))
    )
)
def test_the_band_is_that_of_a_plain_count(drawn: tuple[int, int, int]) -> None:
    hours, seed, shown = drawn
    costs = np.random.default_rng(seed).integers(-1, 4, hours)
    low, high = usual_band(costs, shown)

    wanted = [plain_band(costs.tolist(), at) for at in range(max(0, hours - shown), hours)]
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == wanted


@pytest.mark.parametrize("days", range(1, 7))
def test_the_band_of_hours_without_cost_is_zero(days: int) -> None:
    low, high = usual_band(np.array([-5] * (DAY * days)), DAY)

    assert not low.any()
    assert not high.any()


@pytest.mark.parametrize(
    ("costs", "usual", "hours"),
    [
        ([0, 1, 19], [0, 0, 0], 2),  # exactly a twentieth begins it
        ([0, 1, 20], [0, 0, 0], 1),
        ([-1, 0, 1], [0, 0, 0], 1),
        ([3, 3, 3], [3, 3, 3], 3),  # nothing above: the whole band
        ([9, 1, 2, 1], [1, 1, 1], 2),  # hours before the band are not counted
        ([5, 2, 1], [6, 1, 0], 2),  # below the band is no excess
        ([0] * 28 + [2, 21], [1] * 30, 1),  # hours below take nothing from it: 1 is less than a twentieth of 21
    ],
)
def test_a_spike_begins_at_the_first_hour_with_a_twentieth_of_its_excess(
    costs: list[int], usual: list[int], hours: int
) -> None:
    assert onset(np.array(costs), np.array(usual)) == hours


def test_the_first_hour_has_no_hour_before_it() -> None:
    """Least of all the last one, which numpy would find there."""
    low, high = usual_band(np.array([5, 7, *[6] * 22, 100]), 1)

    assert (low.tolist(), high.tolist()) == ([5], [7])
