"""A request that waits into the next period: it is shown and decided with that period's figures, and its hold moves along."""

import pytest

from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import period_of
from handlers.org.teams import import_teams
from handlers.requests.request_periods import carry_requests
from tests.scenarios.requests.test_budget_requests import allowance, ask, books_agree, held_by_product
from tests.scenarios.test_clicks import last_sent, sends
from tests.support.company import TEAMS_YML, Company, middle_of_next_month
from tests.support.seen import Message


async def holds(acme: Company) -> dict[str, int]:
    """What Product holds, in dollars: for the month before this one, and for this one."""
    directory = (await acme.context.rulebooks.latest()).directory
    product = directory.by_slug("product")
    assert product is not None
    now = directory.period_at(product, acme.context.now_micros())
    periods = {"then": period_of(now.first_day - 1, "month"), "now": now}
    async with acme.context.store.read() as tx:
        return {
            when: (
                await tx.ledger.balances(
                    [(product.id, period)], root_id=directory.root.id, unattributed_id=directory.unattributed.id
                )
            )[product.id].held_nanos
            // NANOS
            for when, period in periods.items()
        }


async def waits_into_the_next_month(acme: Company, amount: str = "500") -> Message:
    card = await ask(acme, acme.anna, amount=amount)
    acme.clock.jump_to(middle_of_next_month(acme.clock.now()))
    return card


async def test_the_hold_the_card_and_the_receipt_move_to_the_new_month(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await waits_into_the_next_month(acme)
    assert await holds(acme) == {"then": 500, "now": 0}
    assert await carry_requests(acme.context) == 1
    assert await carry_requests(acme.context) == 0
    assert await holds(acme) == {"then": 0, "now": 500}
    await books_agree(acme)

    await acme.settles()
    shown = await acme.ben.sees("asks for $500.00", channel="CSEARCH")
    assert shown.ts == card.ts
    month = f"{acme.clock.now():%B %Y}"
    assert month in shown.text
    assert any(f"is about {month} now" in m.text for m in await acme.anna.dms())
    await acme.ben.clicks("Approve", shown)
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    assert await holds(acme) == {"then": 0, "now": 0}
    await books_agree(acme)


@pytest.mark.parametrize("button", ["Approve", "Deny", "Withdraw my request"])
async def test_a_card_of_the_old_month_is_looked_at_again_before_the_job_has_run(
    acme_on_both: Company, button: str
) -> None:
    acme = acme_on_both
    card = await waits_into_the_next_month(acme)
    if button == "Withdraw my request":  # nobody needs to look at the new month's figures for that
        await acme.anna.chooses(button, card)
        assert await holds(acme) == {"then": 0, "now": 0}
        await books_agree(acme)
        return
    reply = await acme.ben.clicks(button, card)

    assert "waited into another budget period" in reply.ephemeral[0].text
    (shown,) = [m for m in await acme.ben.messages("CSEARCH") if m.ts == card.ts]
    assert f"{acme.clock.now():%B %Y}" in shown.text
    assert await holds(acme) == {"then": 0, "now": 500}
    await acme.ben.clicks("Approve", shown)
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    await books_agree(acme)


async def test_a_card_of_an_earlier_version_is_decided_with_the_new_months_figures(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    await acme.mia.clicks("Approve", card)
    click = await last_sent(acme, "block_actions")
    click["actions"][0]["value"] = click["actions"][0]["value"].rpartition(":")[2]
    acme.clock.jump_to(middle_of_next_month(acme.clock.now()))
    await sends(acme, {**click, "user": {**click["user"], "id": "UBEN"}})

    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    assert await holds(acme) == {"then": 0, "now": 0}
    await books_agree(acme)


async def test_a_new_month_without_the_money_asks_finance(acme_on_both: Company) -> None:
    """Product had ten thousand when Anna asked, and has a hundred now."""
    acme = acme_on_both
    await ask(acme, acme.anna)
    acme.clock.jump_to(middle_of_next_month(acme.clock.now()))
    poorer = TEAMS_YML.replace("budget: {amount: 10000}", "budget: {amount: 1100}").replace("20000", "1700")
    await import_teams(acme.context, read_teams_file(poorer), dry_run=False)
    assert await carry_requests(acme.context) == 1
    await acme.settles()

    assert await holds(acme) == {"then": 0, "now": 0}
    assert await held_by_product(acme) == "0.000000000"
    card = await acme.ben.sees("asks for $500.00", channel="CSEARCH")
    assert "nothing is held" in card.text
    assert "You can't decide" in (await acme.ben.clicks("Approve", card)).text
    (copy,) = [m for m in await acme.chloe.dms() if "asks for $500.00" in m.text]
    await acme.chloe.clicks("Approve", copy)
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    await books_agree(acme)


async def test_a_period_of_another_length_carries_requests_there_and_back(acme_on_both: Company) -> None:
    acme = acme_on_both
    await ask(acme, acme.anna)
    for length in ("quarter", "month"):
        other = TEAMS_YML.replace("period: month", f"period: {length}")
        await import_teams(acme.context, read_teams_file(other), dry_run=False)
        assert await carry_requests(acme.context) == 1
        await books_agree(acme)
    assert await held_by_product(acme) == "500.000000000"


async def test_a_form_of_the_old_month_shows_the_new_one_first(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    form = (await acme.ben.clicks("Deny", card)).modal
    assert form is not None
    acme.clock.jump_to(middle_of_next_month(acme.clock.now()))
    assert not (await acme.ben.submits(form, reason="No need")).closed

    again = await acme.ben.modal()
    assert again is not None
    assert f"{acme.clock.now():%B %Y}" in again.text_everywhere()
    assert (await acme.ben.submits(again)).closed
    await books_agree(acme)
