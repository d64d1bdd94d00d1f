"""A watcher's rests: little of the time goes to watching, and nothing is told late."""

import itertools

import pytest

from bot.watcher import MAX_SECONDS, rest_seconds

HOUR, MINUTE = 3600.0, 60.0


def rounds(took: float, *, hours: int = 3) -> list[float]:
    """When the rounds of some hours begin, in seconds, if each takes so long and usage wakes the watcher all the time."""
    at, begun = 0.0, []
    while at < hours * HOUR:
        begun.append(at)
        at += took
        at += rest_seconds(took, past_hour=at % HOUR)
    return begun


@pytest.mark.parametrize("took", [0.001, 0.05, 0.3, 1.0, 5.0, 12.0])
def test_watching_takes_a_twentieth_of_the_time(took: float) -> None:
    """But for the first minute of an hour, in which it looks four times at least."""
    begun = rounds(took)

    assert len(begun) * took / (3 * HOUR) < 0.06
    for start in range(0, 3 * int(HOUR), 600):
        later = [at for at in begun if start <= at < start + 600 and at % HOUR >= MINUTE]
        assert len(later) * took / 600 <= 0.05 + took / 600


@pytest.mark.parametrize("took", [0.001, 0.05, 0.3, 1.0, 5.0, 12.0, 40.0])
def test_an_hour_is_looked_at_when_it_ends_and_again_in_its_first_minute(took: float) -> None:
    """What came in by twenty seconds past is told within the minute, of rounds that take less than twenty."""
    begun = rounds(took)

    for hour in (1, 2):
        past = [at - hour * HOUR for at in begun if at >= hour * HOUR]
        assert past[0] <= max(1.001, took)
        assert min(at for at in past if at > 20) + took <= MINUTE or took > 20


@pytest.mark.parametrize("took", [0.001, 0.3, 5.0, 40.0, 600.0])
def test_nothing_waits_a_quarter_of_an_hour(took: float) -> None:
    begun = rounds(took)

    assert max(b - a for a, b in itertools.pairwise(begun)) <= took + MAX_SECONDS


@pytest.mark.parametrize(
    ("took", "past_hour", "rest"), [(0.0, 100, 1), (0.5, 100, 9.5), (60, 100, 300), (2, 5, 15), (2, 3598, 3)]
)
def test_rests(took: float, past_hour: float, rest: float) -> None:
    assert rest_seconds(took, past_hour=past_hour) == pytest.approx(rest)
