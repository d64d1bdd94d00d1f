"""When a channel is told of a spike, and when it is not told again."""

import pytest

from bot.detection.incidents import QUIET_HOURS, Incident, update_incident


def told(*spikes: tuple[int, float]) -> list[int]:
    """The hours at which a channel hears of spikes (at, excess in dollars)."""
    incident: Incident | None = None
    heard = []
    for at, excess in spikes:
        incident, speak = update_incident(incident, excess_dollars=excess, at=at)
        if speak:
            heard.append(at)
    return heard


@pytest.mark.parametrize(
    ("spikes", "heard"),
    [
        ([(1, 20.0), (2, 30.0), (3, 20.0)], [1]),
        ([(1, 40.0), (2, 120.0)], [1, 2]),
        ([(1, 98.0), (2, 102.0), (3, 97.0), (4, 103.0)], [1]),
        ([(1, 98.0), (2, 102.0), (3, 294.0)], [1, 3]),
        ([(1, 600.0), (2, 20.0), (3, 600.0), (4, 5000.0)], [1, 4]),
        ([(1, 20.0), (1 + QUIET_HOURS, 20.0)], [1]),
        ([(1, 20.0), (2 + QUIET_HOURS, 20.0)], [1, 2 + QUIET_HOURS]),
        ([(1, 20.0), (40, 20.0), (40 + QUIET_HOURS, 20.0)], [1]),
    ],
    ids=[
        "growing within a tier", "a tier higher", "hovering at a line", "past the line and trebled",
        "an old tier again", "within the quiet hours", "after the quiet hours", "each spike starts them anew",
    ],
)  # fmt: skip
def test_a_channel_is_told_once_and_when_the_tier_rises_and_the_excess_trebles(
    spikes: list[tuple[int, float]], heard: list[int]
) -> None:
    assert told(*spikes) == heard


def test_an_incident_remembers_when_it_opened_and_what_was_told() -> None:
    incident, _ = update_incident(None, excess_dollars=20.0, at=5)
    incident, _ = update_incident(incident, excess_dollars=700.0, at=9)
    incident, _ = update_incident(incident, excess_dollars=30.0, at=12)

    assert incident == Incident(opened_at=5, last_at=12, severity="high", alerted_dollars=700.0)
