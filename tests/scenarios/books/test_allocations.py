"""`/tokens allocate` and `/tokens budget`: a manager hands out a department's budget from Slack."""

import asyncio
import re
from datetime import timedelta

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.granting.grants import end_grants
from handlers.org.teams import import_file, import_teams
from storage.books.checks import faults
from tests.scenarios.test_clicks import last_sent, sends
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person
from tests.support.seen import View

ADS = """
  - {slug: ads, name: "فريق الإعلانات", parent: product, managers: [mia@acme.test], budget: {amount: 2000}}
attribution:
"""
WITH_ADS = TEAMS_YML.replace("\nattribution:\n", ADS)


async def declares(acme: Company, text: str) -> None:
    await import_teams(acme.context, read_teams_file(text), dry_run=False)


async def books_agree(acme: Company) -> None:
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def allowance(acme: Company, slug: str) -> tuple[str, str]:
    """What a gateway is told: its budget and what is available, in dollars."""
    _, answer = await acme.gets(f"/v1/teams/{slug}/allowance")
    return tuple(re.sub(r"\.0+$", "", answer[name]) for name in ("allocated_usd", "available_usd"))  # type: ignore[return-value]  # two


async def opens(person: Person, text: str = "/tokens allocate", channel: str = "CGENERAL") -> View:
    reply = await person.runs(text, channel=channel)
    assert reply.modal is not None, reply.text
    return reply.modal


def amounts(form: View) -> dict[str, str]:
    """What the fields show, by their labels."""
    return {
        str(block["label"]["text"]): str(element.get("initial_value") or "")
        for block, element in form.elements()
        if element["action_id"] == "amount"
    }


def block_of(form: View, label: str) -> str:
    return str(form.find(label)[0]["block_id"])


async def test_ben_hands_out_and_everybody_hears_of_it_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declares(acme, WITH_ADS)
    await acme.uses(acme.event(1, dollars=340))
    form = await opens(acme.ben)
    assert amounts(form) == {"Search": "$1,000.00", "فريق الإعلانات": "$2,000.00"}
    words = form.text_everywhere()
    assert "$7,000.00 is left to hand out" in words
    assert "Spent $340.00 · forecast" in words
    assert "$660.00 available" in words

    submitted = await acme.ben.submits(form, {"Search": "3k", "فريق الإعلانات": "1,500.50"})
    assert submitted.closed, submitted.errors
    await acme.settles()

    assert await allowance(acme, "search") == ("3000", "2660")
    assert await allowance(acme, "ads") == ("1500.500000000", "1500.500000000")
    assert (await allowance(acme, "product"))[1] == "5499.500000000"
    month = f"{acme.clock.now():%B %Y}"
    said = await acme.anna.sees("set the budget of Search", channel="CSEARCH")
    assert said.text.startswith(
        f"<@UBEN> set the budget of Search: $3,000.00 each month from {month} on; it was $1,000.00. "
        "It has $2,660.00 available now."
    )
    assert len([m for m in await acme.anna.messages("CSEARCH") if "set the budget" in m.text]) == 1
    assert "it was $2,000.00" in (await acme.mia.dms())[-1].text, "a team without a channel hears through its managers"
    receipt = (await acme.ben.dms())[-1].text
    assert "You handed out budget of Product." in receipt
    assert "Product has $5,499.50 left to hand out." in receipt
    async with acme.context.store.read() as tx:
        search = (await acme.context.rulebooks.current(tx)).directory.by_slug("search")
        assert search is not None
        assert await tx.audit.has(action="set budget", subject=f"team:{search.id}")
    await books_agree(acme)

    kept = await import_file(acme.context, read_teams_file(WITH_ADS), dry_run=True)
    assert kept.changes == []
    assert [line.split(" (")[0] for line in kept.kept] == [
        "set in Slack, kept: ads: budget $1,500.50",
        "set in Slack, kept: search: budget $3,000.00",
    ]


