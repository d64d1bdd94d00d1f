"""Closes periods that are over: their charges are posted, nothing is held any more, and what is left goes where it belongs."""

from collections.abc import Sequence

import structlog

from bot.books.budgets import target_budget
from bot.books.closing.closes import Remainder, carry_limit, close_document, close_entries
from bot.books.closing.period_states import BudgetPeriod, charged_period, periods_to_close
from bot.books.ledger import Account, Bucket
from bot.org.teams import Team
from bot.periods import Period
from bot.refusals import Refusal
from bot.rulebook import Rulebook
from handlers.context import Context
from storage.store import Transaction

log = structlog.get_logger()

TEAMS_AT_ONCE = 25
"""Teams per transaction, so that usage comes in between two of them."""


async def close_periods(context: Context) -> int:
    """Closes every period whose close is due, oldest first, and returns their number. Killed at any moment, the next run
    carries on.

    A period waits while charges of its days are not posted, a grant goes on in it, or something is held.
    """
    closed = 0
    while True:
        at = context.now_micros()
        async with context.store.read() as tx:
            rulebook = await context.rulebooks.current(tx)
            directory, known = rulebook.directory, await tx.periods.known()
            today = {team.id: team.day_of(at) for team in directory.teams}
            due = periods_to_close(
                known,
                earliest_today=min(today.values()),
                close_after_days=directory.organisation.close_after_days,
            )
            if not due:
                return closed
            period = due[0]
            following = charged_period(known, period.end_day, directory.organisation.calendar.period_of)
            if period.state == "open" and not await _is_ready(tx, period, today):
                return closed
        if period.state == "open":
            async with context.store.begin() as tx:
                await tx.periods.start_close(period.name)
        if not await _settle(context, rulebook, period, following, at=at):
            return closed
        closed += 1


async def end_early(context: Context, name: str, *, by: int | None = None) -> BudgetPeriod:
    """Ends an open period with yesterday, or closes one that is over and was kept open. Its close is due once its last day is
    over everywhere. `by` is the person who does it, if the operator names one. Raises Refusal if it can't."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        directory, period = (await context.rulebooks.current(tx)).directory, await _open_period(tx, name)
        older = [one.name for one in (await tx.periods.known()).values() if _is_before(one, period)]
        if older:
            raise Refusal(f"{older[0]} is open, and comes before {name}: close it first.")
        today = max(team.day_of(at) for team in directory.teams)
        if today <= period.first_day:
            raise Refusal(f"{name} begins today: no day of it is over yet.")
        if today < period.end_day:
            await tx.periods.set_end(name, end_day=today, by=by)
            await tx.config.changed()
        else:
            await tx.periods.set_wait(name, days=0, by=by)
        detail = {"end_day": min(today, period.end_day)}
        await tx.audit.record(at=at, actor_id=by, action="end period", subject=name, detail=detail)
        return (await tx.periods.known())[name]


async def keep_open(context: Context, name: str, *, days: int, by: int | None = None) -> BudgetPeriod:
    """Keeps a period open for so many days after its end. Raises Refusal if it is closed already."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        await _open_period(tx, name)
        await tx.periods.set_wait(name, days=days, by=by)
        await tx.audit.record(at=at, actor_id=by, action="keep period open", subject=name, detail={"days": days})
        return (await tx.periods.known())[name]


async def _open_period(tx: Transaction, name: str) -> BudgetPeriod:
    known = await tx.periods.known()
    found = known.get(name)
    if found is None:
        shown = ", ".join(one.name for one in known.values() if one.state == "open") or "none yet"
        raise Refusal(f"The books have no period {name[:30]!r}. Open: {shown}.")
    if found.state != "open":
        raise Refusal(f"{name} is {found.state} already: later charges go to the period that is open.")
    return found


def _is_before(one: BudgetPeriod, other: BudgetPeriod) -> bool:
    return one.state == "open" and one.end_day <= other.first_day


async def _is_ready(tx: Transaction, period: BudgetPeriod, today: dict[int, int]) -> bool:
    """Returns whether nothing of a period goes on. Jobs take grants, holds and requests into the next one, and charge holds
    with what their runs used; so the period takes charges until then."""
    if any(grant.period == period.name for grant in await tx.grants.active()):
        return False
    left = await tx.periods.left(period.name)
    if held := sorted(team_id for team_id, bucket in left if bucket == "held"):
        log.info("close waits for holds", period=period.name, teams=held[:10])
        return False
    days = {team_id: (period.first_day, min(period.end_day, day)) for team_id, day in today.items()}
    return not await tx.charges.due({team_id: span for team_id, span in days.items() if span[0] < span[1]})


async def _settle(context: Context, rulebook: Rulebook, period: BudgetPeriod, following: Period, *, at: int) -> bool:
    """Posts the close from the lowest teams upwards and returns whether the period is closed now."""
    directory = rulebook.directory
    levels: dict[int, list[Team]] = {}
    for team in directory.alert_teams:
        levels.setdefault(len(directory.ancestors(team)), []).append(team)
    for level in sorted(levels, reverse=True):
        teams = levels[level]
        for start in range(0, len(teams), TEAMS_AT_ONCE):
            async with context.store.begin() as tx:
                if await context.rulebooks.current(tx) is not rulebook:
                    return False  # a team may have another parent now
                await _settle_teams(tx, rulebook, teams[start : start + TEAMS_AT_ONCE], period, following, at=at)
    async with context.store.begin() as tx:
        if await tx.periods.left(period.name) or not await tx.periods.end_close(period.name, at=at):
            return False
        detail = {"days": [period.first_day, period.end_day], "following": following.name}
        await tx.audit.record(
            at=at, actor_id=period.closed_by, action="close period", subject=period.name, detail=detail
        )
    return True


async def _settle_teams(
    tx: Transaction, rulebook: Rulebook, teams: Sequence[Team], period: BudgetPeriod, following: Period, *, at: int
) -> int:
    """Posts the close of teams of one level, whose lower teams are done. Returns the number of entries."""
    directory, ids = rulebook.directory, [team.id for team in teams]
    places: list[tuple[int, str, Bucket]] = [(directory.root.id, period.name, "funding")]
    for team in teams:
        places += [(team.id, name, "available") for name in (period.name, following.name)]
        places += [] if team.parent_id is None else [(team.parent_id, period.name, "available")]
    await tx.ledger.lock(Account(team_id=team_id, period=name, bucket=bucket) for team_id, name, bucket in places)
    left = await tx.periods.left(period.name, ids)
    posted = await tx.periods.close_entries(close_document(team_id, period.name) for team_id in ids)
    budgets = await tx.ledger.posted_budgets(period.period, ids)
    uncounted = await tx.charges.posted_before(
        {
            team.id: (period.first_day, min(team.starts_day, period.end_day))
            for team in teams
            if team.starts_day is not None
        }
    )
    entries = []
    for team in teams:
        base = budgets.get((team.id, period.name))
        limit = carry_limit(
            team.terms,
            base_nanos=base.nanos if base else 0,
            next_base_nanos=target_budget(team, following),
        )
        remainder = Remainder(
            team_id=team.id,
            parent_id=team.parent_id,
            available_nanos=left.get((team.id, "available"), 0),
            carry_nanos=limit if team.kind == "team" and not team.has_ended else 0,
            uncounted_nanos=uncounted.get(team.id, 0),
            entries=posted.get(close_document(team.id, period.name), 0),
        )
        entries += close_entries(remainder, period=period.name, following=following.name, at=at)
    return await tx.ledger.post(entries, at=at, currency=directory.organisation.currency)
