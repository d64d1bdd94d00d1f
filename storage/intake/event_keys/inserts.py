"""The insert of a group's keys, and where each may be already."""

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from bot.intake.known_keys import KnownKeys, Suspects
from bot.usage import UsageEvent
from storage import bulk
from storage.intake.rollups import Insert

OLD_KEYS = ("source_id", "key_hash", "fingerprint")
RUN_KEYS = ("run", *OLD_KEYS, "occurred_at", "id_hash")
KEY_OF = {"run_keys": RUN_KEYS[:3], "event_keys": OLD_KEYS[:2]}

NewKey = tuple[int, bytes, bytes, int, int]
"""Source, key, fingerprint, moment and hash of the id of an event."""


def new_key(source_id: int, event: UsageEvent) -> NewKey:
    return (source_id, event.key, event.fingerprint, event.occurred_at, crc32(event.event_id.encode()))


class KeysInsert(NamedTuple):
    """The keys of a group for the fast path: their insert, the state it is valid in, and where each may be already."""

    insert: Insert
    token: int
    suspects: Suspects


def keys_insert(keys: Sequence[NewKey], known: KnownKeys) -> KeysInsert | None:
    """Returns the insert of a group's keys, in their order; None if this process has read no keys yet."""
    if known.token is None:
        return None
    token, run = known.token, known.run
    suspects = known.suspects([(source, key) for source, key, *_ in keys])
    if not run:
        rows: bulk.Rows = [(source, key, mark) for source, key, mark, *_ in keys]
        return KeysInsert(Insert("event_keys", OLD_KEYS, rows, "ON CONFLICT DO NOTHING"), token, suspects)
    rows = [(run, *key) for key in keys]
    return KeysInsert(Insert("run_keys", RUN_KEYS, rows, "ON CONFLICT DO NOTHING"), token, suspects)
