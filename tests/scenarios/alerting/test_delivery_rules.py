"""How alerts are said: after quiet hours, a few a day, carried further when nobody answers, and never of what is untrue."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.org.teams_file import read_teams_file
from handlers.alerting.delivery_rules import alert_key, post_alert, repost_alert, update_deliveries
from handlers.org.teams import import_teams
from storage.books.checks import faults
from tests.scenarios.alert_stories import alerts, becomes, in_channel, later, message_of, minded, search, sets, texts
from tests.support.company import TEAMS_YML, Company, company

LONDON = ZoneInfo("Europe/London")
NIGHT = {"quiet_from": 22 * 60, "quiet_until": 7 * 60}


def tonight(acme: Company, hour: int = 23) -> datetime:
    return acme.clock.now().astimezone(LONDON).replace(hour=hour, minute=0)


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
    await alerts(acme, "Spend is far above its usual")
    await minded(acme)
    assert await texts(acme) == []

    morning = (evening + timedelta(days=1)).replace(hour=7)
    assert (morning.astimezone(ZoneInfo("UTC")) - evening.astimezone(ZoneInfo("UTC"))) != timedelta(hours=8)
    acme.clock.jump_to(morning - timedelta(minutes=1))
    await minded(acme)
    assert await texts(acme) == []

    acme.clock.jump_to(morning)
    await minded(acme)
    assert await texts(acme) == ["Spend is far above its usual"]


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
    line = await alerts(acme, "Passed 80 %", kind="threshold")
    spike = await alerts(acme, "Spend is high")
    await becomes(acme, line, "Below 80 % again", closed=True)
    await becomes(acme, spike, "Spend was high, $400 in all", closed=True)
    await minded(acme)
    await later(acme, hours=8)

    assert await texts(acme) == ["Spend was high, $400 in all"]
    async with acme.context.store.read() as tx:
        assert await tx.outbox.waiting() == 0


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
    line = await alerts(acme, "Passed 80 %", kind="threshold")
    await becomes(acme, line, "Below 80 % again", closed=True)
    await minded(acme)
    await later(acme, hours=9)
    assert await texts(acme) == ["one"]

    await alerts(acme, "three")
    await minded(acme)
    assert await texts(acme) == ["one", "1 more alert of Search today: 1. three"]


async def test_alerts_beyond_the_days_number_share_one_message_which_grows(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, daily_cap=3)
    for number in range(1, 4):
        await alerts(acme, f"Alert {number}")
    await acme.settles()
    assert await texts(acme) == ["Alert 1", "Alert 2", "Alert 3"]

    await alerts(acme, "Alert 4")
    await acme.settles()
    (*_, summary) = await in_channel(acme)
    assert summary.text.startswith("1 more alert of Search today: 1. Alert 4")
    fifth = await alerts(acme, "Alert 5")
    await alerts(acme, "A critical one", severity="critical")
    await becomes(acme, fifth, "Alert 5 has ended", closed=True)
    await minded(acme)

    *said, grown, critical = await in_channel(acme)
    assert [m.text for m in said] == ["Alert 1", "Alert 2", "Alert 3"]
    assert (grown.ts, critical.text) == (summary.ts, "A critical one")
    assert grown.text == "2 more alerts of Search today: 1. Alert 4; 2. Alert 5 has ended"
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_the_next_day_has_its_own_number(acme: Company) -> None:
    await sets(acme, daily_cap=1)
    for name in ("one", "two"):
        await alerts(acme, name)
    await later(acme, days=1)
    await alerts(acme, "three")
    await acme.settles()

    assert await texts(acme) == ["one", "1 more alert of Search today: 1. two", "three"]


async def test_one_of_the_summary_is_said_by_itself_when_somebody_wants_it(acme: Company) -> None:
    await sets(acme, daily_cap=1)
    for name in ("one", "two", "three"):
        await alerts(acme, name)
    await acme.settles()
    (*_, summary) = await in_channel(acme)
    assert (await acme.ben.clicks("Alert settings", summary)).modal is not None
    await acme.anna.chooses("Say alert 2 by itself", summary)
    await acme.settles()
    await acme.anna.chooses("Say alert 2 by itself", summary)
    await acme.settles()

    assert await texts(acme) == ["one", summary.text, "three"]


async def test_a_muted_kind_is_kept_and_not_said_until_it_is_critical(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, muted=frozenset({"spike:low"}))
    spike = await alerts(acme, "A small spike", severity="low")
    await minded(acme)
    assert await texts(acme) == []

    await becomes(acme, spike, "A large spike", severity="critical")
    await minded(acme)
    assert await texts(acme) == ["A large spike"]


async def test_a_spike_that_lasts_for_days_is_said_and_carried_further_once_it_is_critical(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    await sets(acme, muted=frozenset({"spike:low"}))
    spike = await alerts(acme, "A slow rise", severity="low")
    for _ in range(6):
        await later(acme, days=1)
    assert await texts(acme) == []

    await becomes(acme, spike, "A large spike", severity="critical")
    await minded(acme)
    assert await texts(acme) == ["A large spike"]
    await later(acme, minutes=31)
    assert len(await acme.ben.dms()) == 1


async def test_in_preview_finance_alone_hears_and_nobody_is_asked_to_act(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await alerts(acme, "Runaway key", severity="critical")
        await later(acme, minutes=31)
        await later(acme, minutes=31)

        assert [m.text for m in await acme.chloe.dms()] == ["Runaway key"]
        assert await texts(acme) == []
        assert await acme.ben.dms() == []


async def test_what_waited_while_its_team_went_to_preview_is_for_finance(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT, daily_cap=1)
    acme.clock.jump_to(tonight(acme))
    for name in ("one", "two"):
        await alerts(acme, name)
    await minded(acme)
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    await import_teams(acme.context, read_teams_file(yml), dry_run=False)
    await later(acme, hours=9)
    await minded(acme)

    assert await texts(acme) == []
    assert [m.text for m in await acme.chloe.dms()] == ["one", "1 more alert of Search today: 1. two"]
    assert await acme.ben.dms() == []
    assert (await search(acme)).channel_state == "linked"
    async with acme.context.store.read() as tx:
        assert await tx.outbox.given_up() == []
        assert await tx.reports.undelivered() == 0


async def test_a_critical_alert_that_nobody_answers_is_carried_to_the_manager_then_to_finance(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    alert = await alerts(acme, "Runaway key", severity="critical")
    await later(acme, minutes=29)
    assert await acme.ben.dms() == []
    await later(acme, minutes=1)
    (told,) = await acme.ben.dms()
    assert told.text == "Nobody has answered a critical alert of Search for 30 minutes. Runaway key"
    assert "<#CSEARCH>" in told.text_everywhere()
    assert await acme.chloe.dms() == []
    await later(acme, minutes=29)
    assert await acme.chloe.dms() == []
    for _ in range(3):
        await later(acme, minutes=1)
    (above,) = await acme.chloe.dms()
    assert "for 60 minutes" in above.text
    assert len(await acme.ben.dms()) == 1
    assert await acme.anna.dms() == []

    await becomes(acme, alert, "Runaway key", state="acknowledged", answered_by=await person_id(acme, "ben@acme.test"))
    await minded(acme)
    for person in (acme.ben, acme.chloe):
        (after,) = await person.dms()
        assert after.text.startswith("<@UBEN> has answered this critical alert.")
        assert after.buttons() == []


async def person_id(acme: Company, email: str) -> int:
    async with acme.context.store.begin() as tx:
        return await tx.people.by_reference(email)


async def test_an_answer_stops_the_escalation(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await alerts(acme, "Runaway key", severity="critical")
    await later(acme, minutes=31)
    assert len(await acme.ben.dms()) == 1
    await becomes(acme, alert, "Runaway key", state="acknowledged", answered_by=await person_id(acme, "anna@acme.test"))
    await later(acme, minutes=31)
    await later(acme, minutes=31)

    assert await acme.chloe.dms() == []
    assert "<@UANNA> has answered" in (await acme.ben.dms())[0].text


async def test_an_alert_that_ended_and_one_that_is_not_critical_are_carried_nowhere(acme: Company) -> None:
    ended = await alerts(acme, "Runaway key", severity="critical")
    await alerts(acme, "High")
    await becomes(acme, ended, "It ended", closed=True)
    for _ in range(3):
        await later(acme, minutes=31)

    assert await acme.ben.dms() == await acme.chloe.dms() == []


async def test_while_an_alert_is_snoozed_it_is_carried_nowhere(acme: Company) -> None:
    alert = await alerts(acme, "Runaway key", severity="critical")
    await becomes(acme, alert, "Runaway key", state="snoozed", answered_by=await person_id(acme, "anna@acme.test"))
    await later(acme, minutes=45)
    assert await acme.ben.dms() == []

    await becomes(acme, alert, "Runaway key", state="open")
    await minded(acme)
    assert len(await acme.ben.dms()) == 1


async def test_a_snooze_that_ends_brings_back_the_button_of_what_was_carried_further(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await alerts(acme, "Runaway key", severity="critical")
    await later(acme, minutes=31)
    by = await person_id(acme, "anna@acme.test")
    await becomes(acme, alert, "Runaway key", state="snoozed", answered_by=by)
    await minded(acme)
    (snoozed,) = await acme.ben.dms()
    assert (snoozed.buttons(), "<@UANNA> has answered" in snoozed.text) == ([], True)

    await becomes(acme, alert, "Runaway key, $9,000", state="open")
    await minded(acme)
    (again,) = await acme.ben.dms()
    assert again.text == "Nobody has answered a critical alert of Search for 30 minutes. Runaway key, $9,000"
    assert again.buttons() == ["I'm on it"]


async def test_what_was_carried_further_claims_no_other_time_when_the_setting_changes(acme_on_both: Company) -> None:
    acme = acme_on_both
    await alerts(acme, "Runaway key", severity="critical")
    await later(acme, minutes=31)
    for minutes in (0, 120):
        await sets(acme, escalate_minutes=minutes)
        await minded(acme)
        assert [m.text for m in await acme.ben.dms()] == [
            "Nobody has answered a critical alert of Search yet. Runaway key"
        ]


async def test_a_team_may_want_no_escalation(acme: Company) -> None:
    await sets(acme, escalate_minutes=0)
    await alerts(acme, "Runaway key", severity="critical")
    await later(acme, hours=5)

    assert await acme.ben.dms() == []


async def test_the_manager_answers_out_of_the_escalation(acme: Company) -> None:
    """With a real alert, whose message is drawn again with the answer."""
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()
    async with acme.context.store.read() as tx:
        (tracked,) = await tx.alert_deliveries.unsettled()
        record = await tx.alerts.by_id(tracked.delivery.alert_id)
    assert record is not None
    message = (await acme.ben.sees("used up its budget", channel="CSEARCH")).text
    await becomes(acme, record, message, severity="critical")
    await minded(acme)
    await later(acme, minutes=31)
    await acme.ben.clicks("I'm on it", (await acme.ben.dms())[-1])
    await minded(acme)

    await acme.ben.sees("<@UBEN> is on it", channel="CSEARCH")
    assert "<@UBEN> has answered" in (await acme.ben.dms())[-1].text


async def test_two_workers_look_after_alerts_at_once_and_each_is_said_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await alerts(acme, "Runaway key", severity="critical")
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=31))
    await asyncio.gather(*(update_deliveries(acme.context) for _ in range(4)))
    await acme.settles()

    assert len(await acme.ben.dms()) == 1


async def test_alerts_at_once_are_counted_one_after_the_other(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, daily_cap=1)
    await asyncio.gather(*(alerts(acme, f"Alert {number}") for number in range(4)))
    await acme.settles()

    assert sorted(text.startswith("Alert") for text in await texts(acme)) == [False, True]
    assert any(text.startswith("3 more alerts of Search today") for text in await texts(acme))


async def test_an_alert_is_put_once_whoever_says_it_again(acme: Company) -> None:
    record = await alerts(acme, "once")
    team = await search(acme)
    async with acme.context.store.begin() as tx:
        scope = (await acme.context.scope(tx)).of_team(team)
        await post_alert(scope, message_of("twice"), record=record, severity="high")
        assert await tx.outbox.text_of(alert_key(record.id)) == "once"
    await acme.settles()

    assert await texts(acme) == ["once"]
