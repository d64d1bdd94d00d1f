"""Typed questions: what each role gets, wherever they ask, and that nobody gets a team that is not theirs."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.company import TEAMS_YML, Company, company


async def books_a_month(acme: Company) -> None:
    """Books Search's usage of yesterday, today, and six weeks ago, and Mobile's."""
    day = timedelta(days=1)
    await acme.uses(
        acme.event(1, dollars=40, tool="Codex", model="acme-opus-4", workflow="evals", ago=day, credential="key-12"),
        acme.event(2, dollars=10, tool="Claude Code", model="acme-large", ago=2 * day, credential="key-12"),
        acme.event(3, dollars=5, tool="Claude Code"),
        acme.event(4, dollars=100, tool="Claude Code", ago=42 * day),
        acme.event(5, dollars=700, tool="Cursor", team="mobile", user="mia@acme.test", ago=day),
        acme.event(6, dollars=9, tool="Cursor", team=None, user=None, credential="lost-key", ago=day),
    )
    await acme.settles()


async def test_a_team_over_days_a_part_and_both_in_any_order(acme_on_both: Company) -> None:
    acme = acme_on_both
    await books_a_month(acme)
    for typed in ("search 7d", "7d search", "how much did search spend in the last 7 days?"):
        reply = await acme.anna.runs(f"/tokens {typed}", channel="CGENERAL")
        assert reply.text.startswith("Search spent $50.00 in the last 7 full days, "), typed
        assert reply.ephemeral
    opus = await acme.anna.runs("/tokens opus 30d", channel="CSEARCH")
    assert "Search spent $40.00 on the model acme-opus-4 in the last 30 full days, 80% of its spend" in opus.text
    today = await acme.anna.runs("/tokens today", channel="CSEARCH")
    assert "Search spent $5.00 today so far" in today.text
    top = await acme.anna.runs("/tokens workflows last 3 days", channel="CSEARCH")
    assert "1. evals: $40.00" in top.text


async def test_every_surface_of_a_team_has_an_answer(acme_on_both: Company) -> None:
    acme = acme_on_both
    await books_a_month(acme)
    for typed, said in (
        ("search", "Search has $"),
        ("budget search", "Search has $"),
        ("search statement", "Statement of Search"),
        ("forecast", "Search"),
        ("alerts", "No alert of Search runs"),
        ("export", "Files of Search"),
        ("history search", "There are no budget requests of Search"),
        ("history me", "There are no budget requests you made"),
        ("last month", "Search"),
        ("q1 2020", "Search used nothing in Q1 2020"),
        ("december 2099", "“december 2099” has not begun yet"),
    ):
        assert said in (await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")).text, typed


@pytest.mark.parametrize(
    "typed",
    [
        "mobile",
        "mobile last week",
        "<#CMOBILE|team-mobile>",
        "budget mobile",
        "statement mobile",
        "top mobile",
        "company",
    ],
)
async def test_a_team_that_is_not_theirs_reads_like_one_that_is_not_there(acme: Company, typed: str) -> None:
    await books_a_month(acme)
    hidden = await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")
    nowhere = await acme.anna.runs(
        f"/tokens {typed.replace('mobile', 'nowhere').replace('company', 'nobodys')}", channel="CSEARCH"
    )

    assert "$" not in hidden.text_everywhere()
    assert hidden.text.startswith("I don't know ")
    assert len(hidden.blocks) == len(nowhere.blocks)


async def test_in_a_teams_channel_its_team_is_seen_by_everybody_there(acme: Company) -> None:
    await books_a_month(acme)

    assert (
        "Mobile spent $700 yesterday" not in (await acme.anna.runs("/tokens mobile yesterday", channel="CSEARCH")).text
    )
    here = await acme.anna.runs("/tokens mobile last 2 days", channel="CMOBILE")
    assert "Mobile spent $700" in here.text
    assert "I don't know “key-12”" in (await acme.anna.runs("/tokens key-12", channel="CMOBILE")).text


async def test_keys_are_for_managers_finance_and_admins(acme_on_both: Company) -> None:
    acme = acme_on_both
    await books_a_month(acme)
    refused = await acme.anna.runs("/tokens keys", channel="CSEARCH")
    assert "Only managers of Search, finance and admins" in refused.text
    assert "key-12" not in refused.text

    managers = await acme.ben.runs("/tokens keys", channel="CSEARCH")
    assert "key-12: $50.00" in managers.text
    company_keys = await acme.chloe.runs("/tokens keys company", channel="CGENERAL")
    assert "lost-key: $9.00, 1 call" in company_keys.text
    assert company_keys.message.buttons() == [], "Dan claims keys, Chloe does not"
    needs = await acme.dan.runs("/tokens", channel="CGENERAL")
    assert needs.text.startswith("What needs an admin.")
    assert (await acme.dan.clicks("Claim", needs.message)).modal is not None


async def test_finance_gets_the_company_and_a_department_all_below(acme: Company) -> None:
    await books_a_month(acme)

    assert "Acme has $" in (await acme.chloe.runs("/tokens", channel="CGENERAL")).text
    whole = (await acme.chloe.runs("/tokens 7d", channel="CGENERAL")).text
    assert "Acme spent $759" in whole
    assert (
        "Teams: Mobile: $700.00 (92%), +$700.00; Search: $50.00 (7%), +$50.00; Unattributed: $9.00 (1%), +$9.00."
        in whole
    )
    assert (
        "Product with its 1 team spent $50.00" in (await acme.ben.runs("/tokens product 7d", channel="CGENERAL")).text
    )
    part = await acme.ben.runs("/tokens product opus 7d", channel="CGENERAL")
    assert "spent $40.00 on the model acme-opus-4 in the last 7 full days" in part.text, "a team below used it"


async def test_who_has_several_teams_reads_which_one_this_is(acme: Company) -> None:
    reply = await acme.ben.runs("/tokens 7d", channel="CGENERAL")

    assert "This is Product. Yours too: Search." in reply.text
    other = await acme.ben.clicks("Search", reply.message)
    assert other.text.startswith("Search used nothing")
    assert "Yours too" not in (await acme.ben.runs("/tokens search 7d", channel="CGENERAL")).text


async def test_several_meanings_are_asked_back_and_a_button_answers(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("slug: mobile, name: Mobile", "slug: november, name: November").replace(
        "managers: [mia@acme.test]", "managers: [mia@acme.test], members: [anna@acme.test]"
    )
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        asked = await acme.anna.runs("/tokens november", channel="CSEARCH")
        assert "“november” can mean several things. Which one?" in asked.text
        assert asked.message.buttons() == ["In november", "Team November"]
        assert (await acme.anna.clicks("Team November", asked.message)).text.startswith("November has $")
        assert "in November 20" in (await acme.anna.clicks("In november", asked.message)).text


async def test_a_near_miss_is_one_line_and_its_button_shows_it(acme: Company) -> None:
    await books_a_month(acme)
    for typed, said in (
        ("budgte", "I don't know “budgte”. Did you mean `/tokens budget`?"),
        ("reqest 50 evals", "I don't know “reqest”. Did you mean `/tokens request 50 evals`?"),
        ("serach 7d", "I don't know “serach”. Did you mean `/tokens search 7d`?"),
        ("top peope", "Tokens ranks no people"),
    ):
        reply = await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")
        assert reply.text.startswith(said), typed
        assert len(reply.blocks) == 1
    shown = await acme.anna.clicks("Show it", (await acme.anna.runs("/tokens serach 7d", channel="CSEARCH")).message)
    assert "Search spent $50.00" in shown.text


async def test_a_button_of_a_team_that_is_theirs_no_more_says_nothing(acme: Company) -> None:
    await books_a_month(acme)
    reply = await acme.ben.runs("/tokens 7d", channel="CGENERAL")
    block, element = reply.message.find("Search")
    element["value"] = 'q:team:mobile days:"7d"'
    forged = {"channel": reply.message.channel, "ts": reply.message.ts, "block_id": block["block_id"]}
    answer = await acme.ben._does("action", **forged, action_id=element["action_id"], value=element["value"], values={})

    assert "$700" not in answer.text_everywhere()


async def test_in_preview_only_finance_gets_figures(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await books_a_month(acme)
        for typed in ("", "7d", "search", "search 7d", "keys", "forecast", "alerts", "export", "opus"):
            for person in (acme.anna, acme.ben):
                assert "$" not in (await person.runs(f"/tokens {typed}", channel="CSEARCH")).text_everywhere(), typed
        assert "Search spent $50.00" in (await acme.chloe.runs("/tokens search 7d", channel="CSEARCH")).text


@pytest.mark.parametrize("who", ["gus", "stranger"])
async def test_guests_and_strangers_get_one_sentence(acme: Company, who: str) -> None:
    await books_a_month(acme)
    for typed in ("search 7d", "keys", "forecast", "company"):
        reply = await getattr(acme, who).runs(f"/tokens {typed}", channel="CSEARCH")
        assert "Tokens is for members of this workspace." in reply.text
        assert "$" not in reply.text_everywhere()


async def test_help_is_short_with_the_rest_behind_a_button(acme: Company) -> None:
    short = await acme.anna.runs("/tokens help", channel="CSEARCH")
    assert short.text.count("`/tokens") == 7
    everything = await acme.anna.clicks("More", short.message)
    assert "transfer 500 to checkout" in everything.text
    assert "transfer 500 to checkout" in (await acme.anna.runs("/tokens help more", channel="CSEARCH")).text
