"""The outbox: one worker claims a message, no old version overwrites a newer one, nothing is posted twice."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Message
from bot.periods import MICROS
from storage.outbox import NEVER, Outbox, OutboxItem, copy_key
from storage.store import Store

NOW = 1_795_000_000 * MICROS
LEASE = 60


async def put(store: Store, *keys: str, text: str = "first", at: int = NOW) -> list[bool]:
    async with store.begin() as tx:
        if await tx.people.by_reference("anna@acme.test") != 1:
            raise AssertionError
        message = Message(text=text, blocks=())
        return [await tx.outbox.put(message, dedupe_key=key, at=at, to_person_id=1) for key in keys]


async def change(store: Store, key: str, text: str, *, at: int = NOW) -> bool:
    async with store.begin() as tx:
        return await tx.outbox.change(key, Message(text=text, blocks=()), at=at)


async def claim(store: Store, owner: str = "one", *, now: int = NOW, limit: int = 20) -> list[OutboxItem]:
    async with store.begin() as tx:
        return await tx.outbox.claim(owner=owner, now=now, lease_seconds=LEASE, limit=limit)


async def delivered(store: Store, item: OutboxItem, owner: str = "one", *, ts: str = "1.0") -> bool:
    async with store.begin() as tx:
        return await tx.outbox.delivered(item, owner=owner, channel="C1", ts=ts, file_ids=())


async def failed(store: Store, item: OutboxItem, owner: str = "one", *, next_at: int = NOW, give_up: bool) -> None:
    async with store.begin() as tx:
        await tx.outbox.failed(item, owner=owner, fault="no", next_at=next_at, give_up=give_up)


async def waiting(store: Store) -> int:
    async with store.read() as tx:
        return await tx.outbox.waiting()


async def test_a_message_is_put_once_and_its_first_body_stands(store: Store) -> None:
    assert await put(store, "alert") == [True]
    assert await put(store, "alert", text="again") == [False]

    assert [p.message.text for p in await claim(store)] == ["first"]


async def test_workers_that_put_the_same_key_at_once_store_it_once(store: Store) -> None:
    """The second worker looks before the first commits, and inserts after it."""
    await put(store, "other")
    both_looked = asyncio.Barrier(1 if store.is_sqlite else 2)  # SQLite has one writer at a time

    class Connection:
        """A connection that waits after its first look until both workers have looked."""

        def __init__(self, connection: AsyncConnection) -> None:
            self.connection = connection

        async def execute(self, statement: Any) -> Any:
            result = await self.connection.execute(statement)
            if isinstance(statement, Select):
                await both_looked.wait()
            return result

    async def put_after_both_looked(text: str) -> bool:
        async with store.begin() as tx:
            outbox = Outbox(tx)
            outbox._connection = Connection(tx.connection)  # type: ignore[assignment]
            return await outbox.put(Message(text=text, blocks=()), dedupe_key="same", at=NOW, to_person_id=1)

    stored = await asyncio.gather(put_after_both_looked("first"), put_after_both_looked("second"))

    assert sorted(stored) == [False, True]
    texts = {item.dedupe_key: item.message.text for item in await claim(store)}
    assert texts == {"other": "first", "same": "first" if stored[0] else "second"}


async def test_a_message_goes_to_a_channel_or_to_a_person(store: Store) -> None:
    with pytest.raises(ValueError, match="channel or to a person"):
        async with store.begin() as tx:
            await tx.outbox.put(Message(text="to whom", blocks=()), dedupe_key="k", at=NOW)


async def test_a_message_of_a_transaction_that_failed_is_never_said(store: Store) -> None:
    async def put_and_fail() -> None:
        async with store.begin() as tx:
            await tx.people.by_reference("anna@acme.test")
            await tx.outbox.put(Message(text="lost", blocks=()), dedupe_key="k", at=NOW, to_person_id=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await put_and_fail()

    assert await claim(store) == []


async def test_workers_that_claim_at_once_never_hold_the_same_message(store: Store) -> None:
    keys = [f"m{n}" for n in range(30)]
    await put(store, *keys)

    found = await asyncio.gather(*(claim(store, f"worker {n}", limit=7) for n in range(6)))
    later = await claim(store, "last", limit=100)

    claimed = [item.dedupe_key for items in (*found, later) for item in items]
    assert sorted(claimed) == sorted(keys)


async def test_a_lease_holds_until_it_ends_and_then_anybody_may_claim(store: Store) -> None:
    await put(store, "m")
    await claim(store, "crashed")

    assert await claim(store, "two", now=NOW + LEASE * MICROS - 1) == []
    assert [p.dedupe_key for p in await claim(store, "two", now=NOW + LEASE * MICROS)] == ["m"]


async def test_who_lost_the_lease_marks_nothing(store: Store) -> None:
    await put(store, "m")
    (slow,) = await claim(store, "slow")
    (taken,) = await claim(store, "two", now=NOW + LEASE * MICROS)

    assert await delivered(store, slow, "slow", ts="9.9") is False
    await failed(store, slow, "slow", give_up=True)
    assert await delivered(store, taken, "two", ts="1.0") is True
    assert await waiting(store) == 0


async def test_a_message_is_not_due_before_its_time(store: Store) -> None:
    await put(store, "later", at=NOW + 1)

    assert await claim(store) == []
    assert [p.dedupe_key for p in await claim(store, now=NOW + 1)] == ["later"]


async def test_a_change_while_the_older_version_is_on_its_way_is_delivered_after_it(store: Store) -> None:
    await put(store, "m")
    (first,) = await claim(store)
    assert await change(store, "m", "second") is True

    assert await delivered(store, first, ts="1.5")
    (again,) = await claim(store)
    assert (first.version, again.version) == (1, 2)
    assert (again.message.text, again.ts, again.channel) == ("second", "1.5", "C1")

    assert await delivered(store, again)
    assert await claim(store) == []
    assert await waiting(store) == 0


async def test_giving_up_an_older_version_does_not_lose_the_newer_one(store: Store) -> None:
    """Slack refused the first body; its replacement may be fine."""
    await put(store, "m")
    (first,) = await claim(store)
    await change(store, "m", "second")

    await failed(store, first, next_at=NOW + 600 * MICROS, give_up=True)

    assert [p.message.text for p in await claim(store)] == ["second"]


async def test_several_changes_before_a_delivery_are_said_once_as_the_newest(store: Store) -> None:
    await put(store, "m")
    for text in ("second", "third", "fourth"):
        await change(store, "m", text)

    (only,) = await claim(store)
    assert only.message.text == "fourth"
    await delivered(store, only)
    assert await claim(store) == []


async def test_a_change_that_says_the_same_or_of_nothing_is_none(store: Store) -> None:
    await put(store, "m")

    assert await change(store, "m", "first") is False
    assert await change(store, "unknown", "text") is False


async def test_a_change_reaches_the_copies_and_no_key_that_only_looks_alike(store: Store) -> None:
    await put(store, copy_key("request:1", 1), "request:12", "request%:to:1")

    assert await change(store, "request:1", "changed") is True
    assert {p.dedupe_key: p.message.text for p in await claim(store)} == {
        "request:1:to:1": "changed",
        "request:12": "first",
        "request%:to:1": "first",
    }


async def test_a_failure_waits_for_its_next_time_and_counts(store: Store) -> None:
    await put(store, "m")
    (first,) = await claim(store)
    await failed(store, first, next_at=NOW + 5, give_up=False)

    assert await claim(store, now=NOW + 4) == []
    (again,) = await claim(store, now=NOW + 5)
    assert again.attempts == 1


async def test_what_was_given_up_is_listed_and_a_change_tries_it_again(store: Store) -> None:
    await put(store, "m")
    (first,) = await claim(store)
    await failed(store, first, give_up=True)
    async with store.read() as tx:
        assert await tx.outbox.given_up() == [("m", "no")]
    assert await claim(store) == []

    await change(store, "m", "mended")
    assert [p.message.text for p in await claim(store)] == ["mended"]


async def hold(store: Store, key: str, until: int) -> None:
    async with store.begin() as tx:
        await tx.outbox.hold(key, until=until)


async def test_a_held_message_waits_whatever_it_comes_to_and_then_says_the_newest(store: Store) -> None:
    async with store.begin() as tx:
        await tx.people.by_reference("anna@acme.test")
        await tx.outbox.put(
            Message(text="first", blocks=()), dedupe_key="alert", at=NOW, to_person_id=1, held_until=NOW + 60 * MICROS
        )
    await change(store, "alert", "second")
    assert await claim(store, now=NOW + 59 * MICROS) == []

    assert [p.message.text for p in await claim(store, now=NOW + 60 * MICROS)] == ["second"]


async def test_a_message_can_be_held_for_ever_and_let_go(store: Store) -> None:
    await put(store, "alert", copy_key("alert", 1), "alert-2")
    await hold(store, "alert", NEVER)
    assert await waiting(store) == 1
    assert [p.dedupe_key for p in await claim(store)] == ["alert-2"]

    await hold(store, "alert", 0)
    assert [p.dedupe_key for p in await claim(store, "two")] == ["alert", copy_key("alert", 1)]


async def test_what_was_said_is_held_no_more(store: Store) -> None:
    """A held update of a posted message would never be seen."""
    await put(store, "alert")
    (item,) = await claim(store)
    await delivered(store, item)
    await hold(store, "alert", NEVER)
    await change(store, "alert", "second")

    assert [p.message.text for p in await claim(store)] == ["second"]


async def test_the_text_of_a_message_or_of_its_copies_is_found(store: Store) -> None:
    await put(store, "one")
    await put(store, copy_key("two", 1), text="a copy")
    async with store.read() as tx:
        assert [await tx.outbox.text_of(key) for key in ("one", "two", "three")] == ["first", "a copy", None]
