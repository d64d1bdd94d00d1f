"""Alerts of parts in the team's channel, and warnings of people's limits to them alone."""

from datetime import timedelta

from handlers.alerting.part_alerts import watch_parts
from handlers.alerting.person_limits import warn_people
from tests.scenarios.books.gatekeeping.test_parts import declared
from tests.support.company import TEAMS_YML, Company
from tests.support.seen import Message

YML = TEAMS_YML.replace(
    "budget: {amount: 1000, thresholds: [80, 100]}",
    "budget: {amount: 1000, thresholds: [], parts: [{workflow: research, amount: 50}, {person: emi@acme.test, amount: 20}]}",
)


async def judged(acme: Company) -> None:
    await watch_parts(acme.context)
    await warn_people(acme.context)
    await acme.worker.outbox_worker.deliver_due()


async def said(acme: Company) -> list[str]:
    found = await acme.ben.messages("CSEARCH")
    return [m.text for m in found if not m.is_ephemeral and "budget for" in m.text]


async def dms(person: object) -> list[Message]:
    return [m for m in await person.dms() if "Only you see this" in m.text]  # type: ignore[attr-defined]  # a person of a story


async def test_a_part_alerts_its_teams_channel_once_per_threshold_and_ends_when_it_grows(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declared(acme, YML)
    await acme.uses(acme.event(1, dollars=40, workflow="research"))
    await judged(acme)
    await judged(acme)
    assert len(await said(acme)) == 1
    assert (await said(acme))[0].startswith(
        "Search has passed 80% of its budget for research. $40.00 of $50.00 is spent"
    )

    await acme.uses(acme.event(2, dollars=15, workflow="research"))
    await judged(acme)
    assert len(await said(acme)) == 2
    assert "Search has used up its budget for research. $55.00 of $50.00 is spent" in (await said(acme))[1]
    assert "Gateways that check first now block these calls; the team's other calls go on." in (await said(acme))[1]
    message = await acme.ben.sees("used up its budget for research", channel="CSEARCH")
    await acme.ben.clicks("I'm on it", message)
    await acme.worker.outbox_worker.deliver_due()
    assert "is on it" in (await acme.ben.sees("used up its budget for research", channel="CSEARCH")).text

    await declared(acme, YML.replace("workflow: research, amount: 50", "workflow: research, amount: 500"))
    await judged(acme)
    ended = await said(acme)
    assert len(ended) == 2
    assert all("the budget for research is $500.00 now, so less than" in text for text in ended)


async def test_history_and_a_team_in_mode_announce_alert_nobody(acme: Company) -> None:
    await declared(acme, YML)
    await acme.uses(acme.event(1, dollars=60, workflow="research", ago=timedelta(days=5)))
    await judged(acme)
    assert await said(acme) == []
    await declared(acme, YML.replace("amount: 50}", "amount: 60.5}").replace("mode: govern", "mode: announce"))
    await acme.uses(acme.event(2, dollars=1, workflow="research"))
    await judged(acme)
    assert await said(acme) == []


async def test_a_persons_own_limit_warns_that_person_alone(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=30))
    reply = (await acme.anna.runs("/tokens me limit 40", channel="CSEARCH")).messages[0]
    assert "Your limit is $40.00 a month; $30.00 is used." in reply.text
    await judged(acme)
    assert await dms(acme.anna) == []

    await acme.uses(acme.event(2, dollars=5, team="mobile"))
    await judged(acme)
    await judged(acme)
    (warned,) = await dms(acme.anna)
    assert warned.text.startswith("You used $35.00 of $40.00, the limit that you set yourself for a month.")
    await acme.uses(acme.event(3, dollars=5))
    await judged(acme)
    assert (await dms(acme.anna))[-1].text.startswith("Limit reached. You used $40.00 of $40.00")

    for person in (acme.ben, acme.chloe, acme.emi, acme.dan):
        assert not [m for m in await person.messages() if "limit" in m.text]
    assert (
        "Your own limit: $40.00 a month."
        in (await acme.anna.runs("/tokens me", channel="CSEARCH")).messages[0].text_everywhere()
    )
    assert "limit" not in (await acme.emi.runs("/tokens me", channel="CSEARCH")).messages[0].text_everywhere()


async def test_a_limit_is_shown_changed_and_removed(acme: Company) -> None:
    async def answer(words: str) -> str:
        return (await acme.anna.runs(f"/tokens me {words}".strip(), channel="CSEARCH")).messages[-1].text

    assert (await answer("limit")).startswith("You have no limit.")
    await answer("limit $1,000")
    assert (await answer("limit")).startswith("Your limit is $1,000.00 a month; $0.00 is used.")
    assert (await answer("limit off")).startswith("You have no limit.")
    assert (await answer("limit")).startswith("You have no limit.")
    assert "An amount must be more than zero" in await answer("limit -5")
    assert "That is not an amount" in await answer("limit NaN")
    assert "That is not an amount" in await answer("limit 1e99")
    assert (await answer("limt 40")).startswith("After `/tokens me` comes nothing, or `limit 40`, or `limit off`.")


async def test_each_person_and_a_named_person_are_warned_themselves_and_never_in_the_channel(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    yml = YML.replace("thresholds: []", "thresholds: [], each_person: 50")
    await declared(acme, yml)
    await acme.uses(acme.event(1, dollars=45), acme.event(2, dollars=20, user="emi@acme.test"))
    await judged(acme)
    await judged(acme)

    (anna,) = await dms(acme.anna)
    assert anna.text.startswith(
        "You used $45.00 of $50.00 that each person of Search has in this period. Nothing is blocked."
    )
    (emi,) = await dms(acme.emi)
    assert "You used $20.00 of $20.00" in emi.text
    assert await said(acme) == []
    for person in (acme.ben, acme.chloe):
        assert await dms(person) == []

    acme.clock.jump_to(acme.clock.now() + timedelta(days=1))
    await declared(acme, yml.replace("people: self", "people: none"))
    await acme.uses(acme.event(3, dollars=45))
    await judged(acme)
    assert len(await dms(acme.anna)) == 1
