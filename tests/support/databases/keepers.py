"""Connections that put tests' databases back, kept from test to test: a new one would read the whole structure first."""

import asyncio
from contextlib import suppress
from threading import Thread
from typing import Any

import asyncpg

from tests.support.databases.resets import put_back

_ENDED = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError)
"""What a connection says that a test has ended, as it may end all of its database's."""


class Keeper:
    """One connection to each database of this process, on a loop of its own: the tests' loops end with them."""

    def __init__(self, address: str) -> None:
        """`{name}` in the address stands for a database."""
        self._address = address
        self._connections: dict[str, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def puts_back(self, name: str) -> bool:
        """Puts a database back, and returns whether it is as it was; blocks until then."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            Thread(target=self._loop.run_forever, name="keeper of databases", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(self._put_back(name), self._loop).result()

    def close(self) -> None:
        """Closes its connections."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def _close(self) -> None:
        for connection in self._connections.values():
            await connection.close()

    async def _put_back(self, name: str) -> bool:
        if kept := self._connections.pop(name, None):
            with suppress(*_ENDED):
                return await self._try(name, kept)
        return await self._try(name, await asyncpg.connect(self._address.format(name=name)))

    async def _try(self, name: str, connection: Any) -> bool:
        is_as_it_was = await put_back(connection)
        if is_as_it_was:
            self._connections[name] = connection
        else:
            await connection.close()
        return is_as_it_was
