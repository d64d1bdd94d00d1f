"""Figures of teams together with the teams below them."""

from collections.abc import Mapping, Sequence

from bot.books.ledger import Balance
from bot.books.subtrees import SubtreeFigures, moved_days, subtree_figures
from bot.org.teams import Team
from bot.periods import Period
from handlers.books.balances import balances_of
from handlers.scope import Scope


async def subtree_figures_of(
    scope: Scope, teams: Sequence[Team], *, known: Mapping[int, Balance] | None = None
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
        moved = {team.id: moved_days(directory, team, period) for team in listed}
        spans = [span for days in moved.values() for span in (*days.away, *days.here)]
        members = {member.id: member for team in listed for member in directory.subtree(team)}
        members |= {span.team_id: directory.by_id(span.team_id) for span in spans}
        balances = {
            member.id: known[member.id]
            for member in members.values()
            if known is not None and member.id in known and directory.period_at(member, at) == period
        }
        others = [member for member in members.values() if member.id not in balances]
        balances |= await balances_of(scope, others, {member.id: period for member in others})
        usage: Mapping[tuple[int, int], int] = {}
        if spans:
            ids = {span.team_id for span in spans}
            usage = await scope.tx.reports.by_day(ids, first_day=period.first_day, end_day=period.end_day)
        for team in listed:
            found[team.id] = subtree_figures(
                team, directory=directory, balances=balances, moved=moved[team.id], usage=usage
            )
    return found
