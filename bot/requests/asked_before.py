"""What was asked before in a period, for limits and for people who decide: by the same person, or for the same team."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.org.teams import Directory, Team
from bot.org.tools import Tools
from bot.periods import DAY_MICROS, Period, day_start, micros
from bot.requests.asking.asks import tool_kind_of
from bot.requests.budget_requests import Ask, BudgetRequest
from bot.requests.policies import RequestTerms, stored_policy
from bot.requests.splits import Earlier, EarlierRequest

COUNTED_STATES = ("pending", "approved", "denied")


def terms_of(ask: Ask, *, period: Period, zone: str, at: int, tools: Tools) -> RequestTerms:
    """Returns what the conditions of a policy read of an ask."""
    period_end = micros(day_start(period.end_day, zone))
    end = None if ask.end.kind == "open" else ask.end.at if ask.end.kind == "date" else period_end
    return RequestTerms(
        lasts_days=None if end is None else -(-(end - at) // DAY_MICROS),
        is_within_period=end is not None and end <= period_end,
        cap_kind=ask.cap_kind,
        tool_kind=tool_kind_of(ask.cap_ref, tools) if ask.cap_kind == "tool" else None,
    )


def earlier_of(
    requests: Iterable[BudgetRequest], *, directory: Directory, team: Team, person_id: int, ask: Ask, but: int = 0
) -> Earlier:
    """Returns the requests of a period that count with an ask, other than the request `but`.

    Requests for the cap of a person or a key move no budget, so they count by themselves. A request of an earlier version,
    without a policy, counts for every limit that its amount is within.
    """
    own = directory.records_of(person_id)
    counting = [r for r in requests if r.id != but and r.ask.moves_budget == ask.moves_budget]
    return Earlier(requests=[_earlier(request, team=team, own=own) for request in counting])


def _earlier(request: BudgetRequest, *, team: Team, own: frozenset[int]) -> EarlierRequest:
    stored = stored_policy(request.policy)
    by_itself = stored is not None and stored.rule.auto is not None and request.origin != "emergency"
    return EarlierRequest(
        id=request.id,
        state="approved" if request.state == "approved" else "denied" if request.state == "denied" else "pending",
        amount_nanos=request.given_nanos,
        limit_nanos=stored.limit_nanos if stored is not None else request.given_nanos,
        is_auto=by_itself and request.state == "approved",
        of_team=request.team_id == team.id,
        of_person=request.person_id in own,
    )


@dataclass(frozen=True, kw_only=True)
class AskedBefore:
    """The earlier requests of a period that a decider should know of: the asker's own, and others' for the team."""

    own: tuple[BudgetRequest, ...]
    others: tuple[BudgetRequest, ...]

    @property
    def denied(self) -> BudgetRequest | None:
        """Returns the asker's newest denied request: this one tries again."""
        return next((r for r in reversed(self.own) if r.state == "denied"), None)

    @property
    def approved_nanos(self) -> int:
        """Returns what was approved for the team in the period."""
        return sum(r.given_nanos for r in (*self.own, *self.others) if r.state == "approved")


def asked_before(request: BudgetRequest, requests: Sequence[BudgetRequest], *, directory: Directory) -> AskedBefore:
    """Returns the requests for a request's team, of its period, that were made before it."""
    own = directory.records_of(request.person_id)
    before = [r for r in requests if r.id < request.id and r.team_id == request.team_id]
    return AskedBefore(
        own=tuple(r for r in before if r.person_id in own),
        others=tuple(r for r in before if r.person_id not in own),
    )
