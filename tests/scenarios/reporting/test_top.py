"""`/tokens top`: a team's largest parts, for people who may see the team."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.company import TEAMS_YML, Company, company


async def _a_week(acme: Company) -> None:
    """Books a week of Search's Claude Code and the cheaper in-house MetaCode, part of the week before, and a first call."""
    yesterday = timedelta(days=1)
    counted: dict[str, Any] = {"uncached_input_tokens": 10_000_000, "output_tokens": 0, "cost_usd": None}
    await acme.uses(
        acme.event(1, dollars=60, ago=yesterday, tool="Claude Code", uncached_input_tokens=20_000_000, output_tokens=0),
        acme.event(2, ago=yesterday, tool=None, model="metacode-2", **counted),
        acme.event(3, dollars=45, tool="Claude Code", ago=timedelta(days=9)),
        acme.event(4, dollars=7, tool="Cursor", workflow="evals", ago=timedelta(days=3)),
        acme.event(5, dollars=500, tool="Cursor", team="mobile", user="mia@acme.test", ago=yesterday),
        acme.event(6, dollars=1, tool="Claude Code", ago=timedelta(days=61)),
    )


async def test_it_shows_the_channels_team_privately_with_both_kinds_of_tools(acme_on_both: Company) -> None:
    acme = acme_on_both
    await _a_week(acme)
    reply = await acme.anna.runs("/tokens top", channel="CSEARCH")
    words = reply.text_everywhere()

    assert [m.is_ephemeral for m in reply.messages] == [True]
    assert "1. Claude Code: $60.00 (85%), 20M tokens, +$15.00" in words
    assert "2. Cursor: $7.00 (10%)" in words
    assert "3. MetaCode: $4.00 (6%), 10M tokens, +$4.00, new" in words
    assert "In-house: $4.00 (6%) for 10M tokens (33%), $0.40 per million tokens; +$4.00." in words
    assert "Third-party: $67.00 (94%)" in words
    assert "$500" not in words


@pytest.mark.parametrize(
    ("typed", "said", "unsaid"),
    [
        ("top models 30d", "1. ", "In-house"),
        ("top workflows", "evals: $7.00", "In-house"),
        ("top people", "ranks no people", "$"),
        ("top everything", "I don't know “everything”.", "$"),
        ("top tools of anna", "I don't know “anna”.", "$"),
        ("topp", "Did you mean `/tokens top`?", "1. "),
    ],
)
async def test_it_takes_parts_and_days_and_never_people(acme: Company, typed: str, said: str, unsaid: str) -> None:
    await _a_week(acme)
    reply = await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")

    assert said in reply.text_everywhere()
    assert unsaid not in reply.text_everywhere()
    assert reply.ephemeral


async def test_finance_sees_the_whole_company_where_no_team_is_at_home(acme_on_both: Company) -> None:
    acme = acme_on_both
    await _a_week(acme)
    words = (await acme.chloe.runs("/tokens top", channel="CGENERAL")).text_everywhere()

    assert "Acme spent $571" in words
    assert "1. Cursor: $507.00" in words
    home = (await acme.chloe.opens_home()).text_everywhere()
    assert "In-house: $4.00 (1%)" in home
    assert "$0.40 per million" in home
    assert "(vs the same days of " in home


async def test_others_do_not_see_a_team_that_is_not_theirs(acme: Company) -> None:
    await _a_week(acme)

    for person in (acme.dan, acme.gus, acme.stranger):
        assert "$" not in (await person.runs("/tokens top", channel="CGENERAL")).text_everywhere()
    assert "$500.00" in (await acme.mia.runs("/tokens top", channel="CGENERAL")).text_everywhere()


async def test_in_preview_only_finance_gets_an_answer(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await _a_week(acme)
        assert "$" not in (await acme.anna.runs("/tokens top", channel="CSEARCH")).text_everywhere()
        assert "$60.00" in (await acme.chloe.runs("/tokens top", channel="CSEARCH")).text_everywhere()


@pytest.mark.parametrize("part", ["tools", "models", "workflows"])
async def test_long_names_of_marks_that_grow_are_shown(acme: Company, part: str) -> None:
    named = [(f"{number}{'&' * 200}") for number in range(12)]
    await acme.uses(
        *(
            acme.event(at, dollars=5, ago=timedelta(days=1), tool=one, model=one, workflow=one)
            for at, one in enumerate(named)
        )
    )

    words = (await acme.anna.runs(f"/tokens top {part}", channel="CSEARCH")).text_everywhere()

    assert "Search spent $60" in words
    assert f"What costs most: {part}" in words
