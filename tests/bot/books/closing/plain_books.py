"""What entries say, in plain sums, for the machine of the posting rules."""

from collections import defaultdict
from collections.abc import Iterable

from bot.books.closing.period_states import BudgetPeriod
from bot.books.ledger import Account, Entry, promised_changes
from bot.periods import Period


def promised_by(entries: Iterable[Entry]) -> dict[Account, int]:
    """Returns what entries promise of each account."""
    found: dict[Account, int] = defaultdict(int)
    for entry in entries:
        for account, nanos in promised_changes(entry):
            found[account] += nanos
    return found


def opened(period: Period) -> BudgetPeriod:
    return BudgetPeriod(name=period.name, first_day=period.first_day, end_day=period.end_day)


def spenders(entry: Entry) -> set[int]:
    return {account.team_id for account in (entry.from_account, entry.to_account) if account.bucket == "spent"}
