"""Budget alerts: forecast, exhausted, ended by a grant, and posted once."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.periods import keep_books
from handlers.cli import prepare
from handlers.org.teams import import_teams
from handlers.watcher import watch_budgets
from tests.scenarios.alert_stories import becomes, minded, sets
from tests.support.company import TEAMS_YML, Company, company
from tests.support.seen import Message


async def said(acme: Company, channel: str = "CSEARCH") -> list[Message]:
    """The budget alerts in a channel, without spikes."""
    found = await acme.ben.messages(channel)
    return [m for m in found if not m.is_ephemeral and "severity" not in m.text and "asks for" not in m.text]


async def grants(acme: Company, dollars: int) -> None:
    """Anna requests, Ben approves."""
    form = (await acme.anna.runs(f"/tokens request {dollars} more", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form)
    await acme.settles()
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    await acme.settles()


async def spends(acme: Company, *, a_day: float, days: int, until_days_ago: int = 0, mark: str = "d") -> None:
    """Spends some dollars on each of the last days, on today only if it has not ended earlier."""
    events: list[dict[str, Any]] = [
        acme.event(f"{mark}{ago}", dollars=a_day, ago=timedelta(days=ago))
        for ago in range(until_days_ago, until_days_ago + days)
    ]
    await acme.uses(*events)
    await acme.settles()


async def tomorrow(acme: Company, *, dollars: float, days: int = 1) -> None:
    for _ in range(days):
        acme.clock.jump_to(acme.clock.now() + timedelta(days=1))
        await acme.uses(acme.event(f"t{acme.clock.now():%d}", dollars=dollars))
        await acme.settles()


async def test_a_run_out_is_foretold_once_and_ends_when_it_comes(acme_on_both: Company) -> None:
    """Spend of $50 a day exhausts the budget before the end of the period; a runaway hour does so earlier."""
    acme = acme_on_both
    await spends(acme, a_day=50, days=21)
    (foretold,) = await said(acme)
    assert "is expected to run out of budget on" in foretold.text
    assert "In 8 of 10 cases it is from" in foretold.text

    for _ in range(3):
        await watch_budgets(acme.context)
    await tomorrow(acme, dollars=50, days=2)
    assert [m.ts for m in await said(acme)] == [foretold.ts]

    await acme.uses(acme.event("runaway", dollars=400))
    await acme.settles()
    ended, exhausted = await said(acme)
    assert (ended.ts, ended.buttons()) == (foretold.ts, [])
    assert "ran out on" in ended.text
    assert "has used up its budget" in exhausted.text
    assert "Gateways that check first block calls" in exhausted.text


async def test_a_grant_takes_a_forecast_back_and_the_next_one_is_another_message(acme: Company) -> None:
    await spends(acme, a_day=50, days=21)
    (foretold,) = await said(acme)
    await grants(acme, 900)
    taken_back = await acme.ben.sees("No longer expected", channel="CSEARCH")
    assert (taken_back.ts, taken_back.buttons()) == (foretold.ts, [])

    await tomorrow(acme, dollars=160, days=4)
    again = await acme.ben.sees("is expected to run out of budget on", channel="CSEARCH")
    assert again.ts != foretold.ts


async def test_a_forecast_that_was_dropped_in_quiet_hours_is_said_if_it_is_expected_again(acme: Company) -> None:
    """A forecast is held, recovers, and is expected again before quiet hours end."""
    await sets(acme, quiet_from=0, quiet_until=23 * 60 + 30)
    await spends(acme, a_day=50, days=21)
    async with acme.context.store.read() as tx:
        (record,) = await tx.alerts.recent(kind="forecast", since=0)
    facts = {**record.facts, "foretold": {**record.facts["foretold"], "outcome": "recovered"}}
    await becomes(acme, record, "No longer expected", closed=True, facts=facts)
    await minded(acme)
    await acme.uses(acme.event("a little more", dollars=1))
    await acme.settles()
    assert await said(acme) == []

    acme.clock.jump_to(acme.clock.now() + timedelta(hours=11, minutes=40))
    await minded(acme)
    assert ["is expected to run out of budget on" in m.text for m in await said(acme)] == [True]


async def test_an_answer_to_a_forecast_stays_with_it(acme: Company) -> None:
    await spends(acme, a_day=50, days=21)
    await acme.ben.clicks("I'm on it", (await said(acme))[0])
    await acme.settles()
    answered = await acme.ben.sees("<@UBEN> is on it", channel="CSEARCH")
    assert "is expected to run out of budget on" in answered.text

    await grants(acme, 900)
    assert "<@UBEN> is on it" in (await acme.ben.sees("No longer expected", channel="CSEARCH")).text_everywhere()


async def test_a_month_that_ends_is_no_recovery_and_the_new_one_begins_afresh(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()
    (exhausted,) = await said(acme)
    acme.clock.jump_to(acme.clock.now() + timedelta(days=31))
    await keep_books(acme.context)
    await acme.uses(acme.event(2, dollars=1))
    await acme.settles()
    assert [m.raw for m in await said(acme)] == [exhausted.raw]

    await acme.uses(acme.event(3, dollars=1100))
    await acme.settles()
    assert len(await said(acme)) == 2
    await acme.ben.clicks("I'm on it", exhausted)
    await acme.settles()
    old = (await said(acme))[0]
    assert "is $100 over its budget of $1,000" in old.text
    assert "<@UBEN> is on it" in old.text


async def test_the_end_of_a_month_arms_nothing_even_if_the_clock_comes_back(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()
    here = acme.clock.now()
    acme.clock.jump_to(here + timedelta(days=40))
    await watch_budgets(acme.context)
    acme.clock.jump_to(here)
    await acme.uses(acme.event(2, dollars=10))
    await acme.settles()

    assert len(await said(acme)) == 1


async def test_a_clock_that_jumps_says_nothing_twice(acme: Company) -> None:
    await spends(acme, a_day=50, days=21)
    here = acme.clock.now()
    (foretold,) = await said(acme)
    for away in (timedelta(days=40), timedelta(days=-16), timedelta(days=200), timedelta()):
        acme.clock.jump_to(here + away)
        await keep_books(acme.context)
        for _ in range(2):
            await watch_budgets(acme.context)
        await acme.settles()

    assert [m.ts for m in await said(acme)] == [foretold.ts]


async def test_an_import_that_raises_the_budget_ends_the_alert_and_arms_it_again(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()
    (passed,) = await said(acme)
    raised = TEAMS_YML.replace("budget: {amount: 1000,", "budget: {amount: 2000,")
    await import_teams(acme.context, read_teams_file(raised), dry_run=False)
    await acme.uses(acme.event(2, dollars=1))
    await acme.settles()
    (ended,) = await said(acme)
    assert ended.ts == passed.ts
    assert "is below 80% of its budget again: its budget is $2,000 now." in ended.text

    await acme.uses(acme.event(3, dollars=800))
    await acme.settles()
    assert "has passed 80% of its budget" in (await said(acme))[-1].text
    assert len(await said(acme)) == 2


async def test_two_workers_at_once_and_a_restart_say_each_alert_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    other = await prepare(acme.context.settings, acme.clock)
    await acme.uses(
        *[acme.event(f"a{ago}", dollars=50, ago=timedelta(days=ago)) for ago in range(21)],
        acme.event("m", dollars=700, team="mobile"),
    )
    await asyncio.gather(*(watch_budgets(context) for context in (acme.context, other, acme.context, other)))
    await acme.settles()
    await other.store.close()
    again = await prepare(acme.context.settings, acme.clock)
    await watch_budgets(again)
    await again.store.close()
    await acme.settles()

    assert len(await said(acme)) == 1
    assert len([m for m in await acme.mia.messages("CMOBILE") if not m.is_ephemeral]) == 1


async def test_finance_gets_alerts_of_the_organisations_own_budget(acme: Company) -> None:
    """Of the 20,000 budget, 9,500 is unallocated and pays for unattributed usage."""
    await acme.uses(acme.event(1, dollars=9_600, team=None, user=None, credential="nobody"))
    await acme.settles()

    (received,) = [m for m in await acme.chloe.dms() if "the budget that no team was given" in m.text]
    assert "Acme has used up" in received.text
    for other in (acme.anna, acme.ben, acme.dan):
        assert not [m for m in await other.dms() if "no team was given" in m.text]


async def test_a_parent_hears_of_what_it_spends_itself(acme: Company) -> None:
    """Product has 9,000 of its own and no channel, so its manager gets the alert."""
    await acme.uses(acme.event(1, dollars=8_000, team="product"))
    await acme.settles()

    assert "Product has passed 80% of its budget" in (await acme.ben.dms())[-1].text
    assert await said(acme) == []


async def test_a_team_that_is_only_announced_hears_nothing_of_budgets(sqlite_url: str) -> None:
    quiet = TEAMS_YML.replace("mode: govern", "mode: announce")
    async with company(sqlite_url, teams_yml=quiet) as acme:
        await spends(acme, a_day=50, days=21)
        await acme.uses(acme.event("over", dollars=900))
        await acme.settles()

        assert await said(acme) == []
        assert await acme.ben.dms() == []


async def test_preview_tells_finance_what_would_have_been_said(sqlite_url: str) -> None:
    quiet = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(sqlite_url, teams_yml=quiet) as acme:
        await spends(acme, a_day=50, days=21)

        assert await said(acme) == []
        assert "Search is expected to run out of budget" in (await acme.chloe.dms())[-1].text
