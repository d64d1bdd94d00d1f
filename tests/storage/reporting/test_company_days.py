"""Figures of many teams come from memory, and are those of the tables in the reader's own snapshot."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert

from storage.intake.rollups import add_sums
from storage.reporting.company_days import MANY_TEAMS
from storage.store import Store, Transaction
from storage.tables.intake import usage_series
from storage.tables.org import people

DAY = 20_000
TEAMS = tuple(range(1, MANY_TEAMS + 5))
SERIES = 3 * len(TEAMS)
RANGES = ((DAY - 90, DAY + 2), (DAY - 30, DAY + 1), (DAY - 3, DAY), (DAY - 61, DAY - 30))


async def prepare(store: Store) -> None:
    rows = [
        {"id": i, "team_id": TEAMS[i % len(TEAMS)], "tool": f"tool-{i % 5}", "basis": ("book", "unpriced")[i % 2]}
        | {"provider": "p", "model": f"m{i % 3}", "workflow": "", "person_id": i % 7 + 1, "credential": f"k{i}"}
        for i in range(1, SERIES + 1)
    ]
    async with store.begin() as tx:
        await tx.connection.execute(
            insert(people),
            [{"id": i, "email": f"p{i}@acme.test" if i < 6 else None, "name": f"p{i}"} for i in range(1, 8)],
        )
        await tx.connection.execute(insert(usage_series), rows)


async def uses(tx: Transaction, series: int, day: int, nanos: int, *, calls: int = 1) -> None:
    """Adds usage as a commit of events does."""
    at = (TEAMS[series % len(TEAMS)], day * 24 + 12, day, series)
    await add_sums(tx.connection, {at: [calls, 10 * calls, 0, 0, 0, 5 * calls, 0, nanos, nanos // 2]})


async def figures(tx: Transaction) -> list[Any]:
    """Every figure that comes from memory if there are many teams, else from the tables."""
    found: list[Any] = []
    for first_day, end_day in RANGES:
        days = {"first_day": first_day, "end_day": end_day}
        found.append(await tx.reports.by_day(TEAMS, **days))
        found.append(await tx.reports.by_part("model", team_ids=TEAMS, **days))
        found.append(sorted((await tx.reports.by_parts(("tool", "basis"), team_ids=TEAMS, **days)).items()))
    return found


async def expect_same(store: Store, *, of: Sequence[Any] | None = None) -> None:
    async with store.begin() as tx:  # may write, so it reads the tables
        written = await figures(tx)
    async with store.read() as tx:
        assert await figures(tx) == (written if of is None else of)


async def test_memory_has_what_the_tables_have_after_any_change(store: Store) -> None:
    await prepare(store)
    rng = random.Random(7)
    await expect_same(store)
    for round_number in range(25):
        async with store.begin() as tx:
            for _ in range(rng.choice((1, 4, 40))):
                late = rng.random() < 0.2
                day = DAY - rng.randrange(100) if late else DAY - 20 + round_number - rng.randrange(3)
                await uses(tx, rng.randrange(1, SERIES + 1), day, rng.randrange(-(10**9), 10**12))
        await expect_same(store)


async def test_an_older_snapshot_keeps_its_figures_while_memory_moves_on(store: Store) -> None:
    await prepare(store)
    async with store.begin() as tx:
        await uses(tx, 1, DAY, 100)
    await expect_same(store)
    async with store.read() as older:
        await older.config.version()  # the snapshot is that of its first query
        async with store.begin() as tx:
            await uses(tx, 1, DAY, 7)
        async with store.begin() as tx:
            await uses(tx, 1, DAY + 10, 9)
        await expect_same(store)
        after = await older.reports.by_day(TEAMS, first_day=DAY - 90, end_day=DAY + 2)
        assert after == {(TEAMS[1], DAY): 100}
    await expect_same(store)


async def test_a_transaction_that_is_undone_leaves_nothing_in_memory(store: Store) -> None:
    await prepare(store)
    await expect_same(store)

    async def undone() -> None:
        async with store.begin() as tx:
            await uses(tx, 1, DAY, 100)
            await figures(tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    async with store.begin() as tx:
        await uses(tx, 1, DAY, 5)
    await expect_same(store)


async def test_sums_beyond_sixty_four_bits_are_exact(store: Store) -> None:
    await prepare(store)
    async with store.begin() as tx:
        for series in range(1, SERIES + 1):
            await uses(tx, series, DAY, 2**62 + series)
    async with store.read() as tx:
        models = await tx.reports.by_part("model", team_ids=TEAMS, first_day=DAY, end_day=DAY + 1)
    wanted = {f"m{rest}": [i for i in range(1, SERIES + 1) if i % 3 == rest] for rest in range(3)}

    assert {name: total.cost_nanos for name, total in models.items()} == {
        name: 2**62 * len(series) + sum(series) for name, series in wanted.items()
    }


async def test_unmatched_people_are_those_without_account_role_and_team(store: Store) -> None:
    await prepare(store)
    async with store.begin() as tx:
        await uses(tx, 1, DAY, 100)  # of person 2
        await uses(tx, 8, DAY, 50, calls=2)  # of person 2, in another team
        await uses(tx, 5, DAY, 700)  # of person 6, who has no e-mail
        await uses(tx, 2, DAY - 60, 9)  # of person 3, before the days
        await uses(tx, 3, DAY, 9)  # of person 4, whose usage moved away
        await uses(tx, 3, DAY, -9, calls=-1)
    async with store.read() as tx:
        found = await tx.reports.unmatched_people(TEAMS, first_day=DAY - 30, end_day=DAY + 1)

    assert [tuple(one) for one in found] == [("p6", False, 1, 700), ("p2@acme.test", True, 3, 150)]
