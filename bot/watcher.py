"""How long whoever watches rests after a round, so that watching takes little of a busy machine, and finds things in time."""

MAX_LOAD_SHARE = 0.05
"""Watching takes so much of the time at most: the rest belongs to usage coming in."""
MIN_SECONDS, MAX_SECONDS = 1.0, 300.0
"""A burst comes in whole meanwhile; and a fast spike is told within a quarter of an hour, however long a round takes."""
HOUR_SECONDS = 3600.0
_MINUTE, _REST_IN_THE_FIRST = 60.0, 15.0


def rest_seconds(took: float, *, past_hour: float) -> float:
    """The rest after a round that took so long and ended so many seconds past the hour.

    An hour that ended is looked at a second later, and again while what was used in its last minute comes in: a spike at the
    hour's end is told within a minute.
    """
    rest = min(max(MIN_SECONDS, took / MAX_LOAD_SHARE - took), MAX_SECONDS)
    if past_hour < _MINUTE:
        rest = min(rest, _REST_IN_THE_FIRST)
    return min(rest, HOUR_SECONDS - past_hour + 1)
