"""Allocations on both databases: many managers at once never promise more than there is, and each gets an answer."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from bot.books.grant_ends import EndChoice
from bot.books.grants import GrantEnd
from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import FieldRefusal, Refusal
from handlers.books.budgets.allocations import BudgetsChanged, Wish, allocate, allocator_of
from handlers.books.granting.grants import end_grants, grant_budget
from handlers.org.teams import import_teams
from tests.storage.conftest import Books, day_of_next_month
from tests.storage.declared import person

TEAMS = "".join(f"  - {{slug: t{n}, name: T{n}, parent: product, budget: {{amount: 100}}}}\n" for n in range(10))
DEPARTMENT = f"""
organisation: {{name: Acme, timezone: UTC, funding: 20000, finance: [chloe@acme.test]}}
teams:
  - {{slug: product, name: Product, managers: [ben@acme.test], budget: {{amount: 10000}}}}
{TEAMS}
"""
FROM_NOW_ON = EndChoice(kind="open")


@dataclass
class Department:
    books: Books
    ben: int
    chloe: int

    async def seen(self, slug: str = "product") -> str:
        async with self.books.context.store.read() as tx:
            scope = await self.books.context.scope(tx)
            team = scope.directory.by_slug(slug) or scope.directory.root
            return (await allocator_of(scope.of_team(team))).seen

    async def sets(
        self,
        amounts: dict[str, str],
        *,
        end: EndChoice = FROM_NOW_ON,
        seen: str | None = None,
        by: int | None = None,
        of: str = "product",
    ) -> int:
        """Hands out, as the form does. Returns the number of changed budgets."""
        mark = seen if seen is not None else await self.seen(of)
        async with self.books.context.store.begin() as tx:
            await tx.config.lock()
            scope = await self.books.context.scope(tx)
            ids = {slug: team.id for slug in amounts if (team := scope.directory.by_slug(slug))}
            wish = Wish(
                typed={ids[slug]: text for slug, text in amounts.items()},
                end=end,
                seen=mark,
            )
            team = scope.directory.by_slug(of) or scope.directory.root
            _, changed = await allocate(scope.of_team(team), self.books.context, wish, by=by or self.ben)
        return len(changed)

    async def available(self, slug: str = "product") -> int:
        async with self.books.context.store.read() as tx:
            scope = await self.books.context.scope(tx)
            team = scope.directory.by_slug(slug) or scope.directory.root
            return (await allocator_of(scope.of_team(team))).balance.available_nanos // NANOS


@pytest.fixture
async def department(mid_month: Books) -> Department:
    await import_teams(mid_month.context, read_teams_file(DEPARTMENT), dry_run=False)
    ben, chloe = [await person(mid_month.context, f"{name}@acme.test") for name in ("ben", "chloe")]
    return Department(mid_month, ben, chloe)


async def test_fifty_at_once_with_what_they_saw_save_one_and_show_the_others_new_figures(
    department: Department,
) -> None:
    seen = await department.seen()

    async def one(number: int) -> str:
        try:
            await department.sets({f"t{number % 10}": f"{200 + number}"}, seen=seen)
        except BudgetsChanged:
            return "changed"
        return "saved"

    answers = Counter(await asyncio.gather(*(one(number) for number in range(50))))

    assert answers == {"saved": 1, "changed": 49}
    assert await department.books.faults() == []


async def test_allocations_and_grants_at_once_never_promise_more_than_there_is(department: Department) -> None:
    async def allocates(number: int) -> str:
        while True:
            try:
                await department.sets({f"t{number}": "2500"})
            except BudgetsChanged:
                continue
            except Refusal as refusal:
                return refusal.sentence
            return "saved"

    async def grants(number: int) -> str:
        books = department.books
        try:
            async with books.context.store.begin() as tx:
                scope = await books.context.scope(tx)
                team, payer = scope.directory.by_slug(f"t{number % 10}"), scope.directory.by_slug("product")
                assert team is not None
                end = GrantEnd.after_days(number % 4, today=team.day_of(scope.at), zone="UTC")
                await grant_budget(scope, team, payer, 300 * NANOS, end, by=department.ben)
        except Refusal as refusal:
            return refusal.sentence
        return "given"

    answers = await asyncio.gather(*(allocates(n) if n < 4 else grants(n) for n in range(50)))

    promised = 2_400 * answers[:4].count("saved") + 300 * answers[4:].count("given")
    assert await department.available() == 8_000 - promised >= 0
    assert all("left" in answer for answer in answers if answer not in ("saved", "given"))
    assert 8_000 - promised < 300 or "saved" not in answers
    assert await department.books.faults() == []


async def test_one_transaction_moves_from_some_teams_to_others(department: Department) -> None:
    assert await department.sets({f"t{n}": "900" for n in range(10)}) == 10
    assert await department.available() == 0
    assert await department.sets({"t0": "1700", "t1": "100"}) == 2
    assert [await department.available(slug) for slug in ("product", "t0", "t1")] == [0, 1700, 100]
    with pytest.raises(Refusal, match=r"Product has \$0.00 left to hand out"):
        await department.sets({"t0": "1701"})
    assert await department.books.faults() == []


async def test_nothing_is_kept_of_a_wish_with_one_fault(department: Department) -> None:
    before = [tuple(row) for row in await department.books.rows("entries")]
    with pytest.raises(Refusal):
        await department.sets({"t0": "500", "t1": "99999"})
    with pytest.raises(FieldRefusal, match="is over"):
        await department.sets({"t0": "500"}, end=EndChoice(kind="date", last_day=1))

    assert [tuple(row) for row in await department.books.rows("entries")] == before
    assert await department.books.rows("set_budgets") == []
    assert await department.books.rows("grants") == []


async def test_finance_hands_out_funding_and_undeclared_funding_grows_along(department: Department) -> None:
    assert await department.sets({"product": "19500"}, of="acme", by=department.chloe) == 1
    with pytest.raises(Refusal, match="Finance hands out"):
        await department.sets({"product": "100"}, of="acme")
    with pytest.raises(Refusal, match="left to hand out"):
        await department.sets({"product": "19501"}, of="acme", by=department.chloe)
    await import_teams(
        department.books.context, read_teams_file(DEPARTMENT.replace("funding: 20000, ", "")), dry_run=False
    )
    assert await department.sets({"product": "30000"}, of="acme", by=department.chloe) == 1
    assert [await department.available(slug) for slug in ("acme", "product")] == [0, 28000]
    assert (
        await department.sets({"product": "30500"}, of="acme", by=department.chloe, end=EndChoice(kind="period")) == 1
    )
    assert await department.available() == 28500
    department.books.jump_to(day_of_next_month(department.books.context.now(), 2))
    await end_grants(department.books.context)
    assert await department.books.faults() == []
