"""Hands on what teams leave unspent that were closed or merged."""

from bot.books.budgets import has_begun
from bot.books.endings import ending_document, ending_entries, unspent_path
from bot.books.ledger import Account
from bot.org.teams import Directory, Team
from bot.periods import Period
from bot.rulebook import Rulebook
from storage.store import Transaction


async def unspent_of(tx: Transaction, directory: Directory, *, at: int) -> dict[int, int]:
    """Returns what each ended team has left in its current period, in nano-dollars by team; only amounts above zero."""
    ended = [team for team in directory.real_teams if team.has_ended]
    if not ended:
        return {}
    balances = await tx.ledger.balances(
        [(team.id, directory.period_at(team, at)) for team in ended],
        root_id=directory.root.id,
        unattributed_id=directory.unattributed.id,
    )
    return {team: balance.available_nanos for team, balance in balances.items() if balance.available_nanos > 0}


async def hand_on_unspent(tx: Transaction, rulebook: Rulebook, *, at: int) -> int:
    """Posts what ended teams have left to whom it goes, and returns the number of entries. It can run at any time."""
    directory, posted = rulebook.directory, 0
    for team_id in sorted(await unspent_of(tx, directory, at=at)):
        team = directory.by_id(team_id)
        posted += await _hand_on(tx, directory, team, directory.period_at(team, at), at=at)
    return posted


async def _hand_on(tx: Transaction, directory: Directory, team: Team, period: Period, *, at: int) -> int:
    today = team.day_of(at)
    has_budget = frozenset(one.id for one in directory.real_teams if has_begun(one, today))
    path = unspent_path(directory, team, has_budget=has_budget)
    await tx.ledger.lock(Account(team_id=one.id, period=period.name, bucket="available") for one in path)
    left = (await unspent_of(tx, directory, at=at)).get(team.id, 0)
    so_far = await tx.ledger.count_of(ending_document(team, period.name))
    entries = ending_entries(path, period=period.name, unspent_nanos=left, posted=so_far, at=at)
    return await tx.ledger.post(entries, at=at, currency=directory.organisation.currency)
