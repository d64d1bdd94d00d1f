"""`/tokens value`: what a team's spend brought, for those who may see the team, and the form of *What if*."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.periods import DAY_MICROS
from bot.reporting.spans import days_span
from bot.reporting.value.value_spans import last_weeks
from bot.requests.worth import Worth, WorthAnswer
from handlers.reporting.figures import spend_of, spenders_of
from handlers.reporting.outcomes import value_of
from tests.scenarios.commands import Run
from tests.support.company import TEAMS_YML, Company, company

WEEK = timedelta(days=7)
TOKENS: dict[str, Any] = {"provider": "anthropic", "model": "claude-opus-4-5", "cost_usd": None, "output_tokens": 0}
IN_HOUSE: dict[str, Any] = {
    "provider": "acme",
    "model": "metacode-2",
    "tool": None,
    "cost_usd": None,
    "output_tokens": 0,
}


def merged(acme: Company, number: int, *, ago: timedelta = WEEK, **data: Any) -> dict[str, Any]:
    """A merged change of Search, a week ago."""
    return {
        "specversion": "1.0",
        "type": "ai.outcome",
        "source": "/ci",
        "id": f"merge-{number}",
        "time": (acme.clock.now() - ago).isoformat(),
        "data": {"kind": "change_merged", "team": "search", **data},
    }


async def two_months(acme: Company) -> None:
    """Eight weeks of Search at $50 and five changes, the weeks before at $50 and ten; Mobile has spend alone."""
    for week in range(1, 17):
        changes = 5 if week <= 8 else 10
        await acme.uses(
            acme.event(f"s{week}", dollars=50, ago=week * WEEK),
            acme.event(f"m{week}", dollars=20, team="mobile", user="mia@acme.test", ago=week * WEEK),
            merged(acme, week, count=changes, ago=week * WEEK),
        )


async def test_the_channels_team_privately_with_the_trend_of_its_weeks(acme_on_both: Company) -> None:
    acme = acme_on_both
    await two_months(acme)
    reply = await acme.anna.runs("/tokens value", channel="CSEARCH")
    words = reply.text_everywhere()

    assert [message.is_ephemeral for message in reply.messages] == [True]
    assert "Search: $10.00 per merged change in the last 8 full weeks, 100% more than the 8 weeks before." in words
    assert "40 merged changes · known for 100% of $400 spend" in words
    assert "What if…" not in words  # a model that nobody prices
    assert "Mobile" not in words
    assert "anna" not in words.casefold()


async def test_a_department_and_the_company_have_their_teams_and_how_much_is_known(acme_on_both: Company) -> None:
    acme = acme_on_both
    await two_months(acme)
    product = (await acme.ben.runs("/tokens value product", channel="CGENERAL")).text_everywhere()
    whole = (await acme.chloe.runs("/tokens value company", channel="CGENERAL")).text_everywhere()

    assert "Product: $10.00 per merged change" in product
    assert "known for 71% of $560 spend" in whole
    assert "Acme: $10.00 per merged change" in whole
    assert "1 team of one person: not shown" in whole


async def test_its_spend_is_that_of_every_other_surface(acme_on_both: Company) -> None:
    acme = acme_on_both
    await two_months(acme)
    async with acme.context.store.read() as tx:
        scope = await acme.context.scope(tx)
        for team in (scope.directory.root, *scope.directory.real_teams):
            weeks = last_weeks(team.day_of(scope.at))
            days = days_span(weeks.first_day, weeks.end_day, zone=team.zone_on(scope.at))
            is_whole = team.kind == "organisation"
            found = await value_of(scope, team, weeks, is_subtree=is_whole, shows_preview=True)
            spend = await spend_of(scope, spenders_of(scope.directory, team), days)
            if found.report.span == weeks:  # a team without usage has no weeks
                assert (found.report.cost.cost_nanos, found.report.before.cost_nanos) == (
                    spend.cost_nanos,
                    spend.before_nanos,
                )
                assert found.report.unpriced_tokens == spend.unpriced_tokens


@pytest.mark.parametrize("typed", ["value", "value search", "value company"])
async def test_others_do_not_see_it(acme: Company, typed: str) -> None:
    await two_months(acme)

    for person in (acme.mia, acme.dan, acme.gus, acme.stranger):
        words = (await person.runs(f"/tokens {typed}", channel="CGENERAL")).text_everywhere()
        assert "Search: $" not in words
        assert "Acme: $" not in words
    assert "Search: $10.00" in (await acme.anna.runs("/tokens value search", channel="CGENERAL")).text_everywhere()
    for unknown in ("/tokens value company", "/tokens value mobile", "/tokens value nobody"):
        words = (await acme.anna.runs(unknown, channel="CSEARCH")).text_everywhere()
        assert "I don't know" in words
        assert "$" not in words


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("value last week", "Search: $10.00 per merged change last week"),
        ("search value 30d", "Search: $10.00 per merged change in the last 30 full days"),
        ("outcomes", "Search: $10.00 per merged change in the last 8 full weeks"),
    ],
)
async def test_it_is_asked_like_any_question(acme: Company, typed: str, said: str) -> None:
    await two_months(acme)

    assert said in (await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")).text_everywhere()


async def test_in_preview_finance_alone_gets_an_answer(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await two_months(acme)
        assert "$10.00" in (await acme.chloe.runs("/tokens value", channel="CSEARCH")).text_everywhere()
        for person in (acme.anna, acme.ben):
            assert "$10.00" not in (await person.runs("/tokens value", channel="CSEARCH")).text_everywhere()


async def test_what_if_proposes_a_used_model_and_its_form_any_of_the_line(acme_on_both: Company) -> None:
    acme = acme_on_both
    people = ("anna", "emi", "ben", "mia", "chloe")
    for number in range(3):
        await acme.uses(
            acme.event(f"o{number}", uncached_input_tokens=20_000_000, workflow="evals", ago=WEEK, **TOKENS),
            acme.event(f"i{number}", uncached_input_tokens=10_000, ago=WEEK, **IN_HOUSE),
        )
    alone = (await acme.anna.runs("/tokens value", channel="CSEARCH")).text_everywhere()
    assert "claude-opus-4-5: the same tokens on metacode-2 (in-house) would have cost $276 less." in alone
    assert "evals" not in alone, "Anna alone used it"
    for name in people:
        await acme.uses(acme.event(name, user=f"{name}@acme.test", workflow="evals", dollars=0, ago=WEEK))
    reply = await acme.anna.runs("/tokens value", channel="CSEARCH")
    line = "claude-opus-4-5 (Claude Code, evals): the same tokens on metacode-2 (in-house) would have cost $276 less."
    assert line in reply.text_everywhere()
    of_other_days = await acme.anna.runs("/tokens value 2025", channel="CSEARCH")
    assert line in of_other_days.text_everywhere()  # "over the last 4 weeks" is no other weeks

    form = (await acme.anna.clicks("What if…", reply.messages[0])).modal
    assert form is not None
    assert "3 calls, 20M tokens of input each: 60M input." in form.text_everywhere()
    assert "claude-opus-4-5: $300.00 at $5.00 input per million." in form.text_everywhere()
    await acme.anna.chooses("claude-haiku-4-5 (not used yet)", form)
    shown = await acme.anna.modal()
    assert shown is not None
    assert "All of it on claude-haiku-4-5: $60.03 instead of $300.01" in shown.text_everywhere()


async def test_the_form_is_for_those_who_may_see_the_team(acme: Company) -> None:
    await acme.uses(acme.event("o", uncached_input_tokens=20_000_000, ago=WEEK, **TOKENS))
    reply = await acme.anna.runs("/tokens value", channel="CSEARCH")
    button = reply.messages[0]
    block, element = button.find("What if…")

    refused = await acme.mia._acts(button, block, {**element, "value": element["value"]}, None)
    assert "$" not in refused.text_everywhere() or "members and managers" in refused.text_everywhere()


async def test_grants_that_were_worth_it_are_counted_without_names(acme_on_both: Company) -> None:
    acme = acme_on_both
    await two_months(acme)
    assert "ended grant" not in (await acme.ben.runs("/tokens value", channel="CSEARCH")).text_everywhere()
    form = (await acme.anna.runs("/tokens request 5 x", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form)
    at = acme.context.now_micros()
    async with acme.context.store.begin() as tx:
        (request,) = await tx.budget_requests.pending()
        answers: tuple[WorthAnswer, ...] = ("yes", "no")
        for person_id, answer in enumerate(answers, request.person_id):
            asked = Worth(request_id=request.id, person_id=person_id, asked_at=at - 10 * DAY_MICROS)
            await tx.worth.ask(asked)
            await tx.worth.save(replace(asked, answer=answer, answered_at=at))

    words = (await acme.ben.runs("/tokens value", channel="CSEARCH")).text_everywhere()
    assert "1 ended grant: 1 partly." in words
    assert "UANNA" not in words


def test_the_command_line_prints_it_by_weeks_or_by_a_period(run: Run) -> None:
    assert run("teams", "import", "teams.yml").exit_code == 0
    weeks = run("value", "--team", "search")
    period = run("value", "--team", "organisation", "--period", "2026-10")

    assert weeks.exit_code == 0, weeks.output
    assert "Search: $0.00 of AI spend in the last 8 full weeks; no outcomes are recorded." in weeks.output
    assert "in October 2026; no outcomes are recorded." in period.output
    wrong = run("value", "--team", "nobody")
    assert (wrong.exit_code, "there is no team 'nobody'" in wrong.output) == (1, True)
    assert run("value", "--team", "search", "--period", "soon").exit_code == 1
