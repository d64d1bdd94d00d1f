"""The quick check of budgets skips exactly the teams without a change."""

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.alerting.budget_alerts import judge_budget
from handlers.alerting.budget_changes import teams_with_budget_changes
from handlers.books.periods import keep_books
from handlers.org.teams import import_teams
from storage.tables.alerting import alerts
from storage.tables.outbox import outbox
from tests.support.company import TEAMS_YML, Company

TEAMS = ("search", "mobile", "product", None)


async def kept(acme: Company) -> list[Any]:
    """All alerts and messages."""
    async with acme.context.store.read() as tx:
        tables = [(await tx.connection.execute(select(table).order_by(table.c.id))).all() for table in (alerts, outbox)]
    return [tuple(row) for rows in tables for row in rows]


async def passed_over(acme: Company) -> tuple[set[str], set[str]]:
    """The slugs of teams that the quick check finds, and of teams that change when they are judged."""
    now = acme.context.now()
    async with acme.context.store.read() as tx:
        scope = await acme.context.scope(tx, now=now)
        payers = [*scope.directory.real_teams, scope.directory.root]
        news = await teams_with_budget_changes(scope, payers)
    changed = set()
    for team in payers:
        before = await kept(acme)
        async with acme.context.store.begin() as tx:
            await judge_budget((await acme.context.scope(tx, now=now)).of_team(team))
        if await kept(acme) != before:
            changed.add(team.slug)
    return {team.slug for team in payers if team.id in news}, changed


async def does_something(acme: Company, chance: random.Random, step: int) -> None:
    """Usage of now or of days ago, a request, a grant, another budget, or days that pass."""
    match chance.choice(("usage", "usage", "past", "request", "budget", "time", "time")):
        case "usage":
            dollars = chance.choice([5, 120, 400])
            await acme.uses(acme.event(step, dollars=dollars, team=chance.choice(TEAMS)))
        case "past":
            team, dollars = chance.choice(TEAMS), chance.choice([8, 25, 60])
            days = range(1, chance.choice([5, 12, 25]))
            await acme.uses(
                *(acme.event(f"{step}-{ago}", dollars=dollars, ago=timedelta(days=ago), team=team) for ago in days)
            )
        case "request":
            form = (await acme.anna.runs(f"/tokens request {chance.choice([200, 600])} more", channel="CSEARCH")).modal
            if form is not None:
                await acme.anna.submits(form)
                await acme.worker.outbox_worker.deliver_due()
                waiting = [m for m in await acme.ben.messages("CSEARCH") if "Approve" in m.buttons()]
                if waiting and chance.random() < 0.5:
                    await acme.ben.clicks("Approve", waiting[-1])
        case "budget":
            amount = chance.choice([700, 1_100, 1_500, 2_500])
            changed = TEAMS_YML.replace("amount: 1000,", f"amount: {amount},")
            await import_teams(acme.context, read_teams_file(changed), dry_run=False)
        case "time":
            acme.clock.jump_to(acme.clock.now() + timedelta(days=chance.choice([1, 1, 2, 20])))
            await keep_books(acme.context)


async def budgets_are(acme: Company, *, search: int, mobile: int) -> None:
    """Sets the budgets of Search and Mobile; Product has one threshold only."""
    changed = TEAMS_YML.replace("amount: 1000,", f"amount: {search},").replace("amount: 500}", f"amount: {mobile}}}")
    changed = changed.replace("amount: 10000}", "amount: 10000, thresholds: [100]}")
    await import_teams(acme.context, read_teams_file(changed), dry_run=False)


async def asks(acme: Company, dollars: int) -> None:
    form = (await acme.anna.runs(f"/tokens request {dollars} more", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form)


async def test_all_that_a_budget_has_to_say_is_found_when_it_is_due(acme_on_both: Company) -> None:
    acme = acme_on_both
    month = [acme.event(f"past-{ago}", dollars=50, ago=timedelta(days=ago)) for ago in range(21)]
    story: list[tuple[str, Any, set[str]]] = [
        ("a run-out is foretold", lambda: acme.uses(*month), {"search"}),
        ("usage as usual", lambda: acme.uses(acme.event("usual", dollars=1)), set()),
        ("a budget is used up", lambda: acme.uses(acme.event("up", dollars=700, team="mobile")), {"mobile"}),
        ("a raise ends that", lambda: budgets_are(acme, search=1_000, mobile=2_000), {"mobile"}),
        ("a raise takes the forecast back", lambda: budgets_are(acme, search=8_000, mobile=2_000), {"search"}),
        ("a line is crossed", lambda: acme.uses(acme.event("line", dollars=6_000)), {"search"}),
        ("the parent spends", lambda: acme.uses(acme.event("parent", dollars=100, team="product")), set()),
        ("a request holds what is left", lambda: asks(acme, 1_900), {"product"}),
        ("what was held is spent", lambda: acme.uses(acme.event("held", dollars=1_900, team="product")), {"product"}),
        (
            "nobody's usage",
            lambda: acme.uses(acme.event("lost", dollars=9_600, team=None, user=None)),
            {"organisation"},
        ),
    ]
    for what, happens, expected in story:
        await happens()
        assert await passed_over(acme) == (expected, expected), what
        assert await passed_over(acme) == (set(), set()), f"{what}, and again"


async def test_whoever_is_passed_over_had_nothing_to_hear(acme: Company) -> None:
    chance, told = random.Random(3), 0
    await acme.uses(*(acme.event(f"past-{ago}", dollars=50, ago=timedelta(days=ago)) for ago in range(21)))
    for step in range(26):
        news, changed = await passed_over(acme)
        assert news == changed, f"step {step}"
        told += len(news)
        await does_something(acme, chance, step)

    assert told >= 5
