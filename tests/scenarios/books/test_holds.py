"""Holds from Slack: `/tokens hold`, its list and buttons, and `/tokens release`."""

import pytest

from handlers.books.commitments.kept_holds import keep_holds
from tests.support.company import Company


async def search(company: Company) -> dict[str, str]:
    return dict((await company.gets("/v1/teams/search/allowance"))[1])


async def test_a_manager_sets_aside_and_the_run_uses_it_up(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.ben.runs("/tokens hold 300 eval-run for 10 days", channel="CSEARCH")
    await acme.settles()
    said = await acme.anna.sees("set $300.00 of Search's budget aside for “eval-run”", channel="CSEARCH")
    assert "$700.00 is left for all else" in said.text
    assert ((await search(acme))["available_usd"], (await search(acme))["held_usd"]) == (
        "700.000000000",
        "300.000000000",
    )

    await acme.uses(acme.event(1, dollars=120, workflow="eval-run"))
    await acme.settles()
    stands = await acme.anna.runs("/tokens", channel="CSEARCH")
    assert "Set aside and left: $180.00 of $300.00 for “eval-run” until" in stands.text_everywhere()
    listed = (await acme.ben.runs("/tokens hold", channel="CSEARCH")).message
    assert "$180.00 of $300.00 left" in listed.text
    form = (await acme.ben.clicks("Change", listed)).modal
    assert form is not None
    assert (await acme.ben.submits(form, amount="100")).errors == {
        "amount": "$120.00 of it is used already. Set aside at least that."
    }
    assert (await acme.ben.submits(form, amount="150")).closed

    await acme.uses(acme.event(2, dollars=40, workflow="eval-run"))
    await acme.settles()
    await keep_holds(acme.context)
    await acme.settles()
    assert "is used up" in (await acme.ben.dms())[-1].text
    await acme.ben.runs("/tokens release EVAL-run", channel="CSEARCH")
    await acme.settles()
    over = await acme.anna.sees("is released by", channel="CSEARCH")
    assert (over.ts, over.buttons()) == (said.ts, [])
    assert "$150.00 of $150.00 was used" in over.text
    assert (await search(acme))["available_usd"] == "840.000000000"


async def test_each_refusal_is_a_sentence_and_sets_nothing_aside(acme: Company) -> None:
    for person, text, answer in (
        (acme.anna, "hold 5 eval", "Only the managers of Search and finance"),
        (acme.ben, "hold 5000 eval", "Search has $1,000.00 available"),
        (acme.anna, "hold 5 eval until someday", "Only the managers of Search and finance"),
        (acme.ben, "release", "Nothing is set aside for a run of Search"),
    ):
        reply = await person.runs(f"/tokens {text}", channel="CSEARCH")
        assert answer in reply.text, text
    assert "Which team?" in (await acme.chloe.runs("/tokens hold 5 eval", channel="CGENERAL")).text
    assert (await search(acme))["held_usd"] == "0.000000000"
    await acme.ben.runs("/tokens hold 5 eval", channel="CSEARCH")
    await acme.settles()
    listed = (await acme.anna.runs("/tokens hold", channel="CSEARCH")).message
    assert listed.buttons() == []
    assert "Type `/tokens release` and its name" in (await acme.ben.runs("/tokens release x", channel="CSEARCH")).text


async def test_an_unclear_hold_opens_the_form_filled_in_with_what_was_understood(acme: Company) -> None:
    form = (await acme.ben.runs("/tokens hold 40 eval-run until tomorrow 5pm", channel="CSEARCH")).modal
    assert form is not None
    assert "A hold ends with a whole day." in form.text_everywhere()
    assert form.find("amount")[1]["initial_value"] == "40"
    assert form.find("run")[1]["initial_value"] == "eval-run"
    assert (await search(acme))["held_usd"] == "0.000000000"

    refused = await acme.ben.submits(form, amount="0")
    assert "more than zero" in str(refused.modal or refused.raw)
    reply = await acme.ben.submits(form, amount="40")
    assert reply.ok
    await acme.settles()
    said = await acme.anna.sees("set $40.00 of Search's budget aside", channel="CSEARCH")
    assert "“eval-run”" in said.text
    assert (await search(acme))["held_usd"] == "40.000000000"


@pytest.mark.parametrize("typed", ["0 eval", "5 eval until 2020-01-01", "5 eval until someday", "eval", "5 eval until"])
async def test_whatever_is_unclear_about_a_hold_opens_the_form(acme: Company, typed: str) -> None:
    form = (await acme.ben.runs(f"/tokens hold {typed}", channel="CSEARCH")).modal

    assert form is not None
    assert form.title == "Set budget aside"
