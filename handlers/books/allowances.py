"""The allowance endpoint's logic: a gateway checks a team's budget before a call."""

import asyncio
from dataclasses import dataclass, field, replace

import structlog

from bot.books.allowances import Allowance, unknown_team
from bot.books.gatekeeping.calls import UNKNOWN_CALL, Call
from bot.books.gatekeeping.team_budgets import lender_of
from bot.org.teams import Team
from bot.org.tree.places import merged_into
from bot.periods import MICROS
from handlers.books.gatekeeping.calls import NOTHING_ASKED, AskedCall, call_of
from handlers.books.team_balances import TeamBalances, read_balances
from handlers.context import Context
from handlers.rulebooks import KeyRevoked
from storage.books.gatekeeping.reservations import ReservationMemory
from storage.drivers.shared_reads import SharedRead
from storage.faults import database_fault, is_away

log = structlog.get_logger()


class NotYours(Exception):
    """The key is bound to another team."""


@dataclass(kw_only=True)
class _Seen:
    """The balances that this process has read, and what it knew when it began to."""

    balances: TeamBalances
    began: float
    """By the event loop's clock."""
    ledger_posts: int
    usage_commits: tuple[int, int]
    """The commits of usage and of reservations."""
    teams: dict[str, Team]
    allowances: dict[int, Allowance] = field(default_factory=dict)
    """By team, for calls of which nothing is known."""


class Allowances:
    """The allowances of one process, answered from memory: all teams' balances are read together, and read again every
    second while somebody asks.

    Calls that are few are answered from a fresh reading. Whether the key is valid, and everything else in the configuration,
    is as of the call, in every process; budgets that this process posts count at once.
    """

    FRESH_SECONDS = 1.0
    """So old may balances be before they are read again."""
    MOST_SECONDS = 5.0
    """Older ones answer nobody."""
    FEW_CALLS = 20
    """As many calls within a second may each have a reading of their own."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reads = SharedRead(self._read)
        self._seen: _Seen | None = None
        self._second, self._calls, self._calls_before = 0, 0, 0

    async def of(self, slug: str, *, key: bytes, asked: AskedCall = NOTHING_ASKED) -> tuple[Allowance, float]:
        """Returns the decision for a team's call, and the age of its figures in seconds. A key bound to a team reads only its
        own; a team that does not exist is allowed.

        Raises NotYours or KeyRevoked. `key` is the key's hash.
        """
        version = await self._context.store.key_checks.version(key)
        if version is None:
            raise KeyRevoked
        seen = await self._current(version)
        rulebook = seen.balances.rulebook
        source = rulebook.sources.get(key)
        if source is None:
            raise KeyRevoked
        team = seen.teams.get(slug.casefold())
        if source.team_id is not None and (team is None or team.id != source.team_id):
            raise NotYours
        age = max(0.0, (self._context.now_micros() - seen.balances.as_of) / MICROS)
        if team is None:
            root = rulebook.directory.root
            at = seen.balances.at
            return unknown_team(slug, period=rulebook.directory.period_at(root, at), zone=root.zone_on(at)), age
        team = merged_into(rulebook.directory, team)
        if asked == NOTHING_ASKED:
            found = seen.allowances.get(team.id)
            if found is None:
                found = seen.allowances[team.id] = seen.balances.budgets[team.id].decide(UNKNOWN_CALL)
        else:
            found = self._decide(seen, team, call_of(rulebook, asked))
        is_bound = source.team_id is not None  # a team's key reads its own figures alone
        below = None if is_bound else seen.balances.subtrees.get(team.id)
        return (replace(found, subtree=below) if below is not None else found), age

    def _decide(self, seen: _Seen, team: Team, call: Call) -> Allowance:
        budgets, lender = seen.balances.budgets, None
        if call.priority == "protected" and team.parent_id is not None:
            others = (
                budgets[t.id] for t in seen.balances.rulebook.directory.real_teams if t.parent_id == team.parent_id
            )
            lender = lender_of(budgets[team.parent_id], (b for b in others if b.team.id != team.id))
        return budgets[team.id].decide(call, lender=lender)

    async def _current(self, version: int) -> _Seen:
        """Returns balances that may answer now: by this version of the configuration, and as fresh as promised."""
        self._count_call()
        seen = self._seen
        if seen is None or not self._may_answer(seen, version):
            return await self._reads.result()
        age = asyncio.get_running_loop().time() - seen.began
        has_used = seen.usage_commits != self._commits()
        if age < self.FRESH_SECONDS and not has_used:
            return seen
        if max(self._calls, self._calls_before) <= self.FEW_CALLS:
            return await self._reads.result()
        if age >= self.FRESH_SECONDS and not self._reads.is_running:
            self._reads.start()
        return seen

    def _may_answer(self, seen: _Seen, version: int) -> bool:
        age = asyncio.get_running_loop().time() - seen.began
        jumped = abs(self._context.now_micros() - seen.balances.at - age * MICROS) > MICROS  # the demo's clock does
        return (
            seen.balances.rulebook.version == version
            and seen.ledger_posts == self._context.store.memory.ledger_posts
            and age <= self.MOST_SECONDS
            and not jumped
        )

    def _count_call(self) -> None:
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._calls_before = self._calls if second == self._second + 1 else 0
            self._second, self._calls = second, 0
        self._calls += 1

    def _commits(self) -> tuple[int, int]:
        memory = self._context.store.memory
        return memory.usage.commits, memory.of(ReservationMemory).changes

    async def _read(self) -> _Seen:
        store, began = self._context.store, asyncio.get_running_loop().time()
        known = (store.memory.ledger_posts, self._commits())
        try:
            last = self._seen.balances if self._seen is not None else None
            balances = await read_balances(self._context, at=self._context.now_micros(), last=last)
        except Exception as error:
            trace = None if is_away(error) else error
            log.warning("balances not read", error=database_fault(error) or repr(error), exc_info=trace)
            raise
        teams = dict(balances.rulebook.directory.teams_by_slug)
        self._seen = _Seen(balances=balances, began=began, ledger_posts=known[0], usage_commits=known[1], teams=teams)
        return self._seen
