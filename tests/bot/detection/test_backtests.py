"""A backtest: the messages of production's sweeps, and nothing of a later hour."""

from typing import Any

import numpy as np
import pytest

from bot.alerting.delivery_rules import delivery_of
from bot.detection import backtests
from bot.detection.backtests import BacktestAlert, backtest
from bot.detection.detector.spike_hours import Ints
from bot.detection.spikes import judge
from bot.money import NANOS
from bot.org.alert_settings import DEFAULT_SETTINGS
from tests.bot.detection.spike_examples import DAY, MONDAY, WEEK, office, with_dollars
from tests.bot.views.examples import SEARCH

NAMES = ("search", "ads", "mail", "maps", "chat")


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


def rows(alerts: list[BacktestAlert]) -> list[tuple[str, int, str, bool]]:
    return [(a.team, a.at - MONDAY, a.severity, a.is_edit) for a in alerts]


def run(series: dict[str, Ints]) -> list[tuple[str, int, str, bool]]:
    return rows(backtest((team, MONDAY, nanos) for team, nanos in series.items()))


@pytest.mark.parametrize("seed", [1, 20])
@pytest.mark.timeless
def test_sweeping_hours_that_spike_alone_is_the_same_as_sweeping_every_hour(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = {name: lumpy(seed + n, weeks=4) for n, name in enumerate(NAMES)}
    quick = run(series)

    def every_hour(nanos: Ints, **_: Any) -> list[tuple[int, int, None]]:
        return [(0, hour, None) for hour in range(nanos.shape[1])]

    monkeypatch.setattr(backtests, "find_spikes", every_hour)

    assert run(series) == quick
    assert len(quick) > 5


@pytest.mark.timeless
def test_a_series_that_ends_earlier_gives_the_same_messages_up_to_there() -> None:
    series = {name: lumpy(40 + n, weeks=5) for n, name in enumerate(NAMES)}
    whole = run(series)

    for end in (3 * WEEK + 5, 4 * WEEK, 4 * WEEK + 100):
        until = run({name: nanos[:end] for name, nanos in series.items()})
        assert until == [row for row in whole if row[1] <= end]


def test_an_edit_that_raises_the_severity_is_a_row_and_any_other_edit_is_none() -> None:
    start = 5 * WEEK + 35
    grows = with_dollars(office(weeks=6), start, 6, 60)

    assert run({"search": grows}) == [
        ("search", start + 1, "low", False),
        ("search", start + 2, "medium", True),
    ]


def together(*, teams: int, rising: int) -> dict[str, Ints]:
    """Teams of which some cost $80 more in the same hour."""
    at = 5 * WEEK + DAY + 11
    series = {f"team-{n}": office(weeks=6, seed=n) for n in range(teams)}
    return {
        name: with_dollars(nanos, at, 1, 80) if n < rising else nanos for n, (name, nanos) in enumerate(series.items())
    }


@pytest.mark.parametrize(
    ("teams", "rising", "messages"),
    [(8, 4, 0), (9, 4, 4), (3, 3, 3), (4, 4, 0)],
    ids=["half-of-eight", "four-of-nine", "all-of-three", "all-of-four"],
)
def test_a_rise_that_most_teams_share_is_no_teams_spike(teams: int, rising: int, messages: int) -> None:
    posted = [row for row in run(together(teams=teams, rising=rising)) if not row[3]]

    assert len(posted) == messages


def test_the_shipped_alert_settings_post_every_spike_at_once() -> None:
    """A backtest relies on it: it applies no settings."""
    delivery = delivery_of(SEARCH, kind="spike", severity="low", at=1, posted_by_day={})

    assert SEARCH.alerts == DEFAULT_SETTINGS
    assert (delivery.outcome, delivery.at) == ("said", 1)


def test_teams_come_in_the_order_of_the_file() -> None:
    series = {name: with_dollars(office(weeks=6), 5 * WEEK + 11 + 9 * n, 1, 80) for n, name in enumerate("cab")}

    assert [team for team, _, _, is_edit in run(series) if not is_edit] == ["c", "a", "b"]


@pytest.mark.parametrize("bar", [1.0, 0.8])
def test_a_message_has_the_judgement_of_its_hour_at_the_bar_that_is_asked_for(bar: float) -> None:
    start = 5 * WEEK + 35
    cost = with_dollars(office(weeks=6), start, 6, 60)
    alerts = backtest([("search", MONDAY, cost)], bar=bar)

    assert len(alerts) == 2
    for alert in alerts:
        assert alert.judgement == judge(cost[: alert.at - MONDAY], first_hour=MONDAY, bar=bar)


def test_a_lower_bar_tells_of_hours_that_are_no_spikes_at_the_usual_one() -> None:
    at = 5 * WEEK + 35
    usual = office(weeks=6)
    scores = {
        dollars: judge(with_dollars(usual, at, 1, dollars)[: at + 1], first_hour=MONDAY).score
        for dollars in (float(tenths) / 2 for tenths in range(2, 100))
    }
    near = with_dollars(usual, at, 1, next(dollars for dollars, score in scores.items() if 0.9 < score < 0.99))

    assert run({"search": near}) == []
    assert rows(backtest([("search", MONDAY, near)], bar=0.9)) == [("search", at + 1, "low", False)]


def test_no_cost_and_no_team_has_no_message() -> None:
    assert backtest([]) == []
    assert run({"search": np.ones(WEEK, dtype=np.int64)}) == []
