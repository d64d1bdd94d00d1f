"""What the picture of an incident shows: its words, its hours, and where it is marked."""

from dataclasses import replace

import numpy as np
import pytest

from bot.alerting.alerts import DataGap
from bot.charts.values import SpikeHours
from bot.detection.histories import SpendPart
from bot.detection.incidents import Incident
from bot.detection.spike_charts import spike_chart
from bot.money import NANOS
from bot.org.teams import Team
from tests.bot.views.examples import SEARCH

FIRST = 490_000
"""The first hour of three weeks of a dollar an hour."""
END = FIRST + 3 * 168
INCIDENT = Incident(
    part=None,
    severity="high",
    from_hour=END - 3,
    window_hours=2,
    last_hour=END - 2,
    observed_nanos=500 * NANOS,
    usual_nanos=200 * NANOS,
    excess_nanos=300 * NANOS,
    silences=(),
)


def chart(incident: Incident = INCIDENT, *, team: Team = SEARCH) -> SpikeHours:
    costs = np.full(END - FIRST, NANOS, dtype=np.int64)
    return spike_chart(team, incident, costs, first_hour=FIRST, this_hour=END - 1)


def test_a_chart_names_the_team_the_amount_the_hours_and_the_usual() -> None:
    drawn = chart()

    assert drawn.title == f"{SEARCH.name}: $500 in 2 h, usually $200"
    assert drawn.subtitle == "Cost per hour, with the usual band"
    assert drawn.alt == f"{SEARCH.name}: $500 in 2 h, usually $200. Hours above the band are marked."


def test_a_chart_of_a_part_names_it_in_forty_characters_at_most() -> None:
    key = replace(INCIDENT, part=SpendPart(SEARCH.id, "credential", "ci-7"))
    long = replace(INCIDENT, part=SpendPart(SEARCH.id, "credential", "k" * 60))
    fits = replace(INCIDENT, part=SpendPart(SEARCH.id, "credential", "k" * 40))

    assert chart(key).title == f"{SEARCH.name}, key ci-7: $500 in 2 h, usually $200"
    assert chart(fits).title == f"{SEARCH.name}, key {'k' * 40}: $500 in 2 h, usually $200"
    assert chart(long).title.removesuffix(": $500 in 2 h, usually $200") == f"{SEARCH.name}, key {'k' * 39}…"


def test_a_chart_is_in_the_zone_that_the_team_had_when_it_began() -> None:
    day = INCIDENT.from_hour // 24
    moving = replace(SEARCH, timezone="UTC", next_timezone="Asia/Tokyo")

    assert chart(team=replace(moving, next_timezone_day=day)).timezone == "Asia/Tokyo"
    assert chart(team=replace(moving, next_timezone_day=day + 1)).timezone == "UTC"


@pytest.mark.parametrize(("back", "marked_until"), [(3, None), (4, END - 2), (14, END - 12)])
def test_the_mark_ends_if_hours_after_it_are_shown(back: int, marked_until: int | None) -> None:
    """An incident of two hours; its last one may be the last hour but one, which may still grow."""
    assert chart(replace(INCIDENT, from_hour=END - back)).marked_until == marked_until


@pytest.mark.parametrize(
    ("back", "window", "shown", "last"),
    [
        (3, 2, 48, END - 1),
        (36, 2, 48, END - 36 + 2 + 12 - 1),
        (36, 30, 48, END - 1),
        (37, 30, 49, END - 1),
        (155, 155, 167, END - 1),
        (157, 157, 168, END - 1),
        (400, 300, 168, END - 400 + 300 + 12 - 1),
    ],
)
def test_a_chart_shows_two_days_or_the_incident_with_twelve_hours_around_it_and_a_week_at_most(
    back: int, window: int, shown: int, last: int
) -> None:
    drawn = chart(replace(INCIDENT, from_hour=END - back, window_hours=window))

    assert (len(drawn.hours), drawn.hours[-1]) == (shown, last)
    assert len(drawn.observed_nanos) == shown


def test_a_silence_that_goes_on_reaches_this_hour() -> None:
    silences = tuple(DataGap(source="gateway-eu", from_hour=END - 9, end_hour=end) for end in (None, END - 5))

    assert chart(replace(INCIDENT, silences=silences)).silent == ((END - 9, END - 1), (END - 9, END - 5))
