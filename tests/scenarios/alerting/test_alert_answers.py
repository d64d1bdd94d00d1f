"""Answers to alerts: one counts, snoozes mute causes, and what reopens."""

from datetime import timedelta

from handlers.alerting.delivery_rules import post_alert
from handlers.alerting.reactions.snoozes import wake_snoozed
from handlers.alerting.spikes import spike_message
from storage.alerting.alert_records import AlertRecord
from tests.scenarios.alert_stories import later, minded
from tests.scenarios.alerting.delivery_helpers import plans
from tests.scenarios.alerting.test_alerts import channel_messages, spiking
from tests.scenarios.detection.spike_stories import goes_on_as_usual, runs_away, said
from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import Message, View


async def over_budget(acme: Company) -> Message:
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()
    return await acme.ben.sees("used up its budget", channel="CSEARCH")


async def snooze_form(person: Person, alert: Message) -> View:
    form = (await person.chooses("Snooze…", alert)).modal
    assert form is not None
    return form


async def record_of(acme: Company, alert: Message) -> AlertRecord:
    """The stored alert of a message."""
    number = int(str(alert.blocks[0]["block_id"]).split("-")[1])
    async with acme.context.store.read() as tx:
        found = await tx.alerts.by_id(number)
    assert found is not None
    return found


async def test_the_same_click_twice_is_one_answer(acme: Company) -> None:
    alert = await over_budget(acme)
    first = await acme.ben.clicks("I'm on it", alert)
    again = await acme.ben.clicks("I'm on it", alert)
    await acme.settles()

    assert (first.text, again.text) == ("", "")
    assert (await record_of(acme, alert)).state == "acknowledged"


async def test_a_snoozed_alert_says_so_and_comes_back_with_its_buttons(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="For an hour")
    await acme.settles()
    quiet = await acme.emi.sees("<@UBEN> snoozed this until", channel="CSEARCH")
    assert (quiet.ts, quiet.buttons()) == (alert.ts, [])

    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=59))
    assert await wake_snoozed(acme.context) == 0
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=2))
    assert await wake_snoozed(acme.context) == 1
    assert await wake_snoozed(acme.context) == 0
    await acme.settles()

    (back,) = await channel_messages(acme)
    assert (back.ts, back.buttons()) == (alert.ts, ["I'm on it", "This was planned"])
    assert "snoozed" not in back.text_everywhere()


async def test_a_snoozed_spike_that_grows_is_edited_and_stays_snoozed(acme: Company) -> None:
    alert = await spiking(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="Until tomorrow morning")
    await acme.uses(*[acme.event(f"more{n}", dollars=20, credential="ci-7") for n in range(20)])
    await acme.settles()

    (grown,) = await channel_messages(acme)
    assert "$600" in grown.text
    assert "<@UBEN> snoozed this until" in grown.text


async def test_a_snooze_ends_early_when_somebody_ends_it(acme: Company) -> None:
    alert = await over_budget(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="Until the budget period ends")
    await acme.settles()
    (quiet,) = await channel_messages(acme)
    await acme.anna.submits(await snooze_form(acme.anna, quiet), snooze="End the snooze now")
    await acme.settles()

    (back,) = await channel_messages(acme)
    assert back.buttons() == ["I'm on it", "Request budget"]


async def test_a_form_that_was_open_while_somebody_answered_says_who(acme: Company) -> None:
    alert = await over_budget(acme)
    form = await snooze_form(acme.anna, alert)
    await acme.ben.clicks("I'm on it", alert)
    reply = await acme.anna.submits(form, snooze="For an hour")

    assert list(reply.errors.values()) == ["<@UBEN> answered this alert already."]
    assert (await record_of(acme, alert)).state == "acknowledged"


async def test_an_alert_of_a_period_that_ended_is_over_when_its_snooze_ends(acme: Company) -> None:
    alert = await over_budget(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="Until the budget period ends")
    acme.clock.jump_to(acme.clock.now() + timedelta(days=32))
    await wake_snoozed(acme.context)
    await acme.settles()

    assert (await record_of(acme, alert)).closed_at is not None
    assert "<@UBEN> snoozed this" in (await acme.ben.sees("used up its budget", channel="CSEARCH")).text


async def test_a_new_alert_of_a_snoozed_cause_is_said_after_the_snooze_and_one_of_another_at_once(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="For an hour")
    first = await record_of(acme, alert)
    async with acme.context.store.begin() as tx:
        scope = (await acme.context.scope(tx)).of_team_id(first.team_id)
        for name in ("ci-7", "ci-8"):
            facts = {**first.facts, "contributors": [["credential", name, 1, False]]}
            added = await tx.alerts.add(
                dedupe_key=f"spike:{name}",
                team_id=scope.team.id,
                kind="spike",
                state="open",
                at=scope.at,
                facts=facts,
            )
            assert added is not None
            message = await spike_message(scope, added)
            await post_alert(scope, message, record=added, severity="medium")
    await acme.worker.outbox_worker.deliver_due()
    assert [("ci-7" in m.text, "ci-8" in m.text) for m in await channel_messages(acme)] == [
        (True, False),
        (False, True),
    ]

    acme.clock.jump_to(acme.clock.now() + timedelta(hours=1))
    assert await wake_snoozed(acme.context) == 2
    await acme.worker.outbox_worker.deliver_due()
    assert len(await channel_messages(acme)) == 3


