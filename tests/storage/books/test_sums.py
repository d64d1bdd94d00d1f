"""Sums are exact beyond 64 bits, and a total that would overflow is refused."""

import random

from sqlalchemy import select, text, update

from bot.books.ledger import Account, Entry
from bot.money import MAX_AMOUNT_NANOS, NANOS
from storage import bulk
from storage.queries.sums import nano_sums, whole
from storage.store import Store
from storage.tables.intake import usage_days, usage_hours
from tests.storage.conftest import Books

BILLION = 1_000_000_000 * NANOS
ROLLUP = (
    *("team_id", "local_day", "series_id", "calls", "uncached_input", "cache_read", "cache_write_5m"),
    *("cache_write_1h", "output", "reasoning", "cost_nanos", "notional_nanos"),
)


async def test_twenty_billion_dollars_sum_to_the_nano(store: Store) -> None:
    """int64 nanos end at 9.2 billion dollars; SQLite's sum() stops there with an error, and avg() or total() would round."""
    dice = random.Random(3)
    costs = [BILLION - dice.randrange(NANOS) for _ in range(20)] + [-1, -NANOS - 7, 1]
    rows = [(1, day, 1, 1, *[0] * 6, cost, 0) for day, cost in enumerate(costs)]
    async with store.begin() as tx:
        await tx.connection.execute(text("SELECT 1"))
        await bulk.insert(tx.connection, "usage_days", ROLLUP, rows)

    async with store.read() as tx:
        dollars, rest = (await tx.connection.execute(select(*nano_sums(usage_days.c.cost_nanos)))).one()
    assert sum(costs) > 2**63
    assert whole(dollars, rest) == sum(costs)


async def test_a_ledger_of_twenty_billion_dollars_balances_to_the_nano(books: Books) -> None:
    at = books.context.now_micros()
    async with books.context.store.begin() as tx:
        rulebook = await books.context.rulebooks.current(tx)
        root, unattributed = rulebook.directory.root, rulebook.directory.unattributed
        period = rulebook.directory.period_at(root, at)
        funding = Account(team_id=root.id, period=period.name, bucket="funding")
        available = Account(team_id=root.id, period=period.name, bucket="available")
        before = (await tx.ledger.balances([(root.id, period)], root_id=root.id, unattributed_id=unattributed.id))[
            root.id
        ]
        posted = [
            Entry(
                kind="appropriation",
                dedupe_key=f"big:{number}",
                period=period.name,
                effective_at=at,
                from_account=funding,
                to_account=available,
                amount_nanos=MAX_AMOUNT_NANOS - number,
                actor_id=None,
                reason="",
                document="big",
            )
            for number in range(20)
        ]
        assert await tx.ledger.post(posted, at=at) == 20
        after = (await tx.ledger.balances([(root.id, period)], root_id=root.id, unattributed_id=unattributed.id))[
            root.id
        ]

    assert after.allocated_nanos - before.allocated_nanos == 20 * MAX_AMOUNT_NANOS - sum(range(20))
    assert after.allocated_nanos > 2**63
    assert await books.faults() == []


async def nearly_full(books: Books) -> None:
    """Raises the first event's rollups to five dollars below the end of 64 bits, with matching events."""
    await books.takes(books.event(1, dollars=1))
    full = 2**63 - 1 - 5 * NANOS
    async with books.context.store.begin() as tx:
        for table in (usage_hours, usage_days):
            await tx.connection.execute(update(table).values(cost_nanos=full))


async def test_a_total_past_64_bits_is_refused_for_its_row_alone_and_the_neighbours_are_booked(books: Books) -> None:
    await nearly_full(books)
    before = {row.cost_nanos for row in await books.rows("usage_hours")}

    answer = await books.takes(
        books.event(2, dollars=1, team="mobile"),
        books.event(3, dollars=6),
        books.event(4, dollars=2),
        books.event(5, dollars=1, team="mobile"),
    )

    assert (answer.accepted, answer.quarantined, answer.conflicts) == (3, 1, 0)
    assert answer.errors == ((1, "the database can't store this row"),)
    assert {row.event_id for row in await books.rows("usage_events")} == {"req-1", "req-2", "req-4", "req-5"}
    (kept,) = await books.rows("quarantine")
    assert (kept.kind, b"req-3" in bytes(kept.body)) == ("refused", True)
    search = [row for row in await books.rows("usage_hours") if row.cost_nanos > BILLION]
    assert [row.cost_nanos for row in search] == [before.pop() + 2 * NANOS]
    assert all(isinstance(row.cost_nanos, int) for row in await books.rows("usage_hours"))


async def test_a_refused_row_can_be_sent_again_and_is_kept_once(books: Books) -> None:
    """The refusal did not take its key: it is booked once there is room."""
    await nearly_full(books)
    too_much = books.event(3, dollars=6)
    for _ in range(2):
        assert (await books.takes(too_much)).quarantined == 1
    assert len(await books.rows("quarantine")) == 1
    async with books.context.store.begin() as tx:
        for table in (usage_hours, usage_days):
            await tx.connection.execute(update(table).values(cost_nanos=NANOS))

    assert (await books.takes(too_much)).accepted == 1
    assert await books.totals() == {(2, 7 * NANOS)}
    assert await books.faults() == []


async def test_many_of_the_dearest_calls_of_one_hour_fit_until_they_do_not(books: Books) -> None:
    """922 calls of ten million dollars fit in 64 bits of nanos, the 923rd does not."""
    moment = books.context.now()
    dear = [books.event(number, dollars=10_000_000) for number in range(930)]
    for event in dear:
        event["time"] = moment.isoformat()

    answer = await books.takes(*dear)

    assert (answer.accepted, answer.quarantined) == (922, 8)
    assert await books.totals() == {(922, 922 * 10_000_000 * NANOS)}
    assert await books.faults() == []


async def test_a_sum_never_becomes_a_float(store: Store) -> None:
    """STRICT tables: a sum that would overflow, or a fraction, is an error and not a rounded value."""
    if not store.is_sqlite:
        return
    async with store.read() as tx:
        rows = await tx.connection.execute(
            text("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0")
        )
        loose = {name for name in rows.scalars() if not name.startswith("sqlite_")}
    assert loose == {"alembic_version"}
