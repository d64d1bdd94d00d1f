"""A connection to SQLite in a thread of its own, where a whole transaction is one visit from the event loop."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from storage.drivers.fifo import FifoLock
from storage.engine import set_pragmas

T = TypeVar("T")


class SqliteThread:
    """Writers of this process take turns by the store's lock, others by SQLite's.

    While nobody else waits for the lock, a second piece of work queues in the thread behind the first: the thread goes on
    without the event loop, which may be busy.
    """

    def __init__(self, url: str, lock: FifoLock, *, name: str, cached_statements: int) -> None:
        self._file = str(make_url(url).database)
        self._lock = lock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._name = name
        self._cached_statements = cached_statements
        self._connection: sqlite3.Connection | None = None
        self._inside = 0

    async def in_turn(self, work: Callable[[], T], *, when_done: Callable[[T], object] | None = None) -> T:
        """Does work in the thread, and returns its result; `when_done` then gets it in the event loop. Work that has begun ends,
        and keeps the lock until then, also if nobody waits for it any more."""
        if not self._inside or self._lock.is_waited_for:
            await self._lock.acquire()
        self._inside += 1
        try:
            running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        except BaseException:
            self._leave()
            raise

        def leave(done: "asyncio.Future[T]") -> None:
            self._leave()
            if when_done is not None and not done.cancelled() and done.exception() is None:
                when_done(done.result())

        running.add_done_callback(leave)
        return await asyncio.shield(running)

    def _leave(self) -> None:
        self._inside -= 1
        if not self._inside:
            self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Opens a transaction within the thread, which commits at its end unless it was rolled back.

        Raises SQLAlchemy's errors.
        """
        try:
            if self._connection is None:
                made = sqlite3.connect(self._file, check_same_thread=False, cached_statements=self._cached_statements)
                set_pragmas(made, writer=True)
                self._connection = made
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if connection.in_transaction:
                    connection.execute("COMMIT")
            except BaseException:
                self._give_up(connection)
                raise
        except sqlite3.Error as error:
            raise DBAPIError.instance(self._name, None, error, sqlite3.Error) from error

    def _give_up(self, connection: sqlite3.Connection) -> None:
        """Rolls back, or closes the connection if that fails.

        A full disk or a disk fault may have rolled back already, or may make a rollback impossible: closing ends the
        transaction and its lock.
        """
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection = None
            connection.close()

    async def close(self) -> None:
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
            self._connection = None
        self._thread.shutdown()
