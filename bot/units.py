"""The kinds of a call's tokens, and what it may have beside them: closed sets, which every wing counts in the same way."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from bot.refusals import SourceError

PARTS = {
    "audio_input": "uncached_input",
    "audio_output": "output",
    "audio_cache_read": "cache_read",
    "image_input": "uncached_input",
    "image_output": "output",
    "image_cache_read": "cache_read",
    "video_input": "uncached_input",
    "video_output": "output",
    "video_cache_read": "cache_read",
    "cache_write_30m": "cache_write_5m",
    "cache_write_12h": "cache_write_5m",
}
"""Kinds of tokens with a price of their own, each with the counter of which it is a part. `audio_input` is uncached.

Cache writes that live 30 minutes or 12 hours are counted in `cache_write_5m`, so that sums of tokens have them.
"""
Parts = tuple[tuple[str, int], ...]

UNITS = (
    *("characters", "code_executions", "images", "pages", "search_units", "seconds", "web_searches"),
    "cache_storage_token_hours",
)
"""Each is counted in millionths, because seconds have decimals."""
_UNITS = frozenset(UNITS)
MILLION = 1_000_000
MAX_UNITS = 10**11
"""More than any call can have."""
MAX_UNIT_CHARACTERS = 60
"""The longest text of a number of units."""
Units = tuple[tuple[str, int], ...]
"""Units beside the tokens, sorted by name, each with its count in millionths. `units_of` makes them."""


def parts_of(given: Sequence[tuple[str, int]], counters: Mapping[str, int]) -> Parts:
    """Returns the parts that are not zero, in order, each at most what is left of its counter."""
    left = dict(counters)
    found = []
    for name, count in given:
        held = min(count, left[PARTS[name]])
        if held > 0:
            left[PARTS[name]] -= held
            found.append((name, held))
    return tuple(found)


def units_of(given: Iterable[tuple[str, int | float | Decimal | str | None]]) -> Units:
    """Returns units by the names of `UNITS` that are not zero, in order; those with one name are summed.

    Raises SourceError for a value that no call can have.
    """
    found: dict[str, int] = {}
    for name, value in given:
        if value:
            found[name] = found.get(name, 0) + _millionths(name, value)
    if not found.keys() <= _UNITS:
        raise ValueError(f"no unit is called {', '.join(sorted(found.keys() - _UNITS))}")
    return tuple(sorted([item for item in found.items() if item[1]]))


def _millionths(name: str, value: int | float | Decimal | str) -> int:
    if type(value) is int and 0 <= value <= MAX_UNITS:
        return value * MILLION
    try:
        if isinstance(value, bool) or (isinstance(value, str) and len(value) > MAX_UNIT_CHARACTERS):
            raise SourceError(f"{name} is not a number")
        count = Decimal(value)  # of a large exponent too: it becomes an integer only below
    except InvalidOperation as error:
        raise SourceError(f"{name} is not a number") from error
    if not count.is_finite():
        raise SourceError(f"{name} is not a finite number")
    if count < 0:
        raise SourceError(f"{name} is negative")
    if count > MAX_UNITS:
        raise SourceError(f"{name} is over a hundred billion, more than one call can have")
    return int((count * MILLION).to_integral_value(rounding=ROUND_HALF_EVEN))
