"""The books of a small company in one database, with every operation that moves budget, for machines that try them in any
order."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from bot.books.commitments.holds import PlannedHold
from bot.books.grants import GrantEnd
from bot.books.ledger import Account
from bot.clock import ShiftedClock
from bot.money import NANOS
from bot.org.teams import Team
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError, Refusal
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from bot.settings import Settings
from handlers.books.closing.closes import end_early
from handlers.books.commitments.credits import book_credit, reverse_credit
from handlers.books.commitments.holds import end_hold, set_aside
from handlers.books.commitments.kept_holds import keep_holds
from handlers.books.commitments.transfers import lapse_transfers, propose_transfer, take_back
from handlers.books.grants import end_grants, grant_budget
from handlers.books.periods import keep_books
from handlers.context import make_context
from handlers.intake.usage import Intake
from handlers.org.teams import import_teams
from handlers.requests.approvals import decide_request
from handlers.requests.budget_requests import create_request, withdraw_request
from handlers.requests.request_periods import carry_requests
from handlers.scope import Scope
from storage.intake.keys import key_hash
from tests.storage.conftest import Books, day_of_next_month
from tests.support.databases.copies import Copy

Operation = Callable[[Scope], Awaitable[object]]
JOBS = (keep_books, end_grants, keep_holds, lapse_transfers, carry_requests, keep_books, keep_books)


class KilledError(Exception):
    """The process ends here."""


def teams_yml(product: int, search: int, mobile: int) -> str:
    return f"""
organisation: {{name: Acme, funding: 3000, timezone: Europe/London, finance: [chloe@acme.test]}}
teams:
  - {{slug: product, name: Product, managers: [ben@acme.test], budget: {{amount: {product}}}}}
  - slug: search
    name: Search
    parent: product
    managers: [ben@acme.test]
    members: [anna@acme.test]
    timezone: Australia/Sydney
    budget: {{amount: {search}, carry_forward: {{max: "30%"}}}}
  - slug: mobile
    name: Mobile
    parent: product
    managers: [ben@acme.test]
    members: [emi@acme.test]
    timezone: America/New_York
    budget: {{amount: {mobile}, top_up_to: 400, release: weekly}}
