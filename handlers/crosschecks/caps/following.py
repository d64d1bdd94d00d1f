"""Follows the books: claims the teams whose caps are due, runs over their targets, and stores each step."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace

import aiohttp
import structlog

from bot.crosschecks.caps import GatewaySettings
from bot.crosschecks.gateway_caps import GatewayCap
from bot.org.tree.places import merged_into
from bot.periods import MICROS
from bot.rulebook import Rulebook
from handlers.context import Context
from handlers.crosschecks.caps import calls
from handlers.crosschecks.caps.adapter import CapRefused, GatewayAdapter
from handlers.crosschecks.caps.adapters import adapter_of
from handlers.crosschecks.caps.budgets import cap_budget
from handlers.crosschecks.caps.conflicts import close_conflicts, show_conflicts
from handlers.crosschecks.caps.outcomes import Fault, Gateway
from handlers.crosschecks.caps.raises import add_raised, raised_by_row
from handlers.crosschecks.caps.team_run import TeamRun
from handlers.scope import TeamScope
from storage.faults import is_away
from storage.store import Transaction

log = structlog.get_logger()

TEAMS_AT_ONCE = 8
_CALLS_PER_STEP = 3
"""A step reads a cap, or writes one and reads it back."""


class LeaseLost(Exception):
    """Another worker has the targets now. What this one wrote last is found by the other, by reading."""


class CapFollower:
    """Brings gateways' caps to what the books say, one team at a time."""

    def __init__(
        self, context: Context, session: aiohttp.ClientSession, *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._context = context
        self._session = session
        self._environment = environment
        self._owner = secrets.token_hex(8)
        self._synced: Rulebook | None = None
        self._has_gateways = False

    @property
    def has_gateways(self) -> bool:
        """Returns whether teams.yml named any gateway when it was last read."""
        return self._has_gateways

    async def follow_due(self) -> int:
        """Follows the teams that are due, several at once, and returns their number. A fault of one stops no other."""
        context = self._context
        async with context.store.read() as tx:
            rulebook = await context.rulebooks.current(tx)
        if not rulebook.gateways and self._synced is not None and not self.has_gateways:
            return 0
        if self._synced is not rulebook:
            await self.sync()
        async with context.store.read() as tx:
            due = await tx.gateway_caps.due_teams(now=context.now_micros(), limit=TEAMS_AT_ONCE)
        outcomes = await asyncio.gather(*(self.follow(team_id) for team_id in due), return_exceptions=True)
        for team_id, outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, Exception):
                trace = None if is_away(outcome) or isinstance(outcome, LeaseLost) else outcome
                log.error("caps not followed", team_id=team_id, error=repr(outcome), exc_info=trace)
            elif isinstance(outcome, BaseException):
                raise outcome
        return len(due)

    async def sync(self) -> None:
        """Makes the stored targets those of teams.yml. A merged team's belong to the team that took it over."""
        async with self._context.store.begin() as tx:
            rulebook = await self._context.rulebooks.current(tx)
            directory = rulebook.directory
            wanted = {
                (gateway.name, target): merged_into(directory, team).id
                for gateway in rulebook.gateways
                for slug, targets in gateway.teams.items()
                if (team := directory.by_slug(slug)) is not None
                for target in targets
            }
            scope = await self._context.scope(tx)
            names = [gateway.name for gateway in rulebook.gateways]
            left, is_done = await tx.gateway_caps.sync(wanted, gateways=names, now=scope.at)
            await close_conflicts(scope, left)
        self._synced = rulebook if is_done else None
        self._has_gateways = bool(rulebook.gateways)

    async def follow(self, team_id: int) -> None:
        """Takes all steps of one team's targets."""
        context = self._context
        async with context.store.begin() as tx:
            await add_raised((await context.scope(tx)).of_team_id(team_id))
            rows = await tx.gateway_caps.claim(
                team_id, owner=self._owner, now=context.now_micros(), until=self._lease_end()
            )
            gateways = (await context.rulebooks.current(tx)).gateways
            mark = await tx.cap_marks.of(team_id)  # what is decided after the reading below makes the caps due again
        if not rows:
            return
        run = TeamRun(rows, self._gateways(gateways, rows))
        await run.read()
        async with context.store.begin() as tx:
            scope, before = await self._held(tx, run, team_id)
            budget = replace(await cap_budget(scope), mark=mark)
            raised = await raised_by_row(scope, run.rows.values())
            first = run.plan(budget, team=scope.team.slug, team_name=scope.team.name, at=scope.at, raised=raised)
            await self._store(scope, run, before, done=run.found_written, is_last=not first)
        while first:
            outcomes = await run.write(first)
            async with context.store.begin() as tx:
                scope, before = await self._held(tx, run, team_id)
                done = run.take(outcomes, at=scope.at)
                first = run.raise_others(at=scope.at)
                await self._store(scope, run, before, done=done, is_last=not first)
        context.wake_outbox.set()

    def _lease_end(self) -> int:
        return self._context.now_micros() + int(_CALLS_PER_STEP * calls.CALL_SECONDS * MICROS)

    def _gateways(self, settings: Iterable[GatewaySettings], rows: Iterable[GatewayCap]) -> dict[str, Gateway]:
        """Returns the gateways of a run. Its targets share their adapters, which may remember what they read."""
        named = {row.gateway for row in rows}
        return {one.name: Gateway(adapter=self._adapter(one), mode=one.mode) for one in settings if one.name in named}

    def _adapter(self, settings: GatewaySettings) -> GatewayAdapter | Fault:
        try:
            return adapter_of(settings, self._session, environment=self._environment)
        except CapRefused as refused:
            return Fault(sentence=str(refused), refused=True)

    async def _held(self, tx: Transaction, run: TeamRun, team_id: int) -> tuple[TeamScope, Mapping[int, GatewayCap]]:
        """Returns the scope of a step and its targets as they are stored, with a longer lease."""
        held = await tx.gateway_caps.held(run.rows.keys(), owner=self._owner, until=self._lease_end())
        if not held:
            raise LeaseLost
        return (await self._context.scope(tx)).of_team_id(team_id), held

    async def _store(
        self,
        scope: TeamScope,
        run: TeamRun,
        before: Mapping[int, GatewayCap],
        *,
        done: Iterable[tuple[GatewayCap, GatewayCap]],
        is_last: bool,
    ) -> None:
        """Stores a step: the targets, an audit record of each cap that was set, conflicts, and the messages that show caps."""
        tx = scope.tx
        for row in run.rows.values():
            await tx.gateway_caps.save(row)
        for earlier, row in done:
            detail = {"version": row.set_version, "nanos": row.set_nanos, "before": earlier.seen_nanos}
            subject = f"cap:{row.gateway}:{row.target.kind}:{row.target.ref}"
            actor_id = run.decided_by
            await tx.audit.record(at=scope.at, actor_id=actor_id, action="set cap", subject=subject, detail=detail)
        await show_conflicts(scope, before, run.rows)
        if is_last:
            await tx.gateway_caps.release(run.rows.keys(), owner=self._owner)
        if any(_shown(row) != _shown(before[row.id]) for row in run.rows.values()):
            await self._context.caps_followed(scope)


def _shown(row: GatewayCap) -> tuple[object, ...]:
    """Returns what people see of a target."""
    return row.state, row.sentence, row.set_nanos, row.set_at, row.seen_nanos, row.wanted_nanos
