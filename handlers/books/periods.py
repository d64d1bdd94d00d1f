"""Budget periods: opens them with declared budgets, and posts the charges of each day."""

from bot.books.budgets import budget_entries_due
from bot.books.ledger import charge_entries
from bot.periods import Period, period_of
from bot.rulebook import Rulebook
from handlers.context import Context
from storage.store import Transaction


async def open_periods(tx: Transaction, rulebook: Rulebook, *, at: int, actor_id: int | None = None) -> int:
    """Brings every current period to its declared budgets and returns the number of entries posted.

    It posts only what is missing, so it can run at any time: after an import, every hour, and twice.
    """
    directory = rulebook.directory
    periods: set[Period] = {directory.period_at(team, at) for team in directory.teams}
    posted = 0
    for period in sorted(periods, key=lambda p: p.first_day):
        so_far = await tx.ledger.posted_budgets(period)
        due = budget_entries_due(directory, posted=so_far, period=period, at=at, actor_id=actor_id)
        posted += await tx.ledger.post(due, at=at, currency=directory.organisation.currency)
    return posted


async def post_charges(tx: Transaction, rulebook: Rulebook, *, at: int) -> int:
    """Posts the charges of closed days from the sums of their usage and returns the number of entries.

    Today's usage has no entry yet; `available` includes it anyway.
    """
    directory = rulebook.directory
    today = {team.id: team.day_of(at) for team in directory.teams}
    entries = []
    for team_id, day, posted, total in await tx.ledger.charges_due(before_day=today):
        payer = directory.root.id if team_id == directory.unattributed.id else team_id
        period = period_of(day, directory.organisation.period).name
        entries += charge_entries(
            spender_id=team_id,
            payer_id=payer,
            period=period,
            day=day,
            posted_nanos=posted.nanos,
            posted_entries=posted.entries,
            total_nanos=total,
            at=at,
        )
    return await tx.ledger.post(entries, at=at, currency=directory.organisation.currency)


async def keep_books(context: Context) -> None:
    """Opens periods, posts charges and expires quarantined rows; a scheduled job."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        await open_periods(tx, rulebook, at=at)
        await post_charges(tx, rulebook, at=at)
        await tx.quarantine.expire(now=at)
