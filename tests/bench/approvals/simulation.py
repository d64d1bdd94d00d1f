"""The simulation: one event after the other, each decided by the bot's own rules, with people who look when they look."""

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.org.teams import Directory, Team
from bot.org.tools import Tools
from bot.periods import DAY_MICROS, HOUR_MICROS, day_start, micros
from bot.requests.approvals import ApprovalRoute, may_decide, payer_of, route_request
from bot.requests.asked_before import earlier_of, terms_of
from bot.requests.attendance.stand_ins import Attendance, present_route
from bot.requests.budget_requests import Ask, BudgetRequest, RequestState
from bot.requests.policies import ApprovalRule, StoredPolicy, stored_policy
from bot.requests.splits import NOTHING_EARLIER
from bot.requests.votes import Vote, tally
from tests.bench.approvals.company import Company
from tests.bench.approvals.habits import answers, looks_after_hours
from tests.bench.approvals.ledger import Books
from tests.bench.approvals.wishes import Wish

_TOOLS = Tools([])
_LATER = 4 * HOUR_MICROS
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What the judges see of a decision: the request as it is, who voted and for whom, and how long that took them."""

    request: BudgetRequest
    limit_nanos: int | None
    is_auto: bool
    votes: tuple[Vote, ...]
    working_micros: int
    habit: str
    would_pass_alone: bool


@dataclass
class Year:
    """What happened."""

    decided: list[Decided] = field(default_factory=list)
    clicks: dict[tuple[int, int], int] = field(default_factory=dict)
    asked: int = 0
    own_clicks_refused: int = 0
    own_clicks_allowed: int = 0
    stuck: int = 0
    expired: int = 0
    rerouted: int = 0
    waiting: list[int] = field(default_factory=list)
    """How long those requests waited that were never decided."""


class Simulation:
    """Plays wishes through the rules."""

    def __init__(self, company: Company, rules: Sequence[ApprovalRule], *, seed: int, end_day: int) -> None:
        self.company = company
        self.rules = rules
        deciding = frozenset(role for role in company.directory.roles if role[2] != "member")
        self._deciding = replace(company.directory, roles=deciding)
        """The directory without members: they decide nothing, and thousands of them slow every route down."""
        self.year = Year()
        self.books = Books(company.directory)
        self._chance = random.Random(seed + 2)
        self._delegations = company.delegations()
        self._days: dict[int, Attendance] = {}
        self._events: list[tuple[int, int, str, object]] = []
        self._number = 0
        self._ids = 0
        self._votes: dict[int, list[Vote]] = {}
        self._asked_of: dict[int, set[int]] = {}
        self._wishes: dict[int, Wish] = {}
        self._alone: dict[int, bool] = {}
        self._end = micros(day_start(end_day, "UTC"))

    def play(self, wishes: Sequence[Wish]) -> Year:
        for wish in wishes:
            self._at(wish.at, "wish", wish)
        while self._events:
            at, _, kind, about = heapq.heappop(self._events)
            if at >= self._end:
                break
            if kind == "wish":
                assert isinstance(about, Wish)
                self._ask(about, at)
            elif kind == "look":
                assert isinstance(about, tuple)
                self._look(about[0], about[1], at)
            else:
                assert isinstance(about, int)
                self._see_again(about, at)
        pending = [r for r in self.books.requests.by_id.values() if r.state == "pending"]
        self.year.waiting += [self._end - r.created_at for r in pending]
        return self.year

    def _at(self, at: int, kind: str, about: object) -> None:
        self._number += 1
        heapq.heappush(self._events, (at, self._number, kind, about))

    def _attendance(self, at: int) -> Attendance:
        """Returns who is there: statuses are read once a day, and delegations hold to the moment."""
        day = at // DAY_MICROS
        if day not in self._days:
            off = {"organisation": self.company.days_off}
            self._days = {
                day: Attendance(
                    days_off=off,
                    absences=self.company.absences(day),
                    delegations=self._delegations,
                    zones=self.company.zones,
                )
            }
        return self._days[day]

    def _ask(self, wish: Wish, at: int) -> None:
        directory = self.company.directory
        team = directory.by_id(wish.team_id)
        period = directory.period_at(team, at)
        if self.books.requests.has_pending(person_id=wish.person_id, team_id=team.id, period=period.name):
            self._at(at + _LATER, "wish", wish)  # one request at a time: they ask again later
            return
        self.year.asked += 1
        ask = Ask(amount_nanos=wish.amount_nanos, reason="")
        above = directory.ancestors(team)
        payer = payer_of(
            directory, team=team, amount_nanos=wish.amount_nanos, balances=self.books.balances(above, period.name)
        )
        route = self._route(wish.person_id, ask, team, payer, at, request_id=0, allows_auto=True)
        self._ids += 1
        request = BudgetRequest(
            id=self._ids,
            team_id=team.id,
            person_id=wish.person_id,
            amount_nanos=wish.amount_nanos,
            reason="",
            period=period.name,
            state="pending",
            payer_id=payer.id if payer else None,
            held_nanos=route.held_nanos,
            revision=1,
            created_at=at,
            decided_at=None,
            decided_by=None,
            decision_reason="",
            policy=_stored(route.rule, team),
        )
        self.books.put(request)
        self._wishes[request.id] = wish
        alone = self._route(wish.person_id, ask, team, payer, at, request_id=request.id, alone=True)
        self._alone[request.id] = (alone.rule != route.rule) and not route.is_auto
        if route.is_auto:
            self._end_request(request, "approved", None, at, working=0)
        elif not route.deciders:
            self.year.stuck += 1
        else:
            self._asked_of[request.id] = set()
            self._notify(request, route, at)
            self._try_own_click(request, route)
            self._at(at + DAY_MICROS, "again", request.id)

    def _route(
        self, person_id: int, ask: Ask, team: Team, payer: Team | None, at: int, *, request_id: int,
        allows_auto: bool = False, alone: bool = False,
    ) -> ApprovalRoute:  # fmt: skip
        """Returns the route of an ask, as handlers/requests/routes.py finds it."""
        directory = self._deciding
        period = directory.period_at(team, at)
        requests = self.books.requests.counted(
            period.name, team_id=team.id, person_ids=directory.records_of(person_id), at=at
        )
        earlier = earlier_of(requests, directory=directory, team=team, person_id=person_id, ask=ask, but=request_id)
        rules = self.rules if allows_auto else [rule for rule in self.rules if rule.auto is None]
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
                earlier=NOTHING_EARLIER if alone else earlier,
            )

        return present_route(directory, self._attendance(at), route, team=team, asker_id=person_id, at=at)

    def _present(self, request: BudgetRequest, at: int) -> ApprovalRoute:
        directory = self.company.directory
        team = directory.by_id(request.team_id)
        payer = None if request.payer_id is None else directory.by_id(request.payer_id)
        return self._route(request.person_id, request.ask, team, payer, at, request_id=request.id)

    def _notify(self, request: BudgetRequest, route: ApprovalRoute, at: int) -> None:
        """Asks those deciders who were not asked yet: each looks in working hours, unless they are away."""
        team = self.company.directory.by_id(request.team_id)
        for person in sorted(route.deciders - self._asked_of[request.id]):
            self._asked_of[request.id].add(person)
            time = self._attendance(at).work_time(self.company.directory, person, team=team, at=at)
            self._at(time.after(at, looks_after_hours(self._chance)), "look", (person, request.id))

    def _try_own_click(self, request: BudgetRequest, route: ApprovalRoute) -> None:
        """Who asks for themselves clicks too, with each of their accounts."""
        if self._wishes[request.id].habit != "own":
            return
        human = self.company.humans[request.person_id]
        for person in (human, request.person_id):
            if may_decide(
                person, asker_id=request.person_id, deciders=route.deciders, directory=self.company.directory
            ):
                self.year.own_clicks_allowed += 1
            else:
                self.year.own_clicks_refused += 1

    def _look(self, person: int, request_id: int, at: int) -> None:
        """Somebody looks at a card: they decide it, if it still waits, is theirs, and they are there."""
        request, directory = self._carried(request_id, at), self.company.directory
        if request.state != "pending":
            return
        day = at // DAY_MICROS
        if self.company.is_away(person, day):
            back = next(one.end_day for one in self.company.away[person] if one.first_day <= day < one.end_day)
            time = self._attendance(at).work_time(directory, person, team=directory.by_id(request.team_id), at=at)
            starts = micros(day_start(back, self.company.zones[person]))
            self._at(time.after(starts, looks_after_hours(self._chance)), "look", (person, request_id))
            return
        route = self._present(request, at)
        if not may_decide(person, asker_id=request.person_id, deciders=route.deciders, directory=directory):
            return
        click = answers(self._chance, amount_nanos=request.amount_nanos, habit=self._wishes[request_id].habit)
        week = (person, (day + 3) // 7)
        self.year.clicks[week] = self.year.clicks.get(week, 0) + click.clicks
        working = self._working(person, request, at)
        vote = Vote(person_id=person, for_person_id=route.stands_in.get(person), at=at)
        if not click.approves:
            self._end_request(request, "denied", vote, at, working=working)
            return
        votes = self._votes.setdefault(request_id, [])
        votes.append(vote)
        if tally(route, votes, directory).is_decided:
            self._end_request(request, "approved", vote, at, working=working)

    def _carried(self, request_id: int, at: int) -> BudgetRequest:
        """Moves a request that waited into another period there, with another payer and line if need be."""
        request, directory = self.books.requests.by_id[request_id], self.company.directory
        team = directory.by_id(request.team_id)
        period = directory.period_at(team, at).name
        if request.state != "pending" or request.period == period:
            return request
        balances = self.books.balances(directory.ancestors(team), period)
        payer = payer_of(directory, team=team, amount_nanos=request.amount_nanos, balances=balances)
        route = self._route(request.person_id, request.ask, team, payer, at, request_id=request.id)
        moved = replace(
            request,
            period=period,
            payer_id=payer.id if payer else None,
            held_nanos=route.held_nanos,
            revision=request.revision + 1,
            policy=_stored(route.rule, team),
        )
        self.books.put(moved)
        self._votes.pop(request.id, None)
        return moved

    def _working(self, person: int, request: BudgetRequest, at: int) -> int:
        team = self.company.directory.by_id(request.team_id)
        time = self._attendance(at).work_time(self.company.directory, person, team=team, at=at)
        return time.between(request.created_at, at)

    def _end_request(
        self, request: BudgetRequest, state: RequestState, vote: Vote | None, at: int, *, working: int
    ) -> None:
        ended = replace(
            request,
            state=state,
            decided_at=at,
            decided_by=vote.person_id if vote else None,
            decided_for=vote.for_person_id if vote else None,
            granted_nanos=request.amount_nanos if state == "approved" else None,
        )
        self.books.put(ended)
        wish = self._wishes[request.id]
        stored = stored_policy(request.policy)
        assert stored is not None
        votes = tuple(self._votes.get(request.id, ())) or ((vote,) if vote else ())
        self.year.decided.append(
            Decided(
                request=ended,
                limit_nanos=stored.limit_nanos,
                is_auto=vote is None,
                votes=votes,
                working_micros=working,
                habit=wish.habit,
                would_pass_alone=self._alone[request.id],
            )
        )
        if state == "denied" and wish.habit == "retries" and wish.tries < _TRIES:
            self._at(at + HOUR_MICROS, "wish", replace(wish, tries=wish.tries + 1))

    def _see_again(self, request_id: int, at: int) -> None:
        """A day later: people who came or left are asked, as the look at Slack's people does."""
        request = self._carried(request_id, at)
        if request.state != "pending":
            return
        before = len(self._asked_of[request_id])
        self._notify(request, self._present(request, at), at)
        self.year.rerouted += len(self._asked_of[request_id]) > before
        self._at(at + DAY_MICROS, "again", request_id)


def _stored(rule: ApprovalRule, team: Team) -> str:
    return StoredPolicy(rule=rule, sentence="", limit_nanos=rule.limit_nanos(team)).json()
