"""Keys and ids of before there were runs: known at once after the migration, closed, and read piece by piece."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import String, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from bot.clock import ShiftedClock
from bot.refusals import ConfigError
from bot.settings import Settings
from bot.sources.cloudevents.parser import parse
from bot.usage import UsageEvent
from handlers.context import make_context
from handlers.intake.old_keys import read_old_keys
from handlers.org.attribution_commands import explanations
from storage.faults import is_data_error
from storage.intake.event_keys.runs import OLD_STAYS_OPEN_MICROS, EventKeys
from storage.migrate import migrate
from storage.store import Store
from storage.tables.intake import run_ids
from tests.storage.conftest import Books
from tests.storage.intake.test_key_runs import event, record

BEFORE = "0020_posted_usage"
OLD = [f"old{number}" for number in range(5)]
INSERT = "INSERT INTO event_keys (source_id, key_hash, fingerprint) VALUES (1, :key, :mark)"


@pytest.fixture
async def old_url(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of the release before, with keys, and migrated."""
    await made_before(empty_url, monkeypatch, [event(name) for name in OLD])
    return empty_url


async def made_before(empty_url: str, monkeypatch: pytest.MonkeyPatch, events: Sequence[UsageEvent]) -> None:
    """Makes a database as the release before did, stores the keys of events, and migrates it."""
    with monkeypatch.context() as patch:
        patch.setattr("storage.migrate.newest", lambda: BEFORE)
        await migrate(empty_url)
    store = Store(empty_url)
    for given in events:
        await stored_before(store, given)
    await store.close()
    await migrate(empty_url)


async def as_the_release_before(store: Store, name: str) -> None:
    await stored_before(store, event(name))


def native(name: str, **data: Any) -> UsageEvent:
    """A native event as the parser reads it."""
    usage = {"model": "gpt-5", "uncached_input_tokens": 700, "output_tokens": 9, "service_tier": "batch", **data}
    body = json.dumps([{"id": name, "source": "/gateway", "time": "2026-11-20T10:00:00Z", "data": usage}])
    ((_, read),) = parse(body.encode(), now=datetime(2026, 11, 24, tzinfo=UTC)).events
    return read


async def stored_before(store: Store, given: UsageEvent) -> None:
    async with store.begin() as tx:
        await tx.connection.execute(text(INSERT), {"key": given.key, "mark": given.fingerprint})


async def close(store: Store, *, now: int) -> bool:
    async with store.begin() as tx:
        return await tx.event_keys.close_old(now=now)


async def pieces_of(store: Store, limit: int) -> list[int]:
    found: list[int] = []
    while True:
        async with store.begin() as tx:
            count = await tx.event_keys.read_old(limit=limit)
        if count is None:
            return found
        found.append(count)


async def test_old_keys_are_known_before_while_and_after_they_are_read(old_url: str) -> None:
    async def promise(store: Store, new: str) -> None:
        sent = [event("old0"), event("old3", "other"), event(new), event("old4")]
        assert await record(store, *sent) == ["duplicate", "conflict", "accepted", "duplicate"]

    one, other = Store(old_url), Store(old_url)
    await promise(one, "a")
    assert await close(one, now=0) is one.is_sqlite
    assert await close(one, now=OLD_STAYS_OPEN_MICROS)
    await promise(one, "b")
    await promise(other, "c")
    async with one.begin() as tx:
        assert await tx.event_keys.read_old(limit=2) == 2
    await promise(one, "d")
    assert await pieces_of(one, 2) == ([2, 1] if one.is_sqlite else [2, 2, 0])  # on PostgreSQL "a" is an old key too
    await promise(other, "e")

    started = Store(old_url)
    await promise(started, "f")
    known = started.usage_memory.keys
    assert known.knows_old
    assert len(known.suspects([(1, event(name).key) for name in (*OLD, "new")]).in_old) == len(OLD)
    assert await record(started, *map(event, "abcdef")) == ["duplicate"] * 6
    for store in (one, other, started):
        await store.close()


async def test_on_postgresql_both_releases_book_for_an_hour_and_then_the_one_before_is_told_to_wait(
    old_url: str,
) -> None:
    store = Store(old_url)
    if not store.is_sqlite:
        await as_the_release_before(store, "late")
        assert await record(store, event("late"), event("mine")) == ["duplicate", "accepted"]
        with pytest.raises(DBAPIError, match="duplicate key"):
            await as_the_release_before(store, "mine")
        assert not await close(store, now=5)
        assert not await close(store, now=4 + OLD_STAYS_OPEN_MICROS)
        assert await close(store, now=5 + OLD_STAYS_OPEN_MICROS)

    with pytest.raises(DBAPIError, match="event_keys is closed") as refused:
        await as_the_release_before(store, "later")
    assert not is_data_error(refused.value)  # it answers 503: its senders keep the event
    assert await record(store, event("later")) == ["accepted"]
    await store.close()


async def test_a_new_database_has_no_old_keys(store: Store) -> None:
    async with store.begin() as tx:
        assert not await tx.event_keys.has_old()
        assert await tx.event_keys.close_old(now=0)
        assert await tx.event_keys.read_old() is None


MOMENTS = [5, 7, 7, 7, 9, 11]


