"""Keys of events in runs: new keys go to the current run, and a full run is sealed for ever.

A commit touches the pages of one small run, however many keys there are. Filters in memory say which sealed runs may hold
a key (`bot/intake/known_keys.py`); only there it is looked up. Every writer holds the row of `key_state` while it writes
keys, so that no run is sealed below it, and compares its token: a process that missed a sealing reads it first.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from zlib import crc32

import numpy as np
from sqlalchemy import func, insert, select, text, update

from bot.intake.known_keys import Hashes, Key, KnownKeys, Suspects, packed_hashes
from bot.periods import HOUR_MICROS
from storage import bulk
from storage.intake.event_keys.inserts import KEY_OF, OLD_KEYS, RUN_KEYS, NewKey, keys_insert
from storage.intake.event_keys.old_ids import OldIds, lowest_run
from storage.tables.intake import event_keys, key_runs, key_state, run_keys
from storage.transaction import OpenTransaction
from storage.triggers import close_event_keys

_RUNS_AT_ONCE = 64
OLD_STAYS_OPEN_MICROS = HOUR_MICROS

Begins = Callable[[], AbstractAsyncContextManager[OpenTransaction]]


async def keep_keys(known: KnownKeys, *, read: Begins, begin: Begins) -> None:
    """Reads the keys of the database if this process knows none yet, and seals the current run if it is full."""
    if known.token is None:
        async with read() as tx:
            await EventKeys(tx).look()
    if known.is_full:
        known.written = 0  # whoever asks meanwhile, or after a fault, waits for more keys
        async with begin() as tx:
            await EventKeys(tx).seal()
        async with begin() as tx:
            await EventKeys(tx).load()


class EventKeys:
    """The keys of events within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection
        self._known = transaction.memory.usage.keys
        self.old: set[Key] = set()
        """Of the keys that were recorded last, those that were there before there were runs."""

    @property
    def _is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    @property
    def old_ids(self) -> OldIds:
        return OldIds(self._tx)

    async def load(self) -> None:
        """Reads what this process lacks. In a transaction that may write, the current run then stays until its end."""
        async with self._tx.memory.keys_lock:
            state = (await self._connection.execute(select(key_state).with_for_update(read=True))).one()
            await self._load(state)

    async def look(self) -> None:
        """The same from a snapshot, for a process that knows nothing yet."""
        async with self._tx.memory.keys_lock:
            if self._known.token is None:
                await self._load((await self._connection.execute(select(key_state))).one())

    async def _load(self, state: Any) -> None:
        known = self._known
        if known.token == state.token:
            return
        if known.token is not None:
            same = select(key_runs.c.token).where(key_runs.c.run == known.run - 1)
            there = (await self._connection.execute(same)).scalar()
            if known.run > state.run or (known.run > 1 and there != known.token) or not known.run:
                known.clear()  # another history: a restored copy, or a standby that lacks the last commits
        known.multiplier = state.multiplier
        while hashes := await self._hashes(known.sealed.count, newest_first=False):
            await asyncio.to_thread(known.sealed.add, hashes)
        await self._load_old(state)
        in_run = select(func.count()).select_from(run_keys).where(run_keys.c.run == state.run)
        known.written = (await self._connection.execute(in_run)).scalar_one()
        known.run, known.token = state.run, state.token

    async def _load_old(self, state: Any) -> None:
        known = self._known
        while state.run and not known.knows_old:
            hashes = await self._hashes(known.old.count, newest_first=True)
            if not hashes:
                known.knows_old = bool(state.old_is_read)
                return
            await asyncio.to_thread(known.old.add, hashes)

    async def _hashes(self, after: int, *, newest_first: bool) -> list[Hashes]:
        """Returns the hashes of the next runs; `newest_first` those of the pieces before the runs, -1, -2, …"""
        run = key_runs.c.run
        query = select(key_runs.c.hashes).limit(_RUNS_AT_ONCE)
        query = (
            query.where(run < -after).order_by(run.desc()) if newest_first else query.where(run > after).order_by(run)
        )
        return [np.frombuffer(found, dtype="<u8") for found in (await self._connection.execute(query)).scalars()]

    async def record(self, keys: Sequence[NewKey]) -> tuple[set[Key], dict[Key, bytes]]:
        """Stores new keys, given in order and once each. Returns those that are new, and the fingerprints of the others."""
        await self.load()
        known = self._known
        names = [(source, key) for source, key, *_ in keys]
        there = await self._found(known.suspects(names))
        fresh = [key for key in keys if key[:2] not in there]
        made = keys_insert(fresh, known)
        assert made is not None
        table, columns, rows, _ = made.insert
        unique = KEY_OF[table]
        new = {found[-2:] for found in await bulk.insert_missing(self._connection, table, columns, unique, rows)}
        if len(new) < len(fresh):
            late = [row[: len(unique)] for row in rows if row[len(unique) - 2 : len(unique)] not in new]
            for source, key, mark in await bulk.select(self._connection, table, OLD_KEYS, unique, late):
                there[source, bytes(key)] = bytes(mark)
            if table == "event_keys":  # while the release before may still write there
                self.old |= there.keys()
        token = known.token
        self._tx.after_commit(lambda: known.count_written(len(new), token))
        return new, there

    async def _found(self, suspects: Suspects) -> dict[Key, bytes]:
        """Returns the fingerprints of those keys that are where they may be."""
        rows = await bulk.select(self._connection, "run_keys", OLD_KEYS, RUN_KEYS[:3], suspects.in_runs)
        old = await bulk.select(self._connection, "event_keys", OLD_KEYS, OLD_KEYS[:2], suspects.in_old)
        self.old = {(source, bytes(key)) for source, key, _ in old}
        rows += old
        return {(source, bytes(key)): bytes(mark) for source, key, mark in rows}

    async def seal(self) -> bool:
        """Seals the current run if it is full: waits for those who write to it. Returns False if another did."""
        state = (await self._connection.execute(select(key_state).with_for_update())).one()
        in_run = select(func.count()).select_from(run_keys).where(run_keys.c.run == state.run)
        count = (await self._connection.execute(in_run)).scalar_one()
        if not state.run or count < self._known.sizes.run_keys:
            return False
        hashes = await self._read_hashes("run_keys WHERE run = :run", {"run": state.run}, state.multiplier)
        token = secrets.randbits(62)
        sealed = {"run": state.run, "key_count": count, "hashes": hashes.astype("<u8").tobytes(), "token": token}
        await self._connection.execute(insert(key_runs).values(sealed))
        ids = "SELECT run, id_hash, occurred_at FROM run_keys WHERE run = :run ORDER BY id_hash, occurred_at"
        once = f"INSERT INTO run_ids (run, id_hash, occurred_at) {ids} ON CONFLICT DO NOTHING"
        await self._connection.execute(text(once), {"run": state.run})
        await self._connection.execute(update(key_state).values(run=state.run + 1, token=token))
        return True

    async def _read_hashes(self, keys: str, values: dict[str, Any], multiplier: int) -> Hashes:
        """Reads the heads of keys as one value per source, which takes a tenth of the time of a value per key."""
        if self._is_postgresql:
            heads = "string_agg(substr(key_hash || decode('0000000000000000', 'hex'), 1, 8), ''::bytea)"
        else:
            heads = "group_concat(substr(hex(substr(key_hash, 1, 8)) || '0000000000000000', 1, 16), '')"
        statement = text(f"SELECT source_id, {heads} FROM {keys} GROUP BY source_id")
        rows = (await self._connection.execute(statement, values)).all()
        found = [(source, bytes(part) if self._is_postgresql else bytes.fromhex(part)) for source, part in rows]
        return await asyncio.to_thread(packed_hashes, found, multiplier)

    async def has_old(self) -> bool:
        """Returns True until all keys before the runs are read."""
        return not (await self._connection.execute(select(key_state.c.old_is_read))).scalar_one()

    async def close_old(self, *, now: int) -> bool:
        """Closes the table before the runs once the release before had an hour to be stopped. Returns True if it is
        closed.
        """
        state = (await self._connection.execute(select(key_state).with_for_update())).one()
        if state.run:
            return True
        if state.migrated_at is None:
            await self._connection.execute(update(key_state).values(migrated_at=now))
            return False
        if now < state.migrated_at + OLD_STAYS_OPEN_MICROS:
            return False
        await self._connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        await self._connection.run_sync(close_event_keys)
        await self._connection.execute(update(key_state).values(run=1, token=secrets.randbits(62)))
        return True

    async def read_old(self, *, limit: int = 0) -> int | None:
        """Reads the next piece of the closed table's keys. Returns their number; None if there is none left."""
        limit = limit or self._known.sizes.old_piece_keys
        state = (await self._connection.execute(select(key_state).with_for_update())).one()
        if state.old_is_read or not state.run:
            return None
        query = select(key_runs).where(key_runs.c.run < 0).order_by(key_runs.c.run).limit(1)
        before = (await self._connection.execute(query)).one_or_none()
        name = event_keys.c
        first = select(name.source_id, name.key_hash).order_by(name.source_id, name.key_hash).limit(limit)
        values: dict[str, Any] = {}
        keys = "event_keys"
        if before is not None:
            values = {"source": before.last_source_id, "key": before.last_key_hash}
            keys += " WHERE (source_id, key_hash) > (:source, :key)"
            first = first.where(text("(source_id, key_hash) > (:source, :key)").bindparams(**values))
        ends = (await self._connection.execute(first.offset(limit - 1).limit(1))).one_or_none()
        piece = f"(SELECT source_id, key_hash FROM {keys} ORDER BY source_id, key_hash LIMIT {int(limit)}) AS piece"
        hashes = await self._read_hashes(piece, values, state.multiplier)
        made = {"run": (before.run if before else 0) - 1, "key_count": len(hashes), "token": 0}
        if ends is not None:
            made |= {"last_source_id": ends.source_id, "last_key_hash": ends.key_hash}
        if len(hashes):
            await self._connection.execute(insert(key_runs).values(**made, hashes=hashes.astype("<u8").tobytes()))
        if ends is None:
            await self._connection.execute(update(key_state).values(old_is_read=1))
        return len(hashes)

    async def moments_of(self, event_id: str) -> set[int]:
        """Returns the moments of the events with this id, and of a few others whose id has the same hash.

        Looks once into each run. Events that were booked before there were runs are missing until their ids are read
        (`storage/intake/event_keys/old_ids.py`).
        """
        hashed = crc32(event_id.encode())
        run = (await self._connection.execute(select(key_state.c.run))).scalar_one()
        wanted = [(sealed, hashed) for sealed in range(await lowest_run(self._connection), run) if sealed]
        rows = await bulk.select(self._connection, "run_ids", ("occurred_at",), ("run", "id_hash"), wanted)
        here = select(run_keys.c.occurred_at).where(run_keys.c.run == run, run_keys.c.id_hash == hashed)
        return {at for (at,) in rows} | set((await self._connection.execute(here)).scalars())
