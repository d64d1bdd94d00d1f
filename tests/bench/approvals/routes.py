"""The routes of simulated requests, found as handlers/requests/routes.py finds them, but in memory."""

from collections.abc import Sequence
from dataclasses import replace

from bot.org.attendance.working_hours import WorkTime
from bot.org.teams import Directory, Team
from bot.org.tools import Tools
from bot.periods import DAY_MICROS
from bot.requests.approvals import ApprovalRoute, payer_of, route_request
from bot.requests.asked_before import earlier_of, terms_of
from bot.requests.attendance.stand_ins import Attendance, present_route
from bot.requests.budget_requests import Ask, BudgetRequest
from bot.requests.policies import ApprovalRule, StoredPolicy
from bot.requests.splits import NOTHING_EARLIER
from tests.bench.approvals.company import Company
from tests.bench.approvals.ledger import Books

_TOOLS = Tools([])


class Routes:
    """The routes of a company's requests by the lines of a policy, and who is there to decide them."""

    def __init__(self, company: Company, rules: Sequence[ApprovalRule], books: Books) -> None:
        self._company = company
        self._rules = rules
        self._books = books
        deciding = frozenset(role for role in company.directory.roles if role[2] != "member")
        self._deciding = replace(company.directory, roles=deciding)
        """The directory without members: they decide nothing, and thousands of them slow every route down."""
        self._delegations = company.delegations()
        self._attendance: tuple[int, Attendance] | None = None

    def attendance(self, at: int) -> Attendance:
        """Returns who is there: statuses are read once a day, and delegations hold to the moment."""
        day = at // DAY_MICROS
        if self._attendance is None or self._attendance[0] != day:
            found = Attendance(
                days_off={"organisation": self._company.days_off},
                absences=self._company.absences(day),
                delegations=self._delegations,
                zones=self._company.zones,
            )
            self._attendance = day, found
        return self._attendance[1]

    def work_time(self, person_id: int, team_id: int, at: int) -> WorkTime:
        team = self._deciding.by_id(team_id)
        return self.attendance(at).work_time(self._deciding, person_id, team=team, at=at)

    def payer(self, team: Team, amount_nanos: int, period: str) -> Team | None:
        balances = self._books.balances(self._deciding.ancestors(team), period)
        return payer_of(self._deciding, team=team, amount_nanos=amount_nanos, balances=balances)

    def find(
        self,
        person_id: int,
        ask: Ask,
        team: Team,
        payer: Team | None,
        at: int,
        *,
        request_id: int = 0,
        allows_auto: bool = False,
        is_alone: bool = False,
        is_escalated: bool = False,
    ) -> ApprovalRoute:
        """Returns the route of an ask; `is_alone` leaves out what was asked before."""
        directory = self._deciding
        period = directory.period_at(team, at)
        requests = self._books.requests.counted(
            period.name, team_id=team.id, person_ids=directory.records_of(person_id), at=at
        )
        earlier = earlier_of(requests, directory=directory, team=team, person_id=person_id, ask=ask, but=request_id)
        rules = self._rules if allows_auto else [rule for rule in self._rules if rule.auto is None]
        terms = terms_of(ask, period=period, zone=team.timezone, at=at, tools=_TOOLS)

        def route(there: Directory) -> ApprovalRoute:
            return route_request(
                there,
                team=team,
                asker_id=person_id,
                amount_nanos=ask.amount_nanos,
                payer=payer,
                rules=rules,
                terms=terms,
                earlier=NOTHING_EARLIER if is_alone else earlier,
            )

        return present_route(
            directory, self.attendance(at), route, team=team, asker_id=person_id, at=at, is_escalated=is_escalated
        )

    def of(self, request: BudgetRequest, at: int) -> ApprovalRoute:
        """Returns the route of a request as it is at a moment."""
        team = self._deciding.by_id(request.team_id)
        payer = None if request.payer_id is None else self._deciding.by_id(request.payer_id)
        is_escalated = request.escalated_at is not None
        return self.find(
            request.person_id, request.ask, team, payer, at, request_id=request.id, is_escalated=is_escalated
        )

    def carried(self, request: BudgetRequest, at: int) -> BudgetRequest:
        """Returns a pending request of the present period, with another payer and line than in the one before."""
        team = self._deciding.by_id(request.team_id)
        period = self._deciding.period_at(team, at).name
        if request.state != "pending" or request.period == period:
            return request
        payer = self.payer(team, request.amount_nanos, period)
        route = self.find(request.person_id, request.ask, team, payer, at, request_id=request.id)
        return replace(
            request,
            period=period,
            payer_id=payer.id if payer else None,
            held_nanos=route.held_nanos,
            revision=request.revision + 1,
            policy=stored(route.rule, team),
        )


def stored(rule: ApprovalRule, team: Team) -> str:
    """Returns a line as it stands with a request."""
    return StoredPolicy(rule=rule, sentence="", limit_nanos=rule.limit_nanos(team)).json()
