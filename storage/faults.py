"""Faults of the database: their kind, and whether a retry may help."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

T = TypeVar("T")

DatabaseError = DBAPIError
"""Any error of the database; `is_data_error` and `database_fault` classify it."""


def _state_of(error: BaseException) -> str:
    """Returns PostgreSQL's SQLSTATE of an error; "" if it has none."""
    original = getattr(error, "orig", error)
    found = getattr(original, "sqlstate", None) or getattr(getattr(original, "__cause__", None), "sqlstate", None)
    return str(found or "")


def is_data_error(error: BaseException) -> bool:
    """Returns True if the database refused the data itself, so that a retry fails again: SQLSTATE 22xxx, 23xxx and the
    like.

    Any other fault (a lost connection, a full disk, a lock) may pass on a retry.
    """
    original = getattr(error, "orig", error)
    state = _state_of(error)
    if state:
        return state[:2] in ("22", "23")
    if isinstance(error, OperationalError):
        return False
    names = {type(e).__name__ for e in (error, original)}
    return isinstance(error, DBAPIError | OverflowError | UnicodeError) and not names & {"InterfaceError"}


_AWAY = frozenset({"08", "53", "55", "57", "58", "XX"})
"""SQLSTATE classes of faults of the server: no connection, no space, shutdown."""


_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)


def is_away(error: BaseException) -> bool:
    """Returns True if the database was unreachable or unable to work: not our fault, and over once it is back."""
    if isinstance(error, OSError | InterfaceError):
        return True
    original = getattr(error, "orig", error)
    code: int = getattr(original, "sqlite_errorcode", 0) or getattr(original.__cause__, "sqlite_errorcode", 0)
    return isinstance(error, DBAPIError) and (_state_of(error)[:2] in _AWAY or code & 0xFF in _SQLITE_AWAY)


_CONFLICTS = frozenset({"40001", "40P01"})
"""SQLSTATEs of two transactions in each other's way: PostgreSQL undid one of them, and a repetition succeeds."""
_TRIES = 5
_FIRST_DELAY_SECONDS = 0.02


def is_conflict(error: BaseException) -> bool:
    """Returns True if the database undid a transaction because it was in the way of another."""
    return _state_of(error) in _CONFLICTS


async def retry_conflicts(work: Callable[[], Awaitable[T]], *, may_retry: Callable[[], bool] = lambda: True) -> T:
    """Does work of one transaction, and repeats it a few times if it was undone for being in another's way.

    The work must have no effect outside its transaction. `may_retry` tells whether that still holds.
    """
    delay = _FIRST_DELAY_SECONDS
    for _ in range(_TRIES - 1):
        try:
            return await work()
        except DBAPIError as error:
            if not is_conflict(error) or not may_retry():
                raise
        await asyncio.sleep(delay)
        delay *= 2
    return await work()


def is_busy(error: BaseException) -> bool:
    """Returns True if another process locked SQLite's file for longer than `busy_timeout`."""
    return "database is locked" in str(getattr(error, "orig", error))


def database_fault(error: BaseException) -> str | None:
    """Returns the database's complaint in one line; None if the error is not the database's."""
    if not isinstance(error, DBAPIError | SQLAlchemyError):
        return None
    original = getattr(error, "orig", None) or error
    return str(original).splitlines()[0][:300]


def is_lock_timeout(error: BaseException) -> bool:
    """Returns True if PostgreSQL gave up waiting for a lock."""
    return _state_of(error) == "55P03"
