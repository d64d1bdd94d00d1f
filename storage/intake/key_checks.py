"""Whether a key is valid now, and by which configuration: for reads that many senders ask, without a transaction each."""

import asyncio
import sqlite3
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.drivers.shared_reads import SharedRead

_ON_SQLITE = (
    "SELECT (SELECT version FROM config), EXISTS (SELECT 1 FROM ingest_keys WHERE key_hash = ? AND revoked_at IS NULL)"
)
_ON_POSTGRESQL = (
    "SELECT (SELECT version FROM config), "
    "ARRAY(SELECT key_hash FROM ingest_keys WHERE key_hash = ANY($1::bytea[]) AND revoked_at IS NULL)"
)
_ANSWER_SECONDS = 5.0


class SqliteKeyChecks:
    """Checks a key on the event loop: two pages in memory, less work than to ask another thread.

    A reader in WAL waits for nobody. Whatever else goes wrong raises an error, and never waits.
    """

    def __init__(self, url: str) -> None:
        self._file = str(make_url(url).database)
        self._connection: sqlite3.Connection | None = None

    async def version(self, key: bytes) -> int | None:
        """Returns the version of the configuration that is committed now; None if the key of this hash is not valid."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._file, timeout=0, isolation_level=None)
                self._connection.execute("PRAGMA query_only=ON")
            rows = self._connection.execute(_ON_SQLITE, (key,)).fetchall()  # all: an open statement keeps its snapshot
        except sqlite3.Error as error:
            await self.close()
            raise DBAPIError.instance(_ON_SQLITE, None, error, sqlite3.Error) from error
        version, is_valid = rows[0]
        return int(version) if is_valid else None

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class PostgresqlKeyChecks:
    """Checks keys on a pooled connection that is kept; callers at the same moment share one query."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._keys: set[bytes] = set()
        self._reads = SharedRead(self._read)

    async def version(self, key: bytes) -> int | None:
        """Returns the version that was committed after this call; None if the key of this hash is not valid."""
        self._keys.add(key)
        version, valid = await self._reads.result()
        return version if key in valid else None

    async def _read(self) -> tuple[int, frozenset[bytes]]:
        keys, self._keys = list(self._keys), set()
        if self._driver is not None:
            try:
                return await self._ask(keys)
            except DBAPIError:
                pass  # the server may have restarted since: once more, on a new connection
        return await self._ask(keys)

    async def _ask(self, keys: list[bytes]) -> tuple[int, frozenset[bytes]]:
        import asyncpg

        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                if self._driver is None:
                    self._connection = await self._engine.connect()
                    self._driver = (await self._connection.get_raw_connection()).driver_connection
                version, valid = await self._driver.fetchrow(_ON_POSTGRESQL, keys)
                return int(version or 0), frozenset(map(bytes, valid))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            await self._drop()
            raise DBAPIError.instance(_ON_POSTGRESQL, None, error, Exception) from error
        except BaseException:  # for example cancelled: the state of the connection is unknown
            await self._drop()
            raise

    async def _drop(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    async def close(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.close()
