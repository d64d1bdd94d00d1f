"""Spikes where workers, Slack or the clock fail: posted once, late at worst, and never lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import text

from bot.app import Worker
from bot.clock import ShiftedClock
from handlers.alerting.delivery_updates import update_deliveries
from handlers.cli import prepare
from handlers.context import Context
from handlers.slack.outbox import OutboxWorker
from handlers.watcher import watch_budgets
from tests.scenarios.detection.spike_stories import DAY, HOUR, goes_on_as_usual, runs_away, said, usual, usual_dollars
from tests.support.company import Company, chart_renderer


@asynccontextmanager
async def another_worker(acme: Company, *, ahead: timedelta = timedelta()) -> AsyncIterator[tuple[Context, Worker]]:
    """A worker of its own process, as it were: another store, memory and clock on the same database."""
    clock = ShiftedClock()
    clock.jump_to(acme.clock.now() + ahead)
    context = await prepare(acme.context.settings, clock)
    context.slack = acme.context.slack
    worker = Worker(context)
    worker.outbox_worker = OutboxWorker(context, chart_renderer().draw)
    try:
        yield context, worker
    finally:
        worker.close()
        await context.store.close()


async def test_two_workers_at_once_say_it_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await usual(acme)
    async with another_worker(acme) as (context, worker):
        for step in range(3):
            await runs_away(acme, f"loop-{step}", dollars=200 * (step + 1))
            await asyncio.gather(watch_budgets(acme.context), watch_budgets(context))
            await asyncio.gather(acme.worker.outbox_worker.deliver_due(), worker.outbox_worker.deliver_due())
        await acme.settles()

        (alert,) = await said(acme)
        assert "$1,200" in alert.text


async def test_a_team_that_can_not_be_followed_keeps_no_other_team_waiting(acme_on_both: Company) -> None:
    acme = acme_on_both
    await usual(acme)
    await usual(acme, team="mobile", user="mia@acme.test", credential="key-m")
    await runs_away(acme)
    await acme.settles()
    (broken,) = await said(acme)
    async with acme.context.store.begin() as tx:
        kept = (await tx.connection.execute(text("SELECT id, facts FROM alerts WHERE kind <> 'threshold'"))).all()
        await tx.connection.execute(text("UPDATE alerts SET facts = '{}' WHERE kind <> 'threshold'"))
    await runs_away(acme, "more", dollars=900)
    await acme.uses(acme.event("m", dollars=300, team="mobile", user="mia@acme.test", credential="ci-m"))
    await acme.settles()

    (alert,) = await said(acme, "CMOBILE")
    assert "$300" in alert.text
    assert [message.text for message in await said(acme)] == [broken.text]

    async with acme.context.store.begin() as tx:
        for alert_id, facts in kept:
            await tx.connection.execute(text("UPDATE alerts SET facts = :f WHERE id = :i"), {"f": facts, "i": alert_id})
    await acme.settles()
    (mended,) = await said(acme)
    assert "$1,100" in mended.text


async def test_a_restarted_worker_repeats_nothing_and_goes_on(acme_on_both: Company) -> None:
    acme = acme_on_both
    await usual(acme)
    await runs_away(acme)
    await acme.settles()
    (alert,) = await said(acme)
    async with another_worker(acme, ahead=20 * timedelta(minutes=1)) as (context, worker):
        await watch_budgets(context)
        await worker.outbox_worker.deliver_due()
        assert [m.text for m in await said(acme)] == [alert.text]

        await runs_away(acme, "more", dollars=300)
        await watch_budgets(context)
        await worker.outbox_worker.deliver_due()
    (grown,) = await said(acme)
    assert (grown.ts, "$500" in grown.text) == (alert.ts, True)


async def test_what_happened_while_no_worker_ran_is_said_afterwards(acme_on_both: Company) -> None:
    """A burst of one hour; the watcher comes back thirty hours later, when no window shows it any more."""
    acme = acme_on_both
    await usual(acme)
    await runs_away(acme)
    acme.clock.jump_to(acme.clock.now() + 30 * HOUR)
    async with another_worker(acme) as (context, worker):
        await watch_budgets(context)
        await worker.outbox_worker.deliver_due()

    (alert,) = await said(acme)
    assert "$200 in 1 hour" in alert.text


async def test_a_stopped_slack_delays_a_spike_and_says_what_it_came_to(acme_on_both: Company) -> None:
    acme = acme_on_both
    await usual(acme)
    acme.workspace.offline = True
    for step in range(3):
        await runs_away(acme, f"loop-{step}")
        await acme.settles()
    assert await said(acme) == []

    acme.workspace.offline = False
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=11))
    await acme.settles()
    (alert,) = await said(acme)
    assert "$600" in alert.text


async def test_a_clock_that_was_ahead_repeats_nothing_and_loses_nothing(acme_on_both: Company) -> None:
    """One worker's clock runs five days ahead: it ends the incident. The others go on with it, and find the next."""
    acme = acme_on_both
    await usual(acme)
    await runs_away(acme)
    await acme.settles()
    (alert,) = await said(acme)
    async with another_worker(acme, ahead=5 * DAY) as (context, worker):
        await watch_budgets(context)
        await worker.outbox_worker.deliver_due()
        (ended,) = await said(acme)
        assert (ended.ts, "The spike has ended" in ended.text) == (alert.ts, True)

        acme.clock.jump_to(acme.clock.now() + 2 * HOUR)
        await runs_away(acme, "second", dollars=400)
        await watch_budgets(context)
        await worker.outbox_worker.deliver_due()
    await acme.settles()
    await acme.settles()

    (goes_on,) = await said(acme)
    assert (goes_on.ts, "has ended" in goes_on.text, "$60" in goes_on.text) == (alert.ts, False, True)


