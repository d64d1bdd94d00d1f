"""Which runs may hold the key of an event: filters in memory, so that a new key needs no look at millions of old ones.

A filter has 34 bits of each key's hash, and the number of its run. So it says "new" for sure, or names the few runs where
the key may be: about one new key in 16,000 is looked up in vain, per filter. A million keys take 4 MB.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_TAG_BITS, _RUN_BITS = 16, 8
_KEYS_PER_BUCKET = 4
_HEAD_BYTES = 8
_SPREAD = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)
"""Any odd number: it makes the same key of two sources differ."""


class KeySizes(NamedTuple):
    """About how many keys a run has, and how many runs share a filter: at most 256."""

    run_keys: int = 16_384
    filter_runs: int = 64

    @property
    def old_piece_keys(self) -> int:
        """Returns the keys of a piece of the table before the runs: it is read once, so in larger pieces."""
        return 4 * self.run_keys

    @property
    def bucket_bits(self) -> int:
        return max(1, (self.run_keys * self.filter_runs // _KEYS_PER_BUCKET - 1).bit_length())


def key_hashes(sources: Sequence[int], heads: bytes, multiplier: int) -> Hashes:
    """Returns a hash of each key from its source and its first eight bytes. The multiplier is the database's secret, so
    that no sender can choose keys that fall together.
    """
    of_sources = np.array(sources, dtype=np.uint64) * _SPREAD
    mixed: Hashes = (np.frombuffer(heads, dtype=">u8").astype(np.uint64) ^ of_sources) * np.uint64(multiplier)
    return mixed


def heads_of(keys: Sequence[bytes]) -> bytes:
    """Returns the first eight bytes of each key; a shorter one is filled with zeros."""
    if set(map(len, keys)) == {2 * _HEAD_BYTES}:  # as nearly all are
        return np.frombuffer(b"".join(keys), dtype=">u8")[::2].tobytes()
    return b"".join([key[:_HEAD_BYTES].ljust(_HEAD_BYTES, b"\0") for key in keys])


class _Filter:
    """The hashes of some runs, in buckets by their highest bits; in a bucket the next bits and the run of each key."""

    def __init__(self, entries: Hashes, bucket_bits: int) -> None:
        """Makes a filter of sorted entries: bucket, tag and run, from the highest bits to the lowest."""
        self._tag_shift = 64 - bucket_bits - _TAG_BITS
        self._starts = np.zeros((1 << bucket_bits) + 1, dtype=np.uint32)
        buckets = (entries >> np.uint64(_TAG_BITS + _RUN_BITS)).astype(np.int64)
        np.cumsum(np.bincount(buckets, minlength=1 << bucket_bits), out=self._starts[1:])
        self._tags = (entries >> np.uint64(_RUN_BITS)).astype(np.uint16)
        self._runs = entries.astype(np.uint8)

    @property
    def size(self) -> int:
        return self._starts.nbytes + self._tags.nbytes + self._runs.nbytes

    def matches(self, hashes: Hashes) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Returns the places of hashes that may be here, each with a run where it may be."""
        shortened = hashes >> np.uint64(self._tag_shift)
        buckets, tags = (shortened >> np.uint64(_TAG_BITS)).astype(np.int64), shortened.astype(np.uint16)
        starts = self._starts.take(buckets).astype(np.int64)
        lengths = self._starts.take(buckets + 1) - starts
        ends = np.cumsum(lengths)
        slots = np.arange(lengths.sum()) + np.repeat(
            starts - ends + lengths, lengths
        )  # of each hash, one after another
        hits = (self._tags.take(slots) == np.repeat(tags, lengths)).nonzero()[0]
        places: NDArray[np.int64] = np.searchsorted(ends, hits, side="right")
        return places, self._runs.take(slots[hits])


