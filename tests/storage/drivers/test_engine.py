"""Connections to PostgreSQL: keepalive breaks one to a machine that vanished."""

import socket
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from storage import bulk
from storage.engine import create_engines
from storage.faults import is_away
from storage.store import Store
from tests.support.postgres import postgres

KEYS = ("run", "source_id", "key_hash", "fingerprint", "occurred_at")


@pytest.fixture
async def over_tcp() -> AsyncIterator[str]:
    """A PostgreSQL reached over TCP, like one on another machine."""
    async with postgres() as server:
        yield await server.create()


async def test_the_system_asks_after_a_server_that_says_nothing(over_tcp: str) -> None:
    engine, _ = create_engines(over_tcp)
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        found = driver._transport.get_extra_info("socket")

        assert found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        idle, between, times = (
            found.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
            for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")
        )
        assert idle + between * times <= 30
        assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    await engine.dispose()


async def test_a_connection_over_a_sockets_file_needs_none_of_it(database_url: str) -> None:
    store = Store(database_url)
    async with store.read() as tx:
        assert (await tx.connection.execute(text("SELECT 1"))).scalar() == 1
    await store.close()


async def test_a_server_that_is_gone_or_sends_one_away_is_told_from_a_mistake(over_tcp: str) -> None:
    store = Store(over_tcp)
    with pytest.raises(DBAPIError) as mistake:
        async with store.read() as tx:
            await tx.connection.execute(text("SELECT one FROM nowhere"))
    with pytest.raises(DBAPIError) as sent_away:
        async with store.read() as tx:
            await tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await store.close()
    gone = Store("postgresql+asyncpg://postgres@127.0.0.1:1/postgres")
    with pytest.raises(OSError, match="1") as refused:
        await gone.ping()
    await gone.close()

    assert [is_away(error.value) for error in (mistake, sent_away, refused)] == [False, True, True]
    assert is_away(TimeoutError())
    assert not is_away(ValueError())


async def test_a_sqlite_file_that_is_locked_or_full_is_told_from_a_mistake(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    with pytest.raises(DBAPIError, match="no such table") as mistake:
        async with store.read() as tx:
            await tx.connection.execute(text("SELECT one FROM nowhere"))
    with pytest.raises(DBAPIError, match="full") as full:  # noqa: PT012 -- a transaction's whole life
        async with store.begin() as tx:
            await tx.connection.execute(text("PRAGMA max_page_count = 1"))  # never smaller than it already is
            await bulk.insert(tx.connection, "run_keys", KEYS, [(1, 1, bytes([n]) * 4_000, b"f", 0) for n in range(99)])
    other = sqlite3.connect(str(make_url(sqlite_url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DBAPIError, match="locked") as locked:
        async with store.begin():
            pass
    other.close()
    await store.close()

    assert [is_away(error.value) for error in (mistake, full, locked)] == [False, True, True]
