"""How long the watcher rests after a round, to leave the machine to incoming usage."""

MAX_LOAD_SHARE = 0.05
"""Watching takes at most this share of the time."""
MIN_SECONDS, MAX_SECONDS = 1.0, 300.0
"""The watcher rests at least the first, so that a burst arrives whole, and at most the second, so that a spike alerts
within a quarter of an hour."""
HOUR_SECONDS = 3600.0
_MINUTE, _REST_IN_THE_FIRST = 60.0, 15.0


def rest_seconds(took: float, *, past_hour: float) -> float:
    """Returns the rest in seconds after a round that took `took` seconds.

    An hour is judged a second after it ends, and again while usage of its last minute arrives: a spike at the end of
    an hour alerts within a minute.
    """
    rest = min(max(MIN_SECONDS, took / MAX_LOAD_SHARE - took), MAX_SECONDS)
    if past_hour < _MINUTE:
        rest = min(rest, _REST_IN_THE_FIRST)
    return min(rest, HOUR_SECONDS - past_hour + 1)
