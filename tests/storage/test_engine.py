"""Connections to PostgreSQL: what keeps one to a machine that vanished from being waited for for ever."""

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from storage.engine import create_engines
from storage.store import Store
from tests.postgres import postgres


@pytest.fixture
async def over_tcp() -> AsyncIterator[str]:
    """A PostgreSQL that is reached over TCP, as one on another machine is."""
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
