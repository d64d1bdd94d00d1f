"""The keys of a year's events in runs, as the product seals them."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from secrets import randbits
from typing import Any, NamedTuple
from zlib import crc32

from bot.intake.known_keys import KnownKeys, heads_of, packed_hashes

_SEALED = ("run", "key_count", "hashes", "token")
_STATE = ("id", "run", "token", "multiplier", "old_is_read")


class Rows(NamedTuple):
    """Rows for one table; with `key`, amounts are added to rows that are there."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    key: tuple[str, ...] = ()


class Runs:
    """Makes runs of keys in order of arrival, all sealed. `known` is what a process knows of the new database."""

    def __init__(self, known: KnownKeys) -> None:
        self._first = known
        self._run, self._token = known.run, known.token or 0

    def rows(self, columns: Mapping[str, list[Any]]) -> list[Rows]:
        """Returns the rows of the keys of some events."""
        names = ("source_id", "key_hash", "fingerprint", "occurred_at")
        hashed = [crc32(event_id.encode()) for event_id in columns["event_id"]]
        keys = list(zip(*(columns[name] for name in names), hashed, strict=True))
        found: list[tuple[Any, ...]] = []
        sealed: list[tuple[Any, ...]] = []
        ids: list[tuple[Any, ...]] = []
        for start in range(0, len(keys), self._first.sizes.run_keys):
            own = sorted(keys[start : start + self._first.sizes.run_keys])
            heads = [(source, heads_of([key for _, key, *_ in of])) for source, of in groupby(own, lambda key: key[0])]
            hashes = packed_hashes(heads, self._first.multiplier)
            found += [(self._run, *key) for key in own]
            ids += sorted({(self._run, of, at) for *_, at, of in own})
            self._token = randbits(62)
            sealed.append((self._run, len(own), hashes.astype("<u8").tobytes(), self._token))
            self._run += 1
        moments = Rows("run_ids", ("run", "id_hash", "occurred_at"), ids)
        return [Rows("run_keys", ("run", *names, "id_hash"), found), moments, Rows("key_runs", _SEALED, sealed)]

    def at_the_end(self) -> list[Rows]:
        """Returns the amounts to add to the state of the keys."""
        more = (1, self._run - self._first.run, self._token - (self._first.token or 0), 0, 0)
        return [Rows("key_state", _STATE, [more], key=("id",))]
