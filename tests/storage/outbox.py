"""The outbox in a test's own words: put messages, claim, deliver and fail them."""

from bot.messages import Message
from bot.periods import MICROS
from storage.deliveries import OutboxItem
from storage.outbox import GIVEN_UP
from storage.store import Store

NOW = 1_795_000_000 * MICROS
LEASE = 60


async def put(store: Store, *keys: str, text: str = "first", at: int = NOW, person: str = "anna") -> list[bool]:
    """Puts messages for one person."""
    async with store.begin() as tx:
        person_id = await tx.people.by_reference(f"{person}@acme.test")
        message = Message(text=text, blocks=())
        return [await tx.outbox.put(message, dedupe_key=key, at=at, to_person_id=person_id) for key in keys]


async def put_for_each(store: Store, *keys: str) -> None:
    """Puts each message for a person of its own."""
    for key in keys:
        await put(store, key, person=key)


async def change(store: Store, key: str, text: str, *, at: int = NOW) -> bool:
    async with store.begin() as tx:
        return await tx.outbox.change(key, Message(text=text, blocks=()), at=at)


async def claim(store: Store, owner: str = "one", *, now: int = NOW, limit: int = 20) -> list[OutboxItem]:
    async with store.begin() as tx:
        return await tx.deliveries.claim(owner=owner, now=now, lease_seconds=LEASE, limit=limit)


async def claimed_keys(store: Store, owner: str = "one", *, now: int = NOW) -> list[str]:
    return [item.dedupe_key for item in await claim(store, owner, now=now)]


async def delivered(store: Store, item: OutboxItem, owner: str = "one", *, ts: str = "1.0") -> bool:
    async with store.begin() as tx:
        return await tx.deliveries.delivered(item, owner=owner, channel="C1", ts=ts, file_ids=())


async def failed(
    store: Store, item: OutboxItem, owner: str = "one", *, next_at: int, holds: bool = False, unknown: bool = False
) -> None:
    """Schedules the next attempt of a message."""
    async with store.begin() as tx:
        await tx.deliveries.retry_later(
            item, owner=owner, fault="no", next_at=next_at, holds_line=holds, may_be_posted=unknown
        )


async def ended(store: Store, item: OutboxItem, owner: str = "one", *, given_up: int = GIVEN_UP) -> bool:
    async with store.begin() as tx:
        return await tx.deliveries.end(item, owner=owner, fault="no", given_up=given_up)


async def renewed(store: Store, item: OutboxItem, owner: str = "one", *, now: int, posts: bool = False) -> bool:
    async with store.begin() as tx:
        return await tx.deliveries.renew(item, owner=owner, now=now, lease_seconds=LEASE, posts=posts)


async def waiting(store: Store) -> int:
    async with store.read() as tx:
        return await tx.deliveries.waiting()