@pytest.fixture
async def old_events_url(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of the release before, with events at `MOMENTS`, and migrated."""
    with monkeypatch.context() as patch:
        patch.setattr("storage.migrate.newest", lambda: BEFORE)
        await migrate(empty_url)
    store = Store(empty_url)
    async with store.begin() as tx:
        if not store.is_sqlite:
            partition = "CREATE TABLE usage_events_1970_01 PARTITION OF usage_events FOR VALUES FROM (0) TO (1000)"
            await tx.connection.execute(text(partition))
        columns = await tx.connection.run_sync(lambda sync: inspect(sync).get_columns("usage_events"))
        texts = {column["name"] for column in columns if isinstance(column["type"], String)}
        names = [column["name"] for column in columns if not column["nullable"] and column["default"] is None]
        insert = f"INSERT INTO usage_events ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
        for number, at in enumerate(MOMENTS):
            values: dict[str, object] = {name: "" if name in texts else 0 for name in names}
            values |= {"event_id": f"old{number}", "occurred_at": at, "key_hash": f"old{number}".encode()}
            await tx.connection.execute(text(insert), values)
    for number in range(len(MOMENTS)):
        await as_the_release_before(store, f"old{number}")
    await store.close()
    await migrate(empty_url)
    return empty_url


async def read_piece(store: Store, *, limit: int) -> tuple[int, bool]:
    async with store.read() as tx:
        until, ids = await tx.event_keys.old_ids.next_piece(limit=limit)
    async with store.begin() as tx:
        return len(ids), await tx.event_keys.old_ids.store(until, ids)


async def moments_of(store: Store, *names: str) -> list[set[int]]:
    async with store.read() as tx:
        return [await tx.event_keys.moments_of(name) for name in names]


async def test_events_of_before_the_runs_are_found_by_their_id_once_their_ids_are_read(
    old_events_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.intake.event_keys.old_ids.RUN_IDS", 4)
    one, other = Store(old_events_url), Store(old_events_url)
    assert await moments_of(one, "old0") == [set()]

    async with other.read() as tx:
        late = await tx.event_keys.old_ids.next_piece(limit=2)
    assert await read_piece(one, limit=2) == (4, True)  # all events of one moment are in one piece
    async with other.begin() as tx:
        assert not await tx.event_keys.old_ids.store(*late)
    assert await moments_of(other, "old0", "old3", "old4") == [{5}, {7}, set()]

    assert await read_piece(other, limit=2) == (2, True)
    assert await read_piece(one, limit=2) == (0, True)
    assert await read_piece(other, limit=2) == (0, False)
    assert await moments_of(one, *(f"old{number}" for number in range(len(MOMENTS)))) == [{at} for at in MOMENTS]
    async with one.read() as tx:
        assert await tx.event_keys.old_ids.are_read()
        runs = await tx.connection.execute(select(run_ids.c.run, func.count()).group_by(run_ids.c.run))
        assert dict(list(runs)) == {-1: 4, -2: 2}
    for store in (one, other):
        await store.close()


async def test_the_job_reads_keys_and_then_ids(old_events_url: str) -> None:
    context = make_context(Settings(database_url=old_events_url), ShiftedClock())
    async with context.store.begin() as tx:
        assert not await tx.event_keys.old_ids.are_read()
        await tx.event_keys.close_old(now=0)
        await tx.event_keys.close_old(now=OLD_STAYS_OPEN_MICROS)
    assert await read_old_keys(context) == 2 * len(MOMENTS)
    assert await read_old_keys(context) == 0
    async with context.store.read() as tx:
        assert await tx.event_keys.old_ids.are_read()
    await context.store.close()


async def test_a_new_database_has_no_old_ids(store: Store) -> None:
    async with store.read() as tx:
        assert await tx.event_keys.old_ids.are_read()


async def test_no_id_is_read_while_the_release_before_may_still_book(old_events_url: str) -> None:
    context = make_context(Settings(database_url=old_events_url), ShiftedClock())
    read = await read_old_keys(context)

    assert read == (2 * len(MOMENTS) if context.store.is_sqlite else 0)
    async with context.store.read() as tx:
        assert await tx.event_keys.old_ids.are_read() is context.store.is_sqlite
    await context.store.close()


async def test_an_event_whose_id_is_not_read_yet_is_explained_all_the_same(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    await books.takes(books.event("early"))

    async def nothing(*_: object) -> set[int]:
        return set()

    monkeypatch.setattr(EventKeys, "moments_of", nothing)
    with pytest.raises(ConfigError, match="no event"):
        await explanations(books.context, "req-early", source=None)
    async with books.context.store.begin() as tx:
        await tx.connection.execute(text("UPDATE key_state SET old_ids_are_read = 0"))
    assert len(await explanations(books.context, "req-early", source=None)) == 1


async def test_what_the_release_before_did_not_read_is_no_difference_to_what_it_stored(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: dict[str, Any] = {"web_searches": 3, "audio_input_tokens": 300, "inference_geo": "us", "region": "eu-west-1"}
    await made_before(empty_url, monkeypatch, [native(name) for name in ("one", "two", "three")])  # without `whole`
    store = Store(empty_url)

    for moment in (0, OLD_STAYS_OPEN_MICROS):
        again = [native("one", web_searches=3), native("two", **whole), native("three", **whole, output_tokens=8)]
        assert await record(store, *again) == ["duplicate", "duplicate", "conflict"]
        await close(store, now=moment)
    await pieces_of(store, 2)
    assert await record(store, *again) == ["duplicate", "duplicate", "conflict"]

    assert await record(store, native("new"), native("newer", **whole)) == ["accepted", "accepted"]
    changed = [
        native("new", web_searches=3),
        native("newer"),
        native("newer", web_searches=2),
        native("newer", **whole),
    ]
    assert await record(store, *changed) == ["conflict", "conflict", "conflict", "duplicate"]
    await store.close()
