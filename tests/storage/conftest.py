"""Acme's books without its Slack, on both databases: usage goes through the same intake as from the HTTP route."""

import itertools
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, select

from bot.clock import ShiftedClock
from bot.org.attribution import Source
from bot.org.teams_yml.teams_file import read_teams_file
from bot.settings import Settings
from bot.sources import SOURCES
from bot.sources.cloudevents.plain import plain_calls
from bot.usage import Parsed
from handlers.books.periods import keep_books
from handlers.context import Context
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import Answer
from handlers.org.teams import import_teams
from storage.books.checks import faults
from storage.intake.keys import key_hash
from storage.queries.sums import nano_sums, whole
from storage.tables.base import metadata
from storage.tables.intake import usage_days, usage_events, usage_hours
from tests.support.company import usage_event
from tests.support.databases.copies import Copy

Json = dict[str, Any]
_NUMBERS = itertools.count(1)


@dataclass(kw_only=True)
class Books:
    """A prepared database with a running intake. `source` and `key` are the gateway's."""

    context: Context
    intake: Intake
    source: Source
    key: bytes

    def event(self, number: int | str, *, dollars: float = 1.0, ago: timedelta = timedelta(), **data: Any) -> Json:
        return usage_event(number, at=self.context.now() - ago, dollars=dollars, **data)

    def jump_to(self, moment: datetime) -> None:
        """Moves the books' clock ahead."""
        assert isinstance(self.context.clock, ShiftedClock)
        self.context.clock.jump_to(moment)

    async def takes(self, *events: Json) -> Answer:
        """Books events as one body."""
        return await self.takes_bytes(json.dumps(events).encode())

    async def takes_bytes(self, body: bytes) -> Answer:
        calls = plain_calls(body, now=self.context.now())
        if calls is not None:
            empty = Parsed(rows=len(calls), events=[], unusable=[])
            return await self.intake.book(empty, source=self.source, key=self.key, calls=calls)
        parsed = SOURCES["cloudevents"](body, now=self.context.now())
        return await self.intake.book(parsed, source=self.source, key=self.key)

    async def faults(self) -> list[str]:
        """Returns the lines of `tokens check`."""
        async with self.context.store.read() as tx:
            return [fault async for fault in faults(tx)]

    async def rows(self, table: str) -> list[Any]:
        async with self.context.store.read() as tx:
            return list((await tx.connection.execute(select(metadata.tables[table]))).all())

    async def totals(self) -> set[tuple[int, int]]:
        """Returns (calls, nanos) over the events, the hours and the days: one value if they agree."""
        found = set()
        async with self.context.store.read() as tx:
            for table in (usage_events, usage_hours, usage_days):
                calls = func.count() if table is usage_events else func.sum(table.c.calls)
                wanted = select(calls, *nano_sums(table.c.cost_nanos)).select_from(table)
                count, dollars, rest = (await tx.connection.execute(wanted)).one()
                found.add((int(count or 0), whole(dollars, rest)))
        return found

    async def imports(self, teams_yml: str) -> list[str]:
        return await import_teams(self.context, read_teams_file(teams_yml), dry_run=False)


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield Settings(database_url=f"sqlite:///{tmp_path}/tokens.db").database_url
        return
    address: str = request.getfixturevalue("postgresql_address")
    name = f"empty_of_{os.getpid()}_{next(_NUMBERS)}"
    connection = await asyncpg.connect(address.format(name="postgres"))
    await connection.execute(f"CREATE DATABASE {name}")
    yield Settings(database_url=address.format(name=name)).database_url
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def books(context: Context, database_copy: Copy) -> AsyncIterator[Books]:
    """Acme on each database."""
    source = await context.rulebooks.source_of(database_copy.key)
    assert source is not None
    intake = Intake(context)
    intake.start()
    yield Books(context=context, intake=intake, source=source, key=key_hash(database_copy.key))
    await intake.stop()


def day_of_next_month(now: datetime, day: int) -> datetime:
    """Returns noon on a day of the month after."""
    following = now.replace(day=1) + timedelta(days=31)
    return following.replace(day=day, hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
async def mid_month(books: Books) -> Books:
    """Acme's books at noon of the 16th of the coming month, whose budgets are open."""
    books.jump_to(day_of_next_month(books.context.now(), 16))
    await keep_books(books.context)
    return books
