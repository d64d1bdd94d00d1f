"""The simulated books: what each budget has left in a period, what is held, and the requests of each period."""

from collections import defaultdict
from collections.abc import Iterable

from bot.books.ledger import Balance
from bot.org.teams import Directory, Team
from bot.requests.budget_requests import BudgetRequest
from bot.requests.rehearsals.budget_plans import kept_nanos


class Books:
    """Balances by team and period, and every request."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._start = {team.id: kept_nanos(directory, team) or 0 for team in directory.teams}
        self._moved: dict[tuple[int, str], int] = defaultdict(int)
        self._held: dict[tuple[int, str], int] = defaultdict(int)
        self.requests: dict[int, BudgetRequest] = {}
        self._of_team: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._of_person: dict[tuple[int, str], list[int]] = defaultdict(list)

    def balances(self, teams: Iterable[Team], period: str) -> dict[int, Balance]:
        return {
            team.id: Balance(
                allocated_nanos=self._start[team.id] + self._moved[team.id, period],
                charged_nanos=0,
                held_nanos=self._held[team.id, period],
            )
            for team in teams
        }

    def of_period(self, period: str, *, team_id: int, person_ids: Iterable[int]) -> list[BudgetRequest]:
        """Returns the requests of a period for a team or by some people, oldest first."""
        ids = set(self._of_team[team_id, period])
        ids.update(*(self._of_person[person, period] for person in person_ids))
        return [self.requests[one] for one in sorted(ids)]

    def pending_of(self, person_id: int, team_id: int, period: str) -> bool:
        return any(
            self.requests[one].state == "pending" and self.requests[one].team_id == team_id
            for one in self._of_person[person_id, period]
        )

    def add(self, request: BudgetRequest) -> None:
        self.requests[request.id] = request
        self._of_team[request.team_id, request.period].append(request.id)
        self._of_person[request.person_id, request.period].append(request.id)
        self._hold(request, 1)

    def carry(self, request: BudgetRequest) -> None:
        """Moves a pending request to another period."""
        before = self.requests[request.id]
        self._hold(before, -1)
        self._of_team[before.team_id, before.period].remove(before.id)
        self._of_person[before.person_id, before.period].remove(before.id)
        self.add(request)

    def end(self, request: BudgetRequest) -> None:
        """Stores the end of a request: its hold is released, and what was approved moves from its payer to its team."""
        self._hold(self.requests[request.id], -1)
        self.requests[request.id] = request
        if request.state == "approved":
            if request.payer_id is not None:
                self._moved[request.payer_id, request.period] -= request.given_nanos
            self._moved[request.team_id, request.period] += request.given_nanos

    def _hold(self, request: BudgetRequest, sign: int) -> None:
        if request.payer_id is not None:
            self._held[request.payer_id, request.period] += sign * request.held_nanos
