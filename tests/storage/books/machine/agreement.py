"""What must be true of the books after each step: nothing made or lost, nothing promised twice, and every sum the same."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from bot.books.ledger import Account, Entry, promised_changes
from tests.storage.conftest import Books


async def require_agreement(books: Books, used: Mapping[str, int]) -> None:
    """Asserts what must be true after each step; `used` is what came in, in nano-dollars by team."""
    assert await books.faults() == []
    accounts = {
        row.id: Account(team_id=row.team_id, period=row.period, bucket=row.bucket)
        for row in await books.rows("accounts")
    }
    rows = sorted(await books.rows("entries"), key=lambda row: row.id)
    replayed, promised = replay([entry_of(row, accounts) for row in rows])
    assert sum(replayed.values()) == 0
    assert [account for account, nanos in promised.items() if nanos < 0] == []
    periods = {row.name: row for row in await books.rows("periods")}
    for account, nanos in replayed.items():
        if account.bucket in ("available", "held") and is_settled(periods.get(account.period)):
            assert nanos == 0, account
    teams = {row.id: row.slug for row in await books.rows("teams")}
    usage: dict[str, int] = defaultdict(int)
    for row in await books.rows("usage_days"):
        usage[teams[row.team_id]] += row.cost_nanos
    assert {team: nanos for team, nanos in usage.items() if nanos} == dict(used)
    await _require_balances(books, replayed, periods, teams)


async def _require_balances(
    books: Books, replayed: dict[Account, int], periods: dict[str, Any], teams: dict[int, str]
) -> None:
    """Asserts that a balance is what its entries and the usage that is not posted yet make of it."""
    context = books.context
    days = await books.rows("usage_days")
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        calendar = directory.organisation.calendar
        entries = list(await tx.charges.due(dict.fromkeys(teams, (-(10**6), 10**6))))
        for name, one in periods.items():
            period = calendar.named(name)
            found = await tx.ledger.balances(
                [(team.id, period) for team in directory.real_teams],
                root_id=directory.root.id,
                unattributed_id=directory.unattributed.id,
            )
            for team in directory.real_teams:
                held, spent, available = (
                    replayed.get(Account(team_id=team.id, period=name, bucket=bucket), 0)
                    for bucket in ("held", "spent", "available")
                )
                unposted = sum(
                    charge.total_nanos - charge.posted.nanos
                    for charge in entries
                    if charge.team_id == team.id and period.first_day <= charge.day < period.end_day
                )
                balance = found[team.id]
                assert balance.held_nanos == held
                assert balance.allocated_nanos == available + held + spent
                if one.state == "open":
                    assert balance.charged_nanos == spent + unposted, (team.slug, name)
                else:
                    assert balance.charged_nanos == spent
    assert all(row.cost_nanos >= 0 for row in days)


def replay(entries: list[Entry]) -> tuple[dict[Account, int], dict[Account, int]]:
    """Returns what entries leave in each account, and what they promise of it, by moving amounts one after the other."""
    left: dict[Account, int] = defaultdict(int)
    promised: dict[Account, int] = defaultdict(int)
    for entry in entries:
        left[entry.from_account] -= entry.amount_nanos
        left[entry.to_account] += entry.amount_nanos
        for account, nanos in promised_changes(entry):
            promised[account] += nanos
    return left, promised


def entry_of(row: Any, accounts: dict[int, Account]) -> Entry:
    """Returns a stored entry; it checks itself."""
    return Entry(
        kind=row.kind,
        dedupe_key=row.dedupe_key,
        period=row.period,
        effective_at=row.effective_at,
        from_account=accounts[row.from_account_id],
        to_account=accounts[row.to_account_id],
        amount_nanos=row.amount_nanos,
        actor_id=row.actor_id,
        reason=row.reason,
        document=row.document,
        usage_day=row.usage_day,
        reverses_id=row.reverses_id,
    )


def is_settled(period: Any) -> bool:
    return period is not None and period.state == "closed" and period.closed_at is not None
