"""Every operation that moves budget, in any order, on both databases: after each step the books balance and agree."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.storage.books.machine.agreement import require_agreement
from tests.storage.books.machine.world import World
from tests.support.company import fill_with_books
from tests.support.databases.copies import Copy

TEAMS = st.sampled_from(["search", "mobile", "product"])
DOLLARS = st.integers(1, 700)
DAYS = st.integers(1, 40)
CREDENTIALS = st.sampled_from(["ci-1", "ci-2", "ci-3"])


class BooksMachine(RuleBasedStateMachine):
    """Does one thing after the other in the test's own event loop."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    make_copy: ClassVar[Any]
    drop_copy: ClassVar[Any]
    holds = Bundle("holds")
    transfers = Bundle("transfers")
    booked = Bundle("booked")
    requests = Bundle("requests")

    def done(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @initialize()
    def opens(self) -> None:
        self.world = World(self.done(type(self).make_copy()))
        self.done(self.world.opens())

    @rule(
        team=TEAMS,
        dollars=st.none() | DOLLARS,
        days_ago=st.integers(0, 45),
        workflow=st.sampled_from([None, "eval-run"]),
        credential=CREDENTIALS,
    )
    def usage_comes_in(
        self, team: str, dollars: int | None, days_ago: int, workflow: str | None, credential: str
    ) -> None:
        uses = self.world.uses(team, dollars=dollars, days_ago=days_ago, workflow=workflow, credential=credential)
        self.done(uses)

    @rule(price=st.integers(1, 300))
    def usage_is_repriced(self, price: int) -> None:
        self.done(self.world.is_repriced(price))

    @rule(credential=CREDENTIALS, team=TEAMS, days_ago=st.integers(0, 60))
    def usage_moves_to_the_team_that_claims_its_key(self, credential: str, team: str, days_ago: int) -> None:
        self.done(self.world.is_claimed(credential, team, days_ago=days_ago))

    @rule(product=st.integers(0, 3_500), search=st.integers(0, 900), mobile=st.integers(0, 400))
    def budgets_are_declared(self, product: int, search: int, mobile: int) -> None:
        self.done(self.world.declares(product, search, mobile))

    @rule(team=TEAMS, dollars=DOLLARS, days=DAYS)
    def a_grant_is_given(self, team: str, dollars: int, days: int) -> None:
        self.done(self.world.grants(team, dollars=dollars, days=days))

    @rule(target=holds, team=TEAMS, dollars=DOLLARS, days=DAYS)
    def budget_is_set_aside(self, team: str, dollars: int, days: int) -> Any:
        made = self.done(self.world.holds(team, dollars=dollars, days=days))
        return multiple() if made is None else made

    @rule(hold=consumes(holds))
    def a_hold_is_released(self, hold: int) -> None:
        self.done(self.world.releases(hold))

    @rule(target=transfers, giver=TEAMS, taker=TEAMS, dollars=DOLLARS)
    def budget_is_transferred(self, giver: str, taker: str, dollars: int) -> Any:
        made = self.done(self.world.transfers(giver, taker, dollars=dollars))
        return multiple() if made is None else made

    @rule(transfer=transfers)
    def a_transfer_is_taken_back(self, transfer: int) -> None:
        self.done(self.world.takes_back(transfer))

    @rule(target=booked, team=TEAMS, dollars=DOLLARS)
    def a_credit_is_booked(self, team: str, dollars: int) -> Any:
        made = self.done(self.world.credits(team, dollars=dollars))
        return multiple() if made is None else made

    @rule(credit=consumes(booked))
    def a_credit_is_taken_back(self, credit: int) -> None:
        self.done(self.world.reverses(credit))

    @rule(target=requests, team=st.sampled_from(["search", "mobile"]), dollars=DOLLARS)
    def somebody_asks_for_budget(self, team: str, dollars: int) -> Any:
        made = self.done(self.world.requests(team, dollars=dollars))
        return multiple() if made is None else made

    @rule(request=consumes(requests), how=st.sampled_from(["approve", "deny", "withdraw"]))
    def a_request_is_decided(self, request: int, how: str) -> None:
        self.done(self.world.decides(request, how))

    @rule(days=st.integers(1, 70))
    def time_passes(self, days: int) -> None:
        self.done(self.world.passes(days))

    @rule()
    def the_jobs_run(self) -> None:
        self.done(self.world.works())

    @rule(after=st.integers(0, 12))
    def the_jobs_are_killed(self, after: int) -> None:
        self.done(self.world.is_killed(after))

    @rule()
    def a_period_is_closed_early(self) -> None:
        self.done(self.world.ends_early())

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "world"):
            self.done(require_agreement(self.world.books, self.world.used))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.done(self.world.closes())
            self.done(type(self).drop_copy(self.world.copy))


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 4), ("postgresql", 2)])
async def test_the_books_agree_after_every_step_of_any_story(
    kind: str, examples: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if kind == "sqlite":
        copies, number = request.getfixturevalue("_sqlite_copies"), 0

        async def make() -> Copy:
            nonlocal number
            number += 1
            folder = tmp_path / str(number)
            folder.mkdir()
            made: Copy = await asyncio.to_thread(copies.new, folder, fill_with_books)
            return made

        async def drop(copy: Copy) -> None:
            assert copy.url.startswith("sqlite")
    else:
        databases = request.getfixturevalue("postgresql_copies")

        async def make() -> Copy:
            made: Copy = await databases.new(fill_with_books)
            return made

        async def drop(copy: Copy) -> None:
            await databases.remove(copy)

    parts = {"loop": asyncio.get_running_loop(), "make_copy": staticmethod(make), "drop_copy": staticmethod(drop)}
    machine = type("Machine", (BooksMachine,), parts)
    asked = int(os.environ.get("MACHINE_EXAMPLES", "0"))  # `MACHINE_EXAMPLES=200` searches further, each time elsewhere
    chosen = settings(
        max_examples=asked or examples,
        stateful_step_count=25,
        deadline=None,
        derandomize=not asked,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)
