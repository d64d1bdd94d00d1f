"""Budget periods: opens them with declared budgets; the job that keeps the books."""

from dataclasses import replace

import structlog

from bot.books.budgets import budget_entries_due
from bot.books.ledger import Account, Entry, Overdrawn
from bot.books.shortfalls import shortfall_line, shortfalls
from bot.intake.running_sums import KEPT_DAYS
from bot.money import usd
from bot.org.teams import Directory
from bot.periods import DAY_MICROS, Period
from bot.refusals import ConfigError
from bot.rulebook import Rulebook
from handlers.books.charges import post_charges
from handlers.books.endings import hand_on_unspent, unspent_of
from handlers.context import Context
from storage.store import Transaction

log = structlog.get_logger()


async def open_periods(tx: Transaction, rulebook: Rulebook, *, at: int, actor_id: int | None = None) -> int:
    """Brings every current period to its declared budgets and returns the number of entries posted.

    It posts only what is missing, so it can run at any time: after an import, every hour, and twice. Raises ConfigError if
    it would take budget that is given to teams or held for requests: one line per team that would be short.
    """
    directory = rulebook.directory
    due = await _locked_entries_due(tx, directory, at=at, actor_id=actor_id)
    faults = []
    for period in sorted({entry.period for entry in due}):
        balances = await tx.ledger.balances(
            [(team.id, directory.organisation.calendar.named(period)) for team in directory.teams],
            root_id=directory.root.id,
            unattributed_id=directory.unattributed.id,
        )
        faults += [shortfall_line(short, directory) for short in shortfalls(balances, due, period=period)]
    if faults:
        raise ConfigError("\n".join(faults))
    return await tx.ledger.post(due, at=at, currency=directory.organisation.currency)


async def require_open(tx: Transaction, rulebook: Rulebook, period: Period, *, at: int) -> None:
    """Opens a period that has begun before the scheduled job came round, so that its budgets can be promised."""
    if not await tx.ledger.is_open(rulebook.directory.root.id, period):
        await open_periods(tx, rulebook, at=at)


async def open_current_periods(context: Context, tx: Transaction, *, at: int) -> int:
    """Does the same for the scheduled job: posts what the money is there for, logs what is missing, and returns the number
    of entries."""
    rulebook = await context.rulebooks.current(tx)
    if not await _entries_due(tx, rulebook.directory, at=at, actor_id=None):
        return 0
    await tx.config.lock()  # an import that runs is done now, and the next one waits
    directory = (await context.rulebooks.current(tx)).directory
    due, currency = await _locked_entries_due(tx, directory, at=at, actor_id=None), directory.organisation.currency
    try:
        return await tx.ledger.post(due, at=at, currency=currency)
    except Overdrawn:
        posted, has_progress = 0, True
    while has_progress:
        left = []
        for entry in due:
            try:
                posted += await tx.ledger.post([entry], at=at, currency=currency)
            except Overdrawn:
                left.append(entry)
        has_progress, due = len(left) < len(due), left
    for entry in due:
        team = directory.by_id(int(entry.document.split(":")[1]))
        log.warning("budget not posted", team=team.slug, period=entry.period, missing_usd=usd(entry.amount_nanos))
    return posted


async def _entries_due(tx: Transaction, directory: Directory, *, at: int, actor_id: int | None) -> list[Entry]:
    due = []
    for period in sorted({directory.period_at(team, at) for team in directory.teams}, key=lambda p: p.first_day):
        so_far = await tx.ledger.posted_budgets(period, [team.id for team in directory.teams])
        due += budget_entries_due(directory, posted=so_far, period=period, at=at, actor_id=actor_id)
    return due


async def _locked_entries_due(tx: Transaction, directory: Directory, *, at: int, actor_id: int | None) -> list[Entry]:
    """Returns the entries that are due, with their accounts locked: what others promised meanwhile is seen."""
    due = await _entries_due(tx, directory, at=at, actor_id=actor_id)
    if not due:
        return []
    periods = {entry.period for entry in due}
    root = Account(team_id=directory.root.id, period=due[0].period, bucket="funding")
    await tx.ledger.lock(
        [
            *(replace(root, period=period) for period in periods),
            *(Account(team_id=t.id, period=p, bucket="available") for t in directory.alert_teams for p in periods),
        ]
    )
    return await _entries_due(tx, directory, at=at, actor_id=actor_id)


async def keep_books(context: Context) -> None:
    """Opens periods, posts charges, expires quarantined rows and forgets counters that stopped; a scheduled job. It
    writes only what is due.
    """
    await context.store.fold_totals()
    async with context.store.read() as tx:
        at = context.now_micros()
        directory = (await context.rulebooks.current(tx)).directory
        is_opening = bool(await _entries_due(tx, directory, at=at, actor_id=None))
        has_unspent = bool(await unspent_of(tx, directory, at=at))
        is_expiring = await tx.quarantine.is_expiring(now=at)
        has_stopped = await tx.running_sums.is_expiring(before=at - KEPT_DAYS * DAY_MICROS)
    if is_opening:
        async with context.store.begin() as tx:
            await open_current_periods(context, tx, at=at)
    await post_charges(context)
    if has_unspent:
        async with context.store.begin() as tx:
            await hand_on_unspent(tx, await context.rulebooks.current(tx), at=at)
    if is_expiring:
        async with context.store.begin() as tx:
            await tx.quarantine.expire(now=at)
    if has_stopped:
        async with context.store.begin() as tx:
            await tx.running_sums.expire(before=at - KEPT_DAYS * DAY_MICROS)
