"""What figures read: sums by several parts, the last hours, tokens without a price, and the first day of usage."""

from sqlalchemy import insert

from storage.intake.rollups import add_sums
from storage.store import Store, Transaction
from storage.tables.intake import usage_series

DAY = 20_000
ALPHA, BETA, GAMMA = 71, 72, 73
SERIES = {1: (ALPHA, "Codex", "book"), 2: (ALPHA, "MetaCode", "unpriced"), 3: (BETA, "MetaCode", "unpriced")}


async def fill(tx: Transaction) -> None:
    rows = [
        {
            "id": i,
            "team_id": team,
            "tool": tool,
            "provider": "",
            "model": tool.lower(),
            "workflow": "",
            "person_id": 0,
            "credential": "",
            "basis": basis,
        }
        for i, (team, tool, basis) in SERIES.items()
    ]
    await tx.connection.execute(insert(usage_series), rows)
    for series, day, hour, calls, tokens, nanos in (
        (1, DAY, 10, 2, 100, 5_000_000_001),
        (1, DAY, 12, 1, 10, 7),
        (1, DAY - 9, 10, 1, 10, 30),
        (2, DAY, 12, 3, 40, 0),
        (2, DAY - 1, 12, 1, 9, 0),
        (3, DAY, 9, 1, 6, 0),
        (3, DAY, 9, -1, -6, 0),  # an adjusting row took it away
    ):
        at = (SERIES[series][0], day * 24 + hour, day, series)
        await add_sums(tx.connection, {at: [calls, tokens, 0, 0, 0, 0, 0, nanos, 0]})


async def test_sums_by_several_parts_leave_out_what_was_emptied(store: Store) -> None:
    async with store.begin() as tx:
        await fill(tx)
        days = {"first_day": DAY - 1, "end_day": DAY + 1}
        found = await tx.reports.by_parts(("tool", "basis"), team_ids=[ALPHA, BETA], **days)

    assert {names: own[:3] for names, own in found.items()} == {
        ("Codex", "book"): (3, 110, 5_000_000_008),
        ("MetaCode", "unpriced"): (4, 49, 0),
    }


async def test_the_last_hours_of_teams(store: Store) -> None:
    async with store.begin() as tx:
        await fill(tx)
        found = await tx.reports.in_hours({ALPHA, GAMMA}, first_hour=DAY * 24 + 11, end_hour=DAY * 24 + 13)

    assert found == {ALPHA: 7}


async def test_tokens_without_a_price_by_team_and_day(store: Store) -> None:
    async with store.begin() as tx:
        await fill(tx)
        found = await tx.reports.unpriced_tokens({ALPHA, BETA, GAMMA}, first_day=DAY - 1, end_day=DAY + 1)
        nothing = await tx.reports.unpriced_tokens({GAMMA}, first_day=DAY - 1, end_day=DAY + 1)

    assert found == {(ALPHA, DAY): 40, (ALPHA, DAY - 1): 9}
    assert nothing == {}


async def test_the_first_day_is_named_only_if_it_is_later(store: Store) -> None:
    async with store.begin() as tx:
        await fill(tx)
        reports = tx.reports

        assert await reports.first_day_after([ALPHA, BETA], DAY - 9) is None
        assert await reports.first_day_after([ALPHA, BETA], DAY - 10) == DAY - 9
        assert await reports.first_day_after([BETA, GAMMA], DAY) is None
        assert await reports.first_day_after([GAMMA], DAY - 10) is None
