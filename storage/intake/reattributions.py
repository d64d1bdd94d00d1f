"""Re-attributions: the requests, their workers, and what they moved."""

from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update

from bot.intake.adjustments import BookedEvent
from bot.intake.reattributions import ATTRIBUTION_KIND, Reattribution
from bot.periods import MICROS
from storage.queries.sums import nano_sums, whole
from storage.tables.intake import reattributions, usage_adjustments, usage_events
from storage.transaction import OpenTransaction

LEASE_MICROS = 120 * MICROS


class TeamAssignment(NamedTuple):
    """One assignment of an event to a team: when, how, the team and the rule."""

    at: int
    how: str
    team_id: int
    rule: str


class Reattributions:
    """The re-attributions within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(
        self, *, credential: str, team_id: int, since_at: int, asked_by: int | None, at: int, is_taken: bool
    ) -> Reattribution:
        """Requests that past usage moves. `team_id` is the organisation's for all teams; `is_taken` leases the work to
        the caller.
        """
        values = {"credential": credential, "team_id": team_id, "since_at": since_at, "asked_at": at}
        made = insert(reattributions).values(
            **values, asked_by=asked_by, lease_until=at + LEASE_MICROS if is_taken else 0
        )
        return _reattribution((await self._connection.execute(made.returning(reattributions))).one())

    async def pending_credentials(self) -> frozenset[str]:
        """Returns the credentials whose past usage still has to move."""
        query = select(reattributions.c.credential).where(reattributions.c.done_at.is_(None))
        return frozenset((await self._connection.execute(query)).scalars())

    async def pending_teams(self, *, since: int) -> set[int]:
        """Returns the teams that past usage has to move to, requested since a moment; the organisation stands for all
        teams.
        """
        query = select(reattributions.c.team_id).where(reattributions.c.done_at.is_(None))
        return set((await self._connection.execute(query.where(reattributions.c.asked_at >= since))).scalars())

    async def claim(self, *, at: int) -> Reattribution | None:
        """Leases the oldest free re-attribution to the caller; None if there is none."""
        query = (
            select(reattributions)
            .where(reattributions.c.done_at.is_(None), reattributions.c.lease_until < at)
            .order_by(reattributions.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        await self.renew(row.id, at=at)
        return _reattribution(row)

    async def renew(self, reattribution_id: int, *, at: int) -> None:
        """Extends the lease."""
        changed = update(reattributions).where(reattributions.c.id == reattribution_id)
        await self._connection.execute(changed.values(lease_until=at + LEASE_MICROS))

    async def mark_done(self, reattribution_id: int, *, at: int) -> bool:
        """Marks a re-attribution as done; returns False if another worker did."""
        changed = update(reattributions).where(
            reattributions.c.id == reattribution_id, reattributions.c.done_at.is_(None)
        )
        return (await self._connection.execute(changed.values(done_at=at))).rowcount == 1

    async def assignments_of(self, booked: BookedEvent) -> list[TeamAssignment]:
        """Returns an event's assignments: its booking and every move since."""
        event, moved = usage_events.c, usage_adjustments.c
        first = select(event.received_at, event.team_id, event.rule).where(
            event.occurred_at == booked.occurred_at,
            event.source_id == booked.source_id,
            event.key_hash == booked.key_hash,
        )
        later = (
            select(moved.made_at, moved.document, moved.team_id, moved.rule)
            .where(moved.source_id == booked.source_id, moved.key_hash == booked.key_hash)
            .where(moved.kind == ATTRIBUTION_KIND, moved.calls > 0)
            .order_by(moved.id)
        )
        found = [TeamAssignment(at, "booked", team, rule) for at, team, rule in await self._connection.execute(first)]
        return found + [
            TeamAssignment(at, how, team, rule) for at, how, team, rule in await self._connection.execute(later)
        ]

    async def amounts_by_team(self, document: str) -> dict[int, tuple[int, int]]:
        """Returns (calls, nano-dollars) that the adjusting rows of a re-attribution moved to each team, or away from
        it.
        """
        rows = await self._connection.execute(
            select(
                usage_adjustments.c.team_id,
                func.sum(usage_adjustments.c.calls),
                *nano_sums(usage_adjustments.c.cost_nanos),
            )
            .where(usage_adjustments.c.document == document, usage_adjustments.c.kind == ATTRIBUTION_KIND)
            .group_by(usage_adjustments.c.team_id)
        )
        return {int(team): (int(calls), whole(dollars, rest)) for team, calls, dollars, rest in rows}


def _reattribution(row: Any) -> Reattribution:
    return Reattribution(
        id=row.id,
        credential=row.credential,
        team_id=row.team_id,
        since_at=row.since_at,
        asked_by=row.asked_by,
    )
