"""A team's figures together with those of the teams below it, apart from its own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

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
    teams: Collection[Team],
    *,
    directory: Directory,
    balances: Mapping[int, Balance],
    moved: Mapping[int, MovedDays] = MappingProxyType({}),
    usage: Mapping[tuple[int, int], int] = MappingProxyType({}),
) -> dict[int, SubtreeFigures]:
    """Returns the figures of teams' subtrees, by team id, in one pass over the balances of all teams in them.

    `moved` has the moved days of each of the teams, and `usage` nano-dollars by (team, day) of these days. Of a team that is
    elsewhere now, the balance tells the first day that counts.
    """
    wanted = {team.id for team in teams}
    sums: dict[int, list[int]] = {}
    listed = []
    for team in directory.subtree(directory.root):
        if team.id in wanted or team.parent_id in sums:
            own = balances[team.id]
            left = own.allocated_nanos - own.charged_nanos - own.held_nanos - own.withheld_nanos
            sums[team.id] = [0, own.allocated_nanos, own.charged_nanos, own.held_nanos, left]
            listed.append(team)
    for team in reversed(listed):  # from the lowest level up
        if team.parent_id in sums:
            above, own_sums = sums[team.parent_id], sums[team.id]
            above[0] += 1
            for at, nanos in enumerate(own_sums):
                above[at] += nanos
    found = {}
    for team_id in wanted:
        days = moved.get(team_id, NOT_MOVED)
        shift = _spent(days.here, usage, balances) - _spent(days.away, usage, balances)
        below, allocated, charged, held, left = sums[team_id]
        found[team_id] = SubtreeFigures(
            teams=below,
            allocated_nanos=allocated,
            charged_nanos=charged + shift,
            held_nanos=held,
            available_nanos=left,
        )
    return found


def _spent(spans: tuple[Span, ...], usage: Mapping[tuple[int, int], int], balances: Mapping[int, Balance]) -> int:
    """Returns the usage of days that count: none before a budget's first day."""
    total = 0
    for span in spans:
        first = max(span.first_day, balances[span.team_id].since_day or 0)
        total += sum(usage.get((span.team_id, day), 0) for day in range(first, span.end_day))
    return total
