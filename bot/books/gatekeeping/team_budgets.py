"""A team's budget as gateways meet it: its balance, its parts, and what calls that run have reserved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.books.allowances import Allowance, Around, Lender, allowance_of, is_degraded
from bot.books.gatekeeping.calls import Call
from bot.books.gatekeeping.parts import Labels, Part, part_limit
from bot.books.ledger import Balance
from bot.org.budget_terms import Enforce
from bot.org.teams import Team
from bot.org.tools import Tools
from bot.periods import Period


@dataclass(kw_only=True)
class TeamBudget:
    """One team's budget at a moment. Reservations are added to it as they are made, so that each decision counts those
    before it.
    """

    team: Team
    balance: Balance
    period: Period
    zone: str
    tools: Tools
    enforce: Enforce = "absolute"
    degrade_to: str = ""
    parts: Sequence[Part] = ()
    spent_by_part: Mapping[Part, int] = field(default_factory=dict)
    reserved_nanos: int = 0
    reserved_by_part: dict[Part, int] = field(default_factory=dict)

    def reserve(self, labels: Labels, nanos: int) -> None:
        """Adds to what is reserved, or takes from it if `nanos` is negative."""
        self.reserved_nanos += nanos
        for part in self.parts:
            if part.has_labels(labels, self.tools):
                self.reserved_by_part[part] = self.reserved_by_part.get(part, 0) + nanos

    @property
    def left_nanos(self) -> int:
        """Returns what is available and not reserved; nothing without a budget."""
        return self.balance.available_nanos - self.reserved_nanos if self.balance.budget == "set" else 0

    def decide(self, call: Call, *, lender: Lender | None = None, need_nanos: int = 0) -> Allowance:
        """Returns the decision for a call of this team."""
        warns_at = min(self.team.thresholds, default=100)
        limits = [
            part_limit(
                self.team.name,
                part,
                spent_nanos=self.spent_by_part.get(part, 0),
                reserved_nanos=self.reserved_by_part.get(part, 0),
                warns_at=warns_at,
                degraded=is_degraded(part.degrade_to, call),
            )
            for part in self.parts
            if part.has_call(call)
        ]
        around = Around(
            reserved_nanos=self.reserved_nanos,
            enforce=self.enforce,
            degrade_to=self.degrade_to,
            parts=limits,
            lender=lender,
        )
        return allowance_of(
            self.team,
            self.balance,
            period=self.period,
            zone=self.zone,
            call=call,
            around=around,
            need_nanos=need_nanos,
        )


def lender_of(parent: TeamBudget, others: Iterable[TeamBudget]) -> Lender:
    """Returns what a parent has left to lend one of its teams: less what the `others` are short of, which it covers at the
    period's end.
    """
    short = sum(max(0, -other.left_nanos) for other in others)
    return Lender(name=parent.team.name, left_nanos=parent.left_nanos - short)
