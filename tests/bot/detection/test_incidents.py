"""Which spiking hours make one incident, when its message is edited, and when it is over."""

from dataclasses import replace

import pytest

from bot.alerting.alerts import DataGap
from bot.detection.incidents import (
    QUIET_HOURS,
    Incident,
    belongs_to,
    goes_on,
    group_incidents,
    has_grown,
    is_over,
    opens_incident,
)
from bot.detection.sweeps import SpikingHour
from bot.money import NANOS

LOOP = Incident(
    part=None,
    severity="low",
    from_hour=100,
    window_hours=4,
    last_hour=110,
    observed_nanos=100 * NANOS,
    usual_nanos=20 * NANOS,
    excess_nanos=80 * NANOS,
    silences=(),
)


def spiking(*hours: int) -> list[SpikingHour]:
    return [SpikingHour(hour=hour, part=None, window_hours=1, excess_dollars=80) for hour in hours]


def test_sixty_quiet_hours_part_two_incidents_and_fifty_nine_do_not() -> None:
    together, apart = spiking(100, 160), spiking(100, 161)

    assert group_incidents(together) == [together]
    assert group_incidents(apart) == [[apart[0]], [apart[1]]]
    assert QUIET_HOURS == 60


def test_the_quiet_hours_count_from_the_last_hour_of_the_last_incident() -> None:
    chain = spiking(100, 160, 220)
    several = spiking(100, 300, 360, 500, 560, 620)

    assert group_incidents(chain) == [chain]
    assert group_incidents(several) == [several[:1], several[1:3], several[3:]]


@pytest.mark.parametrize(("hour", "opens"), [(110 + 60, False), (110 + 61, True)])
def test_an_incident_is_new_once_the_quiet_hours_have_passed(hour: int, opens: bool) -> None:
    assert opens_incident(LOOP, spiking(hour, hour + 5)) is opens
    assert opens_incident(None, spiking(hour))


@pytest.mark.parametrize(("hour", "belongs"), [(100 - 60, True), (100 - 61, False)])
def test_hours_long_before_an_incident_are_of_an_older_one(hour: int, belongs: bool) -> None:
    assert belongs_to(LOOP, spiking(hour)) is belongs
    assert belongs_to(LOOP, spiking(hour - 50, hour)) is belongs


@pytest.mark.parametrize(("dollars", "grown"), [(105, False), (105.01, True), (90, False)])
def test_a_message_is_edited_from_a_twentieth_more_on(dollars: float, grown: bool) -> None:
    assert has_grown(LOOP, replace(LOOP, observed_nanos=round(dollars * NANOS))) is grown


def test_a_message_is_edited_for_another_severity_or_data_gap() -> None:
    gap = DataGap(source="gateway-eu", from_hour=90, end_hour=95)

    assert has_grown(LOOP, replace(LOOP, severity="medium"))
    assert has_grown(LOOP, replace(LOOP, silences=(gap,)))
    assert not has_grown(LOOP, replace(LOOP, last_hour=120))


def test_a_closed_incident_goes_on_only_with_later_dear_hours() -> None:
    assert goes_on(LOOP, LOOP, is_closed=False)
    assert not goes_on(LOOP, LOOP, is_closed=True)
    assert goes_on(LOOP, replace(LOOP, window_hours=5), is_closed=True)


@pytest.mark.parametrize(("this_hour", "over"), [(103 + 59, False), (103 + 60, True)])
def test_an_incident_is_over_sixty_hours_after_its_dear_hours(this_hour: int, over: bool) -> None:
    assert LOOP.ended_at == 103
    assert is_over(LOOP, this_hour=this_hour) is over
