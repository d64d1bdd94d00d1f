"""An import gives away neither what is held nor what is promised, on both databases and beside clicks."""

import asyncio

import pytest
from sqlalchemy import text

from bot.books.budgets import target_budget
from bot.books.ledger import Account, Entry, Overdrawn
from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from handlers.books.periods import keep_books
from handlers.context import Context
from handlers.org.teams import import_teams
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import decide_request
from tests.storage.declared import balance, faults, person


def acme_yml(
    *, funding: int = 1_000, product: int = 600, search: int = 300, ads: int = 0, parent: str = "product"
) -> str:
    return f"""
organisation: {{name: Acme, timezone: UTC, funding: {funding}, finance: [chloe@acme.test]}}
teams:
  - {{slug: product, name: Product, managers: [ben@acme.test], budget: {{amount: {product}}}}}
  - {{slug: search, name: Search, parent: {parent}, members: [anna@acme.test], budget: {{amount: {search}}}}}
  - {{slug: ads, name: Ads, budget: {{amount: {ads}}}}}
"""


async def imports(context: Context, yml: str, *, dry_run: bool = False) -> list[str]:
    return await import_teams(context, read_teams_file(yml), dry_run=dry_run)


async def refused(context: Context, yml: str) -> list[str]:
    """Returns the faults of an import, which its dry run says too; nothing is stored."""
    said = []
    for dry_run in (True, False):
        with pytest.raises(ConfigError) as error:
            await imports(context, yml, dry_run=dry_run)
        said.append(str(error.value).split(" in 20")[0])
    assert said[0] == said[1]
    return said[0].splitlines()


async def ask(context: Context, dollars: int, slug: str = "search", email: str = "anna@acme.test") -> int:
    asker = await person(context, email)
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        team = scope.directory.by_slug(slug)
        assert team is not None
        request = await create_request(
            scope.of_team(team), Ask(amount_nanos=dollars * NANOS, reason="evals"), person_id=asker
        )
    return request.id


async def decide(context: Context, request_id: int, *, approve: bool = True) -> None:
    chloe = await person(context, "chloe@acme.test")
    async with context.store.begin() as tx:
        await decide_request(
            await context.scope(tx),
            context,
            Seen(request_id=request_id, revision=None),
            Decision(approve=approve),
            by=chloe,
        )


async def left(context: Context, slug: str) -> int:
    return (await balance(context, slug)).available_nanos // NANOS


async def test_what_is_held_at_the_organisation_is_not_given_to_a_team(context: Context) -> None:
    await imports(context, acme_yml())
    request = await ask(context, 400, "ads")  # the organisation holds all that it has left
    assert await left(context, "organisation") == 0

    assert await refused(context, acme_yml(product=601)) == ["organisation.funding: $1.00 short"]
    assert await refused(context, acme_yml(funding=999)) == ["organisation.funding: $1.00 short"]
    assert await left(context, "product") == 300

    await decide(context, request, approve=False)
    await imports(context, acme_yml(product=601))
    assert await left(context, "product") == 301
    assert await faults(context.store) == []


async def test_a_parent_is_not_lowered_below_what_it_gave_and_holds(context: Context) -> None:
    await imports(context, acme_yml())
    request = await ask(context, 250)  # Product holds it, beside the 300 that Search has

    assert await refused(context, acme_yml(product=549)) == ["teams[product].budget.amount: $1.00 short"]
    await imports(context, acme_yml(product=550))
    await decide(context, request)

    assert await refused(context, acme_yml(product=549)) == ["teams[product].budget.amount: $1.00 short"]
    await imports(context, acme_yml(product=549, search=299))  # the team below gives back what the parent lacks
    assert (await left(context, "product"), await left(context, "search")) == (0, 549)
    assert await faults(context.store) == []


async def test_several_changes_of_one_file_balance_each_other(context: Context) -> None:
    await imports(context, acme_yml())
    await ask(context, 400, "ads")

    await imports(context, acme_yml(product=500, ads=100))  # what one gives back the other gets
    assert (await left(context, "product"), await left(context, "ads")) == (200, 100)
    await imports(context, acme_yml(funding=1_300, product=800, ads=100))
    assert (await left(context, "organisation"), await left(context, "product")) == (0, 500)
    assert await refused(context, acme_yml(funding=1_300, product=800, ads=101)) == [
        "organisation.funding: $1.00 short"
    ]
    assert await faults(context.store) == []


