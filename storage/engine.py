"""The database's engines: one FIFO-locked writer and many readers on SQLite, a pool on PostgreSQL."""

import socket
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.refusals import ConfigError
from storage.drivers import sqlite

BUSY_TIMEOUT_MS = 5_000
CONNECT_SECONDS = 5


def create_engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """Returns (writer, reader) for a database address; on PostgreSQL both are the same engine. Raises ConfigError if
    the address is invalid.
    """
    try:
        make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigError("DATABASE_URL: is no database's address, like postgresql://user@host:5432/name") from error
    if url.startswith("sqlite"):
        return _sqlite_engine(url, writer=True), _sqlite_engine(url, writer=False)
    engine = create_async_engine(
        url, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args={"timeout": CONNECT_SECONDS}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        _notice_death(connection.driver_connection)

    return engine, engine


def _notice_death(driver: Any) -> None:
    """Sets TCP keepalive, so that the system breaks a connection half a minute after the server vanished.

    A machine that is gone closes no connection, and a query to it would wait forever.
    """
    found = driver._transport.get_extra_info("socket")
    if found is None or found.family == socket.AF_UNIX:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", 15),
        ("TCP_KEEPINTVL", 5),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 30_000),  # milliseconds that sent data may stay unacknowledged
    ):
        if hasattr(socket, option):  # not every system has each
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def set_pragmas(connection: Any, *, writer: bool) -> None:
    """Sets the pragmas of a connection to SQLite."""
    connection.isolation_level = None  # the driver begins no transaction; the engine's `begin` does
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an answered event survives a power loss, not only a crash of the process
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE deletes rows past the append-only triggers
        "cache_size=-65536",
        "temp_store=MEMORY",
        f"query_only={'OFF' if writer else 'ON'}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_engine(url: str, *, writer: bool) -> AsyncEngine:
    file = make_url(url).database
    if file in (None, "", ":memory:"):
        raise ConfigError(
            "DATABASE_URL: SQLite in memory can't be shared between connections; name a file, like sqlite:///tokens.db"
        )
    if not (folder := Path(str(file)).absolute().parent).is_dir():
        raise ConfigError(f"DATABASE_URL: there is no folder {folder}; make it first")
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if writer else 4,
        max_overflow=0 if writer else 8,
        connect_args={"async_creator_fn": sqlite.connect},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        set_pragmas(connection, writer=writer)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A plain BEGIN takes its lock at the first write, and fails there if another wrote since the first read.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine
