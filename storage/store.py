"""The store: transactions that write, and snapshots that read."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import text

from bot.intake.known_keys import KeySizes, KnownKeys
from storage.drivers.fifo import FifoLock
from storage.engine import create_engines
from storage.intake.event_keys.runs import keep_keys
from storage.intake.groups.fast_writer import FastWriter, SqliteFastWriter
from storage.intake.groups.postgresql_writer import PostgresqlFastWriter
from storage.intake.key_checks import PostgresqlKeyChecks, SqliteKeyChecks
from storage.intake.pending import fold_everything
from storage.nouns import Transaction
from storage.queries.memory import Memory, UsageMemory
from storage.queries.statements import NeedsLoop, ThreadConnection
from storage.sqlite_thread import SqliteThread

__all__ = ["Store", "Transaction"]

T = TypeVar("T")


class Store:
    """Access to the database. Make one per process; `close()` it at the end."""

    def __init__(self, url: str, *, key_sizes: KeySizes | None = None) -> None:
        self.url = url
        self._writer, self._reader = create_engines(url)
        self.memory = Memory(usage=UsageMemory(keys=KnownKeys(key_sizes)))
        self._lock = FifoLock() if self.is_sqlite else None
        self._thread = None if self._lock is None else SqliteThread(url, self._lock, name="work", cached_statements=128)
        self.key_checks = SqliteKeyChecks(url) if self.is_sqlite else PostgresqlKeyChecks(self._reader)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Opens a transaction that may write: commits at its end, rolls back on an exception.

        To change a row that was read first, read it by a `for_…` query: it locks on PostgreSQL.
        """
        async with self._lock or nullcontext(), self._writer.begin() as connection:
            transaction = Transaction(connection, self.memory)
            yield transaction
        transaction.committed()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Opens a snapshot: all its queries see the same moment. Writes fail."""
        async with self._reader.connect() as plain:
            connection = plain
            if not self.is_sqlite:
                options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                connection = await plain.execution_options(**options)
            async with connection.begin():
                yield Transaction(connection, self.memory, is_snapshot=True)

    async def run(self, work: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """Does work in a transaction that may write, and returns its result.

        On SQLite all of it is one visit of a thread, as long as its statements are prepared. Work that needs another statement is
        done again in an ordinary transaction, so it must have no effect outside of its transaction.
        """
        if self._thread is not None:
            try:
                _, result = await self._thread.in_turn(
                    lambda: self._in_thread(work), when_done=lambda done: done[0].committed()
                )
            except NeedsLoop:
                pass
            else:
                return result
        async with self.begin() as tx:
            return await work(tx)

    def _in_thread(self, work: Callable[[Transaction], Coroutine[Any, Any, T]]) -> tuple[Transaction, T]:
        assert self._thread is not None
        with self._thread.transaction() as raw:
            tx = Transaction(ThreadConnection(raw), self.memory)  # type: ignore[arg-type]  # it takes prepared statements alone
            working = work(tx)
            try:
                working.send(None)
            except StopIteration as done:
                return tx, done.value
            finally:
                working.close()
            raise NeedsLoop("a wait")

    async def fold_totals(self) -> int:
        """Adds all usage that waits to the totals, and returns the number of folds."""
        return await fold_everything(self.begin, self.read)

    def fast_writers(self, writers: int) -> list[FastWriter]:
        """Returns a fast writer for each writer, who closes it. On SQLite they share one, which keeps its pages."""
        if self._lock is not None:
            return [SqliteFastWriter(self.url, self._lock)] * writers
        return [PostgresqlFastWriter(self._writer) for _ in range(writers)]

    @property
    def usage_memory(self) -> UsageMemory:
        """Returns what this process has seen committed of usage."""
        return self.memory.usage

    async def keep_keys(self) -> None:
        """Reads the keys of the database if this process knows none yet, and seals the current run if it is full."""
        await keep_keys(self.memory.usage.keys, read=self.read, begin=self.begin)

    def clear_config_caches(self) -> None:
        """Clears cached ids of people after the configuration changed."""
        self.memory.clear_people()

    def clear_caches(self) -> None:
        """Clears all cached ids after the database failed: it may have come back as a copy without them, and a row that
        refers to a missing id would be quarantined as bad."""
        self.memory.clear_rows()

    async def ping(self) -> None:
        """Raises if the database can't answer."""
        async with self._reader.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.key_checks.close()
        if self._thread is not None:
            await self._thread.close()
        await self._writer.dispose()
        await self._reader.dispose()