async def test_nothing_of_a_refused_import_is_stored(context: Context) -> None:
    await imports(context, acme_yml())
    await ask(context, 400, "ads")
    renamed = acme_yml(product=700).replace("name: Search", "name: Search and find")

    await refused(context, renamed)

    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    assert [(t.name, (t.budget_nanos or 0) // NANOS) for t in directory.real_teams] == [
        ("Product", 600),
        ("Search", 300),
        ("Ads", 0),
    ]
    assert await imports(context, acme_yml()) == []


async def test_a_team_that_moves_gives_its_budget_back_to_the_former_parent(context: Context) -> None:
    await imports(context, acme_yml())
    await imports(context, acme_yml(parent="ads", ads=300))

    assert [await left(context, slug) for slug in ("organisation", "product", "search", "ads")] == [100, 600, 300, 0]
    await imports(context, acme_yml(search=200))
    assert [await left(context, slug) for slug in ("organisation", "product", "search", "ads")] == [400, 400, 200, 0]
    assert await faults(context.store) == []


async def test_the_scheduled_job_posts_what_the_money_is_there_for(context: Context) -> None:
    """As with declarations that an earlier version stored without looking."""
    await imports(context, acme_yml())
    await ask(context, 400, "ads")
    async with context.store.begin() as tx:
        for slug, dollars in (("product", 700), ("search", 200), ("ads", 0)):
            await tx.connection.execute(
                text(f"UPDATE teams SET budget_nanos = {dollars * NANOS} WHERE slug = '{slug}'")
            )
        await tx.config.changed()

    await keep_books(context)

    assert [await left(context, slug) for slug in ("organisation", "product", "search")] == [0, 400, 200]
    assert await faults(context.store) == []


async def test_the_ledger_posts_no_promise_that_the_money_is_not_there_for(context: Context) -> None:
    await imports(context, acme_yml())
    entry = await allocation(context, 401)

    with pytest.raises(Overdrawn, match=r"\$1.00 is missing"):
        async with context.store.begin() as tx:
            await tx.ledger.post([entry], at=0)
    assert await left(context, "organisation") == 400


async def allocation(context: Context, dollars: int) -> Entry:
    """An allocation from the organisation to Ads."""
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    team = directory.by_slug("ads")
    assert team is not None
    period = directory.period_at(team, context.now_micros())
    assert target_budget(team, period) == 0
    return Entry(
        kind="allocation",
        dedupe_key=f"test:{dollars}",
        period=period.name,
        effective_at=0,
        from_account=Account(team_id=directory.root.id, period=period.name, bucket="available"),
        to_account=Account(team_id=team.id, period=period.name, bucket="available"),
        amount_nanos=dollars * NANOS,
        actor_id=None,
        reason="a test",
        document="request:0",
    )


async def test_the_check_names_an_account_that_promises_alone_brought_below_zero(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await imports(context, acme_yml())
    entry = await allocation(context, 450)

    async def posts_without_looking(*_: object) -> None: ...

    monkeypatch.setattr("storage.books.ledger.Ledger._require_promised", posts_without_looking)
    async with context.store.begin() as tx:
        await tx.ledger.post([entry], at=0)

    (fault,) = await faults(context.store)
    assert fault.startswith("ledger: account organisation, 20")
    assert fault.endswith(", available: its teams' budgets and holds are $50.00 more than its budget")


async def test_charges_alone_bring_an_account_below_zero_without_a_fault(context: Context) -> None:
    await imports(context, acme_yml())
    charge = await allocation(context, 1)
    async with context.store.begin() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        ads = directory.by_slug("ads")
        assert ads is not None
        spent = Account(team_id=ads.id, period=charge.period, bucket="spent")
        taken = Account(team_id=ads.id, period=charge.period, bucket="available")
        entry = Entry(
            kind="charge",
            dedupe_key="charge:test",
            period=charge.period,
            effective_at=0,
            from_account=taken,
            to_account=spent,
            amount_nanos=5 * NANOS,
            actor_id=None,
            reason="a test",
            document="usage:1",
            usage_day=1,
        )
        assert await tx.ledger.post([entry], at=0) == 1

    assert [fault for fault in await faults(context.store) if "account" in fault] == []


async def test_imports_among_requests_and_decisions_never_promise_more_than_there_is(context: Context) -> None:
    """The organisation's last 400 are asked for, granted and declared at once, by everybody."""
    await imports(context, acme_yml())
    people = [f"p{number}@acme.test" for number in range(6)]

    async def click(email: str) -> None:
        request = await ask(context, 90, "ads", email)
        await decide(context, request)

    outcomes = await asyncio.gather(
        *(click(email) for email in people),
        *(imports(context, acme_yml(product=product)) for product in (700, 650, 900, 600)),
        keep_books(context),
        keep_books(context),
        return_exceptions=True,
    )

    refusals = [str(one) for one in outcomes if isinstance(one, BaseException)]
    assert all("organisation.funding" in said for said in refusals), (
        refusals
    )  # an import that came too late, nothing else
    assert await faults(context.store) == []
    assert await left(context, "organisation") >= 0
    assert sum([await left(context, slug) for slug in ("organisation", "product", "search", "ads")]) >= 1_000
