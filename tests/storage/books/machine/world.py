"""The books of a small company in one database, with every operation that moves budget, for machines that try them in any
order."""

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
from bot.periods import micros
from bot.refusals import ConfigError, Refusal
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from bot.settings import Settings
from handlers.books.closing.closes import end_early
from handlers.books.commitments.credits import book_credit, reverse_credit
from handlers.books.commitments.holds import end_hold, set_aside
from handlers.books.commitments.kept_holds import keep_holds
from handlers.books.commitments.transfers import lapse_transfers, propose_transfer, take_back
from handlers.books.granting.grants import end_grants, grant_budget
from handlers.books.periods import keep_books
from handlers.context import make_context
from handlers.costs.reprice import reprice
from handlers.intake.reattributions import move_usage
from handlers.intake.usage import Intake
from handlers.org.attribution import claim_key
from handlers.org.teams import import_teams
from handlers.requests.budget_requests import create_request, withdraw_request
from handlers.requests.deciding.approvals import decide_request
from handlers.requests.request_periods import carry_requests
from handlers.scope import Scope
from storage.intake.keys import key_hash
from tests.storage.books.machine.company import PRICED, Used, teams_yml
from tests.storage.conftest import Books, day_of_next_month
from tests.support.databases.copies import Copy

Operation = Callable[[Scope], Awaitable[object]]
JOBS = (keep_books, end_grants, keep_holds, lapse_transfers, carry_requests, keep_books, keep_books)


class KilledError(Exception):
    """The process ends here."""


class World:
    """One company in a database of its own. What was used is counted here too: by whose it is now, and what it costs now."""

    def __init__(self, copy: Copy) -> None:
        self.copy = copy
        self.events: list[Used] = []
        self.budgets = (1_500, 500, 300)
        self.price: int | None = None
        self.claims: dict[str, tuple[str, int]] = {}
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
        await self.books.imports(teams_yml(*self.budgets))
        self.books.jump_to(day_of_next_month(context.now(), 16))
        await keep_books(context)

    async def closes(self) -> None:
        await self.books.intake.stop()
        await self.books.context.store.close()

    @property
    def used(self) -> dict[str, int]:
        """Returns the cost of what came in, in nano-dollars by team."""
        sums: dict[str, int] = {}
        for one in self.events:
            dollars = self.price or 0 if one.dollars is None else one.dollars
            sums[one.team] = sums.get(one.team, 0) + dollars * NANOS
        return {team: nanos for team, nanos in sums.items() if nanos}

    async def uses(
        self, team: str, *, dollars: int | None, days_ago: int, workflow: str | None, credential: str | None = None
    ) -> None:
        at = micros(self.books.context.now() - timedelta(days=days_ago))
        claimed, since = self.claims.get(credential or "", (team, 0))
        self.events.append(Used(team=claimed if at >= since else team, at=at, dollars=dollars, credential=credential))
        facts: dict[str, Any] = {"team": team, "workflow": workflow, "credential": credential}
        if dollars is None:
            facts |= {"model": PRICED, "uncached_input_tokens": 1_000_000, "output_tokens": 0, "cost_usd": None}
        event = self.books.event(len(self.events), dollars=dollars or 0, ago=timedelta(days=days_ago), **facts)
        answer = await self.books.takes(event)
        assert answer.accepted == 1

    async def is_repriced(self, price: int) -> None:
        """Declares another price of the model without costs of its own, for all times, and prices all usage by it."""
        if await self.declares(*self.budgets, price=price):
            await reprice(self.books.context, since_day=0, document="test")

    async def is_claimed(self, credential: str, team: str, *, days_ago: int) -> None:
        """Claims a credential for a team since some days ago, and moves its usage since then."""
        since = micros(self.books.context.now() - timedelta(days=days_ago))

        async def claim(scope: Scope) -> object:
            await claim_key(
                scope.tx,
                scope.rulebook,
                credential,
                team=_team(scope, team),
                since_at=since,
                by=await _ben(scope),
                at=scope.at,
                moves_later=True,
            )
            return True

        if await self.does(claim) is None:
            return
        self.claims[credential] = (team, min(since, self.claims.get(credential, (team, since))[1]))
        for one in self.events:
            if one.credential == credential and one.at >= since:
                one.team = team
        await move_usage(self.books.context)

    async def does(self, operation: Operation) -> object:
        """Does something in one transaction, or nothing if it is refused. Returns None if it was."""
        context = self.books.context
        try:
            async with context.store.begin() as tx:
                return await operation(await context.scope(tx)) or True
        except (Refusal, ConfigError):
            return None

    async def declares(self, product: int, search: int, mobile: int, *, price: int | None = None) -> bool:
        """Imports budgets, and a price. Returns False if the file is refused."""
        price = self.price if price is None else price
        file = read_teams_file(teams_yml(product, search, mobile, price))
        try:
            await import_teams(self.books.context, file, dry_run=False)
        except (Refusal, ConfigError):
            return False
        self.budgets, self.price = (product, search, mobile), price
        return True

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
