"""How an incident's figures follow from its hours, how it ends, and which silences are shown with it."""

from dataclasses import replace

import numpy as np
import pytest

from bot.alerting.alerts import DataGap
from bot.detection.histories import Histories, Ints
from bot.detection.incident_measures import SweepContext, costs_since_first, measure_end, measure_incident
from bot.detection.incidents import Incident
from bot.detection.sweeps import SpikingHour
from bot.money import NANOS
from tests.bot.spend import DAY, THIS_HOUR, WEEK, Of, histories_of, view

TEAM = 3
WEEKS = 5 * WEEK


def flat(*, lead: int = 0, extra: dict[int, float] | None = None) -> Ints:
    """A dollar an hour for five weeks, nothing in the first `lead` hours, and more in some hours, by hours back."""
    nanos = np.full(WEEKS, NANOS, dtype=np.int64)
    nanos[:lead] = 0
    for back, dollars in (extra or {}).items():
        nanos[-1 - back] += round(dollars * NANOS)
    return nanos


def sweep(nanos: Ints, *silences: DataGap, this_hour: int = THIS_HOUR) -> SweepContext:
    histories: Histories = histories_of({Of(team_id=TEAM): nanos})
    return SweepContext(histories=histories, view=view(this_hour=this_hour), silences=silences)


def spiking(*backs: int, window: int = 1) -> list[SpikingHour]:
    return [SpikingHour(hour=THIS_HOUR - back, part=None, window_hours=window, excess_dollars=50) for back in backs]


def measured(nanos: Ints, hours: list[SpikingHour], *silences: DataGap, before: Incident | None = None) -> Incident:
    return measure_incident(TEAM, hours, sweep(nanos, *silences), before=before)


SPIKE = flat(extra={5: 100, 4: 100})


def test_costs_begin_with_the_first_nano_dollar() -> None:
    nanos = flat(lead=30)
    nanos[20] = 1

    costs, first_hour = costs_since_first(TEAM, None, sweep(nanos))
    assert (len(costs), costs[0], first_hour) == (WEEKS - 20, 1, THIS_HOUR - WEEKS + 1 + 20)
    assert costs_since_first(TEAM, None, sweep(flat()))[1] == THIS_HOUR - WEEKS + 1


def test_the_last_spiking_hour_gives_the_window_and_the_end() -> None:
    found = measured(SPIKE, [*spiking(5), *spiking(4, window=2)])

    assert (found.from_hour, found.window_hours, found.last_hour) == (THIS_HOUR - 5, 2, THIS_HOUR - 4)
    assert (found.observed_nanos, found.usual_nanos, found.excess_nanos) == (202 * NANOS, 2 * NANOS, 200 * NANOS)


def test_an_incident_that_is_seen_again_keeps_its_last_hour() -> None:
    known = measured(SPIKE, [*spiking(5), *spiking(4, window=2)])

    assert measured(SPIKE, spiking(5), before=known).last_hour == THIS_HOUR - 4
    assert measured(SPIKE, spiking(5, 2), before=known).last_hour == THIS_HOUR - 2


def test_an_incident_ends_with_the_hours_that_are_known_now() -> None:
    known = measured(SPIKE, [*spiking(5), *spiking(4, window=2)])
    late = flat(extra={6: 50, 5: 100, 4: 100, 3: 70})
    ended = measure_end(TEAM, known, sweep(late))
    later = measure_end(TEAM, replace(known, last_hour=THIS_HOUR - 3), sweep(late))

    assert (ended.from_hour, ended.window_hours, ended.last_hour) == (THIS_HOUR - 5, 2, THIS_HOUR - 4)
    assert ended.observed_nanos == 202 * NANOS
    assert (later.window_hours, later.observed_nanos) == (3, 273 * NANOS)
    assert later.severity == known.severity


