"""Expected spend: announced or planned, excluded meanwhile, alerted beyond it."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.alerting.expectations import TEAM_TOTAL
from bot.periods import DAY_MICROS, HOUR_MICROS
from handlers.alerting.expectations import close_expectations
from handlers.alerting.expected_spend import announced_in
from handlers.reporting.digests import post_digest
from tests.scenarios.alerting.delivery_helpers import plans
from tests.scenarios.alerting.test_alert_answers import record_of
from tests.scenarios.alerting.test_alerts import channel_messages, spiking
from tests.scenarios.test_clicks import last_sent, sends
from tests.support.company import Company
from tests.support.people import listened
from tests.support.seen import Message, View


async def quiet_weeks(acme: Company) -> None:
    """Five weeks of equal hours."""
    history = [
        acme.event(f"h{n}", dollars=0.5, ago=timedelta(hours=n), credential="key-12") for n in range(35 * 24, 1, -1)
    ]
    for start in range(0, len(history), 300):
        await acme.uses(*history[start : start + 300])
    await acme.settles()


async def runs_away(acme: Company, name: str, *, dollars: float, credential: str = "ci-7") -> None:
    await acme.uses(*[acme.event(f"{name}{n}", dollars=dollars / 10, credential=credential) for n in range(10)])
    await acme.settles()


async def spikes(acme: Company) -> list[Message]:
    return [m for m in await channel_messages(acme) if "severity" in m.text]


async def expect_form(acme: Company, alert: Message) -> View:
    form = (await acme.anna.chooses("This was planned…", alert)).modal
    assert form is not None
    return form


async def test_an_announced_launch_is_quiet_and_says_what_it_came_to(acme_on_both: Company) -> None:
    acme = acme_on_both
    await quiet_weeks(acme)
    await acme.anna.runs("/tokens expect launch 2 days", channel="CSEARCH")
    await acme.settles()
    said = await acme.ben.sees("<@UANNA> announced more spend of Search than usual: “launch”", channel="CSEARCH")
    assert said.buttons() == ["End it now"]
    await runs_away(acme, "launch", dollars=200)
    assert await spikes(acme) == []

    acme.clock.jump_to(acme.clock.now() + timedelta(days=2, minutes=61))
    assert await close_expectations(acme.context) == 1
    assert await close_expectations(acme.context) == 0
    await acme.settles()
    over = await acme.ben.sees("What <@UANNA> announced for Search is over", channel="CSEARCH")
    assert (over.ts, over.buttons()) == (said.ts, [])
    assert "It cost $19" in over.text
    await runs_away(acme, "after", dollars=300)
    assert len(await spikes(acme)) == 1


async def test_what_goes_beyond_the_announced_amount_is_said(acme: Company) -> None:
    await quiet_weeks(acme)
    await acme.ben.runs("/tokens expect launch 2 days up to $500", channel="CSEARCH")
    await runs_away(acme, "within", dollars=400)
    assert await spikes(acme) == []

    await runs_away(acme, "beyond", dollars=5000)
    (alert,) = await spikes(acme)
    assert "severity critical" in alert.text


async def test_an_announcement_ends_early_and_alerts_are_back(acme: Company) -> None:
    await quiet_weeks(acme)
    await acme.anna.runs("/tokens expect launch 2 days from tomorrow up to $500", channel="CSEARCH")
    listed = await acme.emi.runs("/tokens expect", channel="CSEARCH")
    assert "launch" in listed.text
    assert "(to come), says <@UANNA>" in listed.text
    await acme.emi.clicks("End it now", listed.message)
    await acme.settles()

    assert "ended early by <@UEMI>" in (await acme.ben.sees("is over", channel="CSEARCH")).text
    assert "Search has announced no spend" in (await acme.emi.runs("/tokens expect", channel="CSEARCH")).text
    again = await acme.emi.clicks("End it now", listed.message)
    assert "That is over already." in again.text


async def test_announcing_is_for_the_team_in_its_channel(acme: Company) -> None:
    for person, channel, says in (
        (acme.mia, "CSEARCH", "You are not in Search"),
        (acme.anna, "CGENERAL", "This channel belongs to no team"),
    ):
        assert says in (await person.runs("/tokens expect launch 2 days", channel=channel)).text
    await acme.settles()
    assert await channel_messages(acme) == []


async def test_a_planned_cause_stays_quiet_and_another_is_news(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await plans(acme.anna, alert, how_long="Until a week after it ends")
    await acme.settles()
    planned = await acme.ben.sees("<@UANNA> says this was planned", channel="CSEARCH")
    assert "alerts for key ci-7 are muted until a week after it ends" in planned.text

    acme.clock.jump_to(acme.clock.now() + timedelta(hours=2))
    await runs_away(acme, "more", dollars=400)
    assert len(await spikes(acme)) == 1
    await runs_away(acme, "other", dollars=300, credential="ci-9")
    (first, news) = await spikes(acme)
    assert (first.ts, news.buttons()) == (alert.ts, ["I'm on it", "This was planned"])
    assert "ci-9" in news.text
    assert "ci-7" not in news.text


async def test_a_planned_step_is_the_new_usual(acme: Company) -> None:
    alert = await spiking(acme)
    await plans(acme.anna, alert, how_long="Until a week after it ends")
    for day in range(1, 14):
        acme.clock.jump_to(acme.clock.now() + timedelta(days=1))
        await acme.uses(
            *[acme.event(f"d{day}-{h}", dollars=20, credential="ci-7", ago=timedelta(hours=h)) for h in range(24)]
        )
        await acme.settles()

    assert len(await spikes(acme)) == 1
    record = await record_of(acme, alert)
    assert record.state == "expected"


async def test_what_was_planned_can_be_chosen_and_taken_back(acme: Company) -> None:
    alert = await spiking(acme)
    await acme.anna.clicks("I'm on it", alert)
    await acme.settles()
    (taken,) = await spikes(acme)
    form = await expect_form(acme, taken)
    await acme.anna.submits(form, cause="All spend of Search", how_long="For a week")
    await acme.settles()
    (planned,) = await spikes(acme)
    assert "alerts for the team's spend are muted until" in planned.text

    await acme.anna.submits(await expect_form(acme, planned), how_long="It was not planned after all")
    await acme.settles()
    (back,) = await spikes(acme)
    assert back.buttons() == ["I'm on it", "This was planned"]
    assert "Search has announced no spend" in (await acme.anna.runs("/tokens expect", channel="CSEARCH")).text
    await runs_away(acme, "more", dollars=400)
    assert "$600" in (await spikes(acme))[0].text


async def test_the_digest_mentions_what_was_announced(acme: Company) -> None:
    await quiet_weeks(acme)
    await acme.anna.runs("/tokens expect launch 1 day up to $500", channel="CSEARCH")
    await runs_away(acme, "launch", dollars=200)
    team = (await acme.context.rulebooks.latest()).directory.by_slug("search")
    assert team is not None
    acme.clock.jump_to(acme.clock.now() + timedelta(days=7))
    today = team.day_of(acme.context.now_micros())
    assert await post_digest(acme.context, team, today - (today + 3) % 7 - 7)
    await acme.settles()

    digest = await acme.ben.sees("last week", channel="CSEARCH")
    assert "launch" in digest.text_everywhere()
    assert "UANNA" not in digest.text_everywhere()


async def test_the_same_command_sent_again_announces_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.anna.runs("/tokens expect launch 2 days", channel="CSEARCH")
    command = await last_sent(acme, "command")
    await asyncio.gather(*(sends(acme, command) for _ in range(3)))
    await listened()
    await acme.settles()
    said = [m for m in await channel_messages(acme) if "“launch”" in m.text]
    assert len(said) == 1

    await acme.ben.clicks("End it now", said[0])
    await acme.anna.runs("/tokens expect launch 2 days", channel="CSEARCH")
    await acme.settles()
    assert len([m for m in await channel_messages(acme) if "“launch”" in m.text]) == 2


async def test_the_form_of_a_planned_spike_opens_whatever_its_parts_are_called(acme_on_both: Company) -> None:
    """Names travel in its metadata, which holds 3,000 characters."""
    acme = acme_on_both
    await quiet_weeks(acme)
    named: dict[str, Any] = {"credential": "键" * 250, "model": "模" * 199, "workflow": '"' * 199, "tool": "\\" * 199}
    await acme.uses(acme.event("loop", dollars=200, **named))
    await acme.settles()
    await acme.ben.clicks("I'm on it", (await spikes(acme))[0])
    await acme.settles()
    form = await expect_form(acme, (await spikes(acme))[0])

    reply = await acme.anna.submits(form, how_long="For a day")
    assert reply.closed


async def test_a_planned_spike_is_muted_for_a_day_and_can_be_undone(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    form = (await acme.ben.clicks("This was planned", alert)).modal
    assert form is not None
    assert (await spikes(acme))[0].buttons() == ["I'm on it", "This was planned"], (
        "nothing is muted before the form is sent"
    )
    await acme.ben.submits(form)
    await acme.settles()
    (planned,) = await spikes(acme)
    assert planned.buttons() == ["Undo"]
    assert "alerts for key ci-7 are muted until" in planned.text

    await acme.anna.clicks("Undo", planned)
    await acme.anna.clicks("Undo", planned)
    await acme.settles()
    (back,) = await spikes(acme)
    assert back.buttons() == ["I'm on it", "This was planned"]
    assert "muted" not in back.text_everywhere()
    await runs_away(acme, "more", dollars=400)
    assert "$600" in (await spikes(acme))[0].text


async def test_what_lasts_beyond_a_planned_day_is_alerted_by_the_hours_after_it(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    await plans(acme.anna, alert)
    ends = acme.clock.now() + timedelta(days=1)
    for hour in range(1, 40):
        acme.clock.jump_to(acme.clock.now() + timedelta(hours=1))
        await acme.uses(acme.event(f"on{hour}", dollars=200, credential="ci-7"))
        await acme.settles()

    (first, *later) = await spikes(acme)
    assert first.ts == alert.ts
    (again,) = later
    record = await record_of(acme, again)
    assert record.facts["from_hour"] * 3_600 >= ends.timestamp() - 3_600
    assert record.facts["observed_nanos"] <= 16 * 201 * 10**9


async def test_what_is_left_beside_a_planned_key_is_never_an_alert_of_nothing(acme_on_both: Company) -> None:
    """Its model is nearly all of the planned key's, and rose with another key: judged with the key, it would spike."""
    acme = acme_on_both
    alert = await spiking(acme, model="acme-new")
    await plans(acme.anna, alert)
    acme.clock.jump_to(acme.clock.now() + timedelta(hours=3))
    await acme.uses(
        *[acme.event(f"p{n}", dollars=60, credential="ci-7", model="acme-new") for n in range(10)],
        *[acme.event(f"o{n}", dollars=3, credential="key-12") for n in range(10)],
    )
    await acme.settles()

    for seen in (await spikes(acme))[1:]:
        facts = (await record_of(acme, seen)).facts
        assert facts["observed_nanos"] > 0
        assert facts["part"] is None or facts["part"][1] != "acme-new"
    assert "$0.00" not in " ".join(message.text for message in await spikes(acme))


async def test_what_was_taken_back_before_it_began_is_in_no_digest(acme_on_both: Company) -> None:
    acme = acme_on_both
    async with acme.context.store.begin() as tx:
        scope = await acme.context.scope(tx)
        team = scope.directory.by_slug("search")
        assert team is not None
        finance = next(iter(scope.directory.finance))
        for what, taken_back in (("launch", False), ("migration", True)):
            made = await tx.expectations.add(
                team_id=team.id,
                what=what,
                cause=TEAM_TOTAL,
                from_at=scope.at,
                until_at=scope.at + DAY_MICROS,
                limit_nanos=None,
                alert_id=None,
                made_by=finance,
                at=scope.at - DAY_MICROS,
            )
            if taken_back:
                await tx.expectations.end(made, at=scope.at - HOUR_MICROS, by=finance)
        found = await announced_in(tx, team, from_at=scope.at - DAY_MICROS, until_at=scope.at + DAY_MICROS)

    assert [one.what for one in found] == ["launch"]
