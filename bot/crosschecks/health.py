"""Silent sources, judged by each source's own rhythm, so that nights, weekends and rare senders raise no alert.

Time is divided into slots of a quarter of an hour, counted since 1970. A source has active slots, in which it sent; the
watcher has observed slots, in which it ran. A silence is measured in slots in which the source is usually active: a night
counts nothing if the source is usually silent at night.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from bot.periods import DAY_MICROS, MICROS, zone

SLOT_SECONDS = 900
SLOT_MICROS = SLOT_SECONDS * MICROS
SLOTS_A_DAY = DAY_MICROS // SLOT_MICROS
HISTORY_DAYS = 28
GAPS_DAYS = 14
"""A silence is compared with the gaps of this many days before it."""
ENOUGH_DAYS = 7
MIN_ACTIVE_SLOTS = 20
MIN_SLOTS = 2.0
"""A silence misses at least half an hour of usual activity."""
USUAL_FACTOR = 3
RARE_GAP = 0.99
_MIN_SEEN = 2
"""An hour of a weekday needs this many observations."""


@dataclass(frozen=True, kw_only=True)
class SourceSilence:
    """A silence of a source: its start in microseconds, the missing slots of usual activity, and the number still usual."""

    since: int
    missing: float
    usual: float


def slot_of(at_micros: int) -> int:
    return at_micros // SLOT_MICROS


def find_silence(
    active_slots: Collection[int], observed_slots: Collection[int], *, last_at: int, now: int, zone_name: str
) -> SourceSilence | None:
    """Returns the silence of a source that last sent at `last_at`; None if it is usual, or if too little is known.

    Only observed slots count, so a stopped worker or a clock jump causes no silence. The limit is three times the 99th
    percentile of gaps, and at least half an hour.
    """
    last = slot_of(last_at)
    observed = set(observed_slots)
    since = [slot for slot in observed if last < slot < slot_of(now)]
    if len(since) < MIN_SLOTS:
        return None
    known = sorted(slot for slot in set(active_slots) if last - HISTORY_DAYS * SLOTS_A_DAY <= slot <= last)
    if len(known) < MIN_ACTIVE_SLOTS or last - known[0] < ENOUGH_DAYS * SLOTS_A_DAY:
        return None
    usual = _Usual(known, (slot for slot in observed if known[0] <= slot <= last), zone_name)
    missing = usual.activity(since)
    if missing < MIN_SLOTS:
        return None
    recent = [slot for slot in known if slot >= last - GAPS_DAYS * SLOTS_A_DAY]
    gaps = sorted(usual.activity(slot for slot in range(a + 1, b) if slot in observed) for a, b in pairwise(recent))
    rare = gaps[min(len(gaps) - 1, int(len(gaps) * RARE_GAP))] if gaps else 0.0
    bar = max(MIN_SLOTS, USUAL_FACTOR * rare)
    return SourceSilence(since=last_at, missing=missing, usual=bar) if missing > bar else None


class _Usual:
    """The probability that a source is active in a slot, by time of day.

    It is the lower of two shares: that of the same weekday, and that of all working days or weekends. Rarely observed
    slots count as inactive.
    """

    def __init__(self, active_slots: Iterable[int], observed_slots: Iterable[int], zone_name: str) -> None:
        self._zone = zone_name
        self._active: dict[tuple[int, int], int] = {}
        self._observed: dict[tuple[int, int], int] = {}
        for counted, slots in (
            (self._active, set(active_slots)),
            (self._observed, set(observed_slots) | set(active_slots)),
        ):
            for slot in slots:
                for key in _keys(slot, self._zone):
                    counted[key] = counted.get(key, 0) + 1

    def activity(self, slots: Iterable[int]) -> float:
        """Returns the expected number of active slots."""
        return sum(min(self._share(key) for key in _keys(slot, self._zone)) for slot in slots)

    def _share(self, key: tuple[int, int]) -> float:
        observed = self._observed.get(key, 0)
        return self._active.get(key, 0) / observed if observed >= _MIN_SEEN else self._young(key)

    def _young(self, key: tuple[int, int]) -> float:
        """Returns 1 for a weekday observed once, so that its class alone decides; else 0."""
        return 1.0 if key[0] < _CLASSES and self._observed.get(key, 0) else 0.0


_CLASSES = 7
"""Keys below it are weekdays; keys from it on are working days and weekends."""


@lru_cache(maxsize=65_536)
def _keys(slot: int, zone_name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Returns a slot's local weekday (Monday is 0) and its class, each with the quarter of an hour."""
    at = datetime.fromtimestamp(slot * SLOT_SECONDS, zone(zone_name))
    weekday, time_of_day = at.weekday(), (at.hour * 3600 + at.minute * 60) // SLOT_SECONDS
    return (weekday, time_of_day), (_CLASSES + weekday // 5, time_of_day)
