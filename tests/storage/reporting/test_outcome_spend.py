"""What outcomes are compared with: of few teams from the tables, of many from memory, and both the same; on both databases."""

from typing import Any

from sqlalchemy import update

from storage.reporting.company_days import MANY_TEAMS
from storage.store import Store, Transaction
from storage.tables.org import people
from tests.storage.reporting.test_company_days import DAY, TEAMS, prepare, uses

STARTS = (DAY - 28, DAY - 21, DAY - 14, DAY - 7)


async def figures(tx: Transaction) -> list[Any]:
    days = {"first_day": DAY - 25, "end_day": DAY}
    return [
        sorted(await tx.outcome_spend.by_span(TEAMS, starts=STARTS, **days)),
        sorted(await tx.outcome_spend.people_behind(TEAMS, **days)),
        sorted(await tx.outcome_spend.models_used(TEAMS, **days)),
    ]


async def test_memory_has_what_the_tables_have(store: Store) -> None:
    await prepare(store)
    assert len(TEAMS) >= MANY_TEAMS
    async with store.begin() as tx:
        for series in range(1, 40):
            for day in (DAY - 30, DAY - 25, DAY - 14 - series % 3, DAY - 7, DAY - 1, DAY):
                await uses(tx, series, day, 1_000 * series + day % 7)
        await tx.connection.execute(update(people).where(people.c.id == 3).values(merged_into=2))
    async with store.begin() as tx:
        written = await figures(tx)
    async with store.read() as tx:
        assert await figures(tx) == written

    spent, behind, models = written
    assert {row.start for row in spent} == set(STARTS)
    assert sum(row.unpriced_tokens for row in spent) == 15 * sum(series % 2 for series in range(1, 40)) * 4
    assert {row.person_id for row in behind} == {1, 2, 4, 5, 6, 7}  # 3 is 2 by now
    assert models


async def test_days_outside_are_left_out_and_tokens_are_told_apart_by_kind(store: Store) -> None:
    await prepare(store)
    async with store.begin() as tx:
        await uses(tx, 2, DAY - 1, 50)
        await uses(tx, 2, DAY, 1_000)
        await uses(tx, 1, DAY - 1, 7)  # it has no price
    async with store.read() as tx:
        team = [TEAMS[2 % len(TEAMS)], TEAMS[1]]
        (found,) = await tx.outcome_spend.by_model(team, first_day=DAY - 28, end_day=DAY)
        assert (found.model, found.calls, found.counters, found.cost_nanos) == ("m2", 1, (10, 0, 0, 0, 5, 0), 50)
        assert await tx.outcome_spend.by_model(team, first_day=DAY - 28, end_day=DAY - 1) == []
