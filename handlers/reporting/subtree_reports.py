"""Builds the report of a department or the company, with a fixed number of queries whatever the number of teams."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.alerting.alert_quality import QUALITY_DAYS, quality_by_team, quality_of
from bot.books.budgets import Standing
from bot.books.forecasts import Forecast, forecast, share_of_day_left, together
from bot.books.ledger import Balance
from bot.org.teams import Team
from bot.periods import DAY_MICROS, week_of
from bot.reporting.digests import Driver, drivers_of
from bot.reporting.figures import UNPRICED, BasisUse, Share, shares_of
from bot.reporting.mix import mix_of
from bot.reporting.spans import Span
from bot.reporting.subtree_reports import (
    TREND_WEEKS,
    MixWeek,
    Mover,
    SubtreeBudget,
    SubtreeReport,
    TeamSpend,
    Window,
    cost_centres_of,
    is_shown,
    mix_weeks,
    movers_of,
    risks_of,
    team_sums,
    windows_of,
)
from handlers.books.balances import balances_of
from handlers.books.standings import standings_of
from handlers.books.subtrees import subtree_figures_of
from handlers.reporting.causes import change_of, is_personal, week_uses_of
from handlers.reporting.figures import span_at, uses_of
from handlers.requests.waiting.decision_times import times_of
from handlers.scope import Scope
from storage.reporting.subtree_reports import SeriesSum

_WEEK = 7


async def subtree_report(scope: Scope, nodes: Sequence[Team], span: Span, *, shows_preview: bool) -> SubtreeReport:
    """Returns the report of some nodes over a span, best from a snapshot: figures of many teams come from memory there.

    `shows_preview` is for finance alone. Budgets, requests and alerts are those of now.
    """
    tx, directory = scope.tx, scope.directory
    members = _members(scope, nodes)
    shown = [team for team in members if is_shown(team, shows_preview=shows_preview)]
    now, before = _windows(scope, nodes, span, shows_preview=shows_preview)
    sums, sums_before = await _by_team(scope, now), await _by_team(scope, before)
    listed = [directory.by_id(team_id) for team_id in sums.keys() | sums_before.keys()]
    spends = [
        TeamSpend(team=team, cost_nanos=sums.get(team.id, 0), before_nanos=sums_before.get(team.id, 0))
        for team in listed
    ]
    spends.sort(key=lambda s: (-s.cost_nanos, -s.before_nanos, s.team.name))
    teams = [s for s in spends if s.team.kind == "team"]
    uses, uses_before = await _uses(scope, now), await _uses(scope, before)
    standings = await standings_of(scope, shown)
    ids = {team.id for team in shown}
    times = await times_of(scope, ids)
    answers = await tx.alert_quality.answers(since=scope.at - QUALITY_DAYS * DAY_MICROS, team_ids=ids)
    noisy = [(directory.by_id(i), quality) for i, quality in quality_by_team(answers).items() if quality.is_noisy]
    moved = movers_of(teams)
    drivers = await _drivers(scope, moved, now, before)
    budget = await subtree_budget(scope, nodes, standings, is_whole=len(shown) == len(members))
    has_budget = budget.allocated_nanos > 0 and any(node.mode != "announce" for node in nodes)
    return SubtreeReport(
        nodes=tuple(nodes),
        span=span,
        teams=tuple(teams),
        team_count=sum(t.kind == "team" and not t.has_ended for t in shown),
        hidden_teams=sum(t.kind == "team" and not t.has_ended for t in members) - _open_count(shown),
        cost_nanos=sum(s.cost_nanos for s in spends),
        before_nanos=sum(s.before_nanos for s in spends),
        calls=sum(use.calls for use in uses),
        tokens=sum(use.tokens for use in uses),
        first_day=await tx.reports.first_day_after(_ids(before), span.before_day),
        unattributed_nanos=sum(s.cost_nanos for s in spends if s.team.kind == "unattributed"),
        unpriced_calls=sum(use.calls for use in uses if use.basis == UNPRICED),
        unpriced_tokens=sum(use.tokens for use in uses if use.basis == UNPRICED),
        period=directory.period_at(nodes[0], scope.at),
        budget=budget if has_budget else None,
        forecast=subtree_forecast(scope, nodes, standings, budget),
        movers=tuple([await _mover(scope, spend, drivers.get(spend.team.id), span) for spend in moved]),
        risks=risks_of(standings),
        tools=shares_of(uses, uses_before),
        mix=mix_of(uses, uses_before, kind_of=scope.rulebook.tools.kind_of),
        weeks=await mix_trend(scope, nodes, end_day=span.end_day, shows_preview=shows_preview),
        cost_centres=cost_centres_of(spends),
        waiting=tuple(await tx.budget_requests.pending(ids)),
        times=times.together,
        team_times=times.teams,
        alerts=quality_of(answers),
        noisy=tuple(sorted(noisy, key=lambda one: (-one[1].noise, one[0].name))),
        unfinished=tuple(s.team for s in teams if span.is_fixed and s.team.day_of(scope.at) < span.end_day),
    )


async def mix_trend(scope: Scope, nodes: Sequence[Team], *, end_day: int, shows_preview: bool) -> tuple[MixWeek, ...]:
    """Returns the last eight weeks that were over on a day, by kind of tool."""
    last_monday = week_of(end_day)[0] - _WEEK
    mondays = range(last_monday - _WEEK * (TREND_WEEKS - 1), last_monday + 1, _WEEK)
    by_week: dict[tuple[str, int], int] = {}
    for window in windows_of(scope.directory, nodes, mondays[0], last_monday + _WEEK, shows_preview=shows_preview):
        found = await scope.tx.subtree_reports.tools_by_week(
            window.team_ids, first_day=window.first_day, end_day=window.end_day
        )
        by_week = _added(by_week, found)
    return mix_weeks(by_week, mondays=mondays, kind_of=scope.rulebook.tools.kind_of)


def _windows(
    scope: Scope, nodes: Sequence[Team], span: Span, *, shows_preview: bool
) -> tuple[list[Window], list[Window]]:
    """Returns the windows of a span, and of the days before it. Each team has its own days of a span up to today."""
    directory = scope.directory
    own = {team.id: span if span.is_fixed else span_at(scope, team, span.kind) for team in directory.teams}

    def windows(days_of: Callable[[Span], tuple[int, int]]) -> list[Window]:
        found = []
        for days in sorted({days_of(one) for one in own.values()}):
            for window in windows_of(directory, nodes, *days, shows_preview=shows_preview):
                ids = tuple(team_id for team_id in window.team_ids if days_of(own[team_id]) == days)
                found += [window._replace(team_ids=ids)] if ids else []
        return found

    return windows(lambda one: (one.first_day, one.end_day)), windows(lambda one: (one.before_day, one.before_end))


def _ids(windows: Sequence[Window]) -> set[int]:
    return {team_id for window in windows for team_id in window.team_ids}


def _members(scope: Scope, nodes: Sequence[Team]) -> list[Team]:
    """Returns the nodes with all teams below, each once; for the company its own account too."""
    members = {team.id: team for node in nodes for team in scope.directory.subtree(node)}
    return list(members.values())


def _open_count(teams: Iterable[Team]) -> int:
    return sum(team.kind == "team" and not team.has_ended for team in teams)


async def _by_team(scope: Scope, windows: Sequence[Window]) -> dict[int, int]:
    """Returns nano-dollars by team over windows, by one query."""
    ids = _ids(windows)
    if not ids:
        return {}
    first, end = min(window.first_day for window in windows), max(window.end_day for window in windows)
    return team_sums(windows, await scope.tx.reports.by_day(ids, first_day=first, end_day=end))


async def _uses(scope: Scope, windows: Sequence[Window]) -> list[BasisUse]:
    """Returns the uses of tools over windows."""
    found: list[BasisUse] = []
    for ids, first, end in windows:
        found += await uses_of(scope, ids, "tool", first_day=first, end_day=end)
    return found


async def _drivers(
    scope: Scope, moved: Sequence[TeamSpend], now: Sequence[Window], before: Sequence[Window]
) -> dict[int, Driver]:
    """Returns what drove each of the few teams that moved."""
    of_now, of_before = await _series(scope, moved, now), await _series(scope, moved, before)
    found = {}
    for spend in moved:
        own, earlier = _of(of_now, spend.team), _of(of_before, spend.team)
        drivers = drivers_of(
            {
                "tool": _parts(own, earlier, "tool"),
                "model": _parts(own, earlier, "model"),
                "workflow": _parts(own, earlier, "workflow"),
            }
        )
        same_way = [d for d in drivers if d.share.change_nanos * spend.change_nanos > 0]
        if same_way:
            found[spend.team.id] = same_way[0]
    return found


async def _mover(scope: Scope, spend: TeamSpend, driver: Driver | None, span: Span) -> Mover:
    """Returns a team that moved, with the cause that its own digest names, if the span is a week and it has one."""
    if span.kind != "week":
        return Mover(spend, driver)
    uses, first_day = await week_uses_of(scope, spend.team, span.first_day)
    change = change_of(scope, uses, monday=span.first_day, first_day=first_day)
    if change.cause is None or change.cause.kind == "many" or change.cause.effect_nanos * spend.change_nanos <= 0:
        return Mover(spend, driver)
    return Mover(spend, driver, change.cause, await is_personal(scope, change))


async def _series(scope: Scope, moved: Sequence[TeamSpend], windows: Sequence[Window]) -> list[SeriesSum]:
    wanted, found = {spend.team.id for spend in moved}, list[SeriesSum]()
    for ids, first, end in windows:
        if own := wanted.intersection(ids):
            found += await scope.tx.subtree_reports.series_of(own, first_day=first, end_day=end)
    return found


def _of(sums: Iterable[SeriesSum], team: Team) -> list[SeriesSum]:
    return [one for one in sums if one.team_id == team.id]


def _parts(now: Iterable[SeriesSum], before: Iterable[SeriesSum], part: str) -> tuple[Share, ...]:
    def uses(sums: Iterable[SeriesSum]) -> list[BasisUse]:
        return [BasisUse(getattr(s, part), "", 0, s.tokens, s.cost_nanos) for s in sums]

    return shares_of(uses(now), uses(before))


async def subtree_budget(
    scope: Scope, nodes: Sequence[Team], standings: Sequence[Standing], *, is_whole: bool
) -> SubtreeBudget:
    """Returns the budgets of the nodes with the teams below, in the period of the node; without those that the report leaves
    out.
    """
    directory, known = scope.directory, {s.team.id: s.balance for s in standings}
    with_teams = await subtree_figures_of(scope, nodes, known=known) if is_whole else {}
    parts = [
        (f.allocated_nanos, f.charged_nanos, f.held_nanos, f.available_nanos)
        for f in (with_teams[node.id] for node in nodes if node.id in with_teams)
    ]
    alone = {
        team.id: (team, directory.period_at(node, scope.at))
        for node in nodes
        if node.id not in with_teams
        for team in directory.subtree(node)
        if team.id in known
    }
    if alone:
        teams, periods = [team for team, _ in alone.values()], {i: period for i, (_, period) in alone.items()}
        own = await balances_of(scope, teams, periods)
        parts += [(b.allocated_nanos, b.charged_nanos, b.held_nanos, _available(b)) for b in own.values()]
    allocated, charged, held, available = (sum(column) for column in zip(*parts, strict=True)) if parts else (0,) * 4
    kept = (known[node.id].available_nanos for node in nodes if node.id in known and _hands_on(scope, node))
    return SubtreeBudget(
        allocated_nanos=allocated,
        charged_nanos=charged,
        held_nanos=held,
        available_nanos=available,
        unallocated_nanos=sum(max(0, nanos) for nanos in kept),
    )


def _available(balance: Balance) -> int:
    return balance.allocated_nanos - balance.charged_nanos - balance.held_nanos - balance.withheld_nanos


def _hands_on(scope: Scope, node: Team) -> bool:
    """Returns whether a node hands budget to teams below it."""
    return any(not team.has_ended for team in scope.directory.children(node))


def subtree_forecast(
    scope: Scope, nodes: Sequence[Team], standings: Sequence[Standing], budget: SubtreeBudget
) -> Forecast:
    """Returns the forecast of all teams together: the sum of their own, with the range of their days together."""
    days: dict[int, int] = {}
    today = nodes[0].day_of(scope.at)
    for standing in standings:
        for day, nanos in standing.spent_by_day:
            days[day] = days.get(day, 0) + nanos
    balance = Balance(
        allocated_nanos=budget.allocated_nanos, charged_nanos=budget.charged_nanos, held_nanos=budget.held_nanos
    )
    whole = forecast(
        balance,
        spent_by_day=days,
        today=today,
        period=scope.directory.period_at(nodes[0], scope.at),
        day_left=share_of_day_left(scope.at, today=today, zone=nodes[0].zone_on(scope.at)),
    )
    uncounted = sum(standing.balance.uncounted_nanos for standing in standings)
    return together([standing.forecast for standing in standings], whole, uncounted_nanos=uncounted)


def _added(one: Mapping[tuple[str, int], int], other: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """Returns the sums of both."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in one.keys() | other.keys()}
