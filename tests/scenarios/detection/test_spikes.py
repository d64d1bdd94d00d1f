"""Spikes in the channel: soon, once, explained, whatever happens to workers, Slack and clocks; and none made of garbage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bot.app import Worker
from bot.clock import ShiftedClock
from bot.periods import HOUR_MICROS
from handlers.alerting.delivery_updates import update_deliveries
from handlers.cli import prepare
from handlers.context import Context
from handlers.watcher import watch_budgets
from tests.support.company import TEAMS_YML, Company, company
from tests.support.seen import Message

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def said(acme: Company, channel: str = "CSEARCH") -> list[Message]:
    """The spikes in a channel."""
    found = [m for m in await acme.ben.messages(channel) if not m.is_ephemeral]
    return [m for m in found if "above its usual" in m.text]


def usual_dollars(at: datetime) -> float:
    return 2.0 if at.weekday() < 5 and 8 <= at.hour < 18 else 0.4


async def usual(acme: Company, *, days: int = 35, until: timedelta = 2 * HOUR, **data: Any) -> None:
    """Weeks of the same working days, judged."""
    events = []
    for hours in range(days * 24, int(until / HOUR) - 1, -1):
        at = acme.clock.now() - hours * HOUR
        name = f"{data.get('team', 'search')}-{hours}"
        events.append(acme.event(name, ago=hours * HOUR, dollars=usual_dollars(at), **{"credential": "key-12", **data}))
    for start in range(0, len(events), 300):
        await acme.uses(*events[start : start + 300])
    await acme.settles()
    assert await said(acme) == []


async def runs_away(acme: Company, name: str = "loop", *, dollars: float = 200, ago: timedelta = timedelta()) -> None:
    await acme.uses(acme.event(name, dollars=dollars, ago=ago, credential="ci-7"))


def start_of_hour(acme: Company) -> datetime:
    return acme.clock.now().replace(minute=0, second=0, microsecond=0)


@asynccontextmanager
async def another_worker(acme: Company, *, ahead: timedelta = timedelta()) -> AsyncIterator[tuple[Context, Worker]]:
    """A worker of its own process, as it were: another store, memory and clock on the same database."""
    clock = ShiftedClock()
    clock.jump_to(acme.clock.now() + ahead)
    context = await prepare(acme.context.settings, clock)
    context.slack = acme.context.slack
    worker = Worker(context)
    try:
        yield context, worker
    finally:
        worker.close()
        await context.store.close()


async def test_a_spike_is_in_the_channel_within_a_minute_of_its_hours_end(acme_on_both: Company) -> None:
    """Nobody looks while the hour lasts; whoever watches looks every quarter of a minute."""
    acme = acme_on_both
    assert acme.context.settings.watch_seconds <= 15
    await usual(acme)
    acme.clock.jump_to(start_of_hour(acme) + HOUR + timedelta(minutes=50))
    await runs_away(acme)
    acme.clock.jump_to(start_of_hour(acme) + HOUR + timedelta(seconds=20))
    await acme.settles()

    (alert,) = await said(acme)
    assert "$200" in alert.text
    assert "ci-7" in alert.text


async def test_a_fast_one_is_there_within_a_quarter_of_an_hour(acme_on_both: Company) -> None:
    """Usage trickles in, judged as it comes, until it is too much."""
    acme = acme_on_both
    await usual(acme)
    began = start_of_hour(acme) + HOUR + timedelta(minutes=5)
    acme.clock.jump_to(began)
    for minute in range(15):
        acme.clock.jump_to(began + timedelta(minutes=minute))
        await runs_away(acme, f"loop-{minute}", dollars=4)
        await acme.settles()

    assert len(await said(acme)) == 1


async def test_an_hour_that_ended_is_judged_without_any_usage_after_it(acme: Company) -> None:
    await usual(acme)
    acme.clock.jump_to(start_of_hour(acme) + HOUR + timedelta(minutes=58))
    await acme.settles()
    async with acme.context.store.read() as tx:
        before = max((await tx.histories.judged_at()).values())
    acme.clock.jump_to(start_of_hour(acme) + HOUR + timedelta(seconds=5))
    await watch_budgets(acme.context)
    async with acme.context.store.read() as tx:
        after = min((await tx.histories.judged_at()).values())

    assert (before // HOUR_MICROS + 1) == after // HOUR_MICROS


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


async def goes_on_as_usual(acme: Company, *, hours: int) -> None:
    for _ in range(0, hours, 3):
        acme.clock.jump_to(acme.clock.now() + 3 * HOUR)
        at = acme.clock.now()
        await acme.uses(acme.event(f"usual-{at.isoformat()}", dollars=usual_dollars(at), credential="key-12"))
        await acme.settles()


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


async def test_a_key_in_a_large_team_is_found_and_named(acme: Company) -> None:
    """Its team spends a hundred times as much, so the total hardly moves."""
    await usual(acme, credential="ci-7", tool="CI", model="acme-small")
    events = []
    for hours in range(35 * 24, 0, -1):
        at = acme.clock.now() - hours * HOUR
        events.append(acme.event(f"big-{hours}", ago=hours * HOUR, dollars=40 * usual_dollars(at), credential="key-12"))
    for start in range(0, len(events), 300):
        await acme.uses(*events[start : start + 300])
    await acme.settles()
    before = await said(acme)
    await acme.uses(
        acme.event("loop", dollars=45, credential="ci-7", model="acme-small", tool="CI"),
        acme.event("big-0", dollars=40 * usual_dollars(acme.clock.now()), credential="key-12"),
    )
    await acme.settles()

    assert before == []
    (alert,) = await said(acme)
    assert "key ci-7 in Search" in alert.text or "model acme-small in Search" in alert.text
    assert "anna" not in alert.text_everywhere().casefold()


async def test_an_hour_of_garbage_raises_nothing(acme_on_both: Company) -> None:
    """Late usage in a lump, everything twice, and a price that is set afterwards."""
    acme = acme_on_both
    await usual(acme, until=30 * HOUR)
    late = [
        acme.event(f"late-{hours}", ago=hours * HOUR, dollars=usual_dollars(acme.clock.now() - hours * HOUR))
        for hours in range(29, -1, -1)
    ]
    await acme.uses(*late)
    await acme.settles()
    assert (await acme.uses(*late))["duplicates"] == len(late)
    await acme.settles()
    acme.clock.jump_to(acme.clock.now() + HOUR)
    await acme.settles()

    assert await said(acme) == []


async def test_what_a_silent_source_sends_as_if_it_were_of_now_raises_nothing_and_a_spike_names_the_silence(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    gap = 8 * HOUR
    await usual(acme, until=gap + HOUR)
    held_back = sum(usual_dollars(acme.clock.now() - hours * HOUR) for hours in range(9))
    await acme.uses(acme.event("lump", dollars=held_back))
    await acme.settles()
    assert await said(acme) == []

    await runs_away(acme, dollars=300)
    await acme.settles()
    (alert,) = await said(acme)
    assert "No data from gateway between <!date^" in alert.text


MANY_YML = (
    TEAMS_YML.partition("teams:")[0]
    + "teams:\n"
    + "".join(
        f'  - {{slug: {slug}, name: {slug.capitalize()}, channel: "#team-{slug}", managers: [ben@acme.test], '
        "budget: {amount: 1000}}\n"
        for slug in ("search", "mobile")
    )
    + "".join(
        f"  - {{slug: team-{n}, name: Team {n}, managers: [ben@acme.test], budget: {{amount: 500}}}}\n"
        for n in range(4)
    )
)
SLUGS = ("search", "mobile", *(f"team-{n}" for n in range(4)))


async def test_most_teams_rising_together_alarm_none_of_them_and_finance_hears_once(database_url: str) -> None:
    async with company(database_url, teams_yml=MANY_YML) as acme:
        for slug in SLUGS:
            await usual(acme, team=slug, credential=f"key-{slug}")
        await acme.uses(*[acme.event(f"batch-{slug}", dollars=60, team=slug) for slug in SLUGS])
        for hours in (0, 1, 3, 9):
            acme.clock.jump_to(acme.clock.now() + hours * HOUR)
            await acme.settles()

        assert await said(acme) == []
        received = [m.text for m in await acme.chloe.dms() if "rose together" in m.text]
        assert len(received) == 1
        assert "6 teams rose together" in received[0]

        await acme.uses(acme.event("own", dollars=200, team="search"))
        await acme.settles()
        assert len(await said(acme)) == 1
