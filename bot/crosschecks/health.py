"""Whether a source has gone silent: judged by its own rhythm, so that nights, weekends and rare senders alarm nobody.

Time goes in slots of a quarter of an hour, counted since 1970. What is known of a source is the slots in which it was heard,
and of the watcher those in which it looked. How long a silence is, is measured in slots in which the source is usually
heard: a night counts for nothing where it is usually silent at night.
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
"""Gaps of this many days before the silence are what it is held against."""
ENOUGH_DAYS = 7
MIN_ACTIVE_SLOTS = 20
MIN_SLOTS = 2.0
"""Half an hour of usual activity has to be missing at least."""
USUAL_FACTOR = 3
RARE_GAP = 0.99
_MIN_SEEN = 2
"""An hour of a weekday counts as known once it was watched so often."""


@dataclass(frozen=True, kw_only=True)
class SourceSilence:
    """A source is silent: since when (microseconds), and how many slots of usual activity are missing, where so many
    are still usual."""

    since: int
    missing: float
    usual: float


def slot_of(at_micros: int) -> int:
    return at_micros // SLOT_MICROS


def find_silence(
    heard: Collection[int], watched: Collection[int], *, last_at: int, now: int, zone_name: str
) -> SourceSilence | None:
    """The silence of a source that was last heard at `last_at`; None if it is not longer than its like, or too little is
    known.

    Only slots in which somebody watched count: of a stopped worker or a clock that jumped ahead nothing follows. The bar is
    three times the gap that 99 of 100 stay below, and half an hour at least.
    """
    last = slot_of(last_at)
    known = sorted(slot for slot in set(heard) if last - HISTORY_DAYS * SLOTS_A_DAY <= slot <= last)
    if len(known) < MIN_ACTIVE_SLOTS or last - known[0] < ENOUGH_DAYS * SLOTS_A_DAY:
        return None
    seen = set(watched)
    usual = _Usual(known, (slot for slot in seen if known[0] <= slot <= last), zone_name)
    missing = usual.activity(slot for slot in seen if last < slot < slot_of(now))
    if missing < MIN_SLOTS:
        return None
    recent = [slot for slot in known if slot >= last - GAPS_DAYS * SLOTS_A_DAY]
    gaps = sorted(usual.activity(slot for slot in range(a + 1, b) if slot in seen) for a, b in pairwise(recent))
    rare = gaps[min(len(gaps) - 1, int(len(gaps) * RARE_GAP))] if gaps else 0.0
    bar = max(MIN_SLOTS, USUAL_FACTOR * rare)
    return SourceSilence(since=last_at, missing=missing, usual=bar) if missing > bar else None


class _Usual:
    """How likely a source is heard in a slot, by the time of day: the less of the same weekday's share and that of all
    working days, or of Saturdays and Sundays. What was hardly watched counts as silent."""

    def __init__(self, heard: Iterable[int], watched: Iterable[int], zone_name: str) -> None:
        self._zone = zone_name
        self._heard: dict[tuple[int, int], int] = {}
        self._watched: dict[tuple[int, int], int] = {}
        for counted, slots in ((self._heard, set(heard)), (self._watched, set(watched) | set(heard))):
            for slot in slots:
                for key in self._keys(slot):
                    counted[key] = counted.get(key, 0) + 1

    def activity(self, slots: Iterable[int]) -> float:
        """How many of the slots the source is usually heard in."""
        return sum(min(self._share(key) for key in self._keys(slot)) for slot in slots)

    def _share(self, key: tuple[int, int]) -> float:
        watched = self._watched.get(key, 0)
        return self._heard.get(key, 0) / watched if watched >= _MIN_SEEN else self._young(key)

    def _young(self, key: tuple[int, int]) -> float:
        """Of a weekday seen once the share of its class decides alone."""
        return 1.0 if key[0] < _CLASSES and self._watched.get(key, 0) else 0.0

    def _keys(self, slot: int) -> tuple[tuple[int, int], tuple[int, int]]:
        weekday, time_of_day = _local(slot, self._zone)
        return (weekday, time_of_day), (_CLASSES + weekday // 5, time_of_day)


_CLASSES = 7
"""Keys below it are weekdays; from it on, working days and weekends."""


@lru_cache(maxsize=65_536)
def _local(slot: int, zone_name: str) -> tuple[int, int]:
    """The weekday (Monday is 0) and the quarter of an hour of a slot on a zone's clocks."""
    at = datetime.fromtimestamp(slot * SLOT_SECONDS, zone(zone_name))
    return at.weekday(), (at.hour * 3600 + at.minute * 60) // SLOT_SECONDS
