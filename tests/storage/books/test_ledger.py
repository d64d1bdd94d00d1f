"""The ledger: balances, entries posted once, and budgets that follow their declaration."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.books.ledger import Account, Balance, Entry
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.periods import micros
from bot.refusals import ConfigError
from handlers.context import Context
from tests.storage.declared import balance, declared, faults, teams_yml

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
AT = micros(NOW)


async def entry(context: Context, slug: str, kind: str, amount_nanos: int, key: str) -> Entry:
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    team = directory.by_slug(slug)
    assert team is not None
    period = directory.period_at(team, context.now_micros()).name
    accounts = {b: Account(team_id=team.id, period=period, bucket=b) for b in ("available", "held", "funding")}
    moved = {"hold": ("available", "held"), "release": ("held", "available"), "appropriation": ("funding", "available")}
    source, target = moved[kind]
    return Entry(
        kind=kind,  # type: ignore[arg-type]  # one of the three above
        dedupe_key=key,
        period=period,
        effective_at=AT,
        from_account=accounts[source],
        to_account=accounts[target],
        amount_nanos=amount_nanos,
        actor_id=None,
        reason="a test",
        document="test",
    )


async def test_what_is_set_aside_is_not_available_until_it_is_released(context: Context) -> None:
    await declared(context, teams_yml())
    hold = await entry(context, "search", "hold", 150 * NANOS, "hold")
    release = await entry(context, "search", "release", 150 * NANOS, "release")

    async with context.store.begin() as tx:
        await tx.ledger.post([hold], at=AT)
    assert await balance(context, "search") == Balance(
        allocated_nanos=400 * NANOS, charged_nanos=0, held_nanos=150 * NANOS
    )
    assert (await balance(context, "search")).available_nanos == 250 * NANOS

    async with context.store.begin() as tx:
        await tx.ledger.post([release], at=AT)
    assert (await balance(context, "search")).available_nanos == 400 * NANOS


async def test_an_entry_posted_twice_moves_its_amount_once(context: Context) -> None:
    await declared(context, teams_yml())
    hold = await entry(context, "search", "hold", 10 * NANOS, "same key")
    counts = []

    for _ in range(3):
        async with context.store.begin() as tx:
            counts.append(await tx.ledger.post([hold], at=AT))

    assert counts == [1, 0, 0]
    assert (await balance(context, "search")).held_nanos == 10 * NANOS


async def test_an_entry_posted_by_many_at_once_is_there_once(context: Context) -> None:
    await declared(context, teams_yml())
    hold = await entry(context, "search", "hold", 10 * NANOS, "same key")

    async def post() -> int:
        async with context.store.begin() as tx:
            return await tx.ledger.post([hold], at=AT)

    assert sum(await asyncio.gather(*(post() for _ in range(6)))) == 1
    assert (await balance(context, "search")).held_nanos == 10 * NANOS


async def test_a_transaction_that_fails_leaves_nothing_in_the_books(context: Context) -> None:
    await declared(context, teams_yml())
    hold = await entry(context, "search", "hold", 10 * NANOS, "lost")

    async def post_and_fail() -> None:
        async with context.store.begin() as tx:
            await tx.ledger.post([hold], at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await post_and_fail()

    assert (await balance(context, "search")).held_nanos == 0


async def test_twenty_billion_dollars_are_exact_to_the_nano(context: Context) -> None:
    """SQLite's sum() ends at 9.2 billion dollars of nanos, as does PostgreSQL's bigint."""
    await declared(context, teams_yml())
    first = await entry(context, "search", "appropriation", MAX_AMOUNT_NANOS - 1, "0")
    many = [replace(first, dedupe_key=f"big {n}") for n in range(20)]

    async with context.store.begin() as tx:
        assert await tx.ledger.post(many, at=AT) == 20

    assert (await balance(context, "search")).allocated_nanos == 20 * (MAX_AMOUNT_NANOS - 1) + 400 * NANOS


async def test_a_declared_budget_that_goes_up_and_down_and_up_again_is_followed(context: Context) -> None:
    """Each import posts the difference, also for an amount that was declared before."""
    for amount in (400, 700, 400, 700, 700, 0, "250.75"):
        await declared(context, teams_yml(search=amount))

        assert (await balance(context, "search")).allocated_nanos == round(float(amount) * 100) * NANOS // 100
    assert (await balance(context, "organisation")).available_nanos == (1_000 * 100 - 250_75) * NANOS // 100
    assert await faults(context.store) == []


async def test_an_organisation_may_have_more_than_one_entry_can_move(context: Context) -> None:
    """Without declared funding, the organisation has the sum of its teams, which may exceed a billion dollars."""
    await declared(context, teams_yml(funding=None, search=900_000_000, mobile=800_000_000))
    assert (await balance(context, "organisation")).allocated_nanos == 0
    assert (await balance(context, "search")).allocated_nanos == 900_000_000 * NANOS

    await declared(context, teams_yml(funding=None, search=1, mobile=0))
    assert (await balance(context, "organisation")).allocated_nanos == 0
    assert (await balance(context, "search")).allocated_nanos == NANOS
    assert await faults(context.store) == []


async def test_children_may_not_be_declared_more_than_their_parent_has(context: Context) -> None:
    with pytest.raises(ConfigError, match=r"organisation\.funding: \$1,000\.00 is less than .* \$1,001\.00"):
        await declared(context, teams_yml(search=1_001))

    assert (await balance(context, "search")).allocated_nanos == 0
