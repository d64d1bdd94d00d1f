"""Delivery rules: quiet hours, alerts that stopped being true, and what a summary shows."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.alerting.delivery_rules import repost_alert
from tests.scenarios.alert_stories import alerts, becomes, later, minded, search, sets, texts
from tests.scenarios.alerting.delivery_helpers import LONDON, NIGHT, tonight
from tests.support.company import Company


def evening_before_the_clocks_change(acme: Company) -> datetime:
    """Eleven in the evening, in London, of the day before the next change."""
    day = acme.clock.now().astimezone(LONDON).replace(hour=23, minute=0)
    for _ in range(366):
        after = (day + timedelta(days=1)).replace(hour=12)
        if after.utcoffset() != day.replace(hour=12).utcoffset():
            return day
        day += timedelta(days=1)
    raise AssertionError("London's clocks never change")


async def test_an_alert_waits_for_the_end_of_quiet_hours_over_a_change_of_the_clocks(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT)
    evening = evening_before_the_clocks_change(acme)
    acme.clock.jump_to(evening)
    await alerts(acme, "Search spent a lot")
    await minded(acme)
    assert await texts(acme) == []

    morning = (evening + timedelta(days=1)).replace(hour=7)
    assert (morning.astimezone(ZoneInfo("UTC")) - evening.astimezone(ZoneInfo("UTC"))) != timedelta(hours=8)
    acme.clock.jump_to(morning - timedelta(minutes=1))
    await minded(acme)
    assert await texts(acme) == []

    acme.clock.jump_to(morning)
    await minded(acme)
    assert await texts(acme) == ["Search spent a lot"]


async def test_a_critical_alert_waits_for_nothing(acme: Company) -> None:
    await sets(acme, **NIGHT)
    acme.clock.jump_to(tonight(acme))
    await alerts(acme, "Runaway key", severity="critical")
    await acme.settles()

    assert await texts(acme) == ["Runaway key"]


async def test_what_becomes_critical_at_night_is_said_at_night(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT)
    acme.clock.jump_to(tonight(acme))
    spike = await alerts(acme, "Spend is high")
    await minded(acme)
    await becomes(acme, spike, "Spend runs away", severity="critical")
    assert await texts(acme) == []
    await minded(acme)

    assert await texts(acme) == ["Spend runs away"]


async def test_what_is_untrue_by_the_morning_is_never_said_and_a_spike_that_ended_says_so(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT)
    acme.clock.jump_to(tonight(acme))
    line = await alerts(acme, "Passed 80%", kind="threshold")
    spike = await alerts(acme, "Spend is high")
    await becomes(acme, line, "Below 80% again", closed=True)
    await becomes(acme, spike, "Spend was high, $400 in all", closed=True)
    await minded(acme)
    await later(acme, hours=8)

    assert await texts(acme) == ["Spend was high, $400 in all"]
    async with acme.context.store.read() as tx:
        assert await tx.deliveries.waiting() == 0


async def test_what_was_dropped_and_is_true_again_has_its_turn(acme_on_both: Company) -> None:
    """A forecast of the night that recovered, and is expected again."""
    acme = acme_on_both
    await sets(acme, **NIGHT)
    acme.clock.jump_to(tonight(acme))
    record = await alerts(acme, "It runs out", kind="forecast")
    await becomes(acme, record, "No longer expected", closed=True)
    await minded(acme)
    await becomes(acme, record, "It runs out again")
    async with acme.context.store.begin() as tx:
        scope = (await acme.context.scope(tx)).of_team(await search(acme))
        await repost_alert(scope, record, severity="medium")
    await minded(acme)
    assert await texts(acme) == []

    await later(acme, hours=9)
    assert await texts(acme) == ["It runs out again"]


async def test_an_alert_that_grows_while_it_waits_is_not_counted_against_itself(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT, daily_cap=1)
    acme.clock.jump_to(tonight(acme))
    spike = await alerts(acme, "Spend is high", severity="low")
    await becomes(acme, spike, "Spend is higher", severity="high")
    await minded(acme)
    await later(acme, hours=9)

    assert await texts(acme) == ["Spend is higher"]


async def test_quiet_hours_that_are_no_more_hold_nothing(acme: Company) -> None:
    await sets(acme, **NIGHT)
    acme.clock.jump_to(tonight(acme))
    await alerts(acme, "Spend is high")
    await sets(acme, quiet_from=None, quiet_until=None)
    await minded(acme)

    assert await texts(acme) == ["Spend is high"]


async def test_the_days_summary_waits_for_quiet_hours_as_they_are_now(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT, daily_cap=1)
    acme.clock.jump_to(tonight(acme))
    for name in ("one", "two"):
        await alerts(acme, name)
    await sets(acme, quiet_until=9 * 60)
    await later(acme, hours=9)
    assert await texts(acme) == []

    await sets(acme, quiet_from=None, quiet_until=None)
    await minded(acme)
    assert await texts(acme) == ["one", "1 more alert of Search today: 1. two"]


async def test_a_summary_of_the_night_leaves_out_what_is_untrue_by_the_morning(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT, daily_cap=1)
    acme.clock.jump_to(tonight(acme))
    await alerts(acme, "one")
    line = await alerts(acme, "Passed 80%", kind="threshold")
    await becomes(acme, line, "Below 80% again", closed=True)
    await minded(acme)
    await later(acme, hours=9)
    assert await texts(acme) == ["one"]

    await alerts(acme, "three")
    await minded(acme)
    assert await texts(acme) == ["one", "1 more alert of Search today: 1. three"]
