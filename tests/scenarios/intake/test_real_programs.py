"""Whole programs' bodies over HTTP: each case has a source of its own, and the books say what its model's API reported."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from sqlalchemy import select

from bot.app import running
from bot.clock import ShiftedClock
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context
from handlers.intake.keys import create_source
from handlers.intake.source_options import TypedOptions
from storage.books.checks import faults
from storage.tables.intake import sources, usage_adjustments, usage_events, usage_series
from tests.support import servers
from tests.support.traffic.judged import Booked, faults_of
from tests.support.traffic.real_bodies import BILLED, Body, RealCase, real_cases
from tests.support.traffic.rebatched import rebatched

CONTENT_TYPES = {"protobuf": "application/x-protobuf", "json": "application/json"}


class Programs:
    """A running bot, and a source for each case."""

    def __init__(self, context: Context, url: str, keys: dict[str, str]) -> None:
        self.context = context
        self._url = url
        self._keys = keys

    async def post(self, bodies: Sequence[tuple[RealCase, Body]]) -> None:
        async with aiohttp.ClientSession() as session:
            for case, body in bodies:
                path = f"otlp/v1/{body.signal}" if body.signal else "litellm"
                headers = {
                    "Authorization": f"Bearer {self._keys[case.name]}",
                    "Content-Type": CONTENT_TYPES[body.form],
                }
                async with session.post(f"{self._url}/v1/usage/{path}", data=body.content, headers=headers) as answer:
                    assert answer.status == 200, (case.name, await answer.text())

    async def booked(self) -> dict[str, list[Booked]]:
        """Returns every booked call with its adjustments, by the name of its source."""
        calls: dict[tuple[str, bytes], Booked] = {}
        async with self.context.store.read() as tx:
            for rows in (usage_events, usage_adjustments):
                counters = [rows.c[name] for name in BILLED]
                wanted = (
                    select(sources.c.name, rows.c.key_hash, *counters, rows.c.cost_nanos, usage_series.c.basis)
                    .join(usage_series, usage_series.c.id == rows.c.series_id)
                    .join(sources, sources.c.id == rows.c.source_id)
                )
                for name, key, *figures, nanos, basis in await tx.connection.execute(wanted):
                    known = calls.get((name, key), Booked((0,) * len(BILLED), 0, ""))
                    added = tuple(a + int(b) for a, b in zip(known.counters, figures, strict=True))
                    calls[name, key] = Booked(added, known.nanos + int(nanos), str(basis))
        found: dict[str, list[Booked]] = {}
        for (name, _), call in sorted(calls.items()):
            found.setdefault(name, []).append(call)
        return found

    async def faults(self) -> dict[str, list[str]]:
        booked = await self.booked()
        found = {case.name: faults_of(case, booked.get(source_name(case), [])) for case in real_cases()}
        return {name: listed for name, listed in found.items() if listed}


def source_name(case: RealCase) -> str:
    return case.name.replace("/", ".")


@asynccontextmanager
async def programs(database_url: str) -> AsyncIterator[Programs]:
    context = await prepare(Settings(database_url=database_url), ShiftedClock())
    keys = {}
    for case in real_cases():
        source = "otlp" if case.bodies[0].signal else "litellm"
        typed = TypedOptions(signal=case.meters if source == "otlp" else None)
        created = await create_source(context, source_name(case), source=source, team=None, role="meter", typed=typed)
        keys[case.name] = created.token
    async with running(context, web=True, worker=False) as parts, servers.running(parts.web) as url:
        yield Programs(context, url, keys)


async def test_whole_programs_calls_are_in_the_books_once_and_at_their_cost(database_url: str) -> None:
    everything = [(case, body) for case in real_cases() for body in case.bodies]
    async with programs(database_url) as bot:
        await bot.post(everything)
        wrong = await bot.faults()
        booked = await bot.booked()
        again = [(case, body) for case in real_cases() for body in rebatched(case.bodies, seed=1)]
        random.Random(1).shuffle(again)
        await bot.post(again)

        assert wrong == {}
        assert await bot.booked() == booked
        async with bot.context.store.read() as tx:
            assert [fault async for fault in faults(tx)] == []


async def test_other_batches_come_to_the_same_calls(sqlite_url: str) -> None:
    dealt = [(case, body) for case in real_cases() for body in rebatched(case.bodies, seed=2)]
    random.Random(2).shuffle(dealt)
    async with programs(sqlite_url) as bot:
        await bot.post(dealt)

        assert await bot.faults() == {}
