"""Private attributes of dependencies that the code uses: each is listed, and has a test that breaks before production does.

When a test here fails after an update of a dependency, the version before it still works: pin it below the new one in
pyproject.toml, follow the advice in the test's docstring, and lift the pin.
"""

import ast
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import slackblocks
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.store import Store
from tests.support.paths import ROOT

PUBLIC_BY_CONTRACT = {"_asdict", "_exit", "_fields", "_make", "_mapping", "_replace"}
"""Documented: methods of named tuples and of SQLAlchemy's rows, and `os._exit`."""
USED = {
    ("bot/views/blocks.py", "_resolve"),
    ("storage/bulk.py", "_conn"),
    ("storage/bulk.py", "_execute"),
    ("storage/engine.py", "_transport"),
    ("storage/drivers/sqlite.py", "_conn"),
    ("storage/drivers/sqlite.py", "_execute"),
    ("storage/drivers/sqlite.py", "_thread"),
}


def foreign_private_attributes(file: Path) -> set[str]:
    """Returns the private attributes that a file reads of objects whose class it does not define."""
    tree = ast.parse(file.read_text())
    own = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    }
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    private = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("_")}
    return {name for name in private - own if not name.startswith("__")}


def test_every_private_attribute_of_a_dependency_is_listed() -> None:
    """Prefer a public way to a longer list. If there is none, add the attribute to `USED`, with a test below."""
    found = {
        (str(file.relative_to(ROOT)), name)
        for room in ("bot", "handlers", "storage")
        for file in sorted((ROOT / room).rglob("*.py"))
        for name in foreign_private_attributes(file) - PUBLIC_BY_CONTRACT
    }

    assert found == USED


def test_slackblocks_resolves_a_block_to_its_json() -> None:
    """If `_resolve` is gone: look for a public `to_dict`, or take `json.loads(str(block))`, which is slower."""
    block = slackblocks.SectionBlock(text="hello", block_id="greeting")

    assert block._resolve() == json.loads(str(block))
    assert slackblocks.PlainText("Cancel")._resolve() == {"type": "plain_text", "text": "Cancel"}


async def test_aiosqlite_runs_a_function_in_its_thread_on_its_connection(sqlite_url: str) -> None:
    """If `_execute` or `_conn` is gone: run the statements of `storage.bulk.on_sqlite` one by one with the public
    `execute_fetchall`, at three visits of the thread each."""
    store = Store(sqlite_url)
    async with store.begin() as tx:
        driver = await raw_driver(tx.connection)
        rows = await driver._execute(lambda: driver._conn.execute("SELECT 1, ?", ("two",)).fetchall())
        kind = type(driver._conn)
    await store.close()

    assert rows == [(1, "two")]
    assert kind is sqlite3.Connection


async def test_the_thread_of_aiosqlite_keeps_no_process_from_ending(sqlite_url: str) -> None:
    """If `_thread` is gone: see what SQLAlchemy's own `AsyncAdapt_aiosqlite_dbapi.connect` does in its place."""
    store = Store(sqlite_url)
    async with store.read() as tx:
        driver = await raw_driver(tx.connection)
        assert driver._thread.is_alive()
        assert driver._thread.daemon
    await store.close()


async def test_asyncpg_has_a_transport_with_a_socket(store: Store) -> None:
    """If `_transport` is gone: set `tcp_keepalives_idle` and its siblings in the server's settings, as docs/operations.md
    would then have to ask of an operator, or look for a public way to the socket."""
    if store.is_sqlite:
        pytest.skip("asyncpg is PostgreSQL's driver")
    async with store.read() as tx:
        driver = await raw_driver(tx.connection)
        assert driver._transport.get_extra_info("socket").fileno() > 0


async def raw_driver(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection
