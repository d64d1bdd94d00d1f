"""The moments of a year of calls: bursts in working hours of each zone, few at weekends, more from month to month, and spikes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.periods import DAY_MICROS, MICROS, day_start, local_day, micros
from bot.usage import COUNTERS
from tests.bench.year.company import Combination, Size

Numbers = NDArray[np.int64]
_CALLS_PER_BURST = 8
_WEEKEND, _NIGHT = 0.12, 0.04
_GROWTH = 2.0
"""How much more there is on the last day than on the first."""
_LATE = 0.01
"""The share of calls that arrive up to three days late."""
_SPIKES, _SPIKE_SHARE = 12, 0.003


@dataclass(frozen=True)
class Calls:
    """Calls in the order of their arrival: what each is of, when it was made, and when it arrived."""

    combination: Numbers
    occurred_at: Numbers
    received_at: Numbers

    def __len__(self) -> int:
        return len(self.combination)

    def pieces(self, length: int) -> Iterator["Calls"]:
        for start in range(0, len(self), length):
            part = slice(start, start + length)
            yield Calls(self.combination[part], self.occurred_at[part], self.received_at[part])


def calls_of(size: Size, combinations: Sequence[Combination], *, now: int, seed: int) -> Calls:
    """Returns exactly the wanted number of calls, made and arrived before `now`."""
    chance = np.random.default_rng(seed)
    wanted = int(size.events * 1.04) + 4 * _CALLS_PER_BURST
    per_burst = np.minimum(chance.geometric(1 / _CALLS_PER_BURST, 2 * wanted // _CALLS_PER_BURST + 8), 100)
    bursts = int(np.searchsorted(np.cumsum(per_burst), wanted)) + 1
    weights = np.array([one.weight for one in combinations])
    of_burst = chance.choice(len(combinations), bursts, p=weights / weights.sum())
    began = _beginnings(size, combinations, of_burst, now=now, chance=chance)
    lengths = per_burst[:bursts]
    index = np.repeat(np.arange(bursts), lengths)
    gaps = chance.exponential(35 * MICROS, len(index)).astype(np.int64)
    passed = np.cumsum(gaps)
    firsts = np.cumsum(lengths) - lengths
    occurred = began[index] + passed - passed[firsts][index]
    combination = of_burst[index].astype(np.int64)
    spiking = _spikes(size, combinations, occurred, chance)
    combination = np.concatenate([combination, spiking[0]])
    occurred = np.concatenate([occurred, spiking[1]])
    delays = chance.exponential(8 * MICROS, len(occurred)).astype(np.int64)
    late = chance.random(len(occurred)) < _LATE
    delays[late] = chance.integers(0, 3 * DAY_MICROS, int(late.sum()))
    received = occurred + delays
    there = np.flatnonzero((received < now) & (occurred >= now - size.days * DAY_MICROS))
    kept = np.sort(chance.permutation(there)[: size.events])
    assert len(kept) == size.events, "too few calls were made up"
    order = kept[np.argsort(received[kept], kind="stable")]
    return Calls(combination[order], occurred[order], received[order])


def _beginnings(
    size: Size, combinations: Sequence[Combination], of_burst: Numbers, *, now: int, chance: np.random.Generator
) -> Numbers:
    today = now // DAY_MICROS
    days = np.arange(today - size.days, today + 2)
    weights = np.where((days + 3) % 7 < 5, 1.0, _WEEKEND) * np.linspace(1, _GROWTH, len(days))
    place = chance.choice(len(days), len(of_burst), p=weights / weights.sum())
    zones = sorted({one.zone for one in combinations})
    starts = np.array([[micros(day_start(int(day), zone)) for day in days] for zone in zones])
    zone_of = np.array([zones.index(one.zone) for one in combinations])
    works = chance.choice([10.5, 15.0], len(of_burst)) + chance.normal(0, 1.4, len(of_burst))
    anytime = chance.uniform(0, 24, len(of_burst))
    hours = np.where(chance.random(len(of_burst)) < _NIGHT, anytime, np.clip(works, 0, 23.9))
    found: Numbers = starts[zone_of[of_burst], place] + (hours * 3600 * MICROS).astype(np.int64)
    return found


def _spikes(
    size: Size, combinations: Sequence[Combination], occurred: Numbers, chance: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Returns the calls of a few programs that ran away for three hours."""
    each = max(int(size.events * _SPIKE_SHARE) // _SPIKES, 1)
    which = chance.choice(len(combinations), _SPIKES)
    began = occurred[chance.choice(len(occurred), _SPIKES)]
    moments = np.repeat(began, each) + chance.integers(0, 3 * 3600 * MICROS, _SPIKES * each)
    return np.repeat(which, each).astype(np.int64), moments


def counters_of(count: int, chance: np.random.Generator) -> dict[str, Numbers]:
    """Returns the tokens of so many calls. A few have so long an input that some models cost more."""
    scale = np.where(chance.random(count) < 0.003, 8.0, 1.0)
    output = chance.integers(1, 2_000, count)
    thinks = chance.random(count) < 0.3
    zeros = np.zeros(count, dtype=np.int64)
    found = dict.fromkeys(COUNTERS, zeros)
    found["uncached_input"] = (chance.integers(10, 5_000, count) * scale).astype(np.int64)
    found["cache_read"] = (chance.integers(0, 40_000, count) * scale).astype(np.int64)
    found["cache_write_5m"] = np.where(chance.random(count) < 0.2, chance.integers(0, 4_000, count), 0)
    found["output"] = output
    found["reasoning"] = np.where(thinks, output // 3, 0)
    return found


class LocalDays:
    """The local day of moments in a zone, by the product's own rule for each quarter of an hour."""

    _QUARTER = 900 * MICROS

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], int] = {}

    def of(self, occurred_at: Numbers, zone: str) -> Numbers:
        quarters, place = np.unique(occurred_at // self._QUARTER, return_inverse=True)
        days = [self._day(int(quarter), zone) for quarter in quarters]
        found: Numbers = np.array(days, dtype=np.int64)[place]
        return found

    def _day(self, quarter: int, zone: str) -> int:
        day = self._known.get((zone, quarter))
        if day is None:
            day = self._known[zone, quarter] = local_day(quarter * self._QUARTER, zone)
        return day
