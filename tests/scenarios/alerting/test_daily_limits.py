"""A daily limit of alerts, muted kinds, and teams in preview."""

from pathlib import Path

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from storage.books.checks import faults
from tests.scenarios.alert_stories import alerts, becomes, in_channel, later, minded, search, sets, texts
from tests.scenarios.alerting.delivery_helpers import NIGHT, tonight
from tests.support.company import TEAMS_YML, Company, company


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
        assert (await tx.outbox.undelivered_counts())["given-up"] == 0
        assert await tx.reports.undelivered() == 0