"""


class World:
    """One company in a database of its own. What was used is counted here too, by team."""

    def __init__(self, copy: Copy) -> None:
        self.copy = copy
        self.used: dict[str, int] = defaultdict(int)
        self.events = 0
        self.books: Books

    async def opens(self) -> None:
        """Opens the company's books in the middle of a month."""
        settings, clock = Settings(database_url=self.copy.url, answer_seconds=60), ShiftedClock()
        context = make_context(settings, clock)
        source = await context.rulebooks.source_of(self.copy.key)
        assert source is not None
        intake = Intake(context)
        intake.start()
        self.books = Books(context=context, intake=intake, source=source, key=key_hash(self.copy.key))
        await self.books.imports(teams_yml(1_500, 500, 300))
        self.books.jump_to(day_of_next_month(context.now(), 16))
        await keep_books(context)

    async def closes(self) -> None:
        await self.books.intake.stop()
        await self.books.context.store.close()

    async def uses(self, team: str, *, dollars: int, days_ago: int, workflow: str | None) -> None:
        self.events += 1
        event = self.books.event(
            self.events, dollars=dollars, ago=timedelta(days=days_ago), team=team, workflow=workflow
        )
        answer = await self.books.takes(event)
        assert answer.accepted == 1
        self.used[team] += dollars * NANOS

    async def does(self, operation: Operation) -> object:
        """Does something in one transaction, or nothing if it is refused. Returns None if it was."""
        context = self.books.context
        try:
            async with context.store.begin() as tx:
                return await operation(await context.scope(tx)) or True
        except (Refusal, ConfigError):
            return None

    async def declares(self, product: int, search: int, mobile: int) -> None:
        with suppress(Refusal, ConfigError):
            await import_teams(self.books.context, read_teams_file(teams_yml(product, search, mobile)), dry_run=False)

    async def grants(self, team: str, *, dollars: int, days: int) -> None:
        async def give(scope: Scope) -> object:
            taker = _team(scope, team)
            end = GrantEnd.after_days(days, today=taker.day_of(scope.at), zone=taker.zone_on(scope.at))
            return await grant_budget(
                scope, taker, scope.directory.ancestors(taker)[0], dollars * NANOS, end, by=await _ben(scope)
            )

        await self.does(give)

    async def holds(self, team: str, *, dollars: int, days: int) -> int | None:
        async def hold(scope: Scope) -> object:
            own = scope.of_team(_team(scope, team))
            planned = PlannedHold(
                name="eval-run", amount_nanos=dollars * NANOS, end_day=own.team.day_of(scope.at) + days
            )
            return await set_aside(own, planned, by=await _ben(scope))

        made: Any = await self.does(hold)
        return None if made is None else int(made.id)

    async def releases(self, hold_id: int) -> None:
        async def release(scope: Scope) -> object:
            hold = await scope.tx.holds.by_id(hold_id, locked=True)
            if hold is None or hold.state != "active":
                return None
            own = scope.of_team_id(hold.team_id)
            accounts = [
                Account(team_id=hold.team_id, period=hold.period, bucket=b) for b in ("available", "held", "spent")
            ]
            await scope.tx.ledger.lock(accounts)
            return await end_hold(own, hold, by=await _ben(scope))

        await self.does(release)

    async def transfers(self, giver: str, taker: str, *, dollars: int) -> int | None:
        async def transfer(scope: Scope) -> object:
            return await propose_transfer(
                scope,
                giver=_team(scope, giver),
                taker=_team(scope, taker),
                amount_nanos=dollars * NANOS,
                reason="more there",
                by=await _ben(scope),
            )

        made: Any = await self.does(transfer)
        return None if made is None else int(made.id)

    async def takes_back(self, transfer_id: int) -> None:
        async def back(scope: Scope) -> object:
            return await take_back(scope, transfer_id, by=await _ben(scope))

        await self.does(back)

    async def credits(self, team: str, *, dollars: int) -> int | None:
        async def credit(scope: Scope) -> object:
            return await book_credit(
                scope.of_team(_team(scope, team)), amount_nanos=dollars * NANOS, paper="R-1", by=None
            )

        made: Any = await self.does(credit)
        return None if made is None else int(made.id)

    async def reverses(self, credit_id: int) -> None:
        async def reverse(scope: Scope) -> object:
            return await reverse_credit(scope, credit_id, by=None)

        await self.does(reverse)

    async def requests(self, team: str, *, dollars: int) -> int | None:
        async def ask(scope: Scope) -> object:
            asker = await scope.tx.people.by_reference("anna@acme.test" if team == "search" else "emi@acme.test")
            return await create_request(
                scope.of_team(_team(scope, team)), Ask(amount_nanos=dollars * NANOS, reason="a run"), person_id=asker
            )

        made: Any = await self.does(ask)
        return None if made is None else int(made.id)

    async def decides(self, request_id: int, how: str) -> None:
        async def decide(scope: Scope) -> object:
            found = await scope.tx.budget_requests.by_id(request_id)
            assert found is not None
            seen = Seen(request_id=request_id, revision=found.revision)
            if how == "withdraw":
                return await withdraw_request(scope, seen, by=found.person_id)
            return await decide_request(
                scope,
                self.books.context,
                seen,
                Decision(approve=how == "approve", reason="as said"),
                by=await _ben(scope),
            )

        await self.does(decide)

    async def ends_early(self) -> None:
        known = [row for row in await self.books.rows("periods") if row.state == "open"]
        oldest = min(known, key=lambda row: row.first_day)
        with suppress(Refusal):
            await end_early(self.books.context, oldest.name)

    async def works(self) -> None:
        for job in JOBS:
            await job(self.books.context)

    async def is_killed(self, after: int) -> None:
        """Runs the jobs until one has begun so many transactions that write, and dies in the next."""
        store = self.books.context.store
        begin, left = store.begin, after

        @asynccontextmanager
        async def killing() -> Any:
            nonlocal left
            async with begin() as tx:
                yield tx
                left -= 1
                if left < 0:
                    raise KilledError

        store.begin = killing  # type: ignore[method-assign]
        try:
            await self.works()
        except KilledError:
            pass
        finally:
            store.begin = begin  # type: ignore[method-assign]

    async def passes(self, days: int) -> None:
        self.books.jump_to(self.books.context.now() + timedelta(days=days))


def _team(scope: Scope, slug: str) -> Team:
    found = scope.directory.by_slug(slug)
    assert found is not None
    return found


async def _ben(scope: Scope) -> int:
    return await scope.tx.people.by_reference("ben@acme.test")
