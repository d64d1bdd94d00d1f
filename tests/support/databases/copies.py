"""Databases for tests: each is made once in a process, and every test is given a copy of it."""

import asyncio
import itertools
import os
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from bot.settings import Settings
from storage.migrate import migrate
from tests.support.databases import server
from tests.support.databases.keepers import Keeper
from tests.support.databases.resets import keep

Filling = Callable[[str], Coroutine[Any, Any, str]]
"""What is put into an empty, migrated database at this address; returns the ingest key's token, or nothing."""


@dataclass(frozen=True)
class Copy:
    """A test's own copy: its address, and the ingest key that its filling made."""

    url: str
    key: str = ""


class SqliteCopies:
    """Files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._originals: dict[str, tuple[Path, str]] = {}

    def new(self, folder: Path, filling: Filling | None = None) -> Copy:
        """Returns a copy as `tokens.db` in a folder."""
        name = _name(filling)
        if name not in self._originals:
            file = self._folder / f"{len(self._originals)}.db"
            self._originals[name] = file, _aside(_filled(_url(f"sqlite:///{file}"), filling))
        original, key = self._originals[name]
        shutil.copy(original, folder / "tokens.db")
        return Copy(_url(f"sqlite:///{folder}/tokens.db"), key)


class PostgresqlCopies:
    """Databases of the run's server. Originals are made once in a run; a copy is a process's own, is put back after its
    test, and used again."""

    def __init__(self, address: str) -> None:
        """`{name}` in the address stands for a database."""
        self._address = address
        self._idle: dict[str, list[str]] = defaultdict(list)
        self._original_of: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._keeper = Keeper(address)

    async def new(self, filling: Filling | None = None, *, is_new: bool = False) -> Copy:
        """Returns a copy; `is_new` asks for one that no test used. Files are copied as they are: through the log of changes
        it takes three times the CPU."""
        original, key = await asyncio.to_thread(self._original, filling)
        if self._idle[original] and not is_new:
            return Copy(self._url(self._idle[original].pop()), key)
        copy = f"test_of_{os.getpid()}_{next(self._numbers)}"
        await self._execute(f"CREATE DATABASE {copy} TEMPLATE {original} STRATEGY FILE_COPY")
        self._original_of[copy] = original
        return Copy(self._url(copy), key)

    async def remove(self, copy: Copy) -> None:
        """Puts a copy back, whoever is still connected, or drops it if that can't be done."""
        name = copy.url.split("?")[0].rsplit("/", 1)[1]
        if await asyncio.to_thread(self._keeper.puts_back, name):
            self._idle[self._original_of[name]].append(name)
        else:
            await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _original(self, filling: Filling | None) -> tuple[str, str]:
        """Returns an original's name and key. The first process that asks makes it, from the empty one."""
        name = f"original_{_name(filling)}"
        kept = server.folder() / f"{name}.key"
        if not kept.exists():
            template = "template1" if filling is None else self._original(None)[0]
            with server.alone(name):
                if not kept.exists():
                    key = asyncio.run(self._make(name, template, filling))
                    unfinished = kept.with_suffix(".new")
                    unfinished.write_text(key)
                    unfinished.rename(kept)
        return name, kept.read_text()

    async def _make(self, name: str, template: str, filling: Filling | None) -> str:
        await self._execute(f"DROP DATABASE IF EXISTS {name}")
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        key = await _filled(self._url(name), filling)
        async with self._connected(name) as connection:
            await keep(connection)
        return key

    async def _execute(self, statement: str) -> None:
        async with self._connected("postgres") as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self._address.format(name=name))
        try:
            yield connection
        finally:
            await connection.close()

    def _url(self, name: str) -> str:
        return _url(self._address.format(name=name))


def _name(filling: Filling | None) -> str:
    """What is filled in at one hour is of no use in the next: a day or a month may begin with it."""
    return "empty" if filling is None else f"{filling.__name__}_at_{datetime.now(UTC):%Y_%m_%d_%H}"


async def _filled(url: str, filling: Filling | None) -> str:
    await migrate(url)
    return "" if filling is None else await filling(url)


def _aside(filled: Coroutine[Any, Any, str]) -> str:
    """Runs it in a thread of its own: a test's loop may run already, and asyncio has one a thread."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, filled).result()


def _url(address: str) -> str:
    return Settings(database_url=address).database_url