def test_an_incident_that_a_clock_ahead_saw_ends_with_this_hour_and_keeps_its_last_hour() -> None:
    known = replace(measured(SPIKE, spiking(4, window=2)), last_hour=THIS_HOUR + 9)
    ended = measure_end(TEAM, known, sweep(flat(extra={5: 100, 4: 100, 0: 100})))

    assert ended.last_hour == THIS_HOUR + 9
    assert (ended.from_hour, ended.window_hours) == (THIS_HOUR - 5, 6)


@pytest.mark.parametrize(("lead", "is_kept"), [(WEEKS - 6, False), (WEEKS - 5, True), (WEEKS - 1, True)])
def test_an_incident_that_began_before_what_is_known_stays_as_it_is(lead: int, is_kept: bool) -> None:
    """The first cost that is known is in the incident's first hour, one after it, or after all of it."""
    known = measured(SPIKE, spiking(4, window=2))
    nanos = flat(lead=lead, extra={0: 3})

    assert (measure_end(TEAM, known, sweep(nanos)) is known) is is_kept


def test_an_incident_whose_last_hour_is_the_first_known_one_is_measured() -> None:
    known = replace(measured(SPIKE, spiking(4, window=2)), from_hour=THIS_HOUR - 4, last_hour=THIS_HOUR - 4)

    assert measure_end(TEAM, known, sweep(flat(lead=WEEKS - 5))) is not known


def silence(start: int, end: int | None) -> DataGap:
    """A gap from so many hours back until before so many hours back."""
    return DataGap(source="gateway-eu", from_hour=THIS_HOUR - start, end_hour=None if end is None else THIS_HOUR - end)


def quiet(*backs: int, dollars: float = 0, nanos: Ints = SPIKE) -> Ints:
    """The spike, with so much in the hours that far back."""
    changed = nanos.copy()
    for back in backs:
        changed[-1 - back] = round(dollars * NANOS)
    return changed


@pytest.mark.parametrize(("end", "is_near"), [(5 + DAY, True), (5 + DAY + 1, False), (20, True)])
def test_a_silence_is_near_if_it_ended_a_day_before_the_spike_or_later(end: int, is_near: bool) -> None:
    gap = silence(end + 2, end)
    found = measured(quiet(end + 2, end + 1), spiking(4, window=2), gap)

    assert found.silences == ((gap,) if is_near else ())


@pytest.mark.parametrize(("start", "is_near"), [(4, True), (3, False)])
def test_a_silence_is_near_if_it_began_by_the_last_dear_hour(start: int, is_near: bool) -> None:
    """The spike is the fifth hour back; the team sent little in the silence."""
    gap = silence(start, None)
    nanos = quiet(*range(start), dollars=0.1, nanos=flat(extra={4: 100, **dict.fromkeys(range(169, 172), 500)}))
    found = measure_incident(TEAM, spiking(4), sweep(nanos, gap), before=None)

    assert (found.from_hour, found.window_hours) == (THIS_HOUR - 4, 1)
    assert (found.silences == (gap,)) is is_near


@pytest.mark.parametrize(
    ("week_before", "sent", "is_near"),
    [(10, 5, True), (10, 5.000000001, False), (10, 4, True), (10, 6, False), (0, 0, False), (1e-9, 0, True)],
)
def test_a_silence_is_shown_if_the_team_cost_half_its_usual_or_less(
    week_before: float, sent: float, is_near: bool
) -> None:
    gap = silence(8, 7)
    nanos = quiet(8, dollars=sent)
    nanos[-1 - 8 - WEEK] = round(week_before * NANOS)
    found = measured(nanos, spiking(4, window=2), gap)

    assert found.silences == ((gap,) if is_near else ())


def test_a_silence_that_is_too_long_ago_leaves_the_next_one_in() -> None:
    long_ago, before = silence(90, 80), silence(9, 7)

    assert measured(quiet(8, 9), spiking(4, window=2), long_ago, before).silences == (before,)
