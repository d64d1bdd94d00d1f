"""Budgets that managers set in Slack: they go before those of teams.yml until an import resets them."""

from dataclasses import dataclass

from bot.money import usd


@dataclass(frozen=True, kw_only=True)
class SetBudget:
    """A team's budget as set in Slack. `file_nanos` is what teams.yml said at that moment, None if it declared none."""

    amount_nanos: int
    set_by: int | None
    set_at: int
    file_nanos: int | None


def kept_line(slug: str, budget: SetBudget, *, declared_nanos: int | None) -> str | None:
    """Returns the line of an import that keeps a budget set in Slack; None if the file says the same.

    It has both amounts, and the file's former one if the file changed it since.
    """
    if budget.amount_nanos == declared_nanos:
        return None
    now = "no budget" if declared_nanos is None else usd(declared_nanos)
    then = "no budget" if budget.file_nanos is None else usd(budget.file_nanos)
    said = (
        f"the file says {now}" if declared_nanos == budget.file_nanos else f"the file said {then} then, and {now} now"
    )
    return f"set in Slack, kept: {slug}: budget {usd(budget.amount_nanos)} ({said}); --reset-budgets takes the file's"
