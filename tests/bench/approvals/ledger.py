"""The simulated books: what each budget has left in a period, what is held, and the requests of each period."""

from collections import defaultdict
from collections.abc import Iterable

from bot.books.ledger import Balance
from bot.org.teams import Directory, Team
from bot.requests.budget_requests import BudgetRequest
from bot.requests.rehearsals.budget_plans import kept_nanos
from bot.requests.rehearsals.period_requests import PeriodRequests


class Books:
    """Balances by team and period, and every request."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._start = {team.id: kept_nanos(directory, team) or 0 for team in directory.teams}
        self._moved: dict[tuple[int, str], int] = defaultdict(int)
        self._held: dict[tuple[int, str], int] = defaultdict(int)
        self.requests = PeriodRequests()

    def balances(self, teams: Iterable[Team], period: str) -> dict[int, Balance]:
        return {
            team.id: Balance(
                allocated_nanos=self._start[team.id] + self._moved[team.id, period],
                charged_nanos=0,
                held_nanos=self._held[team.id, period],
            )
            for team in teams
        }

    def put(self, request: BudgetRequest) -> None:
        """Stores a request, or what became of it: what it holds changes, and what was approved moves from its payer."""
        before = self.requests.by_id.get(request.id)
        if before is not None:
            self._hold(before, -1)
        self.requests.put(request)
        if request.state == "pending":
            self._hold(request, 1)
        elif request.state == "approved":
            if request.payer_id is not None:
                self._moved[request.payer_id, request.period] -= request.given_nanos
            self._moved[request.team_id, request.period] += request.given_nanos

    def _hold(self, request: BudgetRequest, sign: int) -> None:
        if request.payer_id is not None:
            self._held[request.payer_id, request.period] += sign * request.held_nanos
