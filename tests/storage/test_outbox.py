"""The outbox: one worker claims a message, no old version overwrites a newer one, nothing is posted twice."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Message
from bot.outbox import FOR_EVER
from bot.periods import DAY_MICROS, MICROS
from storage.outbox import CLOSED, NEVER, Outbox, copy_key
from storage.store import Store
from tests.storage.outbox import NOW, change, claim, claimed_keys, delivered, ended, put, put_for_each, waiting


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
    async with store.read() as tx:
        assert await tx.outbox.text_of("same") == ("first" if stored[0] else "second")


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


async def test_a_change_that_says_the_same_or_of_nothing_is_none(store: Store) -> None:
    await put(store, "m")

    assert await change(store, "m", "first") is False
    assert await change(store, "unknown", "text") is False


async def test_a_change_reaches_the_copies_and_no_key_that_only_looks_alike(store: Store) -> None:
    await put_for_each(store, copy_key("request:1", 1), "request:12", "request%:to:1")

    assert await change(store, "request:1", "changed") is True
    assert {p.dedupe_key: p.message.text for p in await claim(store)} == {
        "request:1:to:1": "changed",
        "request:12": "first",
        "request%:to:1": "first",
    }


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
    await put_for_each(store, "alert", copy_key("alert", 1), "alert-2")
    await hold(store, "alert", NEVER)
    assert await waiting(store) == 1
    assert await claimed_keys(store) == ["alert-2"]

    await hold(store, "alert", 0)
    assert await claimed_keys(store, "two") == ["alert", copy_key("alert", 1)]


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


async def test_messages_that_wait_or_were_given_up_are_listed_and_tried_again(store: Store) -> None:
    await put_for_each(store, "alert:1", "alert:2", "alert:3", "alert:4", "alert:5")
    await hold(store, "alert:5", NEVER)
    first, second, third, _ = await claim(store)
    await delivered(store, first)
    await ended(store, second)
    await ended(store, third, given_up=CLOSED)

    async with store.read() as tx:
        assert await tx.outbox.undelivered_counts() == {"waiting": 1, "given-up": 1, "closed": 1}
        listed = await tx.outbox.undelivered(("waiting", "given-up", "closed"), limit=9)
        assert [(m.dedupe_key, m.state, m.fault) for m in listed] == [
            ("alert:2", "given-up", "no"),
            ("alert:3", "closed", "no"),
            ("alert:4", "waiting", ""),
        ]
        (lost,) = await tx.outbox.undelivered(("given-up", "closed"), limit=9, ids=[second.id])
    assert await claim(store, "two") == []

    later = NOW + 30 * DAY_MICROS
    async with store.begin() as tx:
        await tx.outbox.retry(lost, at=later)
    again = {item.dedupe_key: item for item in await claim(store, "two", now=later)}
    assert again["alert:2"].attempts == 0
    assert again["alert:2"].worth_until == later + 5 * DAY_MICROS


async def test_a_change_tries_a_message_again_that_was_given_up(store: Store) -> None:
    await put(store, "m")
    (first,) = await claim(store)
    assert await ended(store, first)
    assert await claim(store) == []

    await change(store, "m", "mended")
    assert [p.message.text for p in await claim(store)] == ["mended"]


async def test_a_card_is_worth_posting_while_its_request_waits_and_a_week_after(store: Store) -> None:
    await put(store, "request:1")
    (card,) = await claim(store)
    assert card.worth_until == FOR_EVER
    await ended(store, card)

    async with store.begin() as tx:
        await tx.outbox.change("request:1", Message(text="Approved"), at=NOW, is_over=True)
    (decided,) = await claim(store)
    assert decided.worth_until == NOW + 7 * DAY_MICROS


async def test_a_copy_is_known_to_have_reached_somebody_else_or_nobody(store: Store) -> None:
    await put_for_each(store, copy_key("alert:1", 1), copy_key("alert:1", 2), "alert:11", "verdict:1")
    copies = {item.dedupe_key: item for item in await claim(store)}
    one, two = copies[copy_key("alert:1", 1)], copies[copy_key("alert:1", 2)]

    async def others(key: str, item_id: int) -> bool:
        async with store.read() as tx:
            return await tx.outbox.others_have(key, except_id=item_id)

    assert await others(one.dedupe_key, one.id)
    await ended(store, two, given_up=CLOSED)
    assert not await others(one.dedupe_key, one.id)
    assert not await others("verdict:1", copies["verdict:1"].id)
