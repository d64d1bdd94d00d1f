"""Tools by week and the parts of a few teams: from the tables, and of many teams from memory, the same."""

import pytest

from bot.periods import week_of
from storage.reporting.company_days import MANY_TEAMS
from storage.reporting.subtree_reports import SeriesSum
from storage.store import Store
from tests.storage.reporting.test_company_days import DAY, TEAMS, prepare, uses

MONDAY = week_of(DAY)[0]


@pytest.mark.parametrize("count", [3, MANY_TEAMS + 2])
async def test_tools_are_summed_by_week_within_the_days_asked_for(store: Store, count: int) -> None:
    await prepare(store)
    teams = TEAMS[:count]
    series = [n for n in range(1, 60) if TEAMS[n % len(TEAMS)] in teams]
    async with store.begin() as tx:
        for n in series:
            for day, nanos in ((MONDAY - 8, 1), (MONDAY - 1, 10), (MONDAY, 100), (MONDAY + 6, 1_000), (MONDAY + 7, 5)):
                await uses(tx, n, day, nanos * n)
    of_tool: dict[str, int] = {}
    for n in series:
        of_tool[f"tool-{n % 5}"] = of_tool.get(f"tool-{n % 5}", 0) + n
    wanted = {
        (tool, monday): nanos * total
        for tool, total in of_tool.items()
        for monday, nanos in ((MONDAY - 7, 10), (MONDAY, 1_100))
    }

    for opened in (store.read, store.begin):
        async with opened() as tx:
            days = {"first_day": MONDAY - 7, "end_day": MONDAY + 7}
            assert await tx.subtree_reports.tools_by_week(teams, **days) == wanted
            first = await tx.subtree_reports.tools_by_week(teams, first_day=MONDAY - 7, end_day=MONDAY)
            assert first == {key: nanos for key, nanos in wanted.items() if key[1] < MONDAY}


async def test_a_few_teams_are_summed_by_tool_model_and_workflow(store: Store) -> None:
    await prepare(store)
    async with store.begin() as tx:
        await uses(tx, 1, DAY, 7)
        await uses(tx, 1, DAY - 1, 70)
        await uses(tx, 1, DAY - 2, 700)
        await uses(tx, 2, DAY, 9)
    async with store.read() as tx:
        found = await tx.subtree_reports.series_of([TEAMS[1]], first_day=DAY - 1, end_day=DAY + 1)

    assert found == [SeriesSum(TEAMS[1], "tool-1", "m1", "", 2 * 15, 77)]