class RunFilters:
    """The filters of runs 1, 2, 3 and so on. `add` may run in a thread beside `matches`."""

    def __init__(self, sizes: KeySizes) -> None:
        self._sizes = sizes
        self._filters: list[_Filter] = []
        self._open: Hashes = np.empty(0, dtype=np.uint64)
        self.count = 0

    @property
    def size(self) -> int:
        """Returns the bytes of all filters."""
        return sum(known.size for known in self._filters) + self._open.nbytes

    def add(self, runs: Sequence[Hashes]) -> None:
        """Adds the next runs, each by its sorted hashes."""
        filters, count, opened = list(self._filters), self.count, self._open
        while runs:
            index = count % self._sizes.filter_runs
            taken = runs[: self._sizes.filter_runs - index]
            opened = np.concatenate([opened, *(self._entries(hashes, at) for at, hashes in enumerate(taken, index))])
            opened.sort(kind="stable")  # sorted pieces: it merges them
            if index:
                filters.pop()
            filters.append(_Filter(opened, self._sizes.bucket_bits))
            count, runs = count + len(taken), runs[len(taken) :]
            if count % self._sizes.filter_runs == 0:
                opened = np.empty(0, dtype=np.uint64)
        self._filters, self._open, self.count = filters, opened, count

    def _entries(self, hashes: Hashes, index: int) -> Hashes:
        shift = np.uint64(64 - self._sizes.bucket_bits - _TAG_BITS)
        entries: Hashes = (hashes >> shift) << np.uint64(_RUN_BITS) | np.uint64(index)
        return entries

    def matches(self, hashes: Hashes) -> list[tuple[int, int]]:
        """Returns (place of a hash, run) for each run that may hold its key."""
        found = []
        for number, known in enumerate(self._filters):
            places, runs = known.matches(hashes)
            if len(places):
                first = number * self._sizes.filter_runs + 1
                found += [(place, first + run) for place, run in zip(places.tolist(), runs.tolist(), strict=True)]
        return found


Key = tuple[int, bytes]
"""A key with its source: (source id, key)."""


class Suspects(NamedTuple):
    """Where given keys may be: (run, source, key) in the sealed runs, and (source, key) in the table before the runs."""

    in_runs: list[tuple[int, int, bytes]]
    in_old: list[Key]


class KnownKeys:
    """What a process knows of the keys in a database: all runs before the current one.

    `token` names the state of the database that it knows, down to the last sealed run; None if it knows nothing. In run
    0 keys still go to the table before the runs. `written` is the least number of keys in the current run.
    """

    def __init__(self, sizes: KeySizes | None = None) -> None:
        self.sizes = sizes or KeySizes()
        self.clear()

    def clear(self) -> None:
        self.token: int | None = None
        self.run = 0
        self.multiplier = 1
        self.written = 0
        self.knows_old = False
        """Whether `old` has all keys of the table before the runs."""
        self.sealed = RunFilters(self.sizes)
        self.old = RunFilters(self.sizes._replace(run_keys=self.sizes.old_piece_keys))

    @property
    def is_full(self) -> bool:
        """Returns True if the current run has its keys, and should be sealed."""
        return self.token is not None and self.run > 0 and self.written >= self.sizes.run_keys

    def count_written(self, keys: int, token: int | None) -> None:
        """Counts keys that were committed in the state of this token."""
        if token == self.token:
            self.written += keys

    def suspects(self, keys: Sequence[Key]) -> Suspects:
        """Returns where keys may be, besides the current run."""
        return self.suspects_by_column([source for source, _ in keys], [name for _, name in keys])

    def suspects_by_column(self, sources: Sequence[int], names: Sequence[bytes]) -> Suspects:
        """The same for keys whose sources and names are apart."""
        if not self.run:
            return Suspects([], [])
        in_old = [] if self.knows_old else list(zip(sources, names, strict=True))
        if not self.sealed.count and not self.old.count:
            return Suspects([], in_old)
        hashes = key_hashes(sources, heads_of(names), self.multiplier)
        in_runs = [(run, sources[place], names[place]) for place, run in self.sealed.matches(hashes)]
        if not self.knows_old:
            return Suspects(in_runs, in_old)
        places = dict.fromkeys(place for place, _ in self.old.matches(hashes))
        return Suspects(in_runs, list(dict.fromkeys((sources[place], names[place]) for place in places)))


def packed_hashes(sources_and_heads: Sequence[tuple[int, bytes]], multiplier: int) -> Hashes:
    """Returns the sorted hashes of a run's keys, given the heads of all its keys by source."""
    counts = [(source, len(heads) // _HEAD_BYTES) for source, heads in sources_and_heads]
    sources = list(chain.from_iterable([source] * count for source, count in counts))
    hashes = key_hashes(sources, b"".join(heads for _, heads in sources_and_heads), multiplier)
    hashes.sort()
    return hashes
