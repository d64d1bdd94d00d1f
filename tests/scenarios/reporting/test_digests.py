"""The Monday digest: at nine in the team's zone, once, with a chart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.messages import Message
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from handlers.reporting.digests import digest_of, post_due_digests
from handlers.scope import TeamScope
from tests.support.company import TEAMS_YML, Company, company


def next_monday(acme: Company, hour: int) -> datetime:
    """Returns the next Monday in London, at a local hour in winter or summer."""
    local = acme.clock.now().astimezone(ZoneInfo("Europe/London"))
    days = (7 - local.weekday()) or 7
    return (local + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


async def test_the_digest_comes_on_monday_at_nine_and_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    for number in range(6):
        await acme.uses(acme.event(number, dollars=20 + number, ago=timedelta(days=number)))
    acme.clock.jump_to(next_monday(acme, 8) + timedelta(minutes=59))
    assert await post_due_digests(acme.context) == 0
    acme.clock.jump_to(next_monday_of(acme))
    assert await post_due_digests(acme.context) == 1
    assert await post_due_digests(acme.context) == 0
    await acme.settles()

    digest = await acme.anna.sees("Search spent", channel="CSEARCH")
    assert "Search spent $" in digest.text
    assert [b["type"] for b in digest.blocks].count("image") == 1
    assert "Search spent $135 in its first week" in digest.text
    assert "*Tools:* Claude Code" in digest.text_everywhere()


async def test_a_digest_that_fails_keeps_no_other_from_being_posted(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.uses(acme.event(1, dollars=20), acme.event(2, dollars=30, team="mobile"))
    acme.clock.jump_to(next_monday(acme, 9))

    async def fails_for_search(scope: TeamScope, monday: int) -> Message | None:
        if scope.team.slug == "search":
            raise ZeroDivisionError
        return await digest_of(scope, monday)

    monkeypatch.setattr("handlers.reporting.digests.digest_of", fails_for_search)
    assert await post_due_digests(acme.context) == 1
    monkeypatch.undo()
    assert await post_due_digests(acme.context) == 1


def next_monday_of(acme: Company) -> datetime:
    """Returns the Monday at nine that is at most a minute ahead."""
    return acme.clock.now() + timedelta(minutes=1)


async def test_each_team_gets_its_digest_at_its_own_nine_oclock(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("timezone: Europe/London\n    cost_center", "timezone: Asia/Kolkata\n    cost_center")
    assert yml != TEAMS_YML
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await acme.uses(acme.event(1, dollars=20), acme.event(2, dollars=30, team="mobile"))
        london = next_monday(acme, 9)
        acme.clock.jump_to(london.replace(hour=3, minute=29))
        assert await post_due_digests(acme.context) == 0
        acme.clock.jump_to(london.replace(hour=3, minute=30))
        assert await post_due_digests(acme.context) == 1
        await acme.settles()
        await acme.anna.sees("Search spent", channel="CSEARCH")
        assert await acme.mia.messages("CMOBILE") == []

        acme.clock.jump_to(london)
        assert await post_due_digests(acme.context) == 1
        await acme.settles()
        await acme.mia.sees("Mobile spent", channel="CMOBILE")


async def test_a_digest_is_made_up_for_on_the_same_day_but_not_on_tuesday(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=20))
    acme.clock.jump_to(next_monday(acme, 9) + timedelta(days=1, hours=1))
    assert await post_due_digests(acme.context) == 0
    acme.clock.jump_to(next_monday(acme, 17))
    await acme.uses(acme.event(2, dollars=20, ago=timedelta(days=2)))
    assert await post_due_digests(acme.context) == 1


async def test_a_team_that_used_nothing_gets_no_digest(acme: Company) -> None:
    acme.clock.jump_to(next_monday(acme, 10))

    assert await post_due_digests(acme.context) == 0


async def test_the_digests_buttons_answer(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=20))
    acme.clock.jump_to(next_monday(acme, 10))
    await post_due_digests(acme.context)
    await acme.settles()
    digest = await acme.anna.sees("Search spent", channel="CSEARCH")

    assert (await acme.anna.clicks("Request budget", digest)).modal is not None
    details = await acme.anna.clicks("Details", digest)
    assert details.modal is not None
    assert "Search spent $20.00" in details.modal.text_everywhere()


async def test_details_are_for_those_who_may_see_the_team(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=20))
    acme.clock.jump_to(next_monday(acme, 10))
    await post_due_digests(acme.context)
    await acme.settles()
    digest = await acme.anna.sees("Search spent", channel="CSEARCH")
    assert (await acme.mia.clicks("Details", digest)).modal is not None  # the channel shows it to everybody there
    preview = read_teams_file(TEAMS_YML.replace("mode: govern", "mode: preview"))
    await import_teams(acme.context, preview, dry_run=False)

    refused = await acme.mia.clicks("Details", digest)
    assert refused.modal is None
    assert "The figures of Search are for its members" in refused.text
    assert (await acme.chloe.clicks("Details", digest)).modal is not None


async def test_the_key_of_one_person_is_not_named(acme: Company) -> None:
    """What one person's key costs is that person's figure; a service's key is named."""
    await acme.anna.runs("/tokens me", channel="CSEARCH")  # so that Slack's Anna is known
    for week in range(4):
        ago = timedelta(days=7 * week)
        await acme.uses(acme.event(f"many-{week}", dollars=100, ago=ago, user="emi@acme.test", credential="shared"))
    for name, user, spent in (("laptop-7", "anna@acme.test", 150), ("robot-7", None, 900)):
        await acme.uses(acme.event(name, dollars=spent, user=user, credential=name))
        acme.clock.jump_to(next_monday(acme, 10))
        await post_due_digests(acme.context)
        await acme.settles()
        digest = [m for m in await acme.anna.messages("CSEARCH") if "last week" in m.text][-1]
        details = await acme.anna.clicks("Details", digest)
        assert details.modal is not None
        shown = digest.text_everywhere() + details.modal.text_everywhere()
        assert ("one key (new)" in shown) == (name == "laptop-7")
        assert (name in shown) == (name == "robot-7")
        await acme.uses(acme.event(f"shared-{name}", dollars=100, user="emi@acme.test", credential="shared"))


async def test_in_preview_finance_alone_reads_the_digest(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await acme.uses(acme.event(1, dollars=20))
        acme.clock.jump_to(next_monday(acme, 9))
        assert await post_due_digests(acme.context) == 1
        assert await post_due_digests(acme.context) == 0
        await acme.settles()

        assert "Search spent $20.00 in its first week" in (await acme.chloe.dms())[-1].text
        for person in (acme.anna, acme.ben, acme.dan):
            await person.does_not_see("spent")
