"""The allowance that a gateway checks before a call: allow, warn or deny."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.books.budgets import Standing
from bot.money import usd, usd_exact
from bot.periods import day_start


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
            "period_ends_at": self.period_ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def allowance_of(standing: Standing) -> Allowance:
    """Returns `deny` if nothing is available, `warn` from the team's first threshold on, and `allow` otherwise.

    Budgets bind only in mode `govern` and only where one is declared: a team without a budget is allowed.
    """
    team, balance = standing.team, standing.balance
    left = balance.available_nanos
    first_threshold = min(team.thresholds, default=100)
    decision: Literal["allow", "warn", "deny"] = "allow"
    if team.mode != "govern":
        reason = f"{team.name} is in mode {team.mode}: budgets have no consequences yet."
    elif balance.allocated_nanos == 0 and team.budget_nanos == 0:
        reason = f"{team.name} has no budget, so none is enforced."
    elif left <= 0:
        decision = "deny"
        reason = f"{team.name} has used its budget: {usd(left)} available. Ask for more in Slack with /tokens request."
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
        period=standing.period.name,
        period_ends_at=day_start(standing.period.end_day, standing.zone),
    )
