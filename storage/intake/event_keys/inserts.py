"""The insert of a group's keys, and where each may be already."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from bot.intake.known_keys import KnownKeys, Suspects
from bot.usage import UsageEvent
from storage import bulk
from storage.drivers.columns import Columns, by_column
from storage.intake.rollups import Insert

OLD_KEYS = ("source_id", "key_hash", "fingerprint")
RUN_KEYS = ("run", *OLD_KEYS, "occurred_at", "id_hash")
_KEY_BYTES = 16
KEY_OF = {"run_keys": RUN_KEYS[:3], "event_keys": OLD_KEYS[:2]}

NEW_KEY = (*OLD_KEYS, "occurred_at", "id_hash")
NewKey = tuple[int, bytes, bytes, int, int]
"""Source, key, fingerprint, moment and hash of the id of an event."""


def new_key(source_id: int, event: UsageEvent) -> NewKey:
    return (source_id, event.key, event.fingerprint, event.occurred_at, crc32(event.event_id.encode()))


class KeysInsert(NamedTuple):
    """The keys of a group for the fast path: their insert, the state it is valid in, and where each may be already."""

    insert: Insert
    token: int
    suspects: Suspects


def keys_insert(keys: bulk.Rows, known: KnownKeys) -> KeysInsert | None:
    """Returns the insert of a group's keys, in their order; None if this process has read no keys yet."""
    if known.token is None:
        return None
    columns = by_column(keys, len(NEW_KEY))
    suspects = known.suspects_by_column(columns[0], columns[1])
    table, names, columns = (
        ("run_keys", RUN_KEYS, [[known.run] * len(keys), *columns])
        if known.run
        else ("event_keys", OLD_KEYS, columns[: len(OLD_KEYS)])
    )
    return KeysInsert(Insert(table, names, Columns(columns), "ON CONFLICT DO NOTHING"), known.token, suspects)


def in_key_order(sources: Sequence[int], keys: Sequence[bytes], *others: Sequence[Any]) -> Columns:
    """Returns columns of keys in the order of (source, key), in which all writers take them."""
    if set(map(len, keys)) == {_KEY_BYTES}:
        halves = np.frombuffer(b"".join(keys), dtype=">u8").astype(np.uint64)
        order = np.lexsort((halves[1::2], halves[::2], np.array(sources))).tolist()
    else:
        order = sorted(range(len(keys)), key=lambda place: (sources[place], keys[place]))
    return Columns([list(map(column.__getitem__, order)) for column in (sources, keys, *others)])
