"""Spikes in the channel: soon, once, explained, whatever happens to workers, Slack and clocks; and none made of garbage."""

from datetime import timedelta

from bot.periods import HOUR_MICROS
from handlers.watcher import watch_budgets
from tests.scenarios.detection.spike_stories import HOUR, runs_away, said, start_of_hour, usual
from tests.support.company import Company


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
