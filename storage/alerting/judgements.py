"""Stored judgements: which version of its usage each team was judged at, and when."""

from collections.abc import Iterable

from sqlalchemy import select

from storage import bulk
from storage.tables.alerting import team_judgements
from storage.tables.intake import team_changes
from storage.transaction import OpenTransaction


class Judgements:
    """The judgements of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def teams_to_judge(self, *, stale_before: int, at: int) -> list[tuple[int, int]]:
        """Returns (team id, version) of teams with changes that nobody judged, or that were judged before
        `stale_before`. A judgement after `at` came from a fast clock and does not count."""
        joined = team_changes.outerjoin(team_judgements, team_judgements.c.team_id == team_changes.c.team_id)
        rows = await self._connection.execute(
            select(
                team_changes.c.team_id, team_changes.c.version, team_judgements.c.version, team_judgements.c.judged_at
            )
            .select_from(joined)
            .order_by(team_changes.c.team_id)
        )
        return [
            (int(team), int(version))
            for team, version, judged, judged_at in rows
            if judged is None or judged < version or not stale_before <= judged_at <= at
        ]

    async def mark_judged(self, team_id: int, version: int, *, at: int) -> None:
        """Records that a team was judged with all changes up to a version."""
        await self.mark_all_judged([(team_id, version)], at=at)

    async def mark_all_judged(self, versions: Iterable[tuple[int, int]], *, at: int) -> None:
        """Records it for many teams."""
        rows = [(team_id, version, at) for team_id, version in sorted(versions)]
        columns = ("team_id", "version", "judged_at")
        tail = "ON CONFLICT (team_id) DO UPDATE SET version = excluded.version, judged_at = excluded.judged_at"
        await bulk.upsert(self._connection, "team_judgements", columns, rows, tail)
