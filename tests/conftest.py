"""What every test can ask for: both databases, a bot on one of them, and that bot behind a sandbox workspace."""

import gc
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from bot.clock import ShiftedClock
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context, make_context
from storage.store import Store
from tests.support.company import Company, company, fill_with_acme, fill_with_books
from tests.support.databases import server
from tests.support.databases.copies import Copy, Filling, PostgresqlCopies, SqliteCopies
from tests.support.databases.statements import share_compiled_statements
from tests.support.databases.temporary import use_memory
from tests.support.order import waiting_first

# Bytecode is kept whatever the machine's habit, here and in the processes of the tests: compiling takes longer than importing.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
share_compiled_statements()
use_memory()
gc.disable()  # until the first test: see below

settings.register_profile("default", deadline=None)  # no test judges how long an example takes

DATABASES = ("sqlite", "postgresql")
FILLINGS: dict[str, Filling] = {"acme": fill_with_acme, "acme_on_both": fill_with_acme, "books": fill_with_books}
"""What a fixture's database holds from the start; that of others is empty."""


@pytest.fixture(autouse=True)
def _logs_of_this_test_alone() -> Iterator[None]:
    """Commands set up the logs for the standard error of their test, which is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgresql_address() -> str:
    """A real PostgreSQL from the package index, started once in a run; `{name}` stands for a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a missing runtime directory
        return server.start()


@pytest.fixture(scope="session")
def postgresql_copies(postgresql_address: str) -> PostgresqlCopies:
    """Databases of that server, which tests are given and give back."""
    return PostgresqlCopies(postgresql_address)


@pytest.fixture(scope="session")
def _sqlite_copies(tmp_path_factory: pytest.TempPathFactory) -> SqliteCopies:
    return SqliteCopies(tmp_path_factory.mktemp("originals"))


def _filling(request: pytest.FixtureRequest) -> Filling | None:
    return next((filling for name, filling in FILLINGS.items() if name in request.fixturenames), None)


@pytest.fixture
def sqlite_copy(_sqlite_copies: SqliteCopies, tmp_path: Path, request: pytest.FixtureRequest) -> Copy:
    """A migrated SQLite file, empty or filled with what the test's fixtures need."""
    return _sqlite_copies.new(tmp_path, _filling(request))


@pytest.fixture
def sqlite_url(sqlite_copy: Copy) -> str:
    """Its address."""
    return sqlite_copy.url


@pytest.fixture(params=DATABASES)
async def database_copy(request: pytest.FixtureRequest) -> AsyncIterator[Copy]:
    """A migrated database of each kind, one after the other, empty or filled with what the test's fixtures need."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_copy")
        return
    copies: PostgresqlCopies = request.getfixturevalue("postgresql_copies")
    is_new = request.node.get_closest_marker("new_database") is not None
    copy = await copies.new(_filling(request), is_new=is_new)
    yield copy
    await copies.remove(copy)


@pytest.fixture
def database_url(database_copy: Copy) -> str:
    """Its address."""
    return database_copy.url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on each database, without an organisation."""
    made = Store(database_url)
    yield made
    await made.close()


@pytest.fixture
async def context(database_copy: Copy) -> AsyncIterator[Context]:
    """A prepared context on each database, without Slack; its clock can be moved ahead."""
    settings, clock = Settings(database_url=database_copy.url, answer_seconds=60), ShiftedClock()
    made = make_context(settings, clock) if database_copy.key else await prepare(settings, clock)
    yield made
    await made.store.close()


@pytest.fixture
async def acme(sqlite_copy: Copy) -> AsyncIterator[Company]:
    """Acme's bot on SQLite behind a sandbox workspace, over real HTTP with real signatures."""
    async with company(sqlite_copy.url, key=sqlite_copy.key) as made:
        yield made
    _keep_calls(made.workspace.calls)


@pytest.fixture
async def acme_on_both(database_copy: Copy) -> AsyncIterator[Company]:
    """The same on each database."""
    async with company(database_copy.url, key=database_copy.key) as made:
        yield made
    _keep_calls(made.workspace.calls)


_SLACK_CALLS = Path(__file__).parent.parent / ".pytest_cache" / "slack-calls.json"
_FOLDER_OF_CALLS = "TESTS_FOLDER_OF_SLACK_CALLS"


def _keep_calls(calls: list[dict[str, Any]]) -> None:
    """Collects the stories' calls of Slack's Web API, for a judge to look at after the tests; each worker its own."""
    part = Path(os.environ[_FOLDER_OF_CALLS]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    with part.open("a") as lines:
        lines.writelines(json.dumps(call) + "\n" for call in calls if call["ok"])


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        server.name_a_folder()
        os.environ[_FOLDER_OF_CALLS] = tempfile.mkdtemp(prefix="tokens-slack-calls-")  # other runs may go on meanwhile


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = waiting_first(items, workers=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def pytest_collection_finish() -> None:
    """Modules and test items are many and live to the end: the search for garbage leaves them out, and is rarer."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    server.remove()
    folder = Path(os.environ[_FOLDER_OF_CALLS])
    calls = [json.loads(line) for part in sorted(folder.iterdir()) for line in part.read_text().splitlines()]
    shutil.rmtree(folder)
    if calls:
        _SLACK_CALLS.parent.mkdir(exist_ok=True)
        _SLACK_CALLS.write_text(json.dumps(calls))
