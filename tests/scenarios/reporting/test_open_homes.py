"""Open Homes stay true: after what others do, whatever page they are on, and whoever published last."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.reporting.open_homes import LATELY_MICROS
from handlers.reporting import home as home_data
from handlers.reporting.open_homes import refresh_open_homes
from tests.scenarios.alerting.test_alert_answers import over_budget
from tests.scenarios.reporting.test_home import asks
from tests.scenarios.slack.signed import click, sends
from tests.support.company import TEAMS_YML, Company, company
from tests.support.people import Person
from tests.support.seen import View


async def home_of(acme: Company, person: Person) -> View:
    """What Slack shows of a Home now, without opening it."""
    state = await acme.sandbox.state(person.id)
    return View(state["home"])


async def test_a_request_appears_and_goes_in_a_home_that_is_open(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.ben.opens_home()
    await asks(acme, acme.anna, "500")
    shown = await home_of(acme, acme.ben)
    assert "Approve" in shown.buttons()
    assert "1 request is waiting for you" in shown.text_everywhere()

    card = await acme.ben.sees("asks for", channel="CSEARCH")
    form = (await acme.chloe.clicks("Deny", card)).modal
    assert form is not None
    assert (await acme.chloe.submits(form, reason="Not this month")).closed
    await acme.settles()

    after = await home_of(acme, acme.ben)
    assert "Approve" not in after.buttons()
    assert "Not this month" not in after.text_everywhere()


async def test_the_askers_home_follows_the_decision(acme: Company) -> None:
    await asks(acme, acme.anna, "500")
    assert "Withdraw" in (await acme.anna.opens_home()).buttons()
    await acme.ben.clicks("Approve", await acme.ben.opens_home())
    await acme.settles()

    shown = await home_of(acme, acme.anna)
    assert "Withdraw" not in shown.buttons()
    assert "approved" in shown.text_everywhere()


async def test_an_alert_is_answered_in_home_and_leaves_every_home(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await over_budget(acme)
    emi, ben = await acme.emi.opens_home(), await acme.ben.opens_home()
    for home in (emi, ben):
        assert "1 alert is unanswered." in home.text_everywhere()
        assert "Search has used up its budget" in home.text_everywhere()

    after = (await acme.ben.clicks("I'm on it", ben)).home
    await acme.settles()

    assert after is not None
    for home in (after, await home_of(acme, acme.emi)):
        assert "unanswered" not in home.text_everywhere()
        assert "I'm on it" not in home.buttons()
    await acme.anna.sees("<@UBEN> is on it", channel="CSEARCH")
    assert alert.ts


async def test_nobody_sees_alerts_of_teams_whose_figures_they_may_not_see(acme: Company) -> None:
    await over_budget(acme)

    for person in (acme.mia, acme.dan):
        assert "Search has used up" not in (await person.opens_home()).text_everywhere()
    assert "Search has used up" in (await acme.chloe.opens_home()).text_everywhere()


async def test_a_click_on_something_that_is_over_brings_home_up_to_date(acme: Company) -> None:
    await over_budget(acme)
    stale = await acme.ben.opens_home()
    acme.context.open_homes.drop(await _person_id(acme, "UBEN"))
    await acme.emi.clicks("I'm on it", await acme.emi.opens_home())
    assert "I'm on it" in (await home_of(acme, acme.ben)).buttons()

    reply = await acme.ben.clicks("I'm on it", stale)

    assert reply.modal is not None
    assert "answered this alert already" in reply.modal.text_everywhere()
    assert "I'm on it" not in (await home_of(acme, acme.ben)).buttons()


async def test_a_refresh_never_replaces_what_another_process_published(acme: Company) -> None:
    await acme.ben.opens_home()
    other = {"type": "home", "blocks": [{"type": "divider", "block_id": "newer"}]}
    acme.workspace.modals.publish("UBEN", other)
    await asks(acme, acme.anna, "500")

    assert [block["block_id"] for block in (await home_of(acme, acme.ben)).blocks] == ["newer"]
    assert acme.context.open_homes.of(await _person_id(acme, "UBEN")) is None
    assert "Approve" in (await acme.ben.opens_home()).buttons()


@pytest.mark.parametrize("fault", ["slack", "ours"])
async def test_a_home_that_cannot_be_shown_keeps_no_other_from_it(
    acme: Company, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    await acme.ben.opens_home()
    await acme.chloe.opens_home()  # the last one is published first
    form = (await acme.anna.runs("/tokens request 500 evals", channel="CSEARCH")).modal
    assert form is not None
    if fault == "slack":
        acme.workspace.fail_next("views.publish", "user_not_found")
    else:
        build, last = home_data.home_of, await _person_id(acme, "UCHLOE")

        async def fails(scope: Any, person: Any, **place: Any) -> Any:
            if person.id == last:
                raise KeyError(person.id)
            return await build(scope, person, **place)

        monkeypatch.setattr("handlers.reporting.open_homes.home_of", fails)
    assert (await acme.anna.submits(form)).closed
    await until_shown(acme)

    assert "Approve" in (await home_of(acme, acme.ben)).buttons()
    assert acme.context.open_homes.of(await _person_id(acme, "UCHLOE")) is None


async def until_shown(acme: Company) -> None:
    """Waits until the process has followed a change, or gives up."""
    for _ in range(50):
        if "Approve" in (await home_of(acme, acme.ben)).buttons():
            return
        await asyncio.sleep(0.1)


async def test_a_home_that_was_opened_long_ago_is_left_alone(acme: Company) -> None:
    before = await acme.ben.opens_home()
    acme.clock.jump_to(acme.clock.now() + timedelta(microseconds=LATELY_MICROS + 1))
    await asks(acme, acme.anna, "500")

    assert (await home_of(acme, acme.ben)).raw["hash"] == before.raw["hash"]


async def test_a_home_in_which_nothing_changes_is_published_once(acme: Company) -> None:
    before = await acme.mia.opens_home()
    await asks(acme, acme.anna, "500")
    assert await refresh_open_homes(acme.context) == 0

    assert (await home_of(acme, acme.mia)).raw["hash"] == before.raw["hash"]


async def _person_id(acme: Company, slack_id: str) -> int:
    async with acme.context.store.read() as tx:
        person = await tx.people.by_slack_id(slack_id)
    assert person is not None
    return person.id


async def test_alerts_of_a_period_that_is_over_wait_for_nobody(acme: Company) -> None:
    await over_budget(acme)
    acme.clock.jump_to(acme.clock.now() + timedelta(days=31))

    home = await acme.ben.opens_home()

    assert "used up its budget" not in home.text_everywhere()
    assert "unanswered" not in home.text_everywhere()


async def test_pages_turn_and_stay_turned_while_others_act(tmp_path: Path) -> None:
    more = "".join(f"  - {{slug: team-{n:02}, name: Team {n:02}, budget: {{amount: 10}}}}\n" for n in range(14))
    yml = TEAMS_YML.replace("attribution:\n", f"{more}attribution:\n")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        first = await acme.chloe.opens_home()
        assert "*Teams by spend* · 1 of 2" in first.text_everywhere()
        second = (await acme.chloe.clicks("home_page_company_next", first)).home
        assert second is not None
        assert "*Teams by spend* · 2 of 2" in second.text_everywhere()
        assert "Team 13" in second.text_everywhere()

        await asks(acme, acme.ben, "500")

        now = await home_of(acme, acme.chloe)
        assert "Approve" in now.buttons()
        assert "*Teams by spend* · 2 of 2" in now.text_everywhere()
        back = (await acme.chloe.clicks("home_page_company_back", now)).home
        assert back is not None
        assert "*Teams by spend* · 1 of 2" in back.text_everywhere()


@pytest.mark.parametrize("value", ["", "-1", "1.5", "9999999", "two"])
async def test_a_button_of_no_page_of_ours_says_so(acme: Company, value: str) -> None:
    made = click(acme, "UCHLOE", "home_page_company_next", value, team="TACME", user_team="TACME")
    home = {"type": "home", "id": "V1", "hash": "1.a", "blocks": [], "private_metadata": "company=<!here>"}
    await sends(acme, {**made, "view": home})

    await acme.chloe.sees("This button no longer works.")


async def test_a_page_beyond_the_last_is_the_last(acme: Company) -> None:
    made = click(acme, "UCHLOE", "home_page_company_next", "9999", team="TACME", user_team="TACME")
    await sends(acme, {**made, "view": {"type": "home", "id": "V1", "blocks": []}})

    assert "Company" in (await home_of(acme, acme.chloe)).text_everywhere()


async def test_guests_and_people_of_other_companies_turn_no_pages(acme: Company) -> None:
    for member, team in (("UGUS", "TACME"), ("USTRANGER", "TOTHER")):
        made = click(acme, member, "home_page_company_next", "0", team="TACME", user_team=team)
        await sends(acme, {**made, "view": {"type": "home", "id": "V1", "blocks": []}})
        assert (await acme.sandbox.state(member))["home"] is None


async def test_in_preview_an_admin_sees_no_teams_figures(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await acme.uses(acme.event(1, dollars=43.25), acme.event(2, model="odd", cost_usd=None))
        admin, finance = await acme.dan.opens_home(), await acme.chloe.opens_home()

        assert "only finance sees the figures of teams" in admin.text_everywhere()
        assert "1 call of 1 model without a price" in admin.text_everywhere()
        for hidden in ("$43", "Search", "Product"):
            assert hidden not in admin.text_everywhere()
        assert "$43.25" in finance.text_everywhere()


async def test_of_a_team_in_preview_an_admin_sees_neither_its_line_nor_its_part_of_the_total(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("{slug: mobile, name: Mobile,", "{slug: mobile, name: Mobile, mode: preview,")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await acme.uses(acme.event(1, dollars=30), acme.event(2, dollars=5, team="mobile", user="mia@acme.test"))
        admin, finance = await acme.dan.opens_home(), await acme.chloe.opens_home()

        assert "Spent $30.00 in" in admin.text_everywhere()
        assert "Without 1 team in preview" in admin.text_everywhere()
        assert "Mobile" not in admin.text_everywhere()
        assert "Spent $35.00 in" in finance.text_everywhere()
        assert "  Mobile" in finance.text_everywhere() or "\nMobile" in finance.text_everywhere()
