"""SQL that is compiled once in a process: every test has an engine of its own, which would compile it all anew."""

from functools import partial
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import LRUCache

from storage import engine

MOST_STATEMENTS = 5_000


def share_compiled_statements() -> None:
    """Gives all engines one cache. Its keys hold the dialect, so dialects of one class count as the same."""
    for dialect in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):
        for name, method in (("__eq__", _is_same), ("__hash__", _hash)):
            setattr(dialect, name, method)
    cache: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)
    vars(engine)["create_async_engine"] = partial(create_async_engine, execution_options={"compiled_cache": cache})


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other)


def _hash(dialect: object) -> int:
    return hash(type(dialect))
