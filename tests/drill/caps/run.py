"""Makes decisions while workers are killed, then waits until nothing is due and counts what went wrong."""

import asyncio
import multiprocessing
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from typing import get_args

from bot.clock import SystemClock
from bot.crosschecks.caps import whole_cents
from bot.crosschecks.gateway_caps import GatewayCap
from bot.money import NANOS, nanos_from_decimal
from bot.org.teams import Team
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import micros
from bot.requests.budget_requests import Ask, Decision, RequestEnd
from bot.requests.revisions import Seen
from bot.settings import Settings
from handlers.books.granting.grants import end_grants
from handlers.cli import prepare
from handlers.context import Context
from handlers.crosschecks.caps.budgets import cap_budget
from handlers.crosschecks.caps.conflicts import choose_cap
from handlers.org.teams import import_teams
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import decide_request
from handlers.scope import Scope
from storage.books.checks import faults
from storage.faults import retry_conflicts
from tests.drill.caps.verdict import Verdict
from tests.drill.caps.worker import main
from tests.gateways.litellm import Budget, Fault, Proxy, serving

_TEAMS = 12
_FUNDING = 50_000_000
_GRANT_SECONDS = 2.0
_BY_HAND_RATE, _TEMPORARY_RATE, _FAULT_SECONDS = 0.1, 0.25, 0.35
_KILL_SECONDS = (0.15, 1.6)
_DRAIN_ROUNDS = 12
_WORKERS = 3
_PACE_SECONDS = 0.12
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.drill.caps.worker"])
_FAULTS: tuple[Fault, ...] = ("drop after", "slow after", "drop before", "slow", "500", "429")


def teams_yml(address: str) -> str:
    """Returns an organisation whose every second team has two targets."""
    teams = "\n".join(
        f"  - {{slug: t{n}, name: Team {n}, managers: [ben@acme.test], members: [anna@acme.test], budget: {{amount: 1000}}}}"
        for n in range(_TEAMS)
    )
    targets = ", ".join(f"t{n}: [{', '.join(targets_of(n))}]" for n in range(_TEAMS))
    return (
        f"organisation: {{name: Drill, funding: {_FUNDING}, finance: [chloe@acme.test]}}\nteams:\n{teams}\n"
        f"gateways:\n  - {{name: eu, kind: litellm, url: '{address}', key_env: EU_KEY, teams: {{{targets}}}}}\n"
    )


def targets_of(number: int) -> list[str]:
    return [f"gw-{number}-{part}" for part in range(1 + number % 2)]