async def test_a_spike_that_only_a_wrong_clock_saw_is_found_by_a_right_one(acme_on_both: Company) -> None:
    acme = acme_on_both
    await usual(acme)
    async with another_worker(acme, ahead=5 * DAY) as (context, worker):
        await watch_budgets(context)
        await runs_away(acme)
        await watch_budgets(context)
        await worker.outbox_worker.deliver_due()
    await acme.settles()

    assert len(await said(acme)) == 1


async def test_a_spike_that_comes_back_within_two_days_goes_on_in_its_message(acme: Company) -> None:
    await usual(acme)
    await runs_away(acme)
    await acme.settles()
    (first,) = await said(acme)
    for hours in range(3, 40, 3):
        acme.clock.jump_to(acme.clock.now() + 3 * HOUR)
        await acme.uses(acme.event(f"usual-{hours}", dollars=usual_dollars(acme.clock.now())))
        await acme.settles()
    await runs_away(acme, "again", dollars=700)
    await acme.settles()

    (again,) = await said(acme)
    assert again.ts == first.ts
    assert again.text != first.text


async def test_a_spike_that_had_ended_and_comes_back_critical_is_carried_to_the_manager(acme_on_both: Company) -> None:
    """Nobody is rung by a message that is edited, so who must know is told."""
    acme = acme_on_both
    await usual(acme)
    await runs_away(acme, dollars=90)
    await acme.settles()
    await goes_on_as_usual(acme, hours=63)
    (ended,) = await said(acme)
    assert "The spike has ended" in ended.text
    await update_deliveries(acme.context)

    await runs_away(acme, "again", dollars=6_000)
    await acme.settles()
    await update_deliveries(acme.context)
    (again,) = await said(acme)
    assert (again.ts, "severity critical" in again.text, "has ended" in again.text) == (ended.ts, True, False)
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=31))
    await update_deliveries(acme.context)
    await acme.settles()
    assert ["Nobody has answered a critical alert of Search" in m.text for m in await acme.ben.dms()] == [True]
