"""Holds in the ledger, on both databases: set aside, used up, raised, lowered, released, carried."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.books.commitments.holds import Hold, PlannedHold
from bot.books.ledger import Balance
from bot.money import NANOS
from bot.refusals import FieldRefusal, Refusal
from handlers.books.balances import balances_of
from handlers.books.charges import post_charges
from handlers.books.commitments.holds import change_hold, end_hold, set_aside
from handlers.books.commitments.kept_holds import keep_holds
from handlers.books.periods import keep_books
from handlers.scope import TeamScope
from storage.store import Transaction
from tests.storage.conftest import Books, day_of_next_month

DAY = timedelta(days=1)


async def search(books: Books, tx: Transaction) -> TeamScope:
    scope = await books.context.scope(tx)
    team = scope.directory.by_slug("search")
    assert team is not None
    return scope.of_team(team)


async def balance(books: Books) -> Balance:
    async with books.context.store.read() as tx:
        scope = await search(books, tx)
        period = scope.directory.period_at(scope.team, scope.at)
        return (await balances_of(scope, [scope.team], {scope.team.id: period}))[scope.team.id]


async def figures(books: Books) -> tuple[int, int, int]:
    """Returns the whole dollars that Search has available, held and charged."""
    found = await balance(books)
    return (found.available_nanos // NANOS, found.held_nanos // NANOS, found.charged_nanos // NANOS)


async def held(books: Books, dollars: int = 300, *, name: str = "eval-run", days: int = 5) -> Hold:
    async with books.context.store.begin() as tx:
        scope = await search(books, tx)
        by = min(scope.directory.people_with("manager", scope.team))
        end_day = scope.team.day_of(scope.at) + days
        planned = PlannedHold(name=name, amount_nanos=dollars * NANOS, end_day=end_day)
        return await set_aside(scope, planned, by=by)


async def ended(books: Books, hold: Hold) -> int:
    async with books.context.store.begin() as tx:
        return await end_hold(await search(books, tx), hold, by=hold.made_by)


async def moves(books: Books, hold: Hold) -> list[tuple[str, int]]:
    return [
        (row.kind, row.amount_nanos // NANOS) for row in await books.rows("entries") if row.document == hold.document
    ]


async def test_usage_of_the_run_uses_the_hold_and_other_usage_does_not(mid_month: Books) -> None:
    hold = await held(mid_month)
    assert await figures(mid_month) == (700, 300, 0)

    await mid_month.takes(mid_month.event(1, dollars=100, workflow="Eval-Run"), mid_month.event(2, dollars=50))
    await mid_month.context.store.fold_totals()

    assert await figures(mid_month) == (650, 200, 150)
    assert await moves(mid_month, hold) == [("hold", 300)]
    assert await mid_month.faults() == []


async def test_usage_with_the_runs_tag_uses_the_hold_whatever_its_workflow(mid_month: Books) -> None:
    await held(mid_month, name="eval[1]*")
    await mid_month.takes(
        mid_month.event(1, dollars=10, tags=["Eval[1]*"]),
        mid_month.event(2, dollars=20, tags=["other", "eval[1]*"], workflow="nightly"),
        mid_month.event(3, dollars=40, tags=["eval1", "eval[1]-more"]),
    )
    await mid_month.context.store.fold_totals()
    assert await figures(mid_month) == (660, 270, 70)


async def test_a_closed_day_is_charged_to_the_hold_first(mid_month: Books) -> None:
    hold = await held(mid_month)
    await mid_month.takes(mid_month.event(1, dollars=100, workflow="eval-run"), mid_month.event(2, dollars=50))
    mid_month.jump_to(mid_month.context.now() + DAY)
    await keep_books(mid_month.context)

    assert await moves(mid_month, hold) == [("hold", 300), ("charge", 100)]
    assert await figures(mid_month) == (650, 200, 150)

    await mid_month.takes(mid_month.event(3, dollars=260, workflow="eval-run"))
    mid_month.jump_to(mid_month.context.now() + DAY)
    await keep_books(mid_month.context)

    assert await moves(mid_month, hold) == [("hold", 300), ("charge", 100), ("charge", 200)]
    assert await figures(mid_month) == (590, 0, 410)
    assert await mid_month.faults() == []


async def test_what_is_not_used_comes_back_at_the_end(mid_month: Books) -> None:
    hold = await held(mid_month, days=2)
    await mid_month.takes(mid_month.event(1, dollars=100, workflow="eval-run"))
    mid_month.jump_to(mid_month.context.now() + 2 * DAY)
    await mid_month.context.store.fold_totals()

    assert await keep_holds(mid_month.context) == 1
    assert await keep_holds(mid_month.context) == 0

    assert await figures(mid_month) == (900, 0, 100)
    assert await moves(mid_month, hold) == [("hold", 300), ("charge", 100), ("release", 200)]
    await post_charges(mid_month.context)
    assert await figures(mid_month) == (900, 0, 100)
    assert await mid_month.faults() == []


async def test_a_hold_released_by_hand_is_settled_at_once_and_charged_once(mid_month: Books) -> None:
    hold = await held(mid_month)
    await mid_month.takes(mid_month.event(1, dollars=120, workflow="eval-run"))
    await mid_month.context.store.fold_totals()

    assert await ended(mid_month, hold) == 180 * NANOS

    assert await figures(mid_month) == (880, 0, 120)
    mid_month.jump_to(mid_month.context.now() + DAY)
    await keep_books(mid_month.context)
    charges = [r.amount_nanos // NANOS for r in await mid_month.rows("entries") if r.kind == "charge"]
    assert charges == [120]
    assert await mid_month.faults() == []


async def test_nobody_holds_more_than_the_team_has(mid_month: Books) -> None:
    await mid_month.takes(mid_month.event(1, dollars=400))
    await mid_month.context.store.fold_totals()
    await held(mid_month, 500)
    with pytest.raises(Refusal, match=r"Search has \$100.00 available, which is less than \$101.00"):
        await held(mid_month, 101, name="another")
    await held(mid_month, 100, name="another")
    assert (await figures(mid_month))[0] == 0


async def test_a_run_has_one_hold_in_any_case_of_its_letters(mid_month: Books) -> None:
    first = await held(mid_month)
    assert await held(mid_month) == first
    with pytest.raises(Refusal, match="is set aside for “eval-run” already"):
        await held(mid_month, 50, name="EVAL-RUN")


async def test_a_hold_is_raised_lowered_and_lengthened(mid_month: Books) -> None:
    hold = await held(mid_month)
    await mid_month.takes(mid_month.event(1, dollars=120, workflow="eval-run"))
    await mid_month.context.store.fold_totals()

    async def changed(hold: Hold, dollars: int) -> Hold:
        async with mid_month.context.store.begin() as tx:
            scope = await search(mid_month, tx)
            return await change_hold(
                scope, hold, amount_nanos=dollars * NANOS, end_day=hold.end_day + 3, by=hold.made_by
            )

    hold = await changed(hold, 500)
    assert await figures(mid_month) == (500, 380, 120)
    hold = await changed(hold, 150)
    assert await figures(mid_month) == (850, 30, 120)
    with pytest.raises(FieldRefusal, match=r"\$120.00 of it is used already"):
        await changed(hold, 119)
    with pytest.raises(FieldRefusal, match=r"less than \$851.00"):
        await changed(hold, 1001)
    assert await moves(mid_month, hold) == [("hold", 300), ("hold", 200), ("release", 350)]
    assert await mid_month.faults() == []


async def test_a_hold_goes_on_into_the_next_month(mid_month: Books) -> None:
    hold = await held(mid_month, days=40)
    await mid_month.takes(mid_month.event(1, dollars=100, workflow="eval-run"))
    mid_month.jump_to(day_of_next_month(mid_month.context.now(), 1))
    await mid_month.context.store.fold_totals()

    assert await keep_holds(mid_month.context) == 1

    assert await figures(mid_month) == (800, 200, 0)
    async with mid_month.context.store.read() as tx:
        (carried,) = await tx.holds.active()
    assert (carried.name, carried.amount_nanos, carried.end_day) == (hold.name, 200 * NANOS, hold.end_day)
    await mid_month.takes(mid_month.event(2, dollars=30, workflow="eval-run"))
    await mid_month.context.store.fold_totals()
    assert await figures(mid_month) == (800, 170, 30)
    assert await mid_month.faults() == []


async def test_usage_that_shrinks_gives_back_to_the_hold(mid_month: Books) -> None:
    hold = await held(mid_month)
    await mid_month.takes(mid_month.event(1, dollars=100, workflow="eval-run", credential="key-12", team=None))
    mid_month.jump_to(mid_month.context.now() + DAY)
    await keep_books(mid_month.context)
    assert await figures(mid_month) == (700, 200, 100)

    async with mid_month.context.store.begin() as tx:  # as a correction of the price would
        await tx.holds.save(replace(hold, name="another"))
    async with mid_month.context.store.read() as tx:
        (use,) = await tx.holds.uses_of()
    assert (use.used_nanos, use.changes) == (0, {next(iter(use.posted)): -100 * NANOS})


async def test_check_names_a_team_whose_holds_do_not_agree(mid_month: Books) -> None:
    hold = await held(mid_month)
    async with mid_month.context.store.begin() as tx:
        await tx.holds.save(replace(hold, amount_nanos=hold.amount_nanos - 1))
    (fault,) = await mid_month.faults()
    assert fault.endswith("held and what pending requests and planned runs hold differ")
