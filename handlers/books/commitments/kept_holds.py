"""Holds over time: they end by themselves, go on into the next period, and tell who made them that they are used up."""

from bot.books.commitments.holds import Hold, PlannedHold, hold_entry
from bot.views.books.commitments import holds as views
from handlers.books.balances import balances_of
from handlers.books.commitments.funds import lock_budgets
from handlers.books.commitments.holds import audit_hold, end_hold, hold_key
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called


async def carry_hold(scope: TeamScope, hold: Hold) -> Hold | None:
    """Ends a hold in a period that is over, and sets its rest aside in the present one, as far as the team has it. Returns
    the new hold, None if nothing is left to set aside."""
    team, at = scope.team, scope.at
    left = await end_hold(scope, hold, by=None, is_carried=True)
    period = scope.directory.period_at(team, at)
    available = (await balances_of(scope, [team], {team.id: period}))[team.id].available_nanos
    amount = min(left, max(0, available))
    if not amount:
        return None
    planned = PlannedHold(name=hold.name, amount_nanos=amount, end_day=hold.end_day)
    tx = scope.tx
    carried = await tx.holds.add(
        planned, team_id=team.id, period=period.name, from_day=period.first_day, by=hold.made_by, at=at
    )
    await tx.ledger.post([hold_entry(carried, amount, by=None, at=at)], at=at)
    await audit_hold(scope, "carry hold", carried, by=None)
    message = views.hold_message(
        carried,
        team=team,
        who=called(await tx.people.by_id(hold.made_by)),
        left_nanos=available - amount,
        short_nanos=left - amount,
    )
    await tx.outbox.put(message, dedupe_key=hold_key(carried), at=at, to_team_id=team.id)
    return carried


async def keep_holds(context: Context) -> int:
    """Ends the holds that are over, carries those whose period has ended, and tells who made a hold that it is used up; a
    scheduled job. Returns their number."""
    now = context.now()
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=now)
        uses = await tx.holds.uses_of()
        over = [use.hold.id for use in uses if _is_over(scope, use.hold)]
        used_up = [
            use.hold
            for use in uses
            if not use.left_nanos and use.hold.id not in over and not await tx.outbox.known(_used_key(use.hold))
        ]
    for hold_id in over:
        async with context.store.begin() as tx:
            await _end_or_carry(await context.scope(tx, now=now), hold_id)
    for hold in used_up:
        async with context.store.begin() as tx:
            scope = await context.scope(tx, now=now)
            team = scope.directory.by_id(hold.team_id)
            told = views.used_up_message(hold, team=team, command=scope.command)
            key, person = _used_key(hold), hold.made_by
            await tx.outbox.put(told, dedupe_key=key, at=scope.at, to_person_id=person, about_team_id=team.id)
    if over or used_up:
        context.wake_outbox.set()
    return len(over) + len(used_up)


def _is_over(scope: Scope, hold: Hold) -> bool:
    """Whether a hold's days or its period have ended."""
    team = scope.directory.by_id(hold.team_id)
    return team.day_of(scope.at) >= hold.end_day or hold.period != scope.directory.period_at(team, scope.at).name


async def _end_or_carry(scope: Scope, hold_id: int) -> None:
    hold = await scope.tx.holds.by_id(hold_id, locked=True)
    if hold is None or hold.state != "active" or not _is_over(scope, hold):
        return
    team_scope = scope.of_team_id(hold.team_id)
    team = team_scope.team
    await scope.tx.config.changed()
    await lock_budgets(team_scope, [team], hold.period)
    if team.day_of(scope.at) >= hold.end_day:
        await end_hold(team_scope, hold, by=None)
    else:
        await carry_hold(team_scope, hold)


def _used_key(hold: Hold) -> str:
    return f"{hold_key(hold)}:used:{hold.revision}"
