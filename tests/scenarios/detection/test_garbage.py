"""Hours of garbage: corrections, gaps, late usage and a source twice alarm nobody, and what is a spike all the same is one."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.costs.prices import SetPrice
from handlers.costs.prices import reprice_due, set_price
from handlers.crosschecks.health_alerts import watch_sources
from handlers.intake.reattributions import move_usage
from storage.books.checks import faults
from tests.scenarios.detection.garbage_stories import MINUTE, busy, cost_at, on_a_monday
from tests.scenarios.detection.spike_stories import HOUR, runs_away, said, start_of_hour, usual
from tests.scenarios.org.test_claims import claim_form
from tests.support.company import Company


async def settled_hours(acme: Company, *, hours: int, **data: Any) -> None:
    """Hours go by, each with the usage of its like, judged as they end."""
    for _ in range(hours):
        acme.clock.jump_to(start_of_hour(acme) + HOUR + MINUTE)
        at = acme.clock.now()
        await acme.uses(acme.event(f"{data}-{at:%d-%H}", dollars=cost_at(at), **{"credential": "key-12", **data}))
        await acme.settles()


async def prices_it(acme: Company, *, dollars: float, days: int) -> None:
    """Dan sets a price of the model from so many days ago on: each of its calls, of 1,100 tokens, costs so many dollars."""
    at = acme.context.now_micros()
    async with acme.context.store.begin() as tx:
        rulebook = await acme.context.rulebooks.current(tx)
        (dan,) = rulebook.directory.admins
        pico = round(dollars / 1_100 * 10**12)
        line = SetPrice(
            provider="",
            model="acme-large",
            from_day=rulebook.directory.root.day_of(at) - days,
            input_pico=pico,
            output_pico=pico,
            cache_read_pico=None,
            cache_write_pico=None,
            set_by=dan,
            set_at=at,
        )
        await set_price(tx, rulebook, line)


async def test_a_price_that_is_corrected_down_and_up_again_is_no_spike(acme_on_both: Company) -> None:
    """Signed rows change what past hours cost. What comes in until the past is priced again waits for it."""
    acme = acme_on_both
    await on_a_monday(acme)
    await busy(acme)
    for step, (dollars, days) in enumerate(((6.0, 40), (0.5, 10), (90.0, 40))):
        await prices_it(acme, dollars=dollars, days=days)
        await acme.uses(acme.event(f"between-{step}", credential="key-12"))
        await acme.settles()
        assert await said(acme) == []
        assert await reprice_due(acme.context) == 1
        await acme.settles()
        await settled_hours(acme, hours=3)
    assert await said(acme) == []
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_a_key_that_is_claimed_brings_no_spike_before_or_after_its_past_comes(acme_on_both: Company) -> None:
    acme = acme_on_both
    await on_a_monday(acme)
    await usual(acme, team="mobile", credential="key-m")
    await busy(acme, team=None, user=None, credential="ci-7")
    since = acme.clock.now().date() - timedelta(days=40)
    assert (await acme.dan.submits(await claim_form(acme), team="Mobile", since=str(since))).closed
    await acme.uses(acme.event("new", dollars=60, team=None, user=None, credential="ci-7"))
    await acme.settles()
    assert await said(acme, "CMOBILE") == []
    await move_usage(acme.context)
    await acme.settles()
    await settled_hours(acme, hours=3, team=None, user=None, credential="ci-7")

    assert await said(acme, "CMOBILE") == []


async def test_what_a_claim_moves_of_the_last_days_is_no_spike_of_its_new_team(acme_on_both: Company) -> None:
    """Two days of $720 each come to a team of ten dollars a day, and nothing after them."""
    acme = acme_on_both
    await on_a_monday(acme)
    await usual(acme, team="mobile", credential="key-m")
    await busy(acme, team=None, user=None, credential="ci-7")
    since = acme.clock.now().date() - timedelta(days=2)
    assert (await acme.dan.submits(await claim_form(acme), team="Mobile", since=str(since))).closed
    await move_usage(acme.context)
    await acme.settles()
    acme.clock.jump_to(acme.clock.now() + HOUR)
    await acme.uses(acme.event("own", dollars=2, team="mobile", credential="key-m"))
    await acme.settles()

    assert await said(acme, "CMOBILE") == []


async def test_a_move_that_never_ends_holds_back_a_spike_for_half_an_hour(acme: Company) -> None:
    await usual(acme)
    await prices_it(acme, dollars=0.5, days=40)
    await runs_away(acme, dollars=0)
    for n in range(20):
        await acme.uses(acme.event(f"loop-{n}", credential="ci-7", uncached_input_tokens=100_000))
    await acme.settles()
    assert await said(acme) == []

    acme.clock.jump_to(acme.clock.now() + 31 * MINUTE)
    await acme.settles()
    assert len(await said(acme)) == 1


async def test_a_gap_in_the_data_is_told_of_and_what_resumes_after_it_is_no_spike(acme_on_both: Company) -> None:
    """Nothing for eight hours, then the usual again: the company hears of the gap, the team of no spike."""
    acme = acme_on_both
    await on_a_monday(acme)
    await busy(acme)
    await watch_sources(acme.context)
    acme.clock.jump_to(start_of_hour(acme) + 9 * HOUR)
    await acme.settles()
    await settled_hours(acme, hours=6)
    assert await said(acme) == []
    standing = (await acme.ben.runs("/tokens", channel="CSEARCH")).text_everywhere()
    assert "No data from gateway between " in standing

    await runs_away(acme, dollars=4_000)
    await acme.settles()
    (alert,) = await said(acme)
    assert "No data from gateway between " in alert.text


async def test_what_was_held_back_in_a_gap_and_comes_as_if_it_were_of_now_is_no_spike(acme_on_both: Company) -> None:
    """A sender that stamps what it buffered with the moment at which it sends it: eight hours in one."""
    acme = acme_on_both
    await on_a_monday(acme)
    await busy(acme)
    acme.clock.jump_to(start_of_hour(acme) + 6 * HOUR + 30 * MINUTE)
    await acme.settles()
    lump = sum(cost_at(acme.clock.now() - hours * HOUR) for hours in range(7))
    await acme.uses(acme.event("lump", dollars=lump, credential="key-12"))
    await acme.settles()
    await settled_hours(acme, hours=2)

    assert lump > 300
    assert await said(acme) == []


async def test_usage_that_comes_late_is_judged_in_its_own_hours(acme_on_both: Company) -> None:
    """A day's usage arrives in one batch: as it is the usual of its hours, it is no spike of the hour in which it came."""
    acme = acme_on_both
    await on_a_monday(acme)
    await busy(acme, until=25 * HOUR)
    late = [
        acme.event(
            f"late-{hours}", ago=hours * HOUR, dollars=cost_at(acme.clock.now() - hours * HOUR), credential="key-12"
        )
        for hours in range(24, -1, -1)
    ]
    assert sum(float(event["data"]["cost_usd"]) for event in late) > 500
    await acme.uses(*late)
    await acme.settles()
    await settled_hours(acme, hours=3)

    assert await said(acme) == []


async def test_late_hours_that_were_a_spike_are_told_of_as_of_then(acme_on_both: Company) -> None:
    acme = acme_on_both
    await on_a_monday(acme)
    await busy(acme)
    then = start_of_hour(acme) - 60 * HOUR
    await runs_away(acme, dollars=600, ago=acme.clock.now() - then)
    await acme.settles()

    (alert,) = await said(acme)
    assert "$6" in alert.text
    assert f"{then.astimezone(ZoneInfo('Europe/London')):%H:%M} London time" in alert.text
    assert "in 1 hour" in alert.text


async def test_what_is_more_than_three_days_late_is_history(acme: Company) -> None:
    await on_a_monday(acme)
    await busy(acme)
    await runs_away(acme, dollars=3_000, ago=80 * HOUR)
    await acme.settles()
    await settled_hours(acme, hours=2)

    assert await said(acme) == []
