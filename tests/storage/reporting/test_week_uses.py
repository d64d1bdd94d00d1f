"""The uses of a team by week: each series' sums, counted back from the last day; merged people are one."""

from sqlalchemy import update

from bot.reporting.causes.weeks import WeekUse
from storage.store import Store
from storage.tables.org import people
from tests.storage.reporting.test_company_days import DAY, TEAMS, prepare, uses

END = DAY + 1


async def test_uses_are_summed_by_week_and_series(store: Store) -> None:
    await prepare(store)
    async with store.begin() as tx:
        for day, nanos in ((DAY, 1), (DAY - 6, 10), (DAY - 7, 100), (DAY - 13, 1_000), (DAY - 14, 10_000), (END, 7)):
            await uses(tx, 1, day, nanos)
        await uses(tx, 2, DAY, 5)
        await tx.connection.execute(update(people).where(people.c.id == 2).values(merged_into=5))
    async with store.read() as tx:
        found = await tx.week_uses.by_week([TEAMS[1]], first_day=END - 14, end_day=END)

    named = ("tool-1", "p", "m1", "", "k1", 5, "unpriced")
    assert sorted(found) == [WeekUse(0, *named, 2, 20, 0, 0, 0, 10, 11), WeekUse(1, *named, 2, 20, 0, 0, 0, 10, 1_100)]


async def test_a_week_adds_up_to_what_every_other_surface_shows(store: Store) -> None:
    await prepare(store)
    async with store.begin() as tx:
        for series in range(1, 1 + 3 * len(TEAMS)):
            for day in range(DAY - 13, END):
                await uses(tx, series, day, series * 1_000 + day)
        found = await tx.week_uses.by_week([TEAMS[1]], first_day=END - 14, end_day=END)
        for week in (0, 1):
            days = {"first_day": END - 7 * (week + 1), "end_day": END - 7 * week}
            for part in ("tool", "model", "workflow", "credential"):
                sums: dict[str, int] = {}
                for use in found:
                    if use.week == week:
                        sums[getattr(use, part)] = sums.get(getattr(use, part), 0) + use.cost_nanos
                shown = await tx.reports.by_part(part, team_ids=[TEAMS[1]], **days)
                assert sums == {name: total.cost_nanos for name, total in shown.items()}
