"""Keys in runs keep the promise of one table: each event once, whatever its time, run, process or restart."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select, text

from bot.intake.known_keys import KeySizes, KnownKeys
from bot.usage import BookingOutcome, Labels, UsageEvent
from storage.intake.event_keys.inserts import keys_insert
from storage.intake.rollups import Insert
from storage.store import Store
from storage.tables.intake import key_runs, run_keys
from tests.storage.conftest import Books, Json
from tests.support.waiting import DEADLINE_SECONDS

TINY = KeySizes(run_keys=5, filter_runs=3)


def event(name: str, mark: str = "") -> UsageEvent:
    key, fingerprint = name.encode().ljust(16, b"."), mark.encode().ljust(16, b".")
    return UsageEvent(
        key=key,
        fingerprint=fingerprint,
        event_id=name,
        occurred_at=hash(name) % 10**9,
        labels=Labels(model="m"),
        uncached_input=0,
        cache_read=0,
        cache_write_5m=0,
        cache_write_1h=0,
        output=0,
        reasoning=0,
        reported_nanos=None,
        failed=False,
        gateway_cache=False,
        notional=False,
    )


async def record(store: Store, *events: UsageEvent) -> list[BookingOutcome]:
    await store.keep_keys()
    async with store.begin() as tx:
        return await tx.usage.record_keys([(1, given) for given in events])


@pytest.fixture
async def tiny(store: Store) -> AsyncIterator[list[Store]]:
    """Two processes on one database, with runs of five keys."""
    stores = [Store(store.url, key_sizes=TINY) for _ in range(2)]
    yield stores
    for each in stores:
        await each.close()


async def runs_in(store: Store) -> tuple[list[int], int]:
    """Returns the number of keys of each sealed run, and of all keys."""
    async with store.read() as tx:
        sealed = (await tx.connection.execute(select(key_runs.c.key_count).order_by(key_runs.c.run))).scalars().all()
        every = (await tx.connection.execute(select(func.count()).select_from(run_keys))).scalar_one()
    return list(sealed), every


async def test_bodies_with_repeats_and_conflicts_are_booked_as_by_a_plain_dictionary(books: Books) -> None:
    """Over many runs and filters, by the fast path and the full one, and by processes that know nothing yet."""
    books.context.store.usage_memory.keys = KnownKeys(TINY)
    by_id: dict[int, float] = {}
    made: dict[tuple[int, float], Json] = {}
    chance = random.Random(11)
    for round_ in range(40):
        if round_ % 9 == 8:
            books.context.store.usage_memory.keys = KnownKeys(TINY)  # a restart
        new_only = round_ % 2
        body = []
        for place in range(chance.randrange(1, 9)):
            number = 1_000 * (round_ + 1) + place if new_only else chance.randrange(80)
            body.append((number, chance.choice((1.0, 1.0, 2.0))))
        wanted = {"accepted": 0, "duplicate": 0, "conflict": 0}
        for number, dollars in body:
            known = by_id.setdefault(number, 0.0)
            by_id[number] = known or dollars
            wanted["accepted" if not known else "duplicate" if known == dollars else "conflict"] += 1

        for given in body:
            made.setdefault(given, books.event(given[0], dollars=given[1], ago=AGO * (given[0] % 70)))
            made[given]["time"] = made.setdefault((given[0], 0.0), made[given])["time"]
        answer = await books.takes(*(made[given] for given in body))

        assert (answer.accepted, answer.duplicates, answer.conflicts) == tuple(wanted.values())
    assert await books.faults() == []
    assert await books.totals() == {(len(by_id), sum(int(dollars) for dollars in by_id.values()) * 10**9)}
    sealed, every = await runs_in(books.context.store)
    assert every == len(by_id)
    assert len(sealed) > 2 * TINY.filter_runs


AGO = timedelta(hours=1)


async def test_two_processes_agree_on_every_key_while_either_seals_runs(tiny: list[Store]) -> None:
    events = [event(f"e{number}") for number in range(60)]
    chance = random.Random(3)

    async def sends(store: Store, seed: int) -> int:
        accepted = 0
        for given in pieces(random.Random(seed).sample(events, len(events)), 7):
            accepted += (await record(store, *given)).count("accepted")
        return accepted

    accepted = await asyncio.gather(*(sends(tiny[number % 2], chance.randrange(99)) for number in range(6)))

    assert sum(accepted) == len(events)
    for store in (*tiny, Store(tiny[0].url, key_sizes=TINY)):
        assert await record(store, *events) == ["duplicate"] * len(events)
        assert await record(store, *(event(given.event_id, "other") for given in events)) == ["conflict"] * len(events)
        await store.close()
    sealed, every = await runs_in(tiny[0])
    assert every == len(events)
    assert len(sealed) >= 2


def pieces(events: Sequence[UsageEvent], size: int) -> list[Sequence[UsageEvent]]:
    return [events[at : at + size] for at in range(0, len(events), size)]


async def seal(store: Store) -> bool:
    async with store.begin() as tx:
        return await tx.event_keys.seal()


async def test_a_run_is_sealed_only_when_all_who_write_to_it_are_done(tiny: list[Store]) -> None:
    one, other = tiny
    await record(one, *(event(f"a{number}") for number in range(TINY.run_keys - 1)))
    await other.keep_keys()
    async with one.begin() as tx:
        assert await tx.usage.record_keys([(1, event("late"))]) == ["accepted"]
        sealing = asyncio.create_task(seal(other))
        if not one.is_sqlite:
            await somebody_waits(one)
        assert not sealing.done()
    assert await sealing

    assert await runs_in(one) == ([TINY.run_keys], TINY.run_keys)
    assert await record(other, event("late"), event("late", "other"), event("new")) == [
        "duplicate",
        "conflict",
        "accepted",
    ]


async def somebody_waits(store: Store) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%key_state%'")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            async with store.read() as tx:
                if (await tx.connection.execute(waiting)).scalar_one():
                    return
            await asyncio.sleep(0.01)


async def test_the_fast_path_writes_nothing_in_a_run_that_was_sealed_meanwhile(tiny: list[Store]) -> None:
    one, other = tiny
    async with one.begin() as tx:
        await tx.config.changed()
    await record(one, *(event(f"a{number}") for number in range(TINY.run_keys - 1)))
    await other.keep_keys()
    await record(one, event("last"))
    keys = keys_insert([(1, b"0123456789abcdef", b"f", 1, 0)], other.usage_memory.keys)
    assert keys is not None
    await one.keep_keys()

    way = other.fast_writers(1)[0]
    events = Insert("usage_events", tuple(EVENT), [tuple(EVENT.values())])
    assert (await runs_in(one))[0] == [TINY.run_keys]
    assert not await way.write(keys, events, [], version=1)
    await way.close()
    assert (await runs_in(one))[1] == TINY.run_keys


EVENT = (
    {"source_id": 1, "key_hash": b"0123456789abcdef", "event_id": "e", "occurred_at": 1, "received_at": 1}
    | {"team_id": 1, "local_day": 0, "series_id": 1, "uncached_input": 0, "cache_read": 0, "cache_write_5m": 0}
    | {"cache_write_1h": 0, "output": 0, "reasoning": 0, "cost_nanos": 0, "book_nanos": None, "reported_nanos": None}
    | {"notional_nanos": 0, "book": "", "rule": "", "gateway_team": "", "declared_team": "", "tags": "[]"}
    | dict.fromkeys(("tier", "conditions", "parts", "units", "cost_reason"), "")
)


async def test_a_process_forgets_what_a_restored_copy_lacks(tiny: list[Store]) -> None:
    """As after a fail-over to a standby that lacks the last commits: another history takes the numbers of lost runs."""
    one, other = tiny
    lost = [event(f"lost{number}") for number in range(TINY.run_keys)]
    assert await record(one, *lost) == ["accepted"] * len(lost)
    await one.keep_keys()
    async with one.begin() as tx:
        for statement in ("DROP TRIGGER key_runs_no_delete", "DROP TRIGGER run_keys_no_delete"):
            table = statement.split()[-1].removesuffix("_no_delete")
            dropped = statement if one.is_sqlite else f"DROP TRIGGER {table}_no_change ON {table}"
            await tx.connection.execute(text(dropped))
        for table in ("key_runs", "run_keys"):
            await tx.connection.execute(text(f"DELETE FROM {table}"))
        await tx.connection.execute(text("UPDATE key_state SET run = 1, token = 5"))

    kept = [event(f"kept{number}") for number in range(2 * TINY.run_keys)]
    for given in pieces(kept, TINY.run_keys):
        await record(other, *given)
    await other.keep_keys()
    assert await record(one, *kept, *lost) == ["duplicate"] * len(kept) + ["accepted"] * len(lost)


async def test_the_moments_of_an_event_are_found_by_its_id_in_sealed_runs_and_the_current_one(
    tiny: list[Store],
) -> None:
    events = [event(f"a{number}") for number in range(2 * TINY.run_keys + 1)]
    for given in pieces(events, TINY.run_keys):
        await record(tiny[0], *given)

    async with tiny[1].read() as tx:
        found = [await tx.event_keys.moments_of(given.event_id) for given in events]
        none = await tx.event_keys.moments_of("another")
    assert (await runs_in(tiny[0]))[0] == [TINY.run_keys] * 2
    assert found == [{given.occurred_at} for given in events]
    assert none == set()


async def test_a_sealed_run_has_the_hash_of_each_of_its_keys(tiny: list[Store]) -> None:
    await record(tiny[0], *(event(f"a{number}") for number in range(TINY.run_keys)))
    await tiny[0].keep_keys()
    async with tiny[0].read() as tx:
        hashes = (await tx.connection.execute(select(key_runs.c.hashes))).scalar_one()

    found = np.frombuffer(hashes, dtype="<u8")
    assert len(found) == TINY.run_keys
    assert list(found) == sorted(found)
