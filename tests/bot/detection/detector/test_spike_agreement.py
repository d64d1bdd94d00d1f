"""The spike rule agrees with itself: live and in backtests, team by team, with any series."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.detection.backtests import backtest
from bot.detection.detector.spike_bands import usual_band
from bot.detection.detector.spike_hours import HISTORY_HOURS, Ints
from bot.detection.spikes import SpikeJudgement, judge, judge_many
from bot.money import NANOS
from tests.bot.detection.spike_examples import DAY, MONDAY, WEEK, messages, office, with_dollars


def test_a_backtest_knows_nothing_of_the_future() -> None:
    cost = with_dollars(office(weeks=8), 5 * WEEK + 11, 6, 100)
    everything = messages(cost)

    assert everything
    for end in (5 * WEEK + 11, 5 * WEEK + 12, 5 * WEEK + 14, 6 * WEEK, 7 * WEEK + 5):
        assert messages(cost[:end]) == [message for message in everything if message[0] <= end]


def judged_by_turns(cost: Ints, hours: list[int]) -> list[SpikeJudgement]:
    return [judge(cost[: hour + 1], first_hour=MONDAY) for hour in hours]


def test_the_live_rule_and_the_backtest_agree() -> None:
    start = 5 * WEEK + 11
    cost = with_dollars(office(weeks=6), start, 2, 60)

    spikes = [judgement.spike for judgement in judged_by_turns(cost, list(range(start - 30, start + 3)))]

    assert spikes[:30] == [False] * 30
    assert spikes[30]
    assert messages(cost)[0][0] == start + 1


def test_many_teams_are_judged_as_each_alone_and_on_a_cut_series() -> None:
    """A younger team is filled with zeros on the left; an older one is cut to the hours that can matter."""
    old, young = with_dollars(office(weeks=10), 10 * WEEK - 1, 1, 90), office(weeks=2, seed=4)
    rows = np.zeros((2, HISTORY_HOURS), dtype=np.int64)
    rows[0], rows[1, -len(young) :] = old[-HISTORY_HOURS:], young
    end = MONDAY + len(old)

    together = judge_many(rows, known_hours=np.array([len(old), len(young)]), first_hour=end - HISTORY_HOURS)

    assert together == [judge(old, first_hour=MONDAY), judge(young, first_hour=end - len(young))]
    assert [judgement.spike for judgement in together] == [True, False]


def test_the_hours_that_can_matter_reach_back_to_the_last_month_end() -> None:
    batch = int(datetime(2026, 8, 31, 20, tzinfo=UTC).timestamp()) // 3600 - MONDAY
    again = batch + 30 * DAY + 2
    cost = with_dollars(with_dollars(office(weeks=10), batch, 2, 40), again, 1, 40)[: again + 1]

    cut = judge(cost[-HISTORY_HOURS:], first_hour=MONDAY + len(cost) - HISTORY_HOURS)

    assert cut == judge(cost, first_hour=MONDAY)
    assert not cut.spike


def test_no_hour_at_all_is_an_error_and_one_hour_is_no_spike() -> None:
    with pytest.raises(ValueError, match="at least one hour"):
        judge(np.array([], dtype=np.int64), first_hour=MONDAY)

    assert not judge(np.array([9000 * NANOS]), first_hour=MONDAY).spike
    assert list(backtest([("search", MONDAY, np.array([], dtype=np.int64))])) == []


@settings(max_examples=60)
@given(arrays(np.int64, st.integers(1, 60 * DAY), elements=st.integers(-(2**63), 2**63 - 1), fill=st.just(0)))
def test_garbage_is_judged_without_an_error(cost: Ints) -> None:
    judgement = judge(cost, first_hour=MONDAY)

    assert judgement.observed_nanos >= 0
    assert judgement.usual_nanos >= 0
    assert not (judgement.spike and judgement.excess_nanos < 5 * NANOS - 1)
    assert not (judgement.spike and len(cost) < 4 * DAY)


def test_the_band_holds_the_usual_hours_and_not_the_spike() -> None:
    start = 5 * WEEK + 2 * DAY + 11
    cost = with_dollars(office(weeks=6), start, 1, 60)

    low, high = usual_band(cost, WEEK)
    shown = cost[-WEEK:]

    assert low.shape == high.shape == (WEEK,)
    assert (low <= high).all()
    assert ((shown >= low * 0.6) & (shown <= high * 1.5)).sum() >= WEEK - 2
    assert shown[start - 5 * WEEK] > 3 * high[start - 5 * WEEK]


def test_one_old_spike_does_not_widen_the_band() -> None:
    plain = office(weeks=6)
    low, high = usual_band(with_dollars(plain, 3 * WEEK + 11, 1, 900), WEEK)

    assert high.max() < 20 * NANOS
    assert (low >= 0).all()


def test_a_band_is_as_long_as_the_series_at_most() -> None:
    cost = office(weeks=1)[:5]

    low, high = usual_band(cost, WEEK)

    assert low.tolist() == high.tolist() == cost.tolist()
    assert usual_band(cost, 0)[0].shape == (0,)
