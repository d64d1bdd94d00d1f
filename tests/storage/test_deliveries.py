"""Deliveries: one message of each place at a time, held by one worker, in the order in which they were stored."""

import asyncio
from collections.abc import Hashable

import pytest

from bot.messages import Message
from bot.periods import MICROS
from storage.deliveries import Line, OutboxItem, lines_in_turn
from storage.outbox import CLOSED, GIVEN_UP
from storage.store import Store
from tests.storage.outbox import (
    LEASE,
    NOW,
    change,
    claim,
    claimed_keys,
    delivered,
    ended,
    failed,
    put,
    put_for_each,
    renewed,
    waiting,
)

MINUTE = 60 * MICROS


async def test_workers_that_claim_at_once_never_hold_the_same_message(store: Store) -> None:
    keys = [f"m{n}" for n in range(30)]
    await put_for_each(store, *keys)

    found = await asyncio.gather(*(claim(store, f"worker {n}", limit=7) for n in range(6)))
    later = await claim(store, "last", limit=100)

    claimed = [item.dedupe_key for items in (*found, later) for item in items]
    assert sorted(claimed) == sorted(keys)


async def test_a_place_has_one_message_in_hand_whoever_claims(store: Store) -> None:
    """Else the second would overtake the first, or be said again after the lease of a whole batch ended."""
    await put(store, "first", "second", "third")
    await put(store, "other", person="ben")

    (first, other) = await claim(store)
    assert (first.dedupe_key, other.dedupe_key) == ("first", "other")
    assert await claim(store, "two") == []

    await delivered(store, first)
    assert await claimed_keys(store, "two") == ["second"]
    assert await claim(store, "three") == []


async def test_workers_say_the_messages_of_one_place_in_order(store: Store) -> None:
    keys = [f"m{n}" for n in range(12)]
    await put(store, *keys)
    said: list[str] = []

    async def work(owner: str) -> None:
        while len(said) < len(keys):
            for item in await claim(store, owner):
                said.append(item.dedupe_key)
                assert await delivered(store, item, owner)

    await asyncio.gather(work("one"), work("two"), work("three"))

    assert said == keys


async def test_a_lease_holds_until_it_ends_and_then_anybody_may_claim(store: Store) -> None:
    await put(store, "m")
    await claim(store, "crashed")

    assert await claim(store, "two", now=NOW + LEASE * MICROS - 1) == []
    assert await claimed_keys(store, "two", now=NOW + LEASE * MICROS) == ["m"]


async def test_a_lease_that_is_extended_is_not_claimed_by_anybody_else(store: Store) -> None:
    await put(store, "m", "after it")
    (slow,) = await claim(store, "slow")

    assert await renewed(store, slow, "slow", now=NOW + 50 * MICROS)

    assert await claim(store, "two", now=NOW + 100 * MICROS) == []
    assert await claimed_keys(store, "two", now=NOW + (50 + LEASE) * MICROS) == ["m"]
    assert not await renewed(store, slow, "slow", now=NOW + 120 * MICROS)


async def test_who_lost_the_lease_marks_nothing(store: Store) -> None:
    await put(store, "m")
    (slow,) = await claim(store, "slow")
    (taken,) = await claim(store, "two", now=NOW + LEASE * MICROS)

    assert await delivered(store, slow, "slow", ts="9.9") is False
    assert await ended(store, slow, "slow") is False
    await failed(store, slow, "slow", next_at=NOW + MINUTE)
    assert await delivered(store, taken, "two", ts="1.0") is True
    assert await waiting(store) == 0


async def test_a_worker_does_not_claim_again_what_it_still_has(store: Store) -> None:
    """Its lease may have ended while the database was away."""
    await put(store, "m")
    (mine,) = await claim(store)

    async with store.begin() as tx:
        later = NOW + LEASE * MICROS
        again = await tx.deliveries.claim(owner="one", now=later, lease_seconds=LEASE, without={mine.id})

    assert again == []


async def test_a_message_is_not_due_before_its_time(store: Store) -> None:
    await put(store, "later", at=NOW + 1)

    assert await claim(store) == []
    assert await claimed_keys(store, now=NOW + 1) == ["later"]


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


@pytest.mark.parametrize("given_up", [GIVEN_UP, CLOSED])
async def test_ending_an_older_version_does_not_lose_the_newer_one(store: Store, given_up: int) -> None:
    """Slack refused the first body; its replacement may be fine."""
    await put(store, "m")
    (first,) = await claim(store)
    await change(store, "m", "second")

    assert await ended(store, first, given_up=given_up) is False

    assert [p.message.text for p in await claim(store)] == ["second"]


async def test_several_changes_before_a_delivery_are_said_once_as_the_newest(store: Store) -> None:
    await put(store, "m")
    for words in ("second", "third", "fourth"):
        await change(store, "m", words)

    (only,) = await claim(store)
    assert only.message.text == "fourth"
    await delivered(store, only)
    assert await claim(store) == []


