"""The allowance that a gateway checks before a call: allow, warn or deny."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.books.ledger import Balance, BudgetState
from bot.money import usd, usd_exact
from bot.org.teams import Team
from bot.periods import Period, day_start, long_day_text


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """The decision for a team's next call, with the figures behind it."""

    decision: Literal["allow", "warn", "deny"]
    team: str
    reason: str
    available_nanos: int
    allocated_nanos: int
    charged_nanos: int
    held_nanos: int
    period: str
    period_ends_at: datetime
    budget: BudgetState = "set"

    def to_json(self) -> dict[str, str]:
        return {
            "decision": self.decision,
            "team": self.team,
            "reason": self.reason,
            "available_usd": usd_exact(self.available_nanos),
            "allocated_usd": usd_exact(self.allocated_nanos),
            "spent_usd": usd_exact(self.charged_nanos),
            "held_usd": usd_exact(self.held_nanos),
            "period": self.period,
            "budget": self.budget,
            "period_ends_at": self.period_ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def allowance_of(team: Team, balance: Balance, *, period: Period, zone: str) -> Allowance:
    """Returns `deny` if nothing is available, `warn` from the team's first threshold on, and `allow` otherwise.

    Budgets bind only in mode `govern` and only where there is one: a team without a budget, or before its budget's first day,
    is allowed. A budget of $0 is one: it denies.
    """
    left = balance.available_nanos
    first_threshold = min(team.thresholds, default=100)
    decision: Literal["allow", "warn", "deny"] = "allow"
    if team.mode != "govern":
        reason = f"{team.name} is in mode {team.mode}: budgets have no consequences yet."
    elif balance.budget == "none":
        reason = f"{team.name} has no budget, so none is enforced."
    elif balance.budget == "later":
        assert team.starts_day is not None, "a budget that has not begun has a first day"
        reason = f"The budget of {team.name} begins on {long_day_text(team.starts_day)}: none is enforced before."
    elif left <= 0:
        decision = "deny"
        reason = f"{_why_nothing_is_left(team.name, balance)} Ask for more in Slack with /tokens request."
    elif balance.charged_nanos * 100 >= balance.allocated_nanos * first_threshold:
        decision = "warn"
        reason = f"{team.name} has {usd(left)} of {usd(balance.allocated_nanos)} left."
    else:
        reason = f"{team.name} has {usd(left)} available."
    return Allowance(
        decision=decision,
        team=team.slug,
        reason=reason,
        available_nanos=left,
        allocated_nanos=balance.allocated_nanos,
        charged_nanos=balance.charged_nanos,
        held_nanos=balance.held_nanos,
        period=period.name,
        period_ends_at=day_start(period.end_day, zone),
        budget=balance.budget,
    )


def _why_nothing_is_left(team: str, balance: Balance) -> str:
    """Returns why nothing is available: a budget of $0, or where it went. Only spend has used it."""
    left = f"{usd(balance.available_nanos)} available"
    if balance.received_nanos <= 0:
        spent = f" and {usd(balance.charged_nanos)} spent" if balance.charged_nanos > 0 else ""
        return f"The budget of {team} is $0: {left}{spent}."
    if balance.charged_nanos >= balance.allocated_nanos > 0 and not balance.handed_nanos:
        return f"{team} has used its budget: {left}."
    went = []
    if balance.handed_nanos > 0:
        went.append(f"{usd(balance.handed_nanos)} went to its teams")
    if balance.held_nanos > 0:
        went.append(f"{usd(balance.held_nanos)} is held for requests")
    if balance.charged_nanos > 0:
        went.append(f"{usd(balance.charged_nanos)} is spent")
    return f"Nothing is left of the {usd(balance.received_nanos)} of {team}: {', '.join(went)}; {left}."
