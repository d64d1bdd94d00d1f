"""The allowance that a gateway checks before a call: allow, warn or deny."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.books.closing.releases import release_words
from bot.books.gatekeeping.calls import UNKNOWN_CALL, Call
from bot.books.gatekeeping.limits import DEFERRABLE_PERCENT, Decision, Limit, Verdict, verdict
from bot.books.ledger import Balance, BudgetState
from bot.books.subtrees import SubtreeFigures
from bot.money import usd, usd_exact
from bot.org.budget_terms import Enforce
from bot.org.teams import Team
from bot.periods import Period, day_start, long_day_text


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """The decision for a team's next call, with the figures behind it. `available_nanos` is not reserved.

    `would_be` is the decision if all budgets were enforced; `limit` names the deciding budget, `degrade_to` what a gateway
    may use instead.
    """

    decision: Decision
    team: str
    reason: str
    available_nanos: int
    allocated_nanos: int
    charged_nanos: int
    held_nanos: int
    period: str
    period_ends_at: datetime
    budget: BudgetState = "set"
    reserved_nanos: int = 0
    would_be: Decision = "allow"
    limit: str = "team"
    degrade_to: str = ""
    withheld_nanos: int = 0
    subtree: SubtreeFigures | None = None

    def to_json(self) -> dict[str, str | dict[str, str | int]]:
        more: dict[str, str | dict[str, str | int]] = {"degrade_to": self.degrade_to} if self.degrade_to else {}
        if self.subtree is not None:
            more["with_teams"] = subtree_json(self.subtree)
        return {
            "decision": self.decision,
            "team": self.team,
            "reason": self.reason,
            "available_usd": usd_exact(self.available_nanos),
            "allocated_usd": usd_exact(self.allocated_nanos),
            "spent_usd": usd_exact(self.charged_nanos),
            "held_usd": usd_exact(self.held_nanos),
            "reserved_usd": usd_exact(self.reserved_nanos),
            "withheld_usd": usd_exact(self.withheld_nanos),
            "period": self.period,
            "budget": self.budget,
            "period_ends_at": self.period_ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "would_be": self.would_be,
            "limit": self.limit,
            **more,
        }


def subtree_json(figures: SubtreeFigures) -> dict[str, str | int]:
    """Returns the figures of a team with all teams below it, as an answer shows them."""
    return {
        "teams": figures.teams,
        "available_usd": usd_exact(figures.available_nanos),
        "allocated_usd": usd_exact(figures.allocated_nanos),
        "spent_usd": usd_exact(figures.charged_nanos),
        "held_usd": usd_exact(figures.held_nanos),
    }


@dataclass(frozen=True, kw_only=True)
class Lender:
    """The team above, for protected workflows: its name, and what it has left beyond what its other teams are short of."""

    name: str
    left_nanos: int


@dataclass(frozen=True, kw_only=True)
class Around:
    """What counts beside a team's balance: reservations of calls that run, how its budget is enforced, its parts that a
    call belongs to, and the team above.
    """

    reserved_nanos: int = 0
    enforce: Enforce = "absolute"
    degrade_to: str = ""
    parts: Sequence[Limit] = ()
    lender: Lender | None = None


NOTHING_AROUND = Around()


def allowance_of(
    team: Team,
    balance: Balance,
    *,
    period: Period,
    zone: str,
    call: Call = UNKNOWN_CALL,
    around: Around = NOTHING_AROUND,
    need_nanos: int = 0,
) -> Allowance:
    """Returns the decision for a call, or for a reservation of `need_nanos`: `deny` if a budget that it counts in has
    nothing left, `warn` from the first threshold on, and `allow` otherwise.

    Budgets bind only in mode `govern` and only where there is one: a team without a budget, or before its budget's first day,
    is allowed. A budget of $0 is one: it denies. Budgets of parts bind without one of the team.
    """
    left = balance.spendable_nanos - around.reserved_nanos if balance.budget == "set" else 0
    limits = [_team_limit(team, balance, call, around, zone)] if balance.budget == "set" else []
    limits += around.parts
    found = verdict(limits, need_nanos=need_nanos) if limits else None
    decision, reason = (found.decision, _with_advice(found)) if found else ("allow", "")
    would_be = found.would_be if found else "allow"
    if found is not None and found.limit.key == "team" and decision != "deny":
        reason += _release(balance, zone)
    if team.mode != "govern":
        decision, reason = "allow", f"{team.name} is in mode {team.mode}: budgets have no consequences yet."
    elif balance.budget != "set" and decision == "allow":
        reason = _no_budget(team, balance)
    return Allowance(
        decision=decision,
        team=team.slug,
        reason=reason,
        available_nanos=left,
        allocated_nanos=balance.allocated_nanos,
        charged_nanos=balance.charged_nanos,
        held_nanos=balance.held_nanos,
        withheld_nanos=balance.withheld_nanos,
        period=period.name,
        period_ends_at=day_start(period.end_day, zone),
        budget=balance.budget,
        reserved_nanos=around.reserved_nanos,
        would_be=would_be,
        limit=found.limit.key if found else "none",
        degrade_to=found.degrade_to if found and decision != "allow" else "",
    )


def _release(balance: Balance, zone: str) -> str:
    """Returns what comes of a budget that is released over time, after a space."""
    return f" {release_words(balance.released, zone)}".rstrip() if balance.released is not None else ""


def unknown_team(slug: str, *, period: Period, zone: str) -> Allowance:
    """Returns the answer for a slug that no team has: a gateway's typing error stops nobody's work."""
    return Allowance(
        decision="allow",
        team=slug,
        reason="No team has this slug, so no budget is enforced. Its usage is booked by the attribution rules.",
        available_nanos=0,
        allocated_nanos=0,
        charged_nanos=0,
        held_nanos=0,
        period=period.name,
        period_ends_at=day_start(period.end_day, zone),
        budget="none",
        limit="none",
    )


def _with_advice(found: Verdict) -> str:
    is_denied = found.decision == "deny"
    return f"{found.reason} Ask for more in Slack with /tokens request." if is_denied else found.reason


def _no_budget(team: Team, balance: Balance) -> str:
    if balance.budget == "none":
        return f"{team.name} has no budget, so none is enforced."
    assert team.starts_day is not None, "a budget that has not begun has a first day"
    return f"The budget of {team.name} begins on {long_day_text(team.starts_day)}: none is enforced before."


def _team_limit(team: Team, balance: Balance, call: Call, around: Around, zone: str) -> Limit:
    """Returns the limit of a team's own budget: deferrable calls leave the last part of it to others, protected ones go on
    while the team above has money.
    """
    lender = around.lender if call.priority == "protected" else None
    kept = balance.allocated_nanos * (100 - DEFERRABLE_PERCENT) // 100 if call.priority == "deferrable" else 0
    return Limit(
        key="team",
        name=team.name,
        allocated_nanos=balance.allocated_nanos,
        spent_nanos=balance.charged_nanos + around.reserved_nanos,
        left_nanos=balance.spendable_nanos - around.reserved_nanos,
        warns_at=min(team.thresholds, default=100),
        enforce=around.enforce,
        degrade_to=around.degrade_to,
        empty=_why_nothing_is_left(team.name, balance, around.reserved_nanos, zone),
        kept_nanos=max(0, kept),
        extra_nanos=lender.left_nanos if lender else 0,
        lender=lender.name if lender else "",
        is_degraded=is_degraded(around.degrade_to, call),
    )


def is_degraded(degrade_to: str, call: Call) -> bool:
    """Returns whether a call uses already what a budget names for when it is used."""
    return bool(degrade_to) and degrade_to.casefold() in (call.model.casefold(), call.tool.casefold())


def _why_nothing_is_left(team: str, balance: Balance, reserved_nanos: int, zone: str) -> str:
    """Returns why nothing is available: a budget of $0, or where it went. Only spend has used it."""
    if balance.released is not None and balance.left_nanos > reserved_nanos:
        is_released = balance.available_nanos > reserved_nanos
        what = "what it may spend today" if is_released else "what is released of its budget"
        return f"{team} has used {what}.{_release(balance, zone)}"
    left = f"{usd(balance.available_nanos - reserved_nanos)} available"
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
    if reserved_nanos > 0:
        went.append(f"{usd(reserved_nanos)} is reserved for calls that are running")
    if balance.charged_nanos > 0:
        went.append(f"{usd(balance.charged_nanos)} is spent")
    return f"Nothing is left of the {usd(balance.received_nanos)} of {team}: {', '.join(went)}; {left}."