async def test_a_failure_waits_for_its_next_time_and_counts(store: Store) -> None:
    await put(store, "m")
    (first,) = await claim(store)
    await failed(store, first, next_at=NOW + 5)

    assert await claim(store, now=NOW + 4) == []
    (again,) = await claim(store, now=NOW + 5)
    assert again.attempts == 1


async def test_later_messages_wait_while_slack_is_away_and_no_longer_for_one_that_it_dislikes(store: Store) -> None:
    await put(store, "first", "second")
    await put(store, "elsewhere", person="ben")
    first, elsewhere = await claim(store)
    await failed(store, first, next_at=NOW + MINUTE, holds=True)
    await delivered(store, elsewhere)
    assert await claim(store) == []

    (first,) = await claim(store, now=NOW + MINUTE)
    assert first.dedupe_key == "first"
    await failed(store, first, next_at=NOW + 9 * MINUTE, holds=False)
    assert await claimed_keys(store, now=NOW + MINUTE) == ["second"]


async def test_whatever_waits_for_a_place_is_due_once_it_is_back(store: Store) -> None:
    """Messages that failed for long are not all tried at their own time, up to ten minutes later."""
    await put(store, "first", "second", "third")
    for _ in range(3):
        (item,) = await claim(store)
        await failed(store, item, next_at=NOW + 9 * MINUTE)
    (first,) = await claim(store, now=NOW + 9 * MINUTE)
    await put(store, "new", at=NOW + 9 * MINUTE)
    await failed(store, first, next_at=NOW + 30 * MINUTE)
    (second,) = await claim(store, now=NOW + 9 * MINUTE)

    await delivered(store, second)

    assert await claimed_keys(store, now=NOW + 9 * MINUTE) == ["first"]


async def test_two_lines_of_one_channel_share_its_turn(store: Store) -> None:
    """Alerts and digests of a team, or two teams with one channel."""
    async with store.begin() as tx:
        await tx.teams.ensure_organisation(at=NOW)
        directory = await tx.teams.directory()
        assert directory is not None
        root = directory.root.id
        await tx.outbox.put(Message(text="digest"), dedupe_key="digest", at=NOW, to_team_id=root)
        await tx.outbox.put(Message(text="alert"), dedupe_key="alert", at=NOW, to_team_id=root, route="alerts")

    def channel_of(line: Line) -> Hashable:
        return line.to_team_id

    async def claimed() -> list[OutboxItem]:
        async with store.begin() as tx:
            return await tx.deliveries.claim(owner="one", now=NOW, lease_seconds=LEASE, place_of=channel_of)

    (digest,) = await claimed()
    assert digest.dedupe_key == "digest"
    assert await claimed() == []
    await delivered(store, digest)
    assert [item.dedupe_key for item in await claimed()] == ["alert"]


async def test_a_backlog_of_one_place_hides_no_other_place(store: Store) -> None:
    await put(store, *(f"m{n}" for n in range(200)))
    await put(store, "other", person="ben")

    assert await claimed_keys(store) == ["m0", "other"]


async def test_a_post_without_a_known_outcome_is_remembered_until_it_is_settled(store: Store) -> None:
    await put(store, "m")
    (first,) = await claim(store)
    assert first.posting_since == 0
    assert await renewed(store, first, now=NOW + 1, posts=True)
    await failed(store, first, next_at=NOW + 5, unknown=True)

    (second,) = await claim(store, now=NOW + 5)
    assert second.posting_since == NOW + 1
    assert await renewed(store, second, now=NOW + 6, posts=True)
    await failed(store, second, next_at=NOW + 9, unknown=False)

    (third,) = await claim(store, now=NOW + 9)
    assert third.posting_since == 0


async def test_a_worker_that_died_while_it_posted_leaves_the_outcome_unknown(store: Store) -> None:
    await put(store, "m")
    (dead,) = await claim(store, "dead")
    await renewed(store, dead, "dead", now=NOW + 1, posts=True)

    (next_one,) = await claim(store, "two", now=NOW + 2 * MINUTE)

    assert next_one.posting_since == NOW + 1
    async with store.begin() as tx:
        await tx.deliveries.remember_post(next_one, owner="two", channel="C1", ts="1.5")
        await tx.deliveries.delivered(next_one, owner="two", channel="C1", ts="1.5", file_ids=(), repeated=True)
    async with store.read() as tx:
        assert await tx.outbox.repeated() == 1


async def test_the_claim_uses_the_index_of_waiting_messages(store: Store) -> None:
    """Messages are kept for ever: looking for due ones must not read them all."""
    if not store.is_sqlite:
        pytest.skip("PostgreSQL plans by its statistics, which a small table has none of")
    await put(store, "m")
    async with store.read() as tx:
        compiled = lines_in_turn(NOW).compile(dialect=tx.connection.dialect)
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        plan = [str(row) for row in await tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)]

    assert any("ix_outbox_waiting" in line for line in plan), plan