async def test_the_shortcut_opens_the_form_with_the_amount_at_its_team(acme: Company) -> None:
    await declares(acme, WITH_ADS)
    form = await opens(acme.ben, "/tokens allocate search 12000")
    assert amounts(form)["Search"] == "12000"
    refused = await acme.ben.submits(form)
    assert refused.errors == {
        block_of(form, "Search"): "Product has $7,000.00 left to hand out. These budgets grow by $11,000.00 together."
    }
    assert (await acme.ben.submits(form, {"Search": "8000"})).closed
    assert (await allowance(acme, "search"))[0] == "8000"
    await books_agree(acme)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-5", "A budget is $0 or more."),
        ("1e99", "That is not an amount."),
        ("NaN", "That is not an amount."),
        ("much", "That is not an amount."),
        ("2000m", "more than a billion dollars"),
        ("  ", "Type an amount. With 0 the team has a budget of $0"),
        ("10000.01", "Product has $7,000.00 left to hand out. These budgets grow by $8,900.01 together."),
    ],
)
async def test_what_can_not_be_is_refused_at_its_field_and_nothing_is_posted(
    acme: Company, typed: str, said: str
) -> None:
    await declares(acme, WITH_ADS)
    form = await opens(acme.ben)
    refused = await acme.ben.submits(form, {"Search": typed, "فريق الإعلانات": "1900"})

    assert not refused.closed
    assert list(refused.errors) == [block_of(form, "Search")]
    assert said in refused.errors[block_of(form, "Search")]
    assert await allowance(acme, "search") == ("1000", "1000")
    assert await allowance(acme, "ads") == ("2000", "2000")
    if typed.strip() and "budgets grow" not in said:
        reply = await acme.ben.runs(f"/tokens allocate search {typed}", channel="CGENERAL")
        assert reply.modal is None
        assert said in reply.text


async def test_several_faults_show_at_their_fields_at_once(acme: Company) -> None:
    await declares(acme, WITH_ADS)
    form = await opens(acme.ben)
    refused = await acme.ben.submits(form, {"Search": "x", "فريق الإعلانات": "-1"})

    assert sorted(refused.errors) == sorted(block_of(form, label) for label in amounts(form))


async def test_zero_is_a_budget_at_which_gateways_stop(acme: Company) -> None:
    form = await opens(acme.ben)
    assert (await acme.ben.submits(form, {"Search": "0"})).closed
    await acme.settles()

    assert "block calls of a team with a budget of $0" in (await acme.anna.sees("it was $1,000.00")).text
    _, answer = await acme.gets("/v1/teams/search/allowance")
    assert answer["decision"] == "deny"
    assert (await allowance(acme, "product"))[1] == "10000"
    await books_agree(acme)


