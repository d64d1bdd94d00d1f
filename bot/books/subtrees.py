"""A team's figures together with those of the teams below it, apart from its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.books.ledger import Balance
from bot.org.teams import Directory, Team
from bot.org.tree.lineages import Span
from bot.periods import Period


@dataclass(frozen=True, kw_only=True)
class SubtreeFigures:
    """The figures of a team and all teams below it, in a period. `teams` counts those below.

    Usage counts by the day: what a team spent before it moved stays with the team that it was below then. Budgets and
    what is left of them are those of the teams below now.
    """

    teams: int
    allocated_nanos: int
    charged_nanos: int
    held_nanos: int
    available_nanos: int


@dataclass(frozen=True, kw_only=True)
class MovedDays:
    """Days that count otherwise than a team's place now says: `away` of teams below, `here` of teams that left."""

    away: tuple[Span, ...] = ()
    here: tuple[Span, ...] = ()


NOT_MOVED = MovedDays()


def moved_days(directory: Directory, team: Team, period: Period) -> MovedDays:
    """Returns the days of a period on which teams were elsewhere than they are now."""
    if not directory.lineage.moves_within(period.first_day, period.end_day):
        return NOT_MOVED
    members = {member.id for member in directory.subtree(team)}
    counted: dict[int, list[Span]] = {}
    for span in directory.lineage.spans_below(team.id, period.first_day, period.end_day):
        counted.setdefault(span.team_id, []).append(span)
    away = [gap for member in sorted(members) for gap in _gaps(member, counted.get(member, []), period)]
    here = [span for team_id in sorted(counted.keys() - members) for span in counted[team_id]]
    return MovedDays(away=tuple(away), here=tuple(here))


def _gaps(team_id: int, spans: list[Span], period: Period) -> list[Span]:
    gaps, day = [], period.first_day
    for span in spans:
        if day < span.first_day:
            gaps.append(Span(team_id, day, span.first_day))
        day = max(day, span.end_day)
    return [*gaps, Span(team_id, day, period.end_day)] if day < period.end_day else gaps


def subtree_figures(
    team: Team,
    *,
    directory: Directory,
    balances: Mapping[int, Balance],
    moved: MovedDays = NOT_MOVED,
    usage: Mapping[tuple[int, int], int] | None = None,
) -> SubtreeFigures:
    """Returns the figures of a team's subtree from its teams' balances.

    `usage` has nano-dollars by (team, day) of the moved days. Of a team that is elsewhere now, the balance tells the first
    day that counts.
    """
    members = directory.subtree(team)
    owned = [balances[member.id] for member in members]
    shift = _spent(moved.here, usage or {}, balances) - _spent(moved.away, usage or {}, balances)
    return SubtreeFigures(
        teams=len(members) - 1,
        allocated_nanos=sum(balance.allocated_nanos for balance in owned),
        charged_nanos=sum(balance.charged_nanos for balance in owned) + shift,
        held_nanos=sum(balance.held_nanos for balance in owned),
        available_nanos=sum(b.allocated_nanos - b.charged_nanos - b.held_nanos - b.withheld_nanos for b in owned),
    )


def _spent(spans: tuple[Span, ...], usage: Mapping[tuple[int, int], int], balances: Mapping[int, Balance]) -> int:
    """Returns the usage of days that count: none before a budget's first day."""
    since = {team_id: balance.since_day or 0 for team_id, balance in balances.items()}
    return sum(
        nanos
        for span in spans
        for (team_id, day), nanos in usage.items()
        if team_id == span.team_id and max(span.first_day, since.get(team_id, 0)) <= day < span.end_day
    )
