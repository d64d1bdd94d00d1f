"""Rises that most teams share: which hours and teams they are of, and how much they come to."""

import pytest

from bot.detection.shared_rises import SharedRise, find_shared_rise
from bot.detection.sweeps import SpikingHour
from bot.money import NANOS
from tests.bot.spend import DAY, THIS_HOUR, Of, histories_of, plus, steady, view

FOUR = (1, 2, 3, 4)


def spike(back: int = 0) -> SpikingHour:
    return SpikingHour(hour=THIS_HOUR - back, part=None, window_hours=1, excess_dollars=100)


def rise(
    *,
    teams: int = 4,
    of: int = 4,
    back: int = 0,
    running: tuple[int, ...] = (),
    shared: tuple[int, ...] = (),
    hours: int = 1,
) -> SharedRise | None:
    """What is found where some of some teams cost 500 dollars more in each of some hours, and spike some hours ago."""
    usual = steady(a_day=40)
    risen = plus(usual, 500, hours=hours)
    histories = histories_of({Of(team_id=t): risen if t <= teams else usual for t in range(1, of + 1)})
    found = {team: [spike(back)] for team in range(1, teams + 1)}
    return find_shared_rise(histories, found, view(shared=shared), running=running)


def test_a_rise_of_four_of_eight_teams_is_shared() -> None:
    found = rise(of=8)

    assert found is not None
    assert (found.hours, found.teams) == ((THIS_HOUR,), 4)
    assert abs(found.rise_nanos - 2_000 * NANOS) < 40 * NANOS
    assert rise(of=9) is None


@pytest.mark.parametrize(("back", "is_found"), [(0, True), (1, True), (2, False)])
def test_teams_that_spike_in_this_hour_or_the_one_before_begin_to(back: int, is_found: bool) -> None:
    assert (rise(back=back) is not None) is is_found


def test_a_team_with_a_running_incident_does_not_begin_to_spike() -> None:
    assert rise(running=(1,)) is None
    found = rise(teams=5, of=5, running=(1,))
    assert found is not None
    assert found.teams == 4


@pytest.mark.parametrize(("held", "hours"), [(0, 6), (4, 2), (5, 1), (6, 0)])
def test_six_hours_of_a_day_are_held_back(held: int, hours: int) -> None:
    """Hours that are held already may be yesterday's."""
    yesterday = tuple(THIS_HOUR - DAY + 1 + n for n in range(held))
    found = rise(hours=8, shared=yesterday)

    assert (len(found.hours) if found else 0) == hours


def test_a_rise_is_what_its_hours_cost_beyond_a_week_before() -> None:
    usual = steady(a_day=40) + 9 * NANOS
    found = find_shared_rise(
        histories_of({Of(team_id=t): plus(usual, 500) for t in FOUR}),
        {
            team: [SpikingHour(hour=THIS_HOUR - 5, part=None, window_hours=1, excess_dollars=1), spike()]
            for team in FOUR
        },
        view(),
        running=(),
    )

    assert found is not None
    assert found.rise_nanos == 4 * (500 * NANOS + int(usual[-1] - usual[-1 - 7 * DAY]))


def test_hours_held_back_a_day_ago_no_longer_count() -> None:
    found = rise(shared=tuple(THIS_HOUR - DAY - n for n in range(6)))

    assert found is not None


@pytest.mark.parametrize(
    ("more", "together"),
    [
        (SharedRise(hours=(5,), teams=4, rise_nanos=10), SharedRise(hours=(5, 6), teams=7, rise_nanos=100)),
        (SharedRise(hours=(7, 5), teams=9, rise_nanos=10), SharedRise(hours=(5, 6, 7), teams=9, rise_nanos=110)),
        (SharedRise(hours=(4,), teams=7, rise_nanos=10), SharedRise(hours=(4, 5, 6), teams=7, rise_nanos=110)),
    ],
)
def test_a_rise_goes_on_with_hours_that_are_not_known_yet(more: SharedRise, together: SharedRise) -> None:
    assert SharedRise(hours=(5, 6), teams=7, rise_nanos=100).with_more(more) == together
