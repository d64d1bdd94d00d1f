"""A search of the last hours finds the very spikes, to the last bit, that judging each hour by itself does."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.detection.detector.spike_hours import HISTORY_HOURS, Hours, Ints
from bot.detection.detector.spike_rule import WIDTHS
from bot.detection.spikes import PART_BAR, SpikeJudgement, find_recent, find_spikes, judge_many
from bot.money import NANOS

FIRST_HOUR = int(datetime(2026, 8, 3, tzinfo=UTC).timestamp()) // 3600
DAY, WEEK = 24, 168
SHAPES = ("office", "rare", "growth", "gap", "young", "very young", "corrected", "planned", "silent", "dear", "batch")
Found = tuple[int, int, SpikeJudgement]


def series(shape: str, chance: np.random.Generator, hours: int = HISTORY_HOURS) -> Ints:
    """A team's dollars by hour of a shape, with a few bursts in its last weeks."""
    at = np.arange(hours)
    office = np.where((at % DAY >= 8) & (at % DAY < 18) & (at // DAY % 7 < 5), 1.0, 0.04)
    cost = office * chance.lognormal(1, 1) * chance.gamma(3, 1 / 3, size=hours)
    match shape:
        case "rare":
            cost *= chance.random(hours) < 0.02
        case "growth":
            cost *= np.geomspace(0.02, 1, hours)
        case "batch":
            cost += np.where(at % WEEK == 20, chance.lognormal(3, 0.3), 0)
        case "silent":
            cost[:] = 0
        case "dear":
            cost *= 1_000
    for _ in range(chance.integers(0, 9)):
        start = hours - chance.integers(1, min(30 * DAY, hours) + 1) if chance.random() < 0.5 else hours - DAY
        cost[start : start + chance.integers(1, 40)] += chance.lognormal(2, 1.5)
    match shape:
        case "gap":
            cost[-chance.integers(60, 500) :][: chance.integers(10, 60)] = 0
        case "young" | "very young":
            cost[: -chance.integers(2, DAY * (30 if shape == "young" else 5))] = 0
        case "corrected":  # usage taken back again, in the midst of it and all of a day
            cost[-chance.integers(1, 400)] = -chance.lognormal(4, 2)
            cost[-2 * DAY : -DAY] *= -1
        case "planned":  # what was expected, or snoozed, is set aside before a team is judged
            start = hours - chance.integers(1, 3 * DAY)
            cost[start:] -= 0.9 * cost[start:]
    return np.asarray(np.round(cost * NANOS), dtype=np.int64)


def teams(seed: int) -> tuple[Ints, Ints]:
    """A team of each shape, and the hours since each one's first cost."""
    chance = np.random.default_rng(seed)
    cost = np.stack([series(shape, chance) for shape in SHAPES])
    known = np.where((cost > 0).any(axis=1), cost.shape[1] - (cost > 0).argmax(axis=1), 0)
    return cost, known + np.where(
        known == cost.shape[1], chance.integers(0, 900), 0
    )  # some are older than their series


def one_by_one(cost: Ints, known: Ints, *, last: int, bar: float) -> list[Found]:
    """The spikes of the last hours, each judged with nothing known of later ones, by team and time."""
    found = []
    for column in range(cost.shape[1] - last, cost.shape[1]):
        age = known - (cost.shape[1] - 1 - column)
        judged = judge_many(cost[:, : column + 1], known_hours=age, first_hour=FIRST_HOUR, bar=bar)
        found += [(row, column, judgement) for row, judgement in enumerate(judged) if judgement.spike]
    return sorted(found, key=lambda spike: spike[:2])


@pytest.mark.timeless
@pytest.mark.parametrize("bar", [1.0, PART_BAR, 0.85])
@pytest.mark.parametrize("seed", range(2))
def test_the_last_two_days_are_judged_as_each_hour_by_itself(seed: int, bar: float) -> None:
    cost, known = teams(seed)

    found = list(find_recent(cost, known_hours=known, first_hour=FIRST_HOUR, last=49, bar=bar))

    assert found == one_by_one(cost, known, last=49, bar=bar)
    assert len({row for row, _, _ in found}) >= 3


@pytest.mark.timeless
@pytest.mark.parametrize("seed", range(6))
def test_the_last_hours_are_judged_as_in_the_whole_series(seed: int) -> None:
    cost, known = teams(seed)
    for bar in (1.0, PART_BAR):
        whole = list(find_spikes(cost, known_hours=known, first_hour=FIRST_HOUR, bar=bar))
        assert whole
        for last in (1, 2, 8, 49, 168, 500, HISTORY_HOURS, HISTORY_HOURS + 9):
            found = list(find_recent(cost, known_hours=known, first_hour=FIRST_HOUR, last=last, bar=bar))
            assert found == [spike for spike in whole if spike[1] >= HISTORY_HOURS - last]


def test_every_rule_and_window_speaks_in_these_series() -> None:
    found: list[SpikeJudgement] = []
    for cost, known in map(teams, range(6)):
        found += [judgement for _, _, judgement in find_spikes(cost, known_hours=known, first_hour=FIRST_HOUR)]

    assert {judgement.window_hours for judgement in found} == set(WIDTHS)
    assert len({judgement.rule for judgement in found}) == 4
    assert len({judgement.severity for judgement in found}) == 4


@pytest.mark.parametrize("hours", [1, 2, 5, 30, 73, 200, 504, 505, 580, 1000])
@pytest.mark.parametrize("last", [1, 2, 8, 49, 168, 432, 433, 434, 505, 1000])
def test_the_records_of_the_last_hours_are_those_of_all_hours(hours: int, last: int) -> None:
    """Round every length at which what they look back on begins before the series, or has nothing in common any more."""
    cost = np.random.default_rng(hours).gamma(0.1, size=(5, hours)) * NANOS
    known = np.full(5, hours)
    last = min(last, hours)
    teams_hours = Hours(cost.astype(np.int64), known_hours=known, first_hour=FIRST_HOUR)
    for width in WIDTHS:
        dollars, records = teams_hours.recent(width, last)
        windows = teams_hours.windows(width)
        assert (dollars == windows.dollars[:, -last:]).all()
        assert (records == windows.records()[:, -last:]).all()


@pytest.mark.timeless
@settings(max_examples=30)
@given(
    arrays(np.int64, st.tuples(st.integers(1, 3), st.integers(1, 30 * DAY)), elements=st.integers(-(2**63), 2**63 - 1)),
    st.integers(1, 9),
)
def test_garbage_is_searched_as_it_is_judged(cost: Ints, last: int) -> None:
    last = min(last, cost.shape[1])
    known = np.full(len(cost), cost.shape[1])

    found = list(find_recent(cost, known_hours=known, first_hour=FIRST_HOUR, last=last))

    assert found == one_by_one(cost, known, last=last, bar=1.0)


def test_of_no_team_and_of_no_hour_nothing_is_found() -> None:
    for rows, hours in ((0, 40), (3, 0)):
        cost, known = np.zeros((rows, hours), dtype=np.int64), np.zeros(rows, dtype=np.int64)
        assert list(find_recent(cost, known_hours=known, first_hour=FIRST_HOUR, last=2)) == []
