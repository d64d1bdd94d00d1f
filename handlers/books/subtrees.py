"""Figures of teams together with the teams below them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.books.ledger import Balance
from bot.books.subtrees import NOT_MOVED, SubtreeFigures, moved_days, subtree_figures
from bot.org.teams import Team
from bot.periods import Period
from handlers.books.balances import balances_of
from handlers.scope import Scope


async def subtree_figures_of(
    scope: Scope, teams: Sequence[Team], *, known: Mapping[int, Balance] = MappingProxyType({})
) -> dict[int, SubtreeFigures]:
    """Returns the figures of each team that has teams below it, by its id. Every team counts in the period of the one above.

    `known` has balances in the teams' own periods that were read in the same snapshot.
    """
    directory, at = scope.directory, scope.at
    by_period: dict[Period, list[Team]] = {}
    for team in teams:
        if directory.children(team):
            by_period.setdefault(directory.period_at(team, at), []).append(team)
    found: dict[int, SubtreeFigures] = {}
    for period, listed in by_period.items():
        moved = {team.id: days for team in listed if (days := moved_days(directory, team, period)) is not NOT_MOVED}
        spans = [span for days in moved.values() for span in (*days.away, *days.here)]
        ids = {team.id for team in listed}
        for member in directory.subtree(directory.root):  # each after its parent
            if member.parent_id in ids:
                ids.add(member.id)
        ids |= {span.team_id for span in spans}
        balances = {
            team_id: known[team_id]
            for team_id in ids & known.keys()
            if directory.period_at(directory.by_id(team_id), at) == period
        }
        others = [directory.by_id(team_id) for team_id in sorted(ids - balances.keys())]
        balances |= await balances_of(scope, others, {member.id: period for member in others})
        usage: Mapping[tuple[int, int], int] = {}
        if spans:
            moved_ids = {span.team_id for span in spans}
            usage = await scope.tx.reports.by_day(moved_ids, first_day=period.first_day, end_day=period.end_day)
        found |= subtree_figures(listed, directory=directory, balances=balances, moved=moved, usage=usage)
    return found