@dataclass(kw_only=True)
class CapDrill:
    """The parts of one drill: the books, the proxy, and the worker process of the moment."""

    context: Context
    proxy: Proxy
    chance: random.Random
    verdict: Verdict = field(default_factory=lambda: Verdict(targets=_TEAMS * 3 // 2))
    people: dict[str, int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    """Targets changed by hand whose conflict did not show while the drill waited: every worker that looked was killed."""
    is_over: bool = False

    async def kill_forever(self) -> None:
        """Starts a worker, kills it soon after it began to work, and starts the next one. Several of these run at once."""
        while not self.is_over:
            worker = self.start_worker()
            await asyncio.sleep(self.chance.uniform(*_KILL_SECONDS))
            await self.kill(worker)
            self.verdict.kills += 1

    def start_worker(self) -> ForkServerProcess:
        worker = _FORKS.Process(target=main, args=(self.context.settings.database_url,), daemon=True)
        worker.start()
        return worker

    async def kill(self, worker: ForkServerProcess) -> None:
        worker.kill()
        await asyncio.to_thread(worker.join)

    async def fail_forever(self) -> None:
        """Makes one of the next calls fail, again and again."""
        while not self.is_over:
            await asyncio.sleep(self.chance.uniform(0, 2 * _FAULT_SECONDS))
            if not self.proxy.faults:
                fault = self.chance.choice(_FAULTS)
                self.verdict.faults[fault] += 1
                self.proxy.faults.append(fault)

    async def decide(self) -> None:
        """One request and its approval: for this period, or until a moment in two seconds. Now and then the asker's team has
        spent something, or somebody changes the cap at the gateway before.
        """
        number = self.chance.randrange(_TEAMS)
        if self.chance.random() < _BY_HAND_RATE:
            await self._change_by_hand(number)
        self.proxy.spend(self.chance.choice(targets_of(number)), f"{self.chance.uniform(0, 3):.6f}")
        is_temporary = self.chance.random() < _TEMPORARY_RATE
        amount = self.chance.randrange(1, 5_000) * NANOS // 100
        await retry_conflicts(lambda: self._approve(number, amount, is_temporary=is_temporary))
        self.verdict.decisions += 1
        self.verdict.temporary += is_temporary

    async def _approve(self, number: int, amount: int, *, is_temporary: bool) -> None:
        async with self.context.store.begin() as tx:
            scope = (await self.context.scope(tx)).of_team(self._team(await self.context.scope(tx), number))
            ends = micros(scope.now + timedelta(seconds=_GRANT_SECONDS))
            end = RequestEnd(kind="date", at=ends) if is_temporary else RequestEnd()
            ask = Ask(amount_nanos=amount, reason="drill", end=end)
            asked = await create_request(scope, ask, person_id=self.people["anna"])
            seen = Seen(request_id=asked.id, revision=asked.revision)
            await decide_request(scope, self.context, seen, Decision(approve=True), by=self.people["ben"])

    def _team(self, scope: Scope, number: int) -> Team:
        return scope.directory.teams_by_slug[f"t{number}"]

    async def _change_by_hand(self, number: int) -> None:
        """Changes a cap that is at rest, waits until the worker has found it, and chooses as a manager."""
        target = self.chance.choice(targets_of(number))
        if not await self._rests(number):
            return
        self.proxy.set_by_hand(target, 77_777.77 + self.verdict.by_hand)
        self.verdict.by_hand += 1
        async with self.context.store.begin() as tx:
            team = self._team(await self.context.scope(tx), number)
            await tx.cap_marks.mark([team.id], at=self.context.now_micros())
        if not await self._choose(target):
            self.unanswered.append(target)

    async def _choose(self, target: str) -> bool:
        """Waits for a conflict and chooses as a manager. Returns whether the conflict showed."""
        row = await self._waits_for(target)
        if row is None:
            return False
        self.verdict.found_by_hand += 1
        keep = self.chance.random() < 0.5
        self.verdict.kept += keep
        for _ in range(400):
            async with self.context.store.begin() as tx:
                is_busy = await tx.gateway_caps.is_leased(row.id, now=self.context.now_micros())
                current = await tx.gateway_caps.for_change(row.id)
                if not is_busy and current is not None:
                    scope = await self.context.scope(tx)
                    await choose_cap(scope, row.id, current.conflict, keep=keep, by=self.people["ben"])
                    return True
            await asyncio.sleep(0.05)
        return True

    async def _rests(self, number: int) -> bool:
        """Returns whether every cap of a team is set, and nothing of it is due, in flight or in doubt."""
        for _ in range(100):
            async with self.context.store.read() as tx:
                team = self._team(await self.context.scope(tx), number)
                rows, mark = await tx.gateway_caps.of_teams([team.id]), await tx.cap_marks.of(team.id)
                busy = [await tx.gateway_caps.is_leased(row.id, now=self.context.now_micros()) for row in rows]
                grants = await tx.grants.active([team.id])
            if rows and not any(busy) and not grants and all(_is_at_rest(row, mark.version) for row in rows):
                return True
            await asyncio.sleep(0.05)
        return False

    async def _waits_for(self, target: str) -> GatewayCap | None:
        for _ in range(600):
            async with self.context.store.read() as tx:
                rows = [row for row in await tx.gateway_caps.all() if row.target.ref == target]
            if rows and rows[0].state == "conflict":
                return rows[0]
            await asyncio.sleep(0.05)
        return None

    async def end_grants_forever(self) -> None:
        while not self.is_over:
            await asyncio.sleep(0.5)
            await end_grants(self.context)

    async def settle(self) -> None:
        """Lets one worker live, ends every grant, makes each budget due once more, and waits until nothing is."""
        self.proxy.faults.clear()
        worker = self.start_worker()
        for target in self.unanswered:
            await self._choose(target)
        await asyncio.sleep(_GRANT_SECONDS)
        await end_grants(self.context)
        async with self.context.store.begin() as tx:
            teams = (await self.context.rulebooks.current(tx)).directory.real_teams
            decided_by = self.people["ben"]
            at = self.context.now_micros()
            await tx.cap_marks.mark(
                [team.id for team in teams], at=at, decided_by=decided_by, document="transfer:drill"
            )
        for number in range(_TEAMS):
            for _ in range(_DRAIN_ROUNDS):
                if await self._rests(number):
                    break
        await self.kill(worker)

    async def judge(self) -> None:
        """Compares what the gateway lets through with what the books say, to the cent, and counts writes."""
        verdict = self.verdict
        async with self.context.store.read() as tx:
            scope = await self.context.scope(tx)
            verdict.not_reverted = len(await tx.grants.active())
            verdict.book_faults = [fault async for fault in faults(tx)]
            for number in range(_TEAMS):
                budget = await cap_budget(scope.of_team(self._team(scope, number)))
                names = targets_of(number)
                spent = [nanos_from_decimal(str(self.proxy.teams[name].spend)) for name in names]
                caps = [nanos_from_decimal(str(self.proxy.teams[name].max_budget)) for name in names]
                rows = {row.target.ref: row for row in await tx.gateway_caps.of_teams([budget_team(scope, number)])}
                verdict.disagreeing += [
                    f"{name}: read back {rows[name].set_nanos}, there {cap}"
                    for name, cap in zip(names, caps, strict=True)
                    if rows[name].set_nanos != cap
                ]
                room = sum(max(cap - used, 0) for cap, used in zip(caps, spent, strict=True))
                least = whole_cents(budget.available_nanos) - len(names) * NANOS // 100
                verdict.above_books += room > budget.available_nanos
                if room < least:
                    verdict.disagreeing.append(f"t{number}: {room} of {budget.available_nanos} available")
        effective = [write for write in self.proxy.writes if write.before != write.after]
        verdict.writes = len(effective)
        versions = Counter((write.ref, write.changed_by.partition("tokens change ")[2]) for write in effective)
        verdict.double_writes = sum(count - 1 for count in versions.values() if count > 1)


def budget_team(scope: Scope, number: int) -> int:
    return int(scope.directory.teams_by_slug[f"t{number}"].id)


def _is_at_rest(row: GatewayCap, version: int) -> bool:
    return row.state == "set" and row.followed_version == version and row.seen_nanos == row.set_nanos


@asynccontextmanager
async def prepared(database_url: str, *, seed: int) -> AsyncIterator[CapDrill]:
    """Makes the books and the proxy of a drill."""
    proxy = Proxy(slow_seconds=0.9)
    proxy.teams = {name: Budget(max_budget=0.0, spend=Decimal(0)) for n in range(_TEAMS) for name in targets_of(n)}
    async with serving(proxy) as address:
        context = await prepare(Settings(database_url=database_url), SystemClock())
        await import_teams(context, read_teams_file(teams_yml(address)), dry_run=False)
        drill = CapDrill(context=context, proxy=proxy, chance=random.Random(seed))
        async with context.store.begin() as tx:
            for name in ("anna", "ben"):
                drill.people[name] = await tx.people.by_reference(f"{name}@acme.test")
        try:
            yield drill
        finally:
            await context.store.close()


async def run_drill(database_url: str, *, decisions: int, seed: int) -> Verdict:
    """Runs a whole drill and returns what it counted."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with prepared(database_url, seed=seed) as drill:
        tasks = [
            asyncio.create_task(one)
            for one in (
                *(drill.kill_forever() for _ in range(_WORKERS)),
                drill.fail_forever(),
                drill.end_grants_forever(),
            )
        ]
        for _ in range(decisions):
            await drill.decide()
            await asyncio.sleep(drill.chance.uniform(0, 2 * _PACE_SECONDS))
        drill.is_over = True
        await asyncio.gather(*tasks)
        await drill.settle()
        await drill.judge()
        drill.verdict.seconds = loop.time() - started
        return drill.verdict


assert set(_FAULTS) <= set(get_args(Fault))
