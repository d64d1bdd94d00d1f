"""Messages wait for Slack, and never hold up usage."""

from datetime import timedelta

from bot.messages import Message
from bot.periods import MICROS
from handlers.watcher import watch_budgets
from storage.outbox import MessageState
from tests.support.company import Company

GIVEN_UP_STATE: tuple[MessageState, ...] = ("given-up",)


async def test_a_stopped_slack_delays_messages_and_nothing_else(acme_on_both: Company) -> None:
    acme = acme_on_both
    acme.workspace.offline = True
    answer = await acme.uses(acme.event(1, dollars=1100))
    assert answer["accepted"] == 1
    await acme.settles()
    assert await acme.ben.messages("CSEARCH") == []

    acme.workspace.offline = False
    acme.clock.jump_to(acme.clock.now() + _minutes(11))
    await acme.settles()
    said = await acme.ben.messages("CSEARCH")
    assert ["used up its budget" in m.text for m in said] == [True]


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


async def test_slack_is_left_alone_for_as_long_as_it_asks(acme: Company) -> None:
    acme.workspace.fail_next("chat.postMessage", status=429, retry_after=30)
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()

    assert len([c for c in acme.workspace.calls if c["method"] == "chat.postMessage"]) == 1
    acme.clock.jump_to(acme.clock.now() + timedelta(seconds=29))
    await acme.settles()
    assert await acme.ben.messages("CSEARCH") == []

    acme.clock.jump_to(acme.clock.now() + timedelta(seconds=2))
    await acme.settles()
    await acme.ben.sees("used up its budget", channel="CSEARCH")


async def test_a_dropped_connection_repeats_a_message_rather_than_losing_it(acme: Company) -> None:
    acme.workspace.fail_next("chat.postMessage", "drop")
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()
    acme.clock.jump_to(acme.clock.now() + _minutes(1))
    await acme.settles()

    said = [m for m in await acme.ben.messages("CSEARCH") if "used up its budget" in m.text]
    assert len(said) == 2
    assert {m.raw["metadata"]["event_payload"]["outbox_id"] for m in said} == {1}


async def test_a_worker_that_died_with_a_message_in_hand_is_replaced(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=1100))
    await watch_budgets(acme.context)
    now = acme.context.now_micros()
    async with acme.context.store.begin() as tx:
        assert len(await tx.deliveries.claim(owner="dead", now=now, lease_seconds=60)) == 1
    await acme.settles()
    assert await acme.ben.messages("CSEARCH") == []
    async with acme.context.store.begin() as tx:
        assert await tx.deliveries.claim(owner="other", now=now + 59 * MICROS, lease_seconds=60) == []

    acme.clock.jump_to(acme.clock.now() + _minutes(2))
    await acme.settles()
    await acme.ben.sees("used up its budget", channel="CSEARCH")


async def test_a_message_slack_refuses_for_good_is_given_up_and_shown(acme: Company) -> None:
    acme.workspace.fail_next("chat.postMessage", "msg_too_long")
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()

    async with acme.context.store.read() as tx:
        assert [m.fault for m in await tx.outbox.undelivered(GIVEN_UP_STATE, limit=9)] == ["msg_too_long"]


async def test_messages_of_an_outage_of_days_arrive_in_order(acme_on_both: Company) -> None:
    """A token that is revoked on Friday evening costs no message of the weekend."""
    acme = acme_on_both
    async with acme.context.store.begin() as tx:
        anna = await tx.people.by_slack_id("UANNA")
        assert anna is not None
        for number in range(3):
            key, at = f"verdict:{number}", acme.context.now_micros()
            await tx.outbox.put(Message(text=f"message {number}"), dedupe_key=key, at=at, to_person_id=anna.id)
    for _ in range(70):
        acme.workspace.fail_next("chat.postMessage", "token_revoked")
        await acme.worker.outbox_worker.deliver_due()
        acme.clock.jump_to(acme.clock.now() + timedelta(hours=1))
    assert await acme.anna.dms() == []

    await acme.settles()

    assert [message.text for message in await acme.anna.dms()] == ["message 0", "message 1", "message 2"]
