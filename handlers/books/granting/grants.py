"""Grants with an end: given in one transaction with what decided them, and ended by a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.books.grants import (
    Grant,
    GrantEnd,
    carried,
    check_end,
    ended,
    ends_within,
    grant_accounts,
    grant_carried_entries,
    grant_given_entries,
    grant_returned_entries,
    is_over,
    order_of_use,
    payer_of,
    unspent,
    usage_level,
    used_by_grant,
)
from bot.money import usd
from bot.org.teams import Team
from bot.periods import Period, local_day
from bot.refusals import Refusal
from bot.views.blocks import name
from bot.views.books import grants as views
from handlers.books.balances import balances_of
from handlers.books.periods import require_open
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.posts import post_notice


async def grant_budget(
    scope: Scope, team: Team, payer: Team | None, amount_nanos: int, end: GrantEnd, *, by: int | None
) -> Grant:
    """Gives a team budget that ends, out of the payer's, and returns the grant. Without a payer it is new funding.

    Call it in the transaction of the decision. It locks the accounts, and raises Refusal if the payer has less left,
    or FieldRefusal for an impossible end. The caller posts the messages and judges the team's budget.
    """
    tx, directory, at = scope.tx, scope.directory, scope.at
    check_end(end, now=at, amount_nanos=amount_nanos)
    period = directory.period_at(team, at)
    await require_open(tx, scope.rulebook, period, at=at)
    payer_id = None if payer is None else payer.id
    await tx.ledger.lock(grant_accounts(directory, team, payer_id, [period.name]))
    if payer is not None:
        left = (await balances_of(scope, [payer], {payer.id: period}))[payer.id].left_nanos
        if left < amount_nanos:
            raise Refusal(f"{name(payer.name)} has {usd(max(0, left))} left, and this needs {usd(amount_nanos)}.")
    new = Grant(
        id=0,
        team_id=team.id,
        payer_id=payer_id,
        period=period.name,
        amount_nanos=amount_nanos,
        used_nanos=0,
        level_nanos=0,
        ends_at=end.at,
        ends_at_spent_nanos=end.spent_nanos,
        given_by=by,
        given_at=at,
        state="active",
        ended_at=None,
        ended_level_nanos=None,
        returned_nanos=0,
    )
    added = await tx.grants.add(new)
    await tx.ledger.post(grant_given_entries(added, directory=directory, by=by), at=at)
    balance = (await balances_of(scope, [team], {team.id: period}))[team.id]
    grant = replace(added, level_nanos=usage_level(balance))
    await tx.grants.save(grant)
    detail = {"team": team.id, "payer": payer_id, "amount_nanos": amount_nanos}
    detail |= {"ends_at": end.at, "ends_at_spent_nanos": end.spent_nanos}
    await tx.audit.record(at=at, actor_id=by, action="give grant", subject=grant.document, detail=detail)
    return grant


@dataclass(frozen=True, kw_only=True)
class GrantUse:
    """An active grant and how much of it is used by now, earlier periods included."""

    grant: Grant
    used_nanos: int


async def grants_in_use(scope: Scope, teams: Sequence[Team]) -> dict[int, list[GrantUse]]:
    """Returns the active grants of teams in their present periods, with what is used of each, by team id."""
    periods = {team.id: scope.directory.period_at(team, scope.at) for team in teams}
    of_teams = await scope.tx.grants.of_periods({team_id: period.name for team_id, period in periods.items()})
    using = [team for team in teams if any(grant.state == "active" for grant in of_teams[team.id])]
    balances = await balances_of(scope, using, periods)
    found: dict[int, list[GrantUse]] = {team.id: [] for team in teams}
    for team in using:
        used = used_by_grant(of_teams[team.id], usage_level(balances[team.id]))
        found[team.id] = [
            GrantUse(grant=grant, used_nanos=grant.used_nanos + used[grant.id])
            for grant in of_teams[team.id]
            if grant.state == "active"
        ]
    return found


async def end_grants(context: Context) -> int:
    """Ends the grants whose end has come, and takes the others into the next period; a scheduled job. Returns the number
    of teams with such grants."""
    now = context.now()
    async with context.store.read() as tx:
        due = await _teams_due(await context.scope(tx, now=now))
    for team_id in due:
        async with context.store.begin() as tx:
            scope = await context.scope(tx, now=now)
            await end_team_grants(scope.of_team_id(team_id), context)
    if due:
        context.wake_outbox.set()
    return len(due)


async def _teams_due(scope: Scope) -> list[int]:
    active, directory, at = await scope.tx.grants.active(), scope.directory, scope.at
    if not active:
        return []
    teams = [directory.by_id(team_id) for team_id in sorted({grant.team_id for grant in active})]
    present = {team.id: directory.period_at(team, at).name for team in teams}
    due = {g.team_id for g in active if g.period != present[g.team_id] or (g.ends_at is not None and g.ends_at <= at)}
    for team_id, uses in (await grants_in_use(scope, [team for team in teams if team.id not in due])).items():
        if any(is_over(use.grant, used_nanos=use.used_nanos - use.grant.used_nanos, now=at) for use in uses):
            due.add(team_id)
    return sorted(due)


async def end_team_grants(scope: TeamScope, context: Context) -> None:
    """Ends a team's grants whose end has come: what is unspent goes back, level by level, and the team hears of it.

    A grant that lasts longer goes on in the next period with what is left of it. Doing it again changes nothing.
    """
    tx, directory, team = scope.tx, scope.directory, scope.team
    present, calendar = directory.period_at(team, scope.at), directory.organisation.calendar
    before = await tx.grants.active([team.id])
    await tx.ledger.lock(
        account
        for grant in before
        for account in grant_accounts(directory, team, grant.payer_id, _periods_until(scope, grant, present))
    )
    returned: list[Grant] = []
    while True:
        active = [grant for grant in await tx.grants.active([team.id]) if grant.id in {g.id for g in before}]
        past = [grant for grant in active if grant.period != present.name]
        period = min((calendar.named(g.period) for g in past), key=lambda p: p.first_day) if past else present
        returned += await _end_in_period(scope, [g for g in active if g.period == period.name], period, present)
        if not past:
            break
    for grant in returned:
        if grant.returned_nanos or (grant.ends_at is not None and grant.ends_at <= scope.at):  # else it is used up
            message = views.grant_ended_message(team, grant, payer=payer_of(directory, grant))
            await post_notice(tx, directory, team, message, dedupe_key=f"{grant.document}:ended", at=scope.at)
        await follow_end(scope, context, grant, because=views.ended_words(team, grant))


async def _end_in_period(scope: TeamScope, active: list[Grant], period: Period, present: Period) -> list[Grant]:
    """Ends or carries a team's active grants of one period, and returns those that ended."""
    tx, team, at = scope.tx, scope.team, scope.at
    all_of_period = (await tx.grants.of_periods({team.id: period.name}))[team.id]
    balance = (await balances_of(scope, [team], {team.id: period}))[team.id]
    by_day = await tx.reports.by_day([team.id], first_day=period.first_day, end_day=period.end_day)
    left, done = balance.available_nanos, []
    for grant in sorted(active, key=order_of_use):
        level = usage_level(balance) - _usage_since(team, by_day, grant.ends_at, at)
        used = used_by_grant(all_of_period, level)[grant.id]
        goes_on = period != present and not ends_within(grant, period, zone=team.zone_on(at))
        if not goes_on and not is_over(grant, used_nanos=used, now=at):
            continue
        nanos = unspent(grant, used_nanos=used, available_nanos=left)
        if goes_on and nanos:
            into = _after(scope, period, present)
            changed = carried(grant, left_nanos=nanos, into=into)
            await tx.ledger.post(grant_carried_entries(grant, nanos, into=into, at=at), at=at)
            await tx.grants.save(changed)
            await _audit(scope, "carry grant", changed, nanos, by=None)
        else:
            done.append(await post_end(scope, grant, nanos, level_nanos=level, by=None))
        left -= nanos
    return done


