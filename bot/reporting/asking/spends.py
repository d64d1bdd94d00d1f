"""What a team spent in some days, as an answer shows it."""

from dataclasses import dataclass
from typing import NamedTuple

from bot.books.ledger import Balance
from bot.org.teams import Team
from bot.periods import Period
from bot.reporting.asking.asked_names import PartKind
from bot.reporting.figures import Share, Spend


@dataclass(frozen=True, kw_only=True)
class PartSpend:
    """The parts of one kind that were asked about, largest first."""

    kind: PartKind
    shares: tuple[Share, ...]

    @property
    def cost_nanos(self) -> int:
        return sum(share.cost_nanos for share in self.shares)

    @property
    def before_nanos(self) -> int:
        return sum(share.before_nanos for share in self.shares)


class TeamPart(NamedTuple):
    """What one of the teams spent of the whole, and in the days before."""

    team: Team
    cost_nanos: int
    before_nanos: int


@dataclass(frozen=True, kw_only=True)
class SpendAnswer:
    """A team's spend over a span with its parts, and the budget of a period, if the span is one. `by_team` has those below
    it, for a department or the company."""

    team: Team
    spend: Spend
    tools: tuple[Share, ...]
    models: tuple[Share, ...]
    workflows: tuple[Share, ...]
    by_team: tuple[TeamPart, ...] = ()
    teams_below: int = 0
    balance: Balance | None = None
    period: Period | None = None
