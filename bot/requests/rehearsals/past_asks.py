"""Requests as a rehearsal sees them: who asked when for how much, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from bot.requests.budget_requests import Ask, BudgetRequest, RequestState, asked_for

MIN_OWN_ASKS = 20
"""With fewer requests of its own a company learns nothing from a rehearsal: simulated ones are added."""


@dataclass(frozen=True, kw_only=True)
class PastAsk:
    """A request of the past, or a simulated one, whose id is negative. Moments are microseconds."""

    id: int
    team_id: int
    person_id: int
    ask: Ask
    at: int
    period: str
    payer_id: int | None
    outcome: RequestState
    decided_by: int | None
    decided_at: int | None
    given_nanos: int = 0
    """What was approved."""

    @property
    def amount_nanos(self) -> int:
        return self.ask.amount_nanos

    @property
    def is_simulated(self) -> bool:
        return self.id < 0

    def as_request(self, *, policy: str, period: str) -> BudgetRequest:
        """Returns it as a request with this policy, in a period."""
        return BudgetRequest(
            id=self.id,
            team_id=self.team_id,
            person_id=self.person_id,
            **asked_for(self.ask),
            period=period,
            state=self.outcome,
            payer_id=self.payer_id,
            held_nanos=0,
            revision=1,
            created_at=self.at,
            decided_at=self.decided_at,
            decided_by=self.decided_by,
            decision_reason="",
            policy=policy,
            granted_nanos=self.given_nanos if self.outcome == "approved" else None,
        )

    @property
    def waited_micros(self) -> int | None:
        """Returns how long the request waited for the decision of a person; None if no person decided it."""
        if self.decided_at is None or self.decided_by is None or self.outcome not in ("approved", "denied"):
            return None
        return self.decided_at - self.at


def past_ask(request: BudgetRequest) -> PastAsk:
    """Returns a stored request as a rehearsal sees it."""
    return PastAsk(
        id=request.id,
        team_id=request.team_id,
        person_id=request.person_id,
        ask=replace(request.ask, reason=""),
        at=request.created_at,
        period=request.period,
        payer_id=request.payer_id,
        outcome=request.state,
        decided_by=request.decided_by,
        decided_at=request.decided_at,
        given_nanos=request.given_nanos if request.state == "approved" else 0,
    )


class DecisionPace:
    """How long people took to decide, by person. Who decided less than three times counts as everybody together."""

    _FEW = 3

    def __init__(self, asks: Sequence[PastAsk]) -> None:
        waits: dict[int, list[int]] = {}
        for ask in asks:
            if ask.waited_micros is not None and ask.decided_by is not None:
                waits.setdefault(ask.decided_by, []).append(ask.waited_micros)
        every = [wait for own in waits.values() for wait in own]
        self.everybody = round(median(every)) if every else None
        self._own = {person: round(median(own)) for person, own in waits.items() if len(own) >= self._FEW}

    def of(self, deciders: frozenset[int], *, needed: int) -> int | None:
        """Returns how long a decision by `needed` of these people takes; None if nobody has decided anything yet.

        Any one of several people decides alone, so their usual time is the middle one; a quorum waits for its last.
        """
        if self.everybody is None or not deciders:
            return self.everybody
        paces = sorted(self._own.get(person, self.everybody) for person in deciders)
        middle = paces[(len(paces) - 1) // 2]
        return middle if needed <= 1 else max(middle, paces[min(needed, len(paces)) - 1])
