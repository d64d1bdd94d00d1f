"""The requests of each period, as a rehearsal plays them one after the other."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from bot.requests.asked_before import COUNTED_STATES
from bot.requests.budget_requests import BudgetRequest


class PeriodRequests:
    """Requests by team and period, and by person and period."""

    def __init__(self) -> None:
        self.by_id: dict[int, BudgetRequest] = {}
        self._of_team: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._of_person: dict[tuple[int, str], list[int]] = defaultdict(list)

    def put(self, request: BudgetRequest) -> None:
        """Stores a request, or what became of it; its period may be another one than before."""
        before = self.by_id.get(request.id)
        if before is not None and before.period != request.period:
            self._of_team[before.team_id, before.period].remove(before.id)
            self._of_person[before.person_id, before.period].remove(before.id)
        if before is None or before.period != request.period:
            self._of_team[request.team_id, request.period].append(request.id)
            self._of_person[request.person_id, request.period].append(request.id)
        self.by_id[request.id] = request

    def counted(self, period: str, *, team_id: int, person_ids: Iterable[int], at: int) -> list[BudgetRequest]:
        """Returns the requests of a period for a team or by some people that count at a moment, oldest first. What was
        decided later is pending then."""
        ids = set(self._of_team[team_id, period])
        ids.update(*(self._of_person[person, period] for person in person_ids))
        found = (self.by_id[one] for one in ids)
        known = [_as_of(request, at) for request in found]
        return sorted((r for r in known if r.state in COUNTED_STATES), key=lambda r: (r.created_at, r.id))

    def has_pending(self, *, person_id: int, team_id: int, period: str) -> bool:
        own = (self.by_id[one] for one in self._of_person[person_id, period])
        return any(request.state == "pending" and request.team_id == team_id for request in own)


def _as_of(request: BudgetRequest, at: int) -> BudgetRequest:
    if request.decided_at is None or request.decided_at <= at:
        return request
    return replace(request, state="pending", granted_nanos=None)
