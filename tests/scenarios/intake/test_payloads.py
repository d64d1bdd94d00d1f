"""Every captured body is posted to its route; the booked amounts, per team, are the table in
tests/fixtures/payloads.csv.

`python -m tests.scenarios.intake.test_payloads` prints the current table; read the difference before you keep it.
"""

import asyncio
import csv
import io
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.app import running
from bot.clock import ShiftedClock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams
from storage.books.checks import faults
from storage.migrate import migrate
from storage.queries.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import usage_events, usage_series
from storage.tables.org import teams
from tests.support import servers
from tests.support.paths import FIXTURES, SHARED
from tests.support.traffic.payloads import TEAMS_YML, Payload, payloads, shuffled
from tests.support.traffic.real_bodies import real_cases

TABLE = FIXTURES / "payloads.csv"
COLUMNS = ("payload", "route", "answer", "team", "calls", *COUNTER_COLUMNS, "cost_usd", "bases")
_DOLLAR = 10**9
Row = tuple[str, ...]
Totals = dict[tuple[str, str], tuple[int, ...]]
"""(team, basis) → calls, counters, nano-dollars"""


class Bot:
    """A running bot with a key for each format."""

    def __init__(self, context: Context, url: str, keys: dict[str, str]) -> None:
        self.context = context
        self._url = url
        self._keys = keys

    async def takes(self, payload: Payload) -> str:
        """Posts a body and returns the answer."""
        headers = {
            **payload.headers,
            "Content-Type": payload.content_type,
            "Authorization": f"Bearer {self._keys[payload.source]}",
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self._url}{payload.path}", data=payload.body, headers=headers) as answer,
        ):
            said = await answer.read()
            assert answer.status == 200, (payload.name, answer.status, said)
        if payload.source == "otlp":
            return "taken" if said in (b"", b"{}") else "rejected some"
        counts = json.loads(said)
        named = ("accepted", "duplicates", "conflicts", "quarantined")
        return ", ".join(f"{counts[name]} {name}" for name in named if counts[name]) or "nothing to book"

    async def totals(self) -> Totals:
        """Returns the totals in the books."""
        counters = [func.sum(usage_events.c[name]) for name in COUNTER_COLUMNS]
        wanted = (
            select(teams.c.slug, usage_series.c.basis, func.count(), *counters, *nano_sums(usage_events.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_events.c.series_id)
            .join(teams, teams.c.id == usage_events.c.team_id)
            .group_by(teams.c.slug, usage_series.c.basis)
        )
        async with self.context.store.read() as tx:
            rows = (await tx.connection.execute(wanted)).all()
        return {(str(s), str(b)): (*map(int, sums), whole(d, r)) for s, b, *sums, d, r in rows}

    async def faults(self) -> list[str]:
        async with self.context.store.read() as tx:
            return [fault async for fault in faults(tx)]


@asynccontextmanager
async def bot_with_keys(database_url: str) -> AsyncIterator[Bot]:
    context = await prepare(Settings(database_url=database_url), ShiftedClock())
    await import_teams(context, read_teams_file(TEAMS_YML), dry_run=False)
    formats = sorted({payload.source for payload in payloads()})
    keys = {source: await create_key(context, source, source=source) for source in formats}
    async with running(context, web=True, worker=False) as parts, servers.running(parts.web) as url:
        yield Bot(context, url, keys)


def _rows(payload: Payload, answer: str, before: Totals, after: Totals) -> list[Row]:
    """Returns the table's rows of one payload: one per team; one without a team if nothing new was booked."""
    nothing = (0,) * (len(COUNTER_COLUMNS) + 2)
    fresh = {at: tuple(b - a for a, b in zip(before.get(at, nothing), after[at], strict=True)) for at in after}
    found = []
    for team in sorted({at[0] for at, sums in fresh.items() if any(sums)}):
        parts = {basis: sums for (slug, basis), sums in sorted(fresh.items()) if slug == team and any(sums)}
        calls, *counters, nanos = (sum(column) for column in zip(*parts.values(), strict=True))
        bases = ", ".join(f"{sums[0]} {basis}" for basis, sums in parts.items())
        cost = f"{nanos // _DOLLAR}.{nanos % _DOLLAR:09d}"
        found.append((payload.name, payload.path, answer, team, str(calls), *map(str, counters), cost, bases))
    return found or [(payload.name, payload.path, answer, *[""] * (len(COLUMNS) - 3))]


async def _table(bot: Bot) -> list[Row]:
    found: list[Row] = []
    for payload in payloads():
        before = await bot.totals()
        answer = await bot.takes(payload)
        found += _rows(payload, answer, before, await bot.totals())
    return found


def _expected() -> list[Row]:
    with TABLE.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == COLUMNS
    return [tuple(row) for row in rows]


async def test_every_payload_is_booked_as_the_table_says_and_once(database_url: str) -> None:
    async with bot_with_keys(database_url) as bot:
        assert await _table(bot) == _expected()
        booked = await bot.totals()
        for seed in (1, 2):
            for payload in shuffled(list(payloads()), seed=seed):
                await bot.takes(payload)

            assert await bot.totals() == booked
        assert await bot.faults() == []


@pytest.mark.parametrize("seed", [3, 4])
async def test_any_order_and_batching_comes_to_the_same(sqlite_url: str, seed: int) -> None:
    async with bot_with_keys(sqlite_url) as bot:
        for payload in shuffled(list(payloads()), seed=seed):
            await bot.takes(payload)
        found = await bot.totals()

    expected: dict[str, list[int]] = {}
    for row in _expected():
        if row[3]:
            _add(expected, row[3], [int(value) for value in row[4:-2]])
    got: dict[str, list[int]] = {}
    for (team, _), sums in found.items():
        _add(got, team, sums[:-1])
    assert got == expected


def _add(sums: dict[str, list[int]], team: str, more: Sequence[int]) -> None:
    sums[team] = [a + b for a, b in zip(sums.get(team, [0] * len(more)), more, strict=True)]


def test_the_table_has_every_kind_of_sender() -> None:
    assert {row[0].partition("/")[0] for row in _expected()} == {payload.source for payload in payloads()}


def test_no_body_captured_for_the_project_is_left_out() -> None:
    """Beside the project's own checkouts lie the bodies as they were captured; the fixtures are copies of whole folders."""
    beside = SHARED / "payloads"
    copies = {payload.body for payload in payloads()}
    copies |= {body.content for case in real_cases() for body in case.bodies}
    captured = [file for file in sorted(beside.glob("litellm/**/*")) if file.is_file() and _is_body(file)]
    copied = [folder.name for folder in sorted((FIXTURES / "otlp").iterdir()) if folder.is_dir()]
    captured += [
        file for name in copied for file in sorted((beside / "otlp" / name).glob("**/*.bin*")) if file.is_file()
    ]
    captured += sorted((beside / "litellm_new").glob("*.body.json"))

    assert [str(file.relative_to(beside)) for file in captured if file.read_bytes() not in copies] == []


def _is_body(file: Path) -> bool:
    return file.name != "README.md" and ".headers." not in file.name and not file.name.startswith("40_")


async def _print_table() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = Settings(database_url=f"sqlite:///{folder}/tokens.db").database_url
        await migrate(url)
        async with bot_with_keys(url) as bot:
            rows = await _table(bot)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    sys.stdout.write(text.getvalue())


if __name__ == "__main__":
    asyncio.run(_print_table())
