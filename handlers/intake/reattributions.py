"""Moves past usage to the team it belongs to by today's rules, by adjusting rows. It triggers no alerts."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import structlog

from bot.intake.adjustments import BookedEvent, Change
from bot.intake.reattributions import (
    ATTRIBUTION_KIND,
    Move,
    Reattribution,
    changes_due,
    moves_of,
    totals_by_receiving_team,
)
from bot.org.teams import Team
from bot.rulebook import Rulebook
from bot.views.org.attribution import moved_away_words, moved_message
from handlers.alerting.budget_alerts import budget_raised, judge_thresholds
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.posts import post_notice
from storage.intake.booked_events import EventFilter, current_pages
from storage.intake.reattributions import LEASE_MICROS
from storage.store import Transaction

log = structlog.get_logger()

PAGE = 500
"""Events per transaction, so that it stays short and usage comes in between two of them."""


class _Run:
    """One pass over the events of a re-attribution."""

    def __init__(self, context: Context, work: Reattribution) -> None:
        self._context = context
        self._work = work
        self._judged: set[int] = set()
        self._renewed_at = context.now_micros()
        self.moves: list[Move] = []

    async def would_move(self) -> list[Move]:
        """Returns the moves, and writes nothing."""
        async for page in self._pages():
            async with self._context.store.read() as tx:
                self.moves = moves_of((await self._due(tx, page))[1], self.moves)
        return self.moves

    async def move(self) -> list[Move]:
        """Moves the usage, a page per transaction. A repeated or concurrent run moves it once."""
        async for page in self._pages():
            async with self._context.store.read() as tx:
                rulebook, changes = await self._due(tx, page)
            if changes:
                async with self._context.store.begin() as tx:
                    scope = await self._context.scope(tx)
                    if scope.rulebook is not rulebook:
                        _, changes = await self._due(tx, page)
                    self.moves = moves_of(await self._adjust(scope, changes), self.moves)
                    await self._renew(tx)
            elif self._context.now_micros() - self._renewed_at > LEASE_MICROS // 4:
                async with self._context.store.begin() as tx:
                    await self._renew(tx)
        return self.moves

    def _pages(self) -> AsyncIterator[list[BookedEvent]]:
        filters = EventFilter(since=self._work.since_at, credential=self._work.credential or None)
        return current_pages(self._context.store.read, filters, limit=PAGE)

    async def _due(self, tx: Transaction, page: Sequence[BookedEvent]) -> tuple[Rulebook, list[Change]]:
        """Returns the current rulebook and the changes due by it. A change of rules or people makes another rulebook."""
        rulebook = await self._context.rulebooks.current(tx)
        return rulebook, changes_due(
            page,
            spellings=await tx.people.spellings_of({booked.person_id for booked in page if booked.person_id}),
            sources={source.id: source for source, _ in await tx.keys.listed()},
            rulebook=rulebook,
            team_id=self._work.team_id,
        )

    async def _adjust(self, scope: Scope, changes: Sequence[Change]) -> list[Change]:
        joined = {change.new.team_id for change in changes}
        teams = [team for team in scope.directory.real_teams if team.id in joined]
        await self._judge(scope, [team for team in teams if team.id not in self._judged], silently=False)
        self._judged |= joined
        made = await scope.tx.adjustments.adjust(
            changes,
            kind=ATTRIBUTION_KIND,
            at=scope.at,
            actor_id=self._work.asked_by,
            document=self._work.document,
        )
        await self._judge(scope, teams, silently=True)
        return made

    async def _judge(self, scope: Scope, teams: Sequence[Team], *, silently: bool) -> None:
        """Judges thresholds: posts those a team's own spend crossed before the move; records those the move crosses
        silently.
        """
        for team in teams:
            await judge_thresholds(scope.of_team(team), silently=silently)

    async def _renew(self, tx: Transaction) -> None:
        self._renewed_at = self._context.now_micros()
        await tx.reattributions.renew(self._work.id, at=self._renewed_at)


async def would_move(context: Context, work: Reattribution) -> list[Move]:
    """Returns what a re-attribution would move between teams."""
    return await _Run(context, await _for_its_team(context, work)).would_move()


async def reattribute(context: Context, work: Reattribution) -> list[Move]:
    """Runs a re-attribution, notifies the teams, and returns the moves."""
    await context.store.fold_totals()  # an adjusting row corrects totals that have its event
    moves = await _Run(context, await _for_its_team(context, work)).move()
    async with context.store.begin() as tx:
        if await tx.reattributions.mark_done(work.id, at=context.now_micros()):
            await _notify_teams(await context.scope(tx), work)
    context.wake_outbox.set()
    context.wake_watcher.set()
    return moves


async def _for_its_team(context: Context, work: Reattribution) -> Reattribution:
    """Returns the work for all teams if its team is the organisation."""
    root = (await context.rulebooks.latest()).directory.root
    return replace(work, team_id=None) if work.team_id == root.id else work


async def _notify_teams(scope: Scope, work: Reattribution) -> None:
    """Notifies each team once of the usage it received, and withdraws alerts that no longer hold in the other teams."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    brought = await tx.reattributions.amounts_by_team(work.document)  # of all runs: one may have been interrupted
    for team in directory.real_teams:
        calls, nanos = brought.get(team.id, (0, 0))
        if calls > 0 or nanos > 0:
            message = moved_message(
                team, calls=calls, nanos=nanos, since_at=work.since_at, credential=work.credential, key=work.id
            )
            key = f"reattribution:{work.id}:{team.id}"
            await post_notice(tx, directory, team, message, dedupe_key=key, at=at)
        elif nanos < 0:
            await budget_raised(scope.of_team(team), because=moved_away_words(nanos=-nanos))
    detail = {str(team): [calls, nanos] for team, (calls, nanos) in sorted(brought.items())}
    await tx.audit.record(
        at=at, actor_id=work.asked_by, action="move usage", subject=work.document, detail={"brought": detail}
    )


async def move_usage(context: Context) -> None:
    """Runs waiting re-attributions: claims made in Slack, and interrupted runs."""
    while True:
        async with context.store.begin() as tx:
            work = await tx.reattributions.claim(at=context.now_micros())
        if work is None:
            return
        moves = await reattribute(context, work)
        log.info("usage moved", reattribution=work.id, teams=len(totals_by_receiving_team(moves)))
        context.wake_homes.set()
