"""Faults of the database: whose they are, and whether trying again may help."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

DatabaseError = DBAPIError
"""Whatever the database complains of; `is_data_error` and `database_fault` say more."""


def _state_of(error: BaseException) -> str:
    """PostgreSQL's state of an error; empty if it has none."""
    original = getattr(error, "orig", error)
    found = getattr(original, "sqlstate", None) or getattr(getattr(original, "__cause__", None), "sqlstate", None)
    return str(found or "")


def is_data_error(error: BaseException) -> bool:
    """Whether the database refused the data itself, so that the same rows would fail again: 22xxx, 23xxx, or its like.

    Anything else (a lost connection, a full disk, a lock) may pass when tried again.
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
"""Classes of PostgreSQL's states that speak of the server, not of what it was asked: no connection, no space, shutting down."""


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
    """Whether the database could not be reached, or could not work: no fault of ours, and gone once it is back."""
    if isinstance(error, OSError | InterfaceError):
        return True
    original = getattr(error, "orig", error)
    code: int = getattr(original, "sqlite_errorcode", 0) or getattr(original.__cause__, "sqlite_errorcode", 0)
    return isinstance(error, DBAPIError) and (_state_of(error)[:2] in _AWAY or code & 0xFF in _SQLITE_AWAY)


def is_busy(error: BaseException) -> bool:
    """Whether SQLite's file was locked by another process for as long as `busy_timeout` says."""
    return "database is locked" in str(getattr(error, "orig", ""))


def database_fault(error: BaseException) -> str | None:
    """What the database complained of, in one line; None if the error is not the database's."""
    if not isinstance(error, DBAPIError | SQLAlchemyError):
        return None
    original = getattr(error, "orig", None) or error
    return str(original).splitlines()[0][:300]
