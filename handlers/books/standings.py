"""Teams' standings, built from the ledger and the rollups in one snapshot."""

from collections.abc import Iterable, Sequence

from bot.books.budgets import Standing
from bot.books.forecasts import forecast
from bot.messages import Message
from bot.org.teams import Directory, Team
from bot.reporting.digests import Share
from bot.rulebook import Rulebook
from bot.views.books import standings as standing_views
from handlers.books.balances import balances_of
from handlers.books.subtrees import subtree_figures_of
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest
from storage.reporting.reports import NO_USAGE, Dimension
from storage.store import Transaction

DAYS_SHOWN = 35


async def standing_of(scope: TeamScope, *, viewer_id: int | None = None) -> Standing:
    """Returns one team's standing."""
    return (await standings_of(scope, [scope.team], viewer_id=viewer_id))[0]


async def standings_of(scope: Scope, teams: Sequence[Team], *, viewer_id: int | None = None) -> list[Standing]:
    """Returns teams' standings in the given order, with a fixed number of queries. For a viewer they have the figures with
    the teams below, where that person may see all of them.
    """
    if not teams:
        return []
    tx, directory, at = scope.tx, scope.directory, scope.at
    periods = {team.id: directory.period_at(team, at) for team in teams}
    today = {team.id: team.day_of(at) for team in teams}
    first = min(min(today.values()) - DAYS_SHOWN, *(p.first_day for p in periods.values()))
    end = max(today.values()) + 2
    ids = {team.id for team in teams}
    if directory.root.id in ids:
        ids.add(directory.unattributed.id)
    by_day = await tx.reports.by_day(ids, first_day=first, end_day=max(end, *(p.end_day for p in periods.values())))
    balances = await balances_of(scope, teams, periods, known_usage=by_day if tx.is_snapshot else None)
    seen = [team for team in teams if viewer_id is not None and directory.may_see_below(viewer_id, team)]
    subtrees = await subtree_figures_of(scope, seen, known=balances)
    days: dict[int, dict[int, int]] = {}
    for (spender, day), nanos in by_day.items():
        if day < end:
            days.setdefault(spender, {})[day] = nanos
    standings = []
    for team in teams:
        spent = dict(days.get(team.id, {}))
        if team.kind == "organisation":
            for day, nanos in days.get(directory.unattributed.id, {}).items():
                spent[day] = spent.get(day, 0) + nanos
        now_day = today[team.id]
        standings.append(
            Standing(
                team=team,
                period=periods[team.id],
                today=now_day,
                zone=team.zone_on(at),
                balance=balances[team.id],
                forecast=forecast(
                    balances[team.id],
                    spent_by_day=spent,
                    today=now_day,
                    period=periods[team.id],
                    first_day=min(spent, default=None),
                ),
                spent_by_day=tuple(sorted(spent.items())),
                week_nanos=sum(spent.get(day, 0) for day in range(now_day - 7, now_day)),
                week_before_nanos=sum(spent.get(day, 0) for day in range(now_day - 14, now_day - 7)),
                subtree=subtrees.get(team.id),
            )
        )
    return standings


async def shares(
    tx: Transaction,
    part: Dimension,
    *,
    team_ids: Iterable[int],
    first_day: int,
    end_day: int,
    before_day: int,
    before_end: int | None = None,
) -> tuple[Share, ...]:
    """Returns the shares of one dimension over [first_day, end_day), compared with [before_day, before_end), largest
    first.

    `before_end` defaults to `first_day`.
    """
    ids = list(team_ids)
    current = await tx.reports.by_part(part, team_ids=ids, first_day=first_day, end_day=end_day)
    earlier = await tx.reports.by_part(part, team_ids=ids, first_day=before_day, end_day=before_end or first_day)
    listed = [
        Share(
            name=name,
            cost_nanos=current.get(name, NO_USAGE).cost_nanos,
            before_nanos=earlier.get(name, NO_USAGE).cost_nanos,
            tokens=current.get(name, NO_USAGE).tokens,
        )
        for name in current.keys() | earlier.keys()
    ]
    return tuple(sorted(listed, key=lambda share: (-share.cost_nanos, share.name)))


def team_ids_of(directory: Directory, team: Team) -> list[int]:
    """Returns the teams whose spend a team's figures include: its own, or all for the organisation."""
    return [t.id for t in directory.teams] if team.kind == "organisation" else [team.id]


def team_here(rulebook: Rulebook, request: SlackRequest) -> tuple[Team | None, Message | None]:
    """Returns the team to show, or the message in its place. A team's own channel shows it to everybody there."""
    directory = rulebook.directory
    command = request.context.settings.command
    is_finance = request.person.id in directory.finance
    here = directory.open_at(request.channel_id)
    if here is not None and (here.mode != "preview" or is_finance):
        return here, None
    own = [t for t in directory.teams_of(request.person.id) if directory.may_see(request.person.id, t)]
    if own:
        return own[0], None
    if here is not None and here.mode == "preview":
        return None, standing_views.preview_message(command)
    if directory.teams_of(request.person.id):
        return None, standing_views.preview_message(command)
    if is_finance:
        return directory.root, None
    return None, standing_views.no_team_message([], command)
