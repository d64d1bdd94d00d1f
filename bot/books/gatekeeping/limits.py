"""Limits: the budgets that a call counts in, and the decision that they give together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.money import usd
from bot.org.budget_terms import Enforce

Decision = Literal["allow", "warn", "deny"]
DEFERRABLE_PERCENT = 90
"""Deferrable workflows stop when so much of a budget is used, so that the rest lasts for the others."""
_RANK: dict[Decision, int] = {"allow": 0, "warn": 1, "deny": 2}
_AT_MOST: dict[Enforce, Decision] = {"advisory": "allow", "warn": "warn", "absolute": "deny"}


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One budget. `spent_nanos` is spent or reserved, `left_nanos` is available and not reserved. `kept_nanos` of it are kept
    for other calls; a call may take `extra_nanos` beyond it, which the `lender` has.

    `key` names it for machines: `team`, or the part, such as `workflow:research`. `empty` says why nothing is left.
    """

    key: str
    name: str
    allocated_nanos: int
    spent_nanos: int
    left_nanos: int
    warns_at: int
    enforce: Enforce = "absolute"
    degrade_to: str = ""
    empty: str = ""
    kept_nanos: int = 0
    extra_nanos: int = 0
    lender: str = ""
    is_degraded: bool = False
    """The call uses what `degrade_to` names, so the limit does not stop it."""
    hides_amounts: bool = False
    """A person's budget: a gateway is told that it is used, and no amount."""

    @property
    def room_nanos(self) -> int:
        """Returns how much a call may still take."""
        return self.left_nanos + max(0, self.extra_nanos) - self.kept_nanos


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The decision for a call. `would_be` is the decision if every limit were absolute. `limit` is the deciding one."""

    decision: Decision
    would_be: Decision
    reason: str
    limit: Limit
    degrade_to: str = ""


def verdict(limits: Sequence[Limit], *, need_nanos: int = 0) -> Verdict:
    """Returns the strictest decision of limits, the first of equals. `need_nanos` is what a reservation asks for; without
    one, a call passes while anything is left.
    """
    found = [_of(limit, need_nanos) for limit in limits]
    decided = max(found, key=lambda v: (_RANK[v.decision], _RANK[v.would_be]))
    strictest = max((v.would_be for v in found), key=_RANK.__getitem__)
    return Verdict(
        decision=decided.decision,
        would_be=strictest,
        reason=decided.reason,
        limit=decided.limit,
        degrade_to=decided.degrade_to,
    )


def _of(limit: Limit, need: int) -> Verdict:
    strict, reason = _strict(limit, need)
    decision = min(strict, _AT_MOST[limit.enforce], key=_RANK.__getitem__)
    if decision != strict:
        reason += f" {limit.name} is {_WORDS[limit.enforce]}, so the call may go on."
    degrade_to = limit.degrade_to if strict != "allow" and not limit.is_degraded else ""
    if degrade_to:
        reason += f" Use {degrade_to} instead."
    return Verdict(decision=decision, would_be=strict, reason=reason, limit=limit, degrade_to=degrade_to)


_WORDS: dict[Enforce, str] = {"advisory": "advisory", "warn": "set to warn", "absolute": "absolute"}


def _strict(limit: Limit, need: int) -> tuple[Decision, str]:
    """Returns the decision of an absolute limit, and the reason."""
    left, whole = usd(limit.left_nanos), usd(limit.allocated_nanos)
    is_over = limit.room_nanos < need if need else limit.room_nanos <= 0
    if is_over:
        if limit.is_degraded:
            return "warn", f"{limit.empty or f'{limit.name} is used.'} Calls to {limit.degrade_to} go on."
        return "deny", _refused(limit, need)
    if limit.left_nanos < need or limit.left_nanos <= 0:
        return "warn", f"{limit.name} is used. Protected calls go on while {limit.lender} has money left."
    if limit.spent_nanos * 100 >= limit.allocated_nanos * limit.warns_at:
        return (
            "warn",
            f"{limit.name} is nearly used." if limit.hides_amounts else f"{limit.name} has {left} of {whole} left.",
        )
    return "allow", "" if limit.hides_amounts else f"{limit.name} has {left} available."


def _refused(limit: Limit, need: int) -> str:
    if limit.hides_amounts:
        return limit.empty or f"{limit.name} is used."
    if limit.kept_nanos and limit.left_nanos > 0:
        return (
            f"{limit.name} has {usd(limit.left_nanos)} left, and keeps the last {100 - DEFERRABLE_PERCENT}% of its budget for "
            "workflows that can't wait. This one is deferrable: run it in the next period, or ask for more."
        )
    if need and limit.left_nanos > 0:
        return f"{limit.name} has {usd(limit.left_nanos)} available, less than the {usd(need)} to reserve (max_usd)."
    return limit.empty or f"{limit.name} is used: {usd(limit.left_nanos)} available."
