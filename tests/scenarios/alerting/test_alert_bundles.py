"""A manager of several teams gets one bundle of budget alerts; channels get each alert alone."""

import asyncio
from datetime import timedelta

from handlers.alerting.alert_bundles import bundle_alerts
from handlers.alerting.budget_alerts import judge_budget
from handlers.cli import prepare
from handlers.schedule import look_up_slack
from handlers.watcher import watch_budgets
from tests.scenarios.alert_stories import alerts, later, sets
from tests.support.company import TEAMS_YML, Company, company
from tests.support.seen import Message

HEAD, _, _REST = TEAMS_YML.partition("teams:")
SEVERAL = f"""{HEAD}teams:
  - {{slug: red, name: Red, managers: [ben@acme.test], budget: {{amount: 100}}}}
  - {{slug: green, name: Green, managers: [ben@acme.test, mia@acme.test], budget: {{amount: 100}}}}
  - {{slug: blue, name: Blue, managers: [ben@acme.test], budget: {{amount: 100}}}}
  - {{slug: search, name: Search, channel: "#team-search", managers: [ben@acme.test], budget: {{amount: 100}}}}
"""


async def spend(acme: Company, **dollars: float) -> None:
    await acme.uses(*[acme.event(f"{team}{acme.clock.now()}", dollars=n, team=team) for team, n in dollars.items()])


async def alerts_of(acme: Company, person: str) -> list[Message]:
    return [m for m in await getattr(acme, person).dms() if "its budget" in m.text]


async def test_what_comes_at_once_is_one_message_with_a_button_each(database_url: str) -> None:
    async with company(database_url, teams_yml=SEVERAL) as acme:
        await spend(acme, red=90, green=120, blue=5, search=90)
        await acme.settles()

        (bens,) = await alerts_of(acme, "ben")
        (mias,) = await alerts_of(acme, "mia")
        assert bens.text.startswith("2 budgets of your teams need a look.")
        assert "Red has passed 80% of its budget" in bens.text
        assert "Green has used up its budget" in bens.text
        assert "Blue" not in bens.text
        assert "Search" not in bens.text
        assert bens.buttons() == ["I'm on it", "I'm on it"]
        assert mias.text.startswith("Green has used up its budget")
        assert len([m for m in await acme.ben.messages("CSEARCH") if "passed 80%" in m.text]) == 1


async def test_an_answer_shows_in_the_list_and_in_the_other_managers_copy(database_url: str) -> None:
    async with company(database_url, teams_yml=SEVERAL) as acme:
        await spend(acme, red=90, green=120)
        await acme.settles()
        (mias,) = await alerts_of(acme, "mia")
        await acme.mia.clicks("I'm on it", mias)
        await acme.settles()

        (listed,) = await alerts_of(acme, "ben")
        assert "<@UMIA> is on it" in listed.text
        assert listed.buttons() == ["I'm on it"]
        await acme.ben.clicks("I'm on it", listed)
        await acme.settles()
        (answered,) = await alerts_of(acme, "ben")
        assert (answered.ts, answered.buttons()) == (listed.ts, [])
        assert "<@UBEN> is on it" in answered.text


async def test_one_alone_is_said_as_itself_and_a_later_one_by_itself(sqlite_url: str) -> None:
    async with company(sqlite_url, teams_yml=SEVERAL) as acme:
        await spend(acme, red=90)
        await acme.settles()
        acme.clock.jump_to(acme.clock.now() + timedelta(hours=2))
        await spend(acme, blue=90)
        await acme.settles()

        assert [m.text.split(" has ")[0] for m in await alerts_of(acme, "ben")] == ["Red", "Blue"]


async def test_in_preview_finance_gets_one_message(sqlite_url: str) -> None:
    async with company(sqlite_url, teams_yml=SEVERAL.replace("mode: govern", "mode: preview")) as acme:
        await spend(acme, red=90, green=120, search=90)
        await acme.settles()

        (listed,) = await alerts_of(acme, "chloe")
        assert listed.text.startswith("3 budgets of your teams need a look.")
        assert await alerts_of(acme, "ben") == []


async def test_two_workers_and_one_that_stopped_before_it_gathered_say_it_once(database_url: str) -> None:
    async with company(database_url, teams_yml=SEVERAL) as acme:
        other = await prepare(acme.context.settings, acme.clock)
        await spend(acme, red=90, green=120, blue=90)
        await asyncio.gather(*(watch_budgets(context) for context in (acme.context, other, acme.context)))
        await asyncio.gather(*(bundle_alerts(context) for context in (acme.context, other)))
        await other.store.close()
        await acme.settles()

        said = await alerts_of(acme, "ben")
        assert sorted(name for m in said for name in ("Red", "Green", "Blue") if f"{name} has" in m.text) == [
            "Blue",
            "Green",
            "Red",
        ]


async def test_nobody_gathers_and_the_alert_is_said_all_the_same_a_minute_later(sqlite_url: str) -> None:
    async with company(sqlite_url, teams_yml=SEVERAL) as acme:
        await spend(acme, blue=90)
        async with acme.context.store.begin() as tx:
            scope = await acme.context.scope(tx)
            team = scope.directory.by_slug("blue")
            assert team is not None
            await judge_budget(scope.of_team(team))
        await acme.worker.outbox_worker.deliver_due()
        assert await alerts_of(acme, "ben") == []

        acme.clock.jump_to(acme.clock.now() + timedelta(seconds=61))
        await acme.worker.outbox_worker.deliver_due()
        assert len(await alerts_of(acme, "ben")) == 1


async def test_spikes_that_waited_for_the_end_of_quiet_hours_are_no_budgets_that_need_a_look(acme: Company) -> None:
    """The team has no channel, so its manager gets each spike alone."""
    acme.workspace.rooms["CSEARCH"].is_archived = True
    await look_up_slack(acme.context)
    await sets(acme, quiet_from=0, quiet_until=12 * 60 + 30)
    await alerts(acme, "One spike")
    await alerts(acme, "Another spike")
    await later(acme, hours=1)

    assert [m.text for m in await acme.ben.dms()] == ["One spike", "Another spike"]