async def test_the_second_of_two_managers_sees_the_firsts_figures(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declares(acme, WITH_ADS)
    bens, chloes = await opens(acme.ben), await opens(acme.chloe, "/tokens allocate product")
    assert (await acme.ben.submits(bens, {"Search": "3000"})).closed
    late = await acme.chloe.submits(chloes, {"فريق الإعلانات": "2500"})

    assert not late.closed
    again = await acme.chloe.modal()
    assert again is not None
    assert amounts(again) == {"Search": "$3,000.00", "فريق الإعلانات": "2500"}
    assert "<@UBEN> changed Search to $3,000.00 meanwhile, so nothing was saved." in again.text_everywhere()
    assert (await allowance(acme, "ads"))[0] == "2000"
    assert (await acme.chloe.submits(again)).closed
    assert ((await allowance(acme, "search"))[0], (await allowance(acme, "ads"))[0]) == ("3000", "2500")
    await books_agree(acme)


async def test_managers_at_once_promise_no_more_than_there_is_and_each_is_answered(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declares(acme, WITH_ADS)
    form = await opens(acme.ben)
    assert (await acme.ben.submits(form, {"Search": "-1"})).errors
    body = await last_sent(acme, "view_submission")
    block = block_of(form, "Search")

    async def submits(number: int) -> str:
        values = {
            **body["view"]["state"]["values"],
            block: {"amount": {"type": "plain_text_input", "value": f"{4000 + number}"}},
        }
        view = {**body["view"], "state": {"values": values}}
        status, answer = await sends(acme, {**body, "view": view, "trigger_id": f"t{number}"})
        assert status == 200
        return answer

    answers = await asyncio.gather(*(submits(number) for number in range(6)))

    assert len([a for a in answers if "response_action" not in a]) == 1
    assert len([a for a in answers if "meanwhile" in a]) == 5
    async with acme.context.store.read() as tx:
        team = (await acme.context.rulebooks.current(tx)).directory.by_slug("search")
        assert team is not None
        assert team.set_budget is not None
    await books_agree(acme)


async def test_a_budget_for_this_month_only_or_until_a_date_is_a_grant(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=200))
    form = await opens(acme.ben)
    lower = await acme.ben.submits(form, {"Search": "900", "How long": "This month only"})
    assert "can only grow" in lower.errors[block_of(form, "Search")]
    missing = await acme.ben.submits(form, {"Search": "1500", "How long": "Until a date"})
    assert missing.errors == {"end": "Choose the last day, or another answer to “How long”."}
    past = f"{acme.clock.now() - timedelta(days=2):%Y-%m-%d}"
    assert "is over" in (await acme.ben.submits(form, {"Last day": past})).errors["end"]
    last = acme.clock.now() + timedelta(days=3)
    assert (await acme.ben.submits(form, {"Last day": f"{last:%Y-%m-%d}"})).closed
    await acme.settles()

    said = await acme.anna.sees("gave Search $500.00 more", channel="CSEARCH")
    assert f"until {last.day} {last:%b}" in said.text
    assert await allowance(acme, "search") == ("1500", "1300")
    shown = (await acme.anna.runs("/tokens", channel="CSEARCH")).text_everywhere()
    assert f"$500.00 of the budget is until {last.day} {last:%b}; none of that is used." in shown
    again = await opens(acme.ben)
    assert amounts(again) == {"Search": "$1,000.00"}
    assert "$500.00 more this month" in again.text_everywhere()

    await acme.uses(acme.event(2, dollars=120))
    acme.clock.jump_to(acme.clock.now() + timedelta(days=5))
    assert await end_grants(acme.context) == 1
    await acme.settles()
    assert "$380.00 of it was unspent and went back to Product." in (await acme.anna.sees("has ended")).text
    assert await allowance(acme, "search") == ("1120", "800")
    await books_agree(acme)


async def test_thresholds_follow_a_budget_up_and_down(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=950))
    await acme.settles()
    crossed = await acme.anna.sees("95%", channel="CSEARCH")
    assert (await acme.ben.submits(await opens(acme.ben), {"Search": "3000"})).closed
    await acme.settles()
    resolved = [m for m in await acme.anna.messages("CSEARCH") if m.ts == crossed.ts]
    assert "<@UBEN> handed out budget of Product." in resolved[0].text_everywhere()

    assert (await acme.ben.submits(await opens(acme.ben), {"Search": "900"})).closed
    await acme.settles()
    await acme.anna.sees("$50.00 over its budget of $900", channel="CSEARCH")


async def test_the_budget_shows_its_own_figures_and_those_with_its_teams_apart(acme: Company) -> None:
    await declares(acme, WITH_ADS)
    await acme.uses(acme.event(1, dollars=340), acme.event(2, dollars=25, team="product"))
    shown = (await acme.ben.runs("/tokens budget product", channel="CGENERAL")).message
    words = shown.text_everywhere()
    for part in (
        "Product has $6,975.00 available of $10,000.00",
        "*Handed to its teams*\n$3,000.00",
        "*Spent by itself*\n$25.00",
        "*Spent with its teams*\n$365.00",
        "teams.yml gives it $10,000.00 each month.",
    ):
        assert part in words, part
    assert shown.is_ephemeral
    assert shown.buttons() == ["Hand out budget", "Request budget"]
    assert (await acme.ben.clicks("Hand out budget", shown)).modal is not None

    mine = (await acme.anna.runs("/tokens budget", channel="CSEARCH")).message
    assert "Search has $660.00 available of $1,000.00" in mine.text
    assert mine.buttons() == ["Request budget"]
    hidden, none = [
        (await acme.anna.runs(f"/tokens budget {typed}", channel="CGENERAL")).text for typed in ("product", "nowhere")
    ]
    assert hidden == none.replace("nowhere", "product"), "whether there is such a team is not said"
    assert "I don't know “org”." in (await acme.ben.runs("/tokens budget org", channel="CGENERAL")).text
    assert "that no team was given" in (await acme.chloe.runs("/tokens budget org", channel="CGENERAL")).text
