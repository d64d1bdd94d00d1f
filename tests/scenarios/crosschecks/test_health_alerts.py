"""A silent source and an unreachable channel: one alert each, to the people who can fix it, closed automatically."""

import asyncio
from datetime import timedelta

from bot.crosschecks.health import SLOT_MICROS, slot_of
from handlers.cli import prepare
from handlers.crosschecks.health_alerts import watch_routes, watch_sources
from handlers.intake.keys import create_key
from handlers.schedule import look_up_slack
from storage.crosschecks.health import WATCHER
from tests.scenarios.slack.test_routes import channel_is
from tests.support.company import Company
from tests.support.seen import Message


async def health_messages(person_dms: list[Message]) -> list[Message]:
    return [
        m
        for m in person_dms
        if "sent nothing since" in m.text or "is heard again" in m.text or "sends no more" in m.text
    ]


async def sends_for_weeks(acme: Company) -> None:
    """Makes the gateway active, and the watcher present, in every slot of the last two weeks."""
    now = slot_of(acme.context.now_micros())
    async with acme.context.store.begin() as tx:
        source = await tx.keys.source("gateway")
        assert source is not None
        await tx.health.mark((number, now - back) for number in (source.id, WATCHER) for back in range(14 * 96))
    await acme.uses(acme.event("last", dollars=1))
    await watch_sources(acme.context)


async def passes(acme: Company, *, minutes: int) -> None:
    """Passes time while the worker checks every few minutes."""
    for _ in range(minutes // 5):
        acme.clock.jump_to(acme.clock.now() + timedelta(minutes=5))
        await watch_sources(acme.context)
    await acme.settles()


async def test_a_silent_source_is_posted_once_and_closed_when_it_sends_again(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sends_for_weeks(acme)
    await passes(acme, minutes=30)
    assert await health_messages(await acme.chloe.dms()) == []

    await passes(acme, minutes=60)
    (chloes,) = await health_messages(await acme.chloe.dms())
    (dans,) = await health_messages(await acme.dan.dms())
    assert chloes.text == dans.text
    assert "gateway has sent nothing since" in chloes.text
    assert "Its spend is missing from the books meanwhile." in chloes.text
    for other in (acme.anna, acme.ben, acme.mia):
        assert await health_messages(await other.dms()) == []
    assert "gateway has sent nothing since" in (await acme.chloe.opens_home()).text_everywhere()

    await passes(acme, minutes=120)
    assert [m.raw for m in await health_messages(await acme.chloe.dms())] == [chloes.raw]
    await acme.uses(acme.event("again", dollars=1))
    await passes(acme, minutes=5)
    (again,) = await health_messages(await acme.chloe.dms())
    assert again.ts == chloes.ts
    assert "gateway is heard again since" in again.text
    assert "it was silent for 3 hours" in again.text
    assert "has sent nothing" not in (await acme.chloe.opens_home()).text_everywhere()


async def test_a_source_that_falls_silent_again_the_same_day_goes_on_in_its_message(acme: Company) -> None:
    await sends_for_weeks(acme)
    await passes(acme, minutes=90)
    await acme.uses(acme.event("again", dollars=1))
    await passes(acme, minutes=120)

    (said,) = await health_messages(await acme.chloe.dms())
    assert "gateway has sent nothing since" in said.text


async def test_a_revoked_source_and_one_that_never_sent_are_not_silent(acme: Company) -> None:
    await create_key(acme.context, "never", source="cloudevents")
    await sends_for_weeks(acme)
    await passes(acme, minutes=90)
    (silent,) = await health_messages(await acme.chloe.dms())
    async with acme.context.store.begin() as tx:
        source = await tx.keys.source("gateway")
        assert source is not None
        await tx.keys.revoke(source, at=acme.context.now_micros())
    await passes(acme, minutes=90)

    (said,) = await health_messages(await acme.chloe.dms())
    assert said.ts == silent.ts
    assert "gateway sends no more: its keys were revoked" in said.text


async def test_a_stopped_worker_and_a_clock_that_jumps_alarm_nobody(acme: Company) -> None:
    await sends_for_weeks(acme)
    here = acme.clock.now()
    for away in (timedelta(days=3), timedelta(days=3, minutes=2), timedelta(), timedelta(days=-2)):
        acme.clock.jump_to(here + away)
        await watch_sources(acme.context)
        await acme.settles()

    assert await health_messages(await acme.chloe.dms()) == []


async def test_two_workers_and_a_restart_post_a_silence_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sends_for_weeks(acme)
    other = await prepare(acme.context.settings, acme.clock)
    for _ in range(6):
        acme.clock.jump_to(acme.clock.now() + timedelta(minutes=15))
        await asyncio.gather(*(watch_sources(context) for context in (acme.context, other, acme.context, other)))
    await other.store.close()
    await acme.settles()

    assert len(await health_messages(await acme.chloe.dms())) == 1
    async with acme.context.store.read() as tx:
        now = slot_of(acme.context.now_micros())
        assert len(await tx.health.beats(WATCHER, from_slot=now - 5)) == 6
        assert SLOT_MICROS * (now + 1) > acme.context.now_micros()


async def routes(acme: Company) -> list[str]:
    await watch_routes(acme.context)
    await acme.settles()
    return [m.text for m in await acme.ben.dms() if "post to" in m.text or "posted to again" in m.text]


async def test_a_failing_channel_is_posted_once_and_closed_when_it_works(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="archive")
    await channel_is(acme, "broken")
    (told,) = await routes(acme)
    assert "Tokens can't post to #team-search of Search since" in told
    assert await routes(acme) == [told]

    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="unarchive")
    await channel_is(acme, "linked")
    (works,) = await routes(acme)
    assert "#team-search of Search can be posted to again since" in works
    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="archive")
    await channel_is(acme, "broken")
    assert ["can't post to" in text for text in await routes(acme)] == [True]


async def test_a_channel_that_slack_refuses_is_posted_too(acme: Company) -> None:
    acme.workspace.rooms["CSEARCH"].is_archived = True
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()

    assert len(await routes(acme)) == 1


async def test_a_channel_without_the_bot_stays_broken_until_it_is_invited(acme: Company) -> None:
    acme.workspace.rooms["CSEARCH"].bot_is_member = False
    await look_up_slack(acme.context)
    await channel_is(acme, "broken")
    assert len(await routes(acme)) == 1
    await look_up_slack(acme.context)
    await channel_is(acme, "broken")

    acme.workspace.rooms["CSEARCH"].bot_is_member = True
    await look_up_slack(acme.context)
    await channel_is(acme, "linked")
    assert ["posted to again" in text for text in await routes(acme)] == [True]
