"""Budget periods: opens them with declared budgets; the job that keeps the books."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import structlog

from bot.books.budgets import budget_entries_due
from bot.books.closing.period_states import Known, periods_to_open, takes_charges
from bot.books.ledger import Account, Entry, Overdrawn
from bot.books.shortfalls import shortfall_line, shortfalls
from bot.intake.running_sums import KEPT_DAYS
from bot.money import usd
from bot.org.teams import Directory
from bot.periods import DAY_MICROS, Period
from bot.refusals import ConfigError
from bot.rulebook import Rulebook
from handlers.books.charges import post_charges
from handlers.books.closing.closes import close_periods
from handlers.books.endings import hand_on_unspent, unspent_of
from handlers.context import BudgetsPosted, Context
from storage.store import Transaction

log = structlog.get_logger()


async def open_periods(tx: Transaction, rulebook: Rulebook, *, at: int, actor_id: int | None = None) -> int:
    """Brings every current period to its declared budgets and returns the number of entries posted.

    It posts only what is missing, so it can run at any time: after an import, every hour, and twice. Raises ConfigError if
    it would take budget that is given to teams or held for requests: one line per team that would be short.
    """
    directory = rulebook.directory
    known = await tx.periods.known()
    current = [one for one in _current(directory, at=at) if takes_charges(known, one)]
    due = await _locked_entries_due(tx, directory, current, at=at, actor_id=actor_id)
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


async def post_budgets(
    tx: Transaction, directory: Directory, team_ids: Collection[int], *, at: int, actor_id: int | None
) -> int:
    """Brings the budgets of some teams to their declared amounts, in every current period, and returns the number of
    entries. Raises Overdrawn if the money is not there. The accounts must be locked."""
    known = await tx.periods.known()
    current = [one for one in _current(directory, at=at) if takes_charges(known, one)]
    root = directory.root.id
    if root not in team_ids:  # else funding that is not declared is the sum of all teams' budgets
        kept = {root, directory.unattributed.id, *team_ids}
        kept |= {above.id for team_id in team_ids for above in directory.ancestors(directory.by_id(team_id))}
        directory = replace(directory, teams=tuple(team for team in directory.teams if team.id in kept))
    due = await _entries_due(tx, directory, current, at=at, actor_id=actor_id)
    own = [entry for entry in due if int(entry.document.split(":")[1]) in team_ids]
    return await tx.ledger.post(own, at=at, currency=directory.organisation.currency)


async def open_current_periods(context: Context, tx: Transaction, *, at: int) -> int:
    """Does the same for the scheduled job: posts what the money is there for, logs what is missing, and returns the number
    of entries."""
    await tx.config.lock()  # an import that runs is done now, and the next one waits
    directory = (await context.rulebooks.current(tx)).directory
    known = await tx.periods.known()
    periods = _periods_to_budget(directory, known, at=at)
    due, currency = await _locked_entries_due(tx, directory, periods, at=at), directory.organisation.currency
    if known:
        await tx.periods.add(periods)
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


def _current(directory: Directory, *, at: int) -> list[Period]:
    """Returns the periods that teams are in, oldest first."""
    return sorted({directory.period_at(team, at) for team in directory.teams}, key=lambda one: one.first_day)


def _periods_to_budget(directory: Directory, known: Known, *, at: int) -> list[Period]:
    """Returns the periods whose declared budgets have to be posted: the current ones, and those that nobody opened."""
    current = _current(directory, at=at)
    missing = periods_to_open(known, current, directory.organisation.calendar.period_of)
    both = {one.name: one for one in (*missing, *current) if takes_charges(known, one)}
    return sorted(both.values(), key=lambda one: one.first_day)


async def _entries_due(
    tx: Transaction, directory: Directory, periods: Sequence[Period], *, at: int, actor_id: int | None = None
) -> list[Entry]:
    due = []
    for period in periods:
        so_far = await tx.ledger.posted_budgets(period, [team.id for team in directory.teams])
        due += budget_entries_due(directory, posted=so_far, period=period, at=at, actor_id=actor_id)
    return due


async def _locked_entries_due(
    tx: Transaction, directory: Directory, open_periods: Sequence[Period], *, at: int, actor_id: int | None = None
) -> list[Entry]:
    """Returns the entries that are due, with their accounts locked: what others promised meanwhile is seen."""
    due = await _entries_due(tx, directory, open_periods, at=at, actor_id=actor_id)
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
    return await _entries_due(tx, directory, open_periods, at=at, actor_id=actor_id)


async def keep_books(context: Context) -> None:
    """Opens periods, posts charges, closes periods that are over, expires quarantined rows and forgets counters that
    stopped; a scheduled job. It writes only what is due.
    """
    await context.store.fold_totals()
    async with context.store.read() as tx:
        at = context.now_micros()
        rulebook = await context.rulebooks.current(tx)
        directory, known = rulebook.directory, await tx.periods.known()
        begun, last = _periods_to_budget(directory, known, at=at), await tx.ledger.last_entry()
        has_unknown = bool(known) and any(one.name not in known for one in begun)
        posted = context.budgets_posted
        if has_unknown or posted is None or not posted.is_still(rulebook, begun, last):
            is_opening = has_unknown or bool(await _entries_due(tx, directory, begun, at=at))
            context.budgets_posted = None if is_opening else BudgetsPosted(rulebook, tuple(begun), last)
        else:
            is_opening = False
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
    if not known:
        await _know_first_periods(context)
    await close_periods(context)
    if is_expiring:
        async with context.store.begin() as tx:
            await tx.quarantine.expire(now=at)
    if has_stopped:
        async with context.store.begin() as tx:
            await tx.running_sums.expire(before=at - KEPT_DAYS * DAY_MICROS)


async def _know_first_periods(context: Context) -> None:
    """Notes the periods that have begun, when no version before noted any. Those that are over are closed as they are: their
    charges are posted, and nothing of them lapses or is carried forward."""
    async with context.store.begin() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        if await tx.periods.known():
            return
        current = _current(directory, at=context.now_micros())
        names = set(await tx.periods.budgeted()) - {one.name for one in current}
        past = [_named(directory, name) for name in sorted(names)]
        over = [one for one in past if one is not None and one.end_day <= current[0].first_day]
        await tx.periods.add(over, state="closed")
        await tx.periods.add(current)


def _named(directory: Directory, name: str) -> Period | None:
    """Returns the period of a name; None if the calendar has changed, and no period has this name any more."""
    try:
        return directory.organisation.calendar.named(name)
    except ValueError:
        return None
