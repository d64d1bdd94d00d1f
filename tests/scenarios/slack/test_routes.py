"""Where messages go when a team's channel can't be reached, and what is said when Slack refuses a chart."""

from datetime import timedelta

from tests.support.company import Company
from tests.support.people import listened
from tests.support.seen import Message


async def channel_is(acme: Company, state: str) -> None:
    """Search's channel has a state once the event is heard: it was answered before."""
    await listened()
    team = (await acme.context.rulebooks.latest()).directory.by_slug("search")
    assert team is not None
    assert team.channel_state == state


async def channel_messages(acme: Company) -> list[Message]:
    return [m for m in await acme.ben.messages("CSEARCH") if not m.is_ephemeral]


async def test_what_an_archived_channel_would_have_heard_goes_to_the_managers_until_it_is_back(acme: Company) -> None:
    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="archive")
    await channel_is(acme, "broken")
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()
    assert "passed 80% of its budget" in (await acme.ben.dms())[-1].text
    assert "#team-search (broken)" in (await acme.chloe.opens_home()).text_everywhere()

    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="unarchive")
    await channel_is(acme, "linked")
    await acme.uses(acme.event(2, dollars=200))
    await acme.settles()
    assert ["used up its budget" in m.text for m in await channel_messages(acme)] == [True]
    assert "#team-search" not in (await acme.chloe.opens_home()).text_everywhere()


async def test_an_archived_channel_nobody_told_us_of_is_noticed_when_slack_refuses(acme_on_both: Company) -> None:
    acme = acme_on_both
    acme.workspace.rooms["CSEARCH"].is_archived = True
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()

    assert "passed 80% of its budget" in (await acme.ben.dms())[-1].text
    assert "#team-search (broken)" in (await acme.chloe.opens_home()).text_everywhere()
    for other in (acme.anna, acme.mia, acme.chloe):
        assert not [m for m in await other.dms() if "passed 80%" in m.text]


async def test_a_managers_copy_has_buttons_that_work_and_is_kept_up_to_date(acme: Company) -> None:
    acme.workspace.rooms["CSEARCH"].is_archived = True
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()
    copy = (await acme.ben.dms())[-1]
    await acme.ben.clicks("I'm on it", copy)
    await acme.settles()

    answered = (await acme.ben.dms())[-1]
    assert answered.ts == copy.ts
    assert "<@UBEN> is on it" in answered.text
    assert "I'm on it" not in answered.buttons()


async def test_a_channel_shared_with_another_company_hears_nothing_and_its_managers_do(acme: Company) -> None:
    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="share")
    await channel_is(acme, "paused")
    await acme.settles()
    assert "posts nothing more there" in (await acme.ben.dms())[-1].text
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()
    assert "passed 80% of its budget" in (await acme.ben.dms())[-1].text
    assert await channel_messages(acme) == []

    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="unshare")
    await channel_is(acme, "linked")
    await acme.uses(acme.event(2, dollars=200))
    await acme.settles()
    assert ["used up its budget" in m.text for m in await channel_messages(acme)] == [True]


async def test_what_was_posted_before_a_channel_was_shared_is_not_changed_there_and_managers_hear_the_change(
    acme: Company,
) -> None:
    form = (await acme.anna.runs("/tokens request 500 the secret plan", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await acme.settles()
    card = await acme.ben.sees("asks for", channel="CSEARCH")
    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="share")
    await channel_is(acme, "paused")
    await acme.ben.clicks("Approve", card)
    await acme.settles()

    assert [m.raw for m in await channel_messages(acme)] == [card.raw]
    assert any("Approved by <@UBEN>" in message.text for message in await acme.ben.dms())
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["allocated_usd"] == "1500.000000000"


async def test_a_chart_that_slack_refuses_is_said_as_a_table(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=200), acme.event(2, dollars=50, ago=timedelta(days=1)))
    reply = await acme.anna.runs("/tokens", channel="CSEARCH")
    await acme.anna.clicks("Share to channel", reply.message)
    acme.workspace.fail_next("chat.postMessage", "invalid_blocks")
    await acme.settles()

    (shared,) = await channel_messages(acme)
    kinds = [block["type"] for block in shared.blocks]
    assert "$750 left of $1,000" in shared.text
    assert ("table" in kinds, "data_visualization" in kinds) == (True, False)
    assert "$250.00" in shared.text_everywhere()


async def test_a_change_made_while_slack_was_away_is_said_once_in_its_newest_form(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    home = await acme.anna.opens_home()
    await acme.anna.clicks("Withdraw", home)
    await acme.settles()

    (card,) = await channel_messages(acme)
    assert "withdrew the request" in card.text
    assert card.buttons() == []