async def post_end(scope: TeamScope, grant: Grant, nanos: int, *, level_nanos: int, by: int | None) -> Grant:
    """Ends a grant and takes its unspent part back, level by level; a part's limit that it raised goes back too. Returns the
    grant as it ended."""
    tx, at = scope.tx, scope.at
    await tx.ledger.post(grant_returned_entries(grant, nanos, directory=scope.directory, at=at, by=by), at=at)
    over = ended(grant, returned_nanos=nanos, level_nanos=level_nanos, at=at)
    await tx.grants.save(over)
    await tx.limit_raises.end_with_grant(grant.id, at=at)
    await _audit(scope, "end grant", over, nanos, by=by)
    return over


async def follow_end(scope: TeamScope, context: Context, grant: Grant, *, because: str) -> None:
    """Judges the budgets that a grant's end changed, asks whether it was worth it, and removes its button from the message
    that announced it."""
    for changed in (scope.team, payer_of(scope.directory, grant)):
        await context.budget_changed(scope.of_team(changed), because)
    await context.grant_ended(scope, grant)
    key = allocation_key(grant.team_id, grant.given_at)
    if (announced := await scope.tx.outbox.message_of(key)) is not None:
        await scope.tx.outbox.change(key, views.without_end_button(announced), at=scope.at)


def allocation_key(team_id: int, at: int) -> str:
    """Returns the key of the message that announces a team's new budget, or its grant."""
    return f"allocation:{team_id}:{at}"


async def _audit(scope: TeamScope, action: str, grant: Grant, nanos: int, *, by: int | None) -> None:
    detail = {"team": grant.team_id, "nanos": nanos, "period": grant.period}
    await scope.tx.audit.record(at=scope.at, actor_id=by, action=action, subject=grant.document, detail=detail)


def _usage_since(team: Team, by_day: Mapping[tuple[int, int], int], ends_at: int | None, now: int) -> int:
    """Returns a team's usage of whole days after a grant's end, which does not count against it."""
    if ends_at is None or ends_at >= now:
        return 0
    zone = team.zone_on(ends_at)
    first = local_day(ends_at - 1, zone) + 1
    return sum(nanos for (_, day), nanos in by_day.items() if day >= first)


def _after(scope: TeamScope, period: Period, present: Period) -> Period:
    """Returns the period that follows a past one; the present one if the organisation has changed their length."""
    if period.end_day > scope.team.day_of(scope.at):
        return present
    return scope.directory.organisation.calendar.next(period)


def _periods_until(scope: TeamScope, grant: Grant, present: Period) -> list[str]:
    """Returns the names of the periods from a grant's own up to the present one."""
    period = scope.directory.organisation.calendar.named(grant.period)
    names = [period.name]
    while period != present:
        period = _after(scope, period, present)
        names.append(period.name)
    return names
