"""Decisions are about what was seen: an old card, an old Home and an old form decide nothing, and show the request as it is."""

from typing import Any

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from handlers.slack.channels import set_channel
from tests.scenarios.requests.test_budget_requests import allowance, ask, books_agree, held_by_product
from tests.scenarios.test_clicks import last_sent, sends
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person
from tests.support.seen import Message, View


async def changes(acme: Company, card: Message, amount: str = "5000") -> None:
    """Anna changes the amount; Slack does not show it yet."""
    form = await change_form(acme, acme.anna, card)
    assert (await acme.anna.submits(form, amount=amount)).closed


async def states(acme: Company) -> list[tuple[str, int]]:
    async with acme.context.store.read() as tx:
        anna = await tx.people.by_slack_id("UANNA")
        assert anna is not None
        return [(r.state, r.amount_nanos // 10**9) for r in await tx.budget_requests.of_person(anna.id)]


async def sees_card(acme: Company, person: Person, card: Message, words: str) -> Message:
    """The clicked message, which shows something else now, before the outbox has updated it."""
    (shown,) = [m for m in await person.messages("CSEARCH") if m.ts == card.ts]
    assert words in shown.text_everywhere()
    return shown


@pytest.mark.parametrize("button", ["Approve", "Deny"])
async def test_a_click_on_a_card_of_another_amount_decides_nothing_and_shows_it(
    acme_on_both: Company, button: str
) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna, amount="50")
    await changes(acme, card)
    refused = await acme.ben.clicks(button, card)

    assert refused.modal is None
    assert "<@UANNA> changed this request: it is $5,000.00 for Search" in refused.ephemeral[0].text
    assert "Nothing was done" in refused.ephemeral[0].text
    assert await states(acme) == [("pending", 5000)]
    shown = await sees_card(acme, acme.ben, card, "asks for $5,000.00")
    await acme.ben.clicks("Approve", shown)
    assert await states(acme) == [("approved", 5000)]
    await books_agree(acme)


async def test_a_card_that_was_changed_back_to_its_amount_is_looked_at_again_too(acme: Company) -> None:
    card = await ask(acme, acme.anna, amount="50")
    await changes(acme, card)
    await changes(acme, card, amount="50")
    await acme.ben.clicks("Approve", card)

    assert await states(acme) == [("pending", 50)]


async def test_home_refuses_an_old_revision_in_a_modal_and_is_drawn_anew(acme: Company) -> None:
    card = await ask(acme, acme.anna, amount="50")
    home = await acme.ben.opens_home()
    await changes(acme, card)
    refused = await acme.ben.clicks("Approve", home)

    assert refused.modal is not None
    assert "it is $5,000.00 for Search" in refused.modal.text_everywhere()
    assert refused.home is not None
    assert "$5,000.00 for Search" in refused.home.text_everywhere()
    assert await states(acme) == [("pending", 5000)]
    await acme.ben.clicks("Approve", refused.home)
    assert await states(acme) == [("approved", 5000)]


async def test_the_form_of_a_denial_shows_the_new_amount_and_keeps_what_was_typed(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna, amount="50")
    form = (await acme.ben.clicks("Deny", card)).modal
    assert form is not None
    await changes(acme, card)
    assert not (await acme.ben.submits(form, reason="Too small to bother")).closed
    assert await states(acme) == [("pending", 5000)]

    again = await acme.ben.modal()
    assert again is not None
    assert "<@UANNA> changed this request: it is $5,000.00 for Search" in again.text_everywhere()
    assert again.find("reason")[1]["initial_value"] == "Too small to bother"
    assert (await acme.ben.submits(again)).closed
    assert await states(acme) == [("denied", 5000)]


async def test_an_askers_old_form_does_not_undo_what_they_changed_elsewhere(acme: Company) -> None:
    card = await ask(acme, acme.anna, amount="50")
    old = (await acme.anna.chooses("Change my request…", card)).modal
    assert old is not None
    assert not (await acme.anna.submits(old, amount="abc")).closed
    forgotten = await last_sent(acme, "view_submission")
    forgotten["view"]["state"]["values"]["amount"]["amount"]["value"] = "60"
    assert (await acme.anna.submits(old, amount="70")).closed
    _, answer = await sends(acme, {**forgotten, "trigger_id": "later"})

    assert '"response_action": "update"' in answer
    assert "it is $70.00 for Search" in answer
    assert await states(acme) == [("pending", 70)]


async def test_an_old_withdraw_button_withdraws_nothing_else(acme: Company) -> None:
    await ask(acme, acme.anna, amount="50")
    (receipt,) = [m for m in await acme.anna.dms() if "is sent" in m.text]
    await changes(acme, receipt)
    refused = await acme.anna.clicks("Withdraw", receipt)

    assert "it is $5,000.00 for Search" in refused.ephemeral[0].text
    assert await states(acme) == [("pending", 5000)]
    (shown,) = [m for m in await acme.anna.dms() if m.ts == receipt.ts]
    assert "$5,000.00 for Search is changed" in shown.text


async def test_a_copy_of_a_card_shows_that_it_was_decided(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    await acme.ben.clicks("Approve", card)
    late = await acme.ben.clicks("Approve", card)

    assert "already approved this request" in late.ephemeral[0].text
    assert (await sees_card(acme, acme.ben, card, "Approved by <@UBEN>")).buttons() == []


def without_revision(click: dict[str, Any]) -> dict[str, Any]:
    """The same click on a card that an earlier version posted, by Ben."""
    action = {**click["actions"][0], "value": click["actions"][0]["value"].rpartition(":")[2]}
    return {**click, "actions": [action], "user": {**click["user"], "id": "UBEN"}}


async def test_a_card_of_an_earlier_version_counts_until_its_request_is_changed(acme_on_both: Company) -> None:
    acme = acme_on_both
    for changed in (True, False):
        card = await ask(acme, acme.anna, amount="50")
        await acme.mia.clicks("Approve", card)
        old = without_revision(await last_sent(acme, "block_actions"))
        if changed:
            await changes(acme, card)
        await sends(acme, old)
        if changed:
            assert await states(acme) == [("pending", 5000)]
            await acme.settles()
            await acme.anna.chooses(
                "Withdraw my request", await acme.anna.sees("asks for $5,000.00", channel="CSEARCH")
            )

    assert await states(acme) == [("approved", 50), ("withdrawn", 5000)]
    await books_agree(acme)


async def change_form(acme: Company, person: Person, where: Message) -> View:
    in_menu = "Change my request…" in where.choices()
    asked = person.chooses("Change my request…", where) if in_menu else person.clicks("Change", where)
    form = (await asked).modal
    assert form is not None
    return form


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (TEAMS_YML.replace("mode: govern", "mode: announce"), "is in mode announce"),
        (
            TEAMS_YML.replace("members: [anna@acme.test, emi@acme.test]", "members: [emi@acme.test]"),
            "You are not in Search",
        ),
        (
            TEAMS_YML.replace("managers: [ben@acme.test]", "managers: [anna@acme.test]").replace("chloe@", "anna@"),
            "Nobody but you",
        ),
    ],
    ids=["mode", "membership", "deciders"],
)
async def test_a_change_asks_again_what_a_request_asks(acme_on_both: Company, now: str, said: str) -> None:
    acme = acme_on_both
    await ask(acme, acme.anna, amount="50")
    (receipt,) = [m for m in await acme.anna.dms() if "is sent" in m.text]
    form = await change_form(acme, acme.anna, receipt)
    await import_teams(acme.context, read_teams_file(now), dry_run=False)
    refused = await acme.anna.submits(form, amount="60")

    assert said in str(refused.errors)
    assert await states(acme) == [("pending", 50)]
    assert await held_by_product(acme) == "50.000000000"
    await books_agree(acme)


