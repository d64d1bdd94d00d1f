"""Teams' standings, built from the ledger and the rollups in one snapshot."""

from collections.abc import Mapping, Sequence

from bot.books.budgets import Standing
from bot.books.forecasts import SpendRate, forecast, may_be_racing, share_of_day_left
from bot.books.usual_days import UsualDays, usual_days
from bot.messages import Message
from bot.org.teams import Team
from bot.periods import HOUR_MICROS, hour_of
from bot.rulebook import Rulebook
from bot.views.books import standings as standing_views
from handlers.books.balances import balances_of
from handlers.books.subtrees import subtree_figures_of
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest

DAYS_SHOWN = 35
_RATE_HOURS = 2
"""A spend rate covers these complete hours and the current one."""


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
    spent = {team.id: dict(days.get(team.id, {})) for team in teams}
    if directory.root.id in spent:
        own = spent[directory.root.id]
        for day, nanos in days.get(directory.unattributed.id, {}).items():
            own[day] = own.get(day, 0) + nanos
    usual = {team.id: usual_days(spent[team.id], today=today[team.id]) for team in teams}
    rates = await _rates(scope, teams, usual, spent)
    last = max(end, *(p.end_day for p in periods.values()))
    unpriced: dict[int, list[tuple[int, int]]] = {}
    for (spender, day), tokens in (await tx.reports.unpriced_tokens(ids, first_day=first, end_day=last)).items():
        unpriced.setdefault(directory.root.id if spender == directory.unattributed.id else spender, []).append(
            (day, tokens)
        )
    standings = []
    for team in teams:
        own, now_day, zone = spent[team.id], today[team.id], team.zone_on(at)
        day_left = share_of_day_left(at, today=now_day, zone=zone)
        standings.append(
            Standing(
                team=team,
                period=periods[team.id],
                today=now_day,
                zone=zone,
                balance=balances[team.id],
                forecast=forecast(
                    balances[team.id],
                    spent_by_day=own,
                    today=now_day,
                    period=periods[team.id],
                    day_left=day_left,
                    rate=rates.get(team.id),
                    usual=usual[team.id],
                ),
                spent_by_day=tuple(sorted(own.items())),
                week_nanos=sum(own.get(day, 0) for day in range(now_day - 7, now_day)),
                week_before_nanos=sum(own.get(day, 0) for day in range(now_day - 14, now_day - 7)),
                subtree=subtrees.get(team.id),
                day_left=day_left,
                rate=rates.get(team.id),
                unpriced_by_day=tuple(sorted(unpriced.get(team.id, ()))),
            )
        )
    return standings


async def _rates(
    scope: Scope, teams: Sequence[Team], usual: Mapping[int, UsualDays], spent: Mapping[int, Mapping[int, int]]
) -> dict[int, SpendRate]:
    """Returns what teams spend per hour just now, of those whose today or yesterday is dear."""
    at, directory = scope.at, scope.directory
    racing = {t.id: t for t in teams if may_be_racing(usual[t.id], spent[t.id], today=t.day_of(at))}
    if not racing:
        return {}
    hour = hour_of(at)
    ids = {*racing, *([directory.unattributed.id] if directory.root.id in racing else [])}
    recent = await scope.tx.reports.in_hours(ids, first_hour=hour - _RATE_HOURS, end_hour=hour + 1)
    micros_covered = at - (hour - _RATE_HOURS) * HOUR_MICROS
    found = {}
    for team in racing.values():
        spenders = (team.id, directory.unattributed.id) if team.kind == "organisation" else (team.id,)
        nanos = sum(recent.get(spender, 0) for spender in spenders)
        per_hour = nanos * HOUR_MICROS // micros_covered
        found[team.id] = SpendRate(nanos_per_hour=per_hour, at=at, zone=team.zone_on(at))
    return found


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
