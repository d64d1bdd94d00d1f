"""A watcher fed hour by hour tells what the backtest of the whole series tells, and the open hour says nothing twice."""

import json

import numpy as np
import pytest

from bot.detection.backtests import backtest
from bot.detection.spike_hours import HISTORY_HOURS, Ints
from bot.money import NANOS
from bot.spike_watches import SpikeWatches
from tests.bot.detection.test_spikes import DAY, MONDAY, WEEK, office


def hours_of(series: dict[str, Ints], hour: int) -> dict[str, int]:
    return {team: int(cost[hour]) for team, cost in series.items() if cost[hour] != 0}


def lumpy(seed: int, *, weeks: int) -> Ints:
    """Cost without much of a shape: idle hours, bursts of any size, and a correction."""
    random = np.random.default_rng(seed)
    busy = random.random(weeks * WEEK) < random.uniform(0.1, 0.9)
    cost = random.lognormal(0, random.uniform(0.3, 1.6), weeks * WEEK) * busy
    for _ in range(4):
        start = int(random.integers(3 * WEEK, weeks * WEEK))
        cost[start : start + int(random.integers(1, 30))] += random.uniform(2, 400)
    cost[int(random.integers(len(cost)))] = -200
    cost[0] = 1
    return np.asarray(cost * NANOS, dtype=np.int64)


@pytest.mark.parametrize("seed", [1, 20])
def test_hour_by_hour_tells_what_the_whole_series_tells(seed: int) -> None:
    series = {name: lumpy(seed + n, weeks=6) for n, name in enumerate(("search", "ads", "mail", "maps", "chat"))}
    watches = SpikeWatches(next_hour=MONDAY)
    told = []

    for hour in range(6 * WEEK):
        told += watches.close_hour(hours_of(series, hour))
        if hour % 333 == 0:
            watches = SpikeWatches.from_state(json.loads(json.dumps(watches.state())))

    assert sorted(told, key=lambda t: (t.team, t.at)) == sorted(
        backtest((team, MONDAY, cost) for team, cost in series.items()), key=lambda t: (t.team, t.at)
    )
    assert len(told) > 5


@pytest.fixture
def watched() -> SpikeWatches:
    """Search after six ordinary weeks."""
    watches = SpikeWatches(next_hour=MONDAY + 6 * WEEK)
    watches.remember("search", office(weeks=6))
    return watches


def test_an_open_hour_is_told_once_and_not_again_when_it_closes(watched: SpikeWatches) -> None:
    quarters = [watched.open_hour({"search": dollars * NANOS}) for dollars in (4, 40, 60, 80)]

    assert [len(told) for told in quarters] == [0, 1, 0, 0]
    assert quarters[1][0].at == watched.next_hour + 1
    assert watched.close_hour({"search": 85 * NANOS}) == []
    assert watched.close_hour({}) == []


def test_an_open_hour_leaves_no_trace_but_its_incident(watched: SpikeWatches) -> None:
    before = watched.state()

    assert watched.open_hour({"search": 4 * NANOS}) == []
    assert watched.state() == before


def test_an_open_hour_that_grows_a_tier_is_told_again(watched: SpikeWatches) -> None:
    told = [t.judgement.severity for dollars in (60, 90, 300) for t in watched.open_hour({"search": dollars * NANOS})]

    assert told == ["low", "medium"]


def test_late_usage_becomes_the_past_and_is_not_told(watched: SpikeWatches) -> None:
    late = SpikeWatches.from_state(watched.state())
    for days in (2, 5):
        late.revise("search", hour=late.next_hour - days * DAY, cost_nanos=60 * NANOS)

    assert watched.close_hour({"search": 60 * NANOS}) != []
    assert late.close_hour({"search": 60 * NANOS}) == []
    with pytest.raises(ValueError, match="not been closed"):
        late.revise("search", hour=late.next_hour, cost_nanos=1)


def test_late_usage_from_before_the_first_known_hour_ages_a_team() -> None:
    watches = SpikeWatches(next_hour=MONDAY)
    watches.close_hour({"search": NANOS})
    watches.revise("search", hour=MONDAY - 2 * HISTORY_HOURS, cost_nanos=NANOS)

    assert watches.state()["teams"]["search"]["known_hours"] == 2 * HISTORY_HOURS + 1


def test_a_remembered_past_is_as_good_as_one_that_was_watched() -> None:
    cost = lumpy(3, weeks=6)
    watched, remembered = SpikeWatches(next_hour=MONDAY + 5 * WEEK), SpikeWatches(next_hour=MONDAY + 6 * WEEK)
    watched.remember("search", cost[: 5 * WEEK])
    for hour in range(5 * WEEK, 6 * WEEK):
        watched.close_hour(hours_of({"search": cost}, hour))
    remembered.remember("search", cost)

    kept, known = (watches.state()["teams"]["search"] for watches in (watched, remembered))

    assert (kept["cost_nanos"], kept["known_hours"]) == (known["cost_nanos"], known["known_hours"])


def test_no_team_at_all_is_nothing_to_tell() -> None:
    assert SpikeWatches(next_hour=MONDAY).close_hour({}) == []
