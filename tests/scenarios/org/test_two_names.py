"""Chloe and Anna are named by Slack id in one place of teams.yml and by e-mail in another."""

from dataclasses import replace

from bot.org.teams_yml.teams_file import read_teams_file
from bot.sandbox.settings import Member
from handlers.org.attribution_commands import explanations
from handlers.org.teams import import_teams
from handlers.schedule import look_up_slack
from tests.support.company import Company, company

TEAMS = """
organisation: {name: Acme, currency: USD, timezone: Europe/London, funding: 20000, mode: govern, finance: [UCHLOE]}
teams:
  - {slug: search, name: Search, channel: CSEARCH, managers: [UANNA], members: [chloe@acme.test], budget: {amount: 1000}}
  - {slug: mobile, name: Mobile, channel: CMOBILE, managers: [anna@acme.test], members: [mia@acme.test], budget: {amount: 500}}
"""


async def placed(acme: Company) -> str:
    (lines,) = await explanations(acme.context, "req-1", source=None)
    return lines[-1]


async def test_the_receipt_names_her_her_click_decides_and_usage_stays_in_its_team(database_url: str) -> None:
    async with company(database_url, teams_yml=TEAMS) as acme:
        await acme.uses(acme.event(1, user="chloe@acme.test", team=None, dollars=10))
        before = await placed(acme)
        for person in (acme.chloe, acme.anna):
            await person.runs("/tokens", channel="CMOBILE")
        assert await placed(acme) == before
        assert (await acme.uses(acme.event(2, user="chloe@acme.test", team=None)))["accepted"] == 1
        assert "You used $11" in (await acme.chloe.runs("/tokens me", channel="CMOBILE")).message.text

        form = (await acme.mia.runs("/tokens request 20 an audit", channel="CMOBILE")).modal
        assert form is not None
        assert (await acme.mia.submits(form)).closed
        await acme.settles()
        card = await acme.anna.sees("asks for", channel="CMOBILE")
        assert "<@UANNA>" in card.text_everywhere()
        assert "<@UANNA>" in (await acme.mia.dms())[-1].text_everywhere()
        await acme.anna.clicks("Approve", card)
        await acme.settles()
        assert "Approved by <@UANNA>" in (await acme.anna.sees("Approved", channel="CMOBILE")).text_everywhere()

        await look_up_slack(acme.context)
        assert await import_teams(acme.context, read_teams_file(TEAMS), dry_run=False) == []
        assert "UCHLOE" not in await placed(acme)


async def test_an_e_mail_handed_on_in_slack_shows_each_owner_their_own_use(acme_on_both: Company) -> None:
    """Emi leaves her e-mail to Dan, and Slack is asked about both of them again."""
    acme = acme_on_both
    await acme.uses(acme.event(1, user="emi@acme.test", dollars=7))
    assert "You used $7" in (await acme.emi.runs("/tokens me", channel="CSEARCH")).message.text
    acme.workspace.members["UEMI"] = _with_email(acme, "UEMI", "emi.tanaka@acme.test")
    acme.workspace.members["UDAN"] = _with_email(acme, "UDAN", "emi@acme.test")
    acme.context.callers.pop("UDAN", None)
    await acme.dan.runs("/tokens", channel="CSEARCH")
    await acme.uses(acme.event(2, user="emi@acme.test", dollars=40))

    for _ in ("by the answer of before", "by Slack's new answer"):
        assert "You used $7" in (await acme.emi.runs("/tokens me", channel="CSEARCH")).message.text
        assert "You used $40" in (await acme.dan.runs("/tokens me", channel="CSEARCH")).message.text
        acme.context.callers.clear()
    await acme.uses(acme.event(3, user="emi.tanaka@acme.test", dollars=1))
    assert "You used $8" in (await acme.emi.runs("/tokens me", channel="CSEARCH")).message.text


def _with_email(acme: Company, member: str, email: str) -> Member:
    return replace(acme.workspace.members[member], email=email)
