"""An unpriced model: admins get one message, set its price, and past usage is repriced."""

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.costs.prices import iso_day
from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.periods import keep_books
from handlers.costs.prices import compare_prices, notify_unpriced, reprice_due
from handlers.org.teams import import_teams
from storage.books.checks import faults
from tests.storage.declared import balance
from tests.support.company import TEAMS_YML, Company, company
from tests.support.seen import View

ODD: dict[str, Any] = {
    "model": "acme-odd",
    "provider": "acme",
    "uncached_input_tokens": 1_000_000,
    "output_tokens": 0,
    "cost_usd": None,
}
DAY = timedelta(days=1)


async def notifies(acme: Company) -> int:
    number = await notify_unpriced(acme.context)
    await acme.settles()
    return number


async def spent(acme: Company, slug: str) -> int:
    return (await balance(acme.context, slug)).charged_nanos


async def the_form(acme: Company) -> View:
    """Opens the form as Dan, an admin, from the button of his message."""
    message = await acme.dan.sees("acme-odd of acme")
    form = (await acme.dan.clicks("Set price", message)).modal
    assert form is not None
    return form


async def test_an_admin_is_notified_once_sets_the_price_and_past_usage_is_repriced(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    today = (await acme.context.rulebooks.latest()).directory.root.day_of(acme.context.now_micros())
    await keep_books(acme.context)
    await acme.uses(*(acme.event(n, ago=n * DAY, **ODD) for n in range(4)))
    await keep_books(acme.context)
    assert [await notifies(acme), await notifies(acme)] == [1, 0]
    assert await spent(acme, "search") == 0

    submitted = await acme.dan.submits(
        await the_form(acme), input_rate="0.50", output_rate="2", from_day=iso_day(today - 2)
    )
    assert submitted.closed, submitted.errors
    await acme.settles()

    assert await reprice_due(acme.context) == 1
    await acme.settles()
    assert await spent(acme, "search") == 3 * NANOS // 2
    await acme.dan.sees("acme-odd of acme: 3 calls since")
    await acme.dan.sees("<@UDAN> set $0.50 for input and $2.00 for output")
    await acme.uses(acme.event("new", **ODD))
    assert await spent(acme, "search") == 2 * NANOS
    assert await reprice_due(acme.context) == 0
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_home_lists_the_model_and_its_form_shows_faults_by_field(acme: Company) -> None:
    await acme.uses(acme.event(1, **ODD))
    home = await acme.dan.opens_home()
    assert "1 call of 1 model without a price" in home.text_everywhere()
    form = (await acme.dan.clicks("Set price", home)).modal
    assert form is not None

    wrong = await acme.dan.submits(form, input_rate="much", output_rate="2", from_day="2026-01-01")
    assert "dollars per million tokens" in wrong.errors["input_rate"]
    right = await acme.dan.submits(
        form, input_rate="1", output_rate="2", cache_read_rate="", cache_write_rate="1.25", from_day="2026-01-01"
    )

    assert right.closed, right.errors
    assert "acme-odd of acme is being priced again" in (await acme.dan.opens_home()).text_everywhere()
    await reprice_due(acme.context)
    after = (await acme.dan.opens_home()).text_everywhere()
    assert re.search(r"acme-odd of acme: 1 call since .*1 Jan.* priced again", after)
    assert "+$1.00 in all" in after
    assert "without a price" not in after


async def test_only_admins_and_finance_are_notified_and_may_set_a_price(acme: Company) -> None:
    await acme.uses(acme.event(1, **ODD))
    await notifies(acme)
    message = await acme.dan.sees("acme-odd of acme")
    for person in (acme.anna, acme.ben, acme.mia):
        assert all("acme-odd" not in dm.text_everywhere() for dm in await person.dms())
        assert "Set price" not in (await person.opens_home()).buttons()

    form = await the_form(acme)
    others = read_teams_file(TEAMS_YML.replace("admins: [dan@acme.test]", "admins: [chloe@acme.test]"))
    await import_teams(acme.context, others, dry_run=False)

    late = await acme.dan.submits(form, input_rate="1", output_rate="2", from_day="2026-01-01")
    reply = await acme.dan.clicks("Set price", message)

    assert "Only admins and finance set prices." in str(late.errors)
    assert "Only admins and finance set prices." in reply.text_everywhere()
    assert reply.modal is None
    assert await reprice_due(acme.context) == 0


async def test_without_admins_finance_is_notified_but_not_of_history(sqlite_url: str) -> None:
    async with company(sqlite_url, teams_yml=TEAMS_YML.replace("admins: [dan@acme.test]", "admins: []")) as acme:
        await acme.uses(acme.event(1, ago=10 * DAY, **{**ODD, "model": "acme-old"}))
        assert await notifies(acme) == 0
        await acme.uses(acme.event(2, **ODD))
        assert await notifies(acme) == 1

        await acme.chloe.sees("1 model without a price: acme-odd of acme")


async def test_a_price_set_in_slack_outlives_an_import_and_is_shown_by_it(acme: Company) -> None:
    await acme.uses(acme.event(1, **ODD))
    await notifies(acme)
    await acme.dan.submits(await the_form(acme), input_rate="0.50", output_rate="2", from_day="2026-01-01")
    assert await import_teams(acme.context, read_teams_file(TEAMS_YML), dry_run=True) == []

    named = TEAMS_YML + "  - {model: acme-odd, from: 2026-06-01, input_per_mtok: 3, output_per_mtok: 4}\n"
    changed = await import_teams(acme.context, read_teams_file(named), dry_run=False)

    assert changed == [
        "~ price of acme-odd of acme, set in Slack from 2026-01-01: holds → until 2026-06-01, which teams.yml names",
        "~ prices: changed",
    ]
    await acme.uses(acme.event(2, **ODD))
    assert await spent(acme, "search") == 3 * NANOS


@pytest.mark.parametrize(("reported", "line"), [("1.00", True), ("2.49", False)])
async def test_home_shows_a_line_about_differing_reported_costs(acme: Company, reported: str, line: bool) -> None:
    facts = {**ODD, "model": "gpt-4o", "provider": "openai", "cost_usd": reported}
    await acme.uses(*(acme.event(n, ago=DAY, **facts) for n in range(10)))
    await compare_prices(acme.context)

    words = (await acme.dan.opens_home()).text_everywhere()

    said = "differ by +$15.00 in the last 7 days, most for gpt-4o of openai: $25.00 here, $10.00 there"
    assert (said in words) is line