async def test_somebody_elses_team_is_not_for_muting(acme: Company) -> None:
    alert = await over_budget(acme)
    reply = await acme.mia.chooses("Not useful…", alert)

    assert "You are not in Search" in reply.text
    assert (await record_of(acme, alert)).state == "open"


async def test_an_alert_of_no_use_stays_open_and_nobody_sees_who_finds_it_so(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await over_budget(acme)
    for why in ("Too small to matter", "Planned"):
        form = (await acme.anna.chooses("Not useful…", alert)).modal
        assert form is not None
        await acme.anna.submits(form, why=why)
    await acme.settles()

    (said,) = await channel_messages(acme)
    assert (said.buttons(), "UANNA" in said.text_everywhere()) == (["I'm on it", "Request budget"], False)
    assert (await record_of(acme, alert)).state == "open"
    home = (await acme.ben.opens_home()).text_everywhere()
    assert "1 not useful (1 planned)" in home
    assert "<@UANNA>" not in home


async def test_who_is_on_an_alert_stays_on_it_when_another_finds_it_not_useful(acme: Company) -> None:
    alert = await over_budget(acme)
    await acme.ben.clicks("I'm on it", alert)
    await acme.settles()
    (taken,) = await channel_messages(acme)
    form = (await acme.anna.chooses("Not useful…", taken)).modal
    assert form is not None
    await acme.anna.submits(form, why="Too late")
    await acme.settles()

    (said,) = await channel_messages(acme)
    assert "<@UBEN> is on it" in said.text
    assert "UANNA" not in said.text_everywhere()
    assert (await record_of(acme, alert)).state == "acknowledged"


async def test_a_snoozed_spike_that_becomes_critical_is_back_at_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="Until the budget period ends")
    await acme.settles()
    assert await wake_snoozed(acme.context) == 0

    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=2))
    await acme.uses(acme.event("worse", dollars=5_000, credential="ci-7"))
    await minded(acme)
    await minded(acme)
    assert await wake_snoozed(acme.context) == 1
    assert await wake_snoozed(acme.context) == 0
    await acme.settles()
    back = next(m for m in await channel_messages(acme) if m.ts == alert.ts)
    assert "severity critical" in back.text
    assert "I'm on it" in back.buttons()


async def test_a_critical_alert_is_said_although_its_cause_is_snoozed(acme: Company) -> None:
    alert = await spiking(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="Until the budget period ends")
    await acme.settles()
    snoozed = await record_of(acme, alert)
    async with acme.context.store.begin() as tx:
        scope = (await acme.context.scope(tx)).of_team_id(snoozed.team_id)
        for severity, key in (("high", "spike:again"), ("critical", "spike:worse")):
            facts = {**snoozed.facts, "severity": severity}
            record = await tx.alerts.add(
                dedupe_key=key, team_id=scope.team.id, kind="spike", state="open", at=scope.at, facts=facts
            )
            assert record is not None
            message = await spike_message(scope, record)
            await post_alert(scope, message, record=record, severity=facts["severity"])
    await acme.settles()

    assert ["severity critical" in m.text for m in await channel_messages(acme)] == [False, True]


async def test_a_critical_alert_whose_snooze_ended_is_carried_further_only_if_nobody_answers_it_again(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await acme.uses(acme.event("worse", dollars=5_000, credential="ci-7"))
    await minded(acme)
    await minded(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="For an hour")
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=61))
    assert await wake_snoozed(acme.context) == 1
    await minded(acme)
    await minded(acme)
    assert await carried(acme) == []

    await later(acme, minutes=31)
    (told,) = await carried(acme)
    assert "for 30 minutes" in told


async def test_a_critical_spike_that_was_not_planned_after_all_is_carried_further(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await acme.uses(acme.event("worse", dollars=5_000, credential="ci-7"))
    await minded(acme)
    await plans(acme.ben, alert)
    await minded(acme)
    (planned,) = [m for m in await channel_messages(acme) if m.ts == alert.ts]
    form = (await acme.ben.chooses("This was planned…", planned)).modal
    assert form is not None
    await acme.ben.submits(form, how_long="It was not planned after all")
    await minded(acme)
    assert await carried(acme) == []

    await later(acme, minutes=31)
    assert len(await carried(acme)) == 1


async def carried(acme: Company) -> list[str]:
    """The escalation messages of managers and finance."""
    told = [*await acme.ben.dms(), *await acme.chloe.dms()]
    return [m.text for m in told if m.text.startswith("Nobody has answered")]


async def test_a_spike_unsaid_for_a_snoozed_cause_counts_for_nothing_and_is_said_once_it_is_critical(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await acme.ben.submits(await snooze_form(acme.ben, alert), snooze="Until the budget period ends")
    await goes_on_as_usual(acme, hours=140)
    team_id = (await record_of(acme, alert)).team_id
    await runs_away(acme, dollars=450)
    await acme.settles()
    assert len(await said(acme)) == 1
    async with acme.context.store.begin() as tx:
        again = await tx.alerts.newest_spike(team_id)
        assert again is not None
        assert (again.state, again.facts["severity"]) == ("snoozed", "medium")
        answered = await tx.alert_quality.answers(since=0)
        assert [one.state for one in answered].count("snoozed") == 1
        assert await tx.alerts.count_between(team_id, from_at=0, until_at=2**60) == len(answered)
    assert await wake_snoozed(acme.context) == 0

    await runs_away(acme, "worse", dollars=5_000)
    await acme.settles()
    assert await wake_snoozed(acme.context) == 1
    await acme.settles()
    assert ["severity critical" in m.text for m in await said(acme)] == [False, True]
