"""The spike rule on small made-up teams, and what a channel is told of it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bot.detection.backtests import backtest
from bot.detection.detector.spike_hours import Ints
from bot.detection.detector.spike_rule import severity_of
from bot.detection.incidents import QUIET_HOURS
from bot.detection.spikes import find_recent, find_spikes, judge, judge_many
from bot.money import NANOS
from tests.bot.detection.spike_examples import DAY, MONDAY, WEEK, messages, office, with_dollars


def posted(cost: Ints) -> list[int]:
    """The hours, from the series' start, at which Search's channel gets a new message, without edits."""
    return [alert.at - MONDAY for alert in backtest([("search", MONDAY, cost)]) if not alert.is_edit]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weekend", [0.0, 0.1, 1.0, 2.0])
def test_a_steady_weekly_shape_says_nothing(seed: int, weekend: float) -> None:
    assert messages(office(weeks=10, weekend=weekend, seed=seed)) == []


def test_a_runaway_hour_is_told_at_the_end_of_that_hour() -> None:
    start = 5 * WEEK + 2 * DAY + 11
    cost = with_dollars(office(weeks=6), start, 1, 60)

    assert messages(cost) == [(start + 1, "low")]


def test_the_figures_of_a_runaway_hour_add_up() -> None:
    cost = with_dollars(office(weeks=6), 5 * WEEK + 11, 1, 150)[: 5 * WEEK + 12]

    judgement = judge(cost, first_hour=MONDAY)

    assert judgement.spike
    assert judgement.severity == "medium"
    assert judgement.window_hours in {1, 4, 8}
    assert judgement.observed_nanos == int(cost[-judgement.window_hours :].sum())
    assert judgement.excess_nanos == judgement.observed_nanos - judgement.usual_nanos
    assert judgement.times_usual == pytest.approx(judgement.observed_nanos / judgement.usual_nanos)
    assert 140 * NANOS < judgement.excess_nanos < 160 * NANOS


def test_an_open_hour_that_already_spikes_still_does_when_it_closes() -> None:
    cost = with_dollars(office(weeks=6), 5 * WEEK + 11, 1, 40)[: 5 * WEEK + 12]
    closed = with_dollars(cost, 5 * WEEK + 11, 1, 400)

    assert judge(cost, first_hour=MONDAY).spike
    assert judge(closed, first_hour=MONDAY).spike
    assert judge(closed, first_hour=MONDAY).excess_nanos > judge(cost, first_hour=MONDAY).excess_nanos


def test_an_excess_under_a_fifth_of_a_usual_day_is_not_worth_a_message() -> None:
    """Four usual hours at once are a record, and still no news to a team that spends $2,400 a day."""
    start = 5 * WEEK + 11
    flat = np.full(6 * WEEK, 100 * NANOS)

    assert messages(with_dollars(flat, start, 1, 330)) == []
    assert messages(with_dollars(flat, start, 1, 520)) == [(start + 1, "high")]


def test_a_loop_that_grows_is_not_hidden_by_its_own_first_day() -> None:
    start, grows = 5 * WEEK + DAY, 5 * WEEK + DAY + 36
    cost = with_dollars(with_dollars(np.full(6 * WEEK, 2 * NANOS), start, 36, 0.8), grows, DAY, 6)

    assert grows < messages(cost)[0][0] <= grows + 6


def test_a_surprise_of_a_few_dollars_is_not_worth_a_message() -> None:
    start = 5 * WEEK + 11
    tiny = office(weeks=6, dollars_a_day=0.5)

    assert messages(with_dollars(tiny, start, 1, 4)) == []
    assert messages(with_dollars(tiny, start, 1, 6))


def test_a_team_of_two_days_gets_nothing_whatever_it_spends() -> None:
    cost = with_dollars(office(weeks=1)[: 2 * DAY], DAY + 12, 1, 5000)

    assert messages(cost) == []


def test_a_new_team_is_judged_with_caution_that_wears_off() -> None:
    """Five times a usual hour is nothing at five days of age and a spike at five weeks."""
    extra = 20.0

    assert messages(with_dollars(office(weeks=2, weekend=1.0), 5 * DAY + 11, 1, extra)) == []
    assert messages(with_dollars(office(weeks=6, weekend=1.0), 5 * WEEK + 11, 1, extra)) == [(5 * WEEK + 12, "low")]


def test_growth_of_a_tenth_a_week_says_nothing() -> None:
    cost = office(weeks=10)
    grown = np.asarray(cost * 1.10 ** (np.arange(len(cost)) / WEEK), dtype=np.int64)

    assert messages(grown) == []


def test_a_lasting_step_is_told_and_then_becomes_ordinary() -> None:
    cost = office(weeks=9, weekend=1.0)
    cost[5 * WEEK :] *= 3

    told = [hour for hour, _ in messages(cost)]

    assert told
    assert 5 * WEEK < told[0] <= 5 * WEEK + 4 * DAY
    assert told[-1] < 6 * WEEK + QUIET_HOURS


def test_a_ramp_of_a_sixth_a_day_is_told_before_it_has_doubled_twice() -> None:
    cost = np.asarray(office(weeks=7, weekend=1.0), dtype=np.float64)
    ramp = 5 * WEEK
    cost[ramp:] *= 1.17 ** np.minimum(np.arange(len(cost) - ramp) // DAY + 1, 6)

    told = [hour for hour, _ in messages(np.asarray(cost, dtype=np.int64))]

    assert ramp + 2 * DAY < told[0] <= ramp + 5 * DAY


def test_a_weekly_batch_is_told_once_and_then_known() -> None:
    cost = office(weeks=9)
    for week in range(3, 9):
        cost = with_dollars(cost, week * WEEK + 6 * DAY + 2, 3, 30)

    told = {hour // WEEK for hour, _ in messages(cost)}

    assert told == {3}


def test_a_month_end_batch_is_known_the_second_time() -> None:
    first = int(datetime(2026, 8, 31, 20, tzinfo=UTC).timestamp()) // 3600 - MONDAY
    second = int(datetime(2026, 9, 30, 22, tzinfo=UTC).timestamp()) // 3600 - MONDAY
    mid_month = second - 10 * DAY
    base = office(weeks=10)
    batches = with_dollars(with_dollars(base, first, 2, 40), second, 2, 40)
    at_another_time = with_dollars(with_dollars(base, first, 2, 40), mid_month, 2, 40)

    assert [hour for hour, _ in messages(batches)] == [first + 1]
    assert [hour for hour, _ in messages(at_another_time)] == [first + 1, mid_month + 1]


def test_a_loop_at_the_weekend_is_seen_against_the_weekend() -> None:
    saturday = 5 * WEEK + 5 * DAY
    cost = with_dollars(office(weeks=6, weekend=0.0), saturday, 40, 10)

    told = messages(cost)

    assert saturday < told[0][0] <= saturday + DAY


def test_a_night_as_dear_as_the_dearest_day_is_unlike_its_time_of_day() -> None:
    night = 5 * WEEK + 2 * DAY + 1
    cost = office(weeks=6, dollars_a_day=400.0)

    judged = judge(with_dollars(cost, night, 4, 50)[: night + 4], first_hour=MONDAY)

    assert (judged.spike, judged.rule, judged.window_hours) == (True, "unlike this time of day", 4)
    assert messages(with_dollars(cost, night, 4, 25)) == []


def test_a_sunday_a_little_dearer_than_any_working_day_is_unlike_its_time_of_the_week() -> None:
    """As many dollars at the same hours are nothing on a Monday."""
    cost = office(weeks=7)
    sunday, monday = 5 * WEEK + 6 * DAY, 6 * WEEK
    dear = np.asarray(cost[5 * WEEK : 5 * WEEK + DAY] * 1.25, dtype=np.int64)
    on_sunday, on_monday = cost.copy(), cost.copy()
    on_sunday[sunday : sunday + DAY] = dear
    on_monday[monday : monday + DAY] = dear

    judged = judge(on_sunday[: sunday + 18], first_hour=MONDAY)

    assert (judged.spike, judged.rule) == (True, "unlike this time of the week")
    assert messages(on_monday) == []


def test_corrections_and_gaps_cause_nothing() -> None:
    cost = office(weeks=8)
    cost[4 * WEEK : 5 * WEEK] = 0
    cost[5 * WEEK + 30] = -500 * NANOS
    cost[6 * WEEK + 3 * DAY + 3 :: DAY] -= 2 * NANOS

    assert messages(cost) == []


def test_a_message_comes_again_only_when_the_tier_rises() -> None:
    start = 5 * WEEK + 2 * DAY
    cost = with_dollars(with_dollars(office(weeks=7), start, 4, 30), start + 20, 4, 900)

    told = [severity for _, severity in messages(cost)]

    assert told == sorted(set(told), key=["low", "medium", "high", "critical"].index)
    assert told[0] == "low"
    assert told[-1] == "critical"


def test_after_sixty_quiet_hours_a_spike_is_a_new_incident() -> None:
    start = 5 * WEEK + DAY
    once = with_dollars(office(weeks=7), start, 1, 60)
    soon = with_dollars(once, start + DAY, 1, 30)
    later = with_dollars(once, start + 5 * DAY, 1, 300)

    assert posted(once) == [start + 1]
    assert posted(soon) == [start + 1]
    assert posted(later) == [start + 1, start + 5 * DAY + 1]


@pytest.mark.parametrize(
    ("dollars", "severity"),
    [(0.0, "low"), (99.99, "low"), (100.0, "medium"), (499.0, "medium"), (500.0, "high"), (2500.0, "critical")],
)
def test_the_tiers_start_at_a_hundred_five_hundred_and_twenty_five_hundred(dollars: float, severity: str) -> None:
    assert severity_of(dollars) == severity


def scoring(low: float, high: float) -> Ints:
    """Six weeks whose last hour scores between two bars."""
    usual = office(weeks=6)[: 5 * WEEK + 12]
    for dollars in np.arange(0.5, 60, 0.25):
        cost = with_dollars(usual, 5 * WEEK + 11, 1, float(dollars))
        if low < judge(cost, first_hour=MONDAY).score < high:
            return cost
    raise AssertionError("no such score")


@pytest.mark.parametrize(("low", "high", "is_spike"), [(1.01, 1.2, True), (0.85, 0.99, False)])
def test_an_hour_spikes_from_a_score_of_one_on_however_it_is_asked(low: float, high: float, is_spike: bool) -> None:
    cost = scoring(low, high)
    rows, known = cost[None, :], np.array([len(cost)])
    last = len(cost) - 1

    assert judge(cost, first_hour=MONDAY).spike is is_spike
    assert judge_many(rows, known_hours=known, first_hour=MONDAY)[0].spike is is_spike
    found = [column for _, column, _ in find_spikes(rows, known_hours=known, first_hour=MONDAY)]
    recent = [column for _, column, _ in find_recent(rows, known_hours=known, first_hour=MONDAY, last=3)]
    assert (last in found, last in recent) == (is_spike, is_spike)


def test_a_score_at_the_bar_is_a_spike_and_just_below_it_is_none() -> None:
    cost = scoring(1.01, 1.2)
    score = judge(cost, first_hour=MONDAY).score

    assert judge(cost, first_hour=MONDAY, bar=score).spike
    assert not judge(cost, first_hour=MONDAY, bar=score * 1.000_001).spike


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a judgement needs at least one hour$"):
        judge(np.empty(0, dtype=np.int64), first_hour=MONDAY)
