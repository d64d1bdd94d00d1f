"""Gateways' views of their teams on the fast path: added to what is stored without reading it first.

What a view changes beside its sums (a new team, a gateway that reset its count) needs the full path, which reads the team. A
process that has read a team within seconds knows that neither is the case.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.crosschecks.gateways import BookedCall, GatewayTeam, may_be_reset, update_baseline
from bot.periods import MICROS
from bot.usage import GatewayView
from handlers.intake.usage_jobs import UsageJob
from storage.crosschecks.gateways import AddedRow, added_row, views_insert
from storage.intake.rollups import Insert

Team = tuple[int, str]
"""(source, gateway team)"""
_FRESH_MICROS = 5 * MICROS
_MOST_TEAMS = 20_000


class AddedViews(NamedTuple):
    """What a group adds to its gateway teams, and these as they are known after it."""

    inserts: list[Insert]
    teams: dict[Team, GatewayTeam]


class GatewayViews:
    """The gateway teams that a process has read, with the moment of that; None for one without a view."""

    def __init__(self) -> None:
        self._read: dict[Team, tuple[int, GatewayTeam | None]] = {}

    def clear(self) -> None:
        self._read.clear()

    def added_by(self, group: Sequence[UsageJob], *, now: int) -> AddedViews | None:
        """Returns what a simple group adds to its gateway teams; None if it needs the full path."""
        teams: dict[Team, GatewayTeam] = {}
        rows: list[AddedRow] = []
        for source_id, views, booked in gathered(group):
            for name in sorted(views.keys() | booked.keys()):
                read_at, known = self._read.get((source_id, name), (0, None))
                view, calls = views.get(name), booked.get(name, ())
                if now - read_at >= _FRESH_MICROS or (known is None and view is not None):
                    return None
                if known is None:
                    continue
                after = update_baseline(known, view, source_id=source_id, booked=calls)
                if after is None or may_be_reset(known, view):
                    return None
                teams[source_id, name] = after
                rows.append(added_row(known, after, seen_at=view.at if view is not None else -1))
        return AddedViews([views_insert(rows)] if rows else [], teams)

    def record_added(self, teams: Mapping[Team, GatewayTeam]) -> None:
        """Remembers teams as they are after a commit of the fast path. When they were read stays."""
        for team, after in teams.items():
            if (found := self._read.get(team)) is not None:
                self._read[team] = found[0], after

    def record_read(self, source_id: int, teams: Mapping[str, GatewayTeam | None], *, now: int) -> None:
        """Remembers the teams of a source as the full path left them."""
        if len(self._read) + len(teams) > _MOST_TEAMS:
            self._read.clear()
        self._read |= {(source_id, name): (now, team) for name, team in teams.items()}


def gathered(
    group: Iterable[UsageJob],
) -> list[tuple[int, dict[str, GatewayView], dict[str, list[BookedCall]]]]:
    """Returns each source with views or imported history, its newest view of each team, and the calls booked now by team, in the
    order in which all writers lock them.
    """
    jobs_by_source: dict[int, list[UsageJob]] = {}
    for job in group:
        jobs_by_source.setdefault(job.source.id, []).append(job)
    found = []
    for source_id, jobs in sorted(jobs_by_source.items()):
        if any(job.parsed.views or not job.is_live for job in jobs):
            views = sorted((view for job in jobs for view in job.parsed.views), key=lambda view: view.at)
            found.append((source_id, {view.gateway_team: view for view in views}, _booked_by_team(jobs)))
    return found


def _booked_by_team(jobs: Sequence[UsageJob]) -> dict[str, list[BookedCall]]:
    """Returns the calls just booked per gateway team. Calls of observing sources have no cost."""
    booked: dict[str, list[BookedCall]] = {}
    for job in jobs:
        costs = [booking.cost_nanos for booking in job.bookings] or [0] * len(job.outcomes)
        for (_, event), outcome, cost in zip(job.parsed.events, job.outcomes, costs, strict=True):
            if event.labels.gateway_team and outcome == "accepted":
                call = BookedCall(event.occurred_at, event.reported_nanos or 0, cost)
                booked.setdefault(event.labels.gateway_team, []).append(call)
    return booked
