"""Critical alerts that nobody answers: escalated to the manager, then to finance, each once."""

import asyncio
from datetime import timedelta

from handlers.alerting.delivery_rules import alert_key, post_alert
from handlers.alerting.delivery_updates import update_deliveries
from tests.scenarios.alert_stories import alerts, becomes, later, message_of, minded, search, sets, texts
from tests.support.company import Company


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