async def test_who_asked_in_the_channel_changes_there_too(acme: Company) -> None:
    card = await ask(acme, acme.mia, amount="50")
    assert (await acme.mia.submits(await change_form(acme, acme.mia, card), amount="60")).closed
    await acme.settles()
    assert await held_by_product(acme) == "60.000000000"


async def test_a_change_that_only_finance_can_decide_reaches_finance(acme: Company) -> None:
    card = await ask(acme, acme.anna, amount="50")
    await changes(acme, card, amount="15000")
    await acme.settles()

    (copy,) = [m for m in await acme.chloe.dms() if "asks for $15,000.00" in m.text]
    assert (
        "You can't decide"
        in (await acme.ben.clicks("Approve", await acme.ben.sees("$15,000.00", channel="CSEARCH"))).text
    )
    await acme.chloe.clicks("Approve", copy)
    assert (await allowance(acme))["allocated_usd"] == "16000.000000000"


async def test_a_channel_that_became_shared_is_shown_nothing_new(acme: Company) -> None:
    card = await ask(acme, acme.anna, amount="50")
    await changes(acme, card)
    search = (await acme.context.rulebooks.latest()).directory.by_slug("search")
    assert search is not None
    await set_channel(acme.context, search.id, channel_id="CSEARCH", state="paused")
    refused = await acme.ben.clicks("Approve", card)

    assert "it is $5,000.00 for Search" in refused.ephemeral[0].text
    await sees_card(acme, acme.ben, card, "asks for $50.00")
    assert await states(acme) == [("pending", 5000)]
