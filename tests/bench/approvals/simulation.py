"""The simulation: one event after the other, each decided by the bot's own rules, with people who look when they look."""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.periods import DAY_MICROS, HOUR_MICROS, day_start, micros
from bot.requests.approvals import ApprovalRoute, may_decide
from bot.requests.budget_requests import Ask, BudgetRequest, RequestState
from bot.requests.policies import stored_policy
from bot.requests.votes import Vote, tally
from bot.requests.waiting.reminders import WaitingRules, escalates_at, expires_at, reminder_moments
from tests.bench.approvals.company import Company
from tests.bench.approvals.habits import answers, looks_after_hours, reacts
from tests.bench.approvals.ledger import Books
from tests.bench.approvals.policies import Played
from tests.bench.approvals.routes import Routes, stored
from tests.bench.approvals.wishes import Wish

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
    """What happened. `waiting` is how long those requests waited that nobody decided."""

    decided: list[Decided] = field(default_factory=list)
    clicks: dict[tuple[int, int], int] = field(default_factory=dict)
    asked: int = 0
    own_clicks_refused: int = 0
    own_clicks_allowed: int = 0
    stuck: int = 0
    reminders: int = 0
    escalated: int = 0
    expired: int = 0
    rerouted: int = 0
    waiting: list[int] = field(default_factory=list)


class Simulation:
    """Plays wishes through the rules."""

    def __init__(self, company: Company, played: Played, *, seed: int, end_day: int) -> None:
        self.company = company
        self.year = Year()
        self.books = Books(company.directory)
        self.routes = Routes(company, played.rules, self.books)
        self._waiting: WaitingRules = played.waiting
        self._chance = random.Random(seed + 2)
        self._events: list[tuple[int, int, Callable[[int], None]]] = []
        self._votes: dict[int, list[Vote]] = {}
        self._asked_of: dict[int, set[int]] = {}
        self._wishes: dict[int, Wish] = {}
        self._alone: dict[int, bool] = {}
        self._end = micros(day_start(end_day, "UTC"))
        self._number = 0

    def play(self, wishes: Sequence[Wish]) -> Year:
        for wish in wishes:
            self._at(wish.at, lambda at, wish=wish: self._ask(wish, at))  # type: ignore[misc]  # the wish of this turn
        while self._events and self._events[0][0] < self._end:
            at, _, happens = heapq.heappop(self._events)
            happens(at)
        pending = [r for r in self.books.requests.by_id.values() if r.state == "pending"]
        self.year.waiting += [self._end - r.created_at for r in pending]
        return self.year

    def _at(self, at: int, happens: Callable[[int], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (at, self._number, happens))

    def _ask(self, wish: Wish, at: int) -> None:
        directory = self.company.directory
        team = directory.by_id(wish.team_id)
        period = directory.period_at(team, at).name
        if self.books.requests.has_pending(person_id=wish.person_id, team_id=team.id, period=period):
            self._at(at + _LATER, lambda later: self._ask(wish, later))  # one request at a time: they ask again later
            return
        ask = Ask(amount_nanos=wish.amount_nanos, reason="")
        payer = self.routes.payer(team, wish.amount_nanos, period)
        route = self.routes.find(wish.person_id, ask, team, payer, at, allows_auto=True)
        alone = self.routes.find(wish.person_id, ask, team, payer, at, is_alone=True)
        self.year.asked += 1
        request = BudgetRequest(
            id=self.year.asked,
            team_id=team.id,
            person_id=wish.person_id,
            amount_nanos=wish.amount_nanos,
            reason="",
            period=period,
            state="pending",
            payer_id=payer.id if payer else None,
            held_nanos=route.held_nanos,
            revision=1,
            created_at=at,
            decided_at=None,
            decided_by=None,
            decision_reason="",
            policy=stored(route.rule, team),
        )
        self.books.put(request)
        self._wishes[request.id] = wish
        self._alone[request.id] = not route.is_auto and alone.rule != route.rule
        if route.is_auto:
            self._end_request(request, "approved", None, at, working=0)
        elif not route.deciders:
            self.year.stuck += 1
        else:
            self._wait(request, route, at)

    def _wait(self, request: BudgetRequest, route: ApprovalRoute, at: int) -> None:
        """The card is posted: people are asked, and the jobs remind, escalate and expire."""
        self._asked_of[request.id] = set()
        self._notify(request, route, at)
        self._try_own_click(request, route)
        times = [self.routes.work_time(person, request.team_id, at) for person in sorted(route.deciders)]
        if (moment := escalates_at(times, asked_at=at, rules=self._waiting)) is not None:
            self._at(moment, lambda now: self._escalate(request.id, now))
        team = self.company.directory.by_id(request.team_id)
        team_time = self.routes.attendance(at).team_time(self.company.directory, team, at=at)
        if (moment := expires_at(team_time, asked_at=at, rules=self._waiting)) is not None:
            self._at(moment, lambda now: self._expire(request.id, now))
        self._at(at + DAY_MICROS, lambda now: self._see_again(request.id, now))

    def _notify(self, request: BudgetRequest, route: ApprovalRoute, at: int) -> None:
        """Asks those deciders who were not asked yet: each looks in working hours, and is reminded in them."""
        for person in sorted(route.deciders - self._asked_of[request.id]):
            self._asked_of[request.id].add(person)
            self._looks_from(person, request.id, at)
            time = self.routes.work_time(person, request.team_id, at)
            for moment in reminder_moments(time, asked_at=at, rules=self._waiting):
                self._at(moment, lambda now, person=person: self._remind(person, request.id, now))  # type: ignore[misc]

    def _looks_from(self, person: int, request_id: int, at: int) -> None:
        time = self.routes.work_time(person, self.books.requests.by_id[request_id].team_id, at)
        moment = time.after(at, looks_after_hours(self._chance))
        self._at(moment, lambda now: self._look(person, request_id, now))

    def _remind(self, person: int, request_id: int, at: int) -> None:
        request = self.books.requests.by_id[request_id]
        if request.state == "pending" and person in self.routes.of(request, at).deciders:
            self.year.reminders += 1
            if reacts(self._chance):
                self._looks_from(person, request_id, at)

    def _escalate(self, request_id: int, at: int) -> None:
        request = self._carried(request_id, at)
        if request.state == "pending":
            self.year.escalated += 1
            self.books.put(replace(request, escalated_at=at))
            self._notify(request, self.routes.of(self.books.requests.by_id[request_id], at), at)

    def _expire(self, request_id: int, at: int) -> None:
        request = self._carried(request_id, at)
        if request.state == "pending":
            self.year.expired += 1
            self.year.waiting.append(at - request.created_at)
            self.books.put(replace(request, state="expired", decided_at=at))

    def _see_again(self, request_id: int, at: int) -> None:
        """A day later: people who came or left are asked, as the look at Slack's people does."""
        request = self._carried(request_id, at)
        if request.state != "pending":
            return
        before = len(self._asked_of[request_id])
        self._notify(request, self.routes.of(request, at), at)
        self.year.rerouted += len(self._asked_of[request_id]) > before
        self._at(at + DAY_MICROS, lambda now: self._see_again(request_id, now))

    def _try_own_click(self, request: BudgetRequest, route: ApprovalRoute) -> None:
        """Who asks for themselves clicks too, with each of their accounts."""
        if self._wishes[request.id].habit != "own":
            return
        for person in (self.company.humans[request.person_id], request.person_id):
            if may_decide(
                person, asker_id=request.person_id, deciders=route.deciders, directory=self.company.directory
            ):
                self.year.own_clicks_allowed += 1
            else:
                self.year.own_clicks_refused += 1

    def _look(self, person: int, request_id: int, at: int) -> None:
        """Somebody looks at a card: they decide it, if it still waits, is theirs, and they are there."""
        request, directory, day = self._carried(request_id, at), self.company.directory, at // DAY_MICROS
        if request.state != "pending":
            return
        if self.company.is_away(person, day):
            back = next(one.end_day for one in self.company.away[person] if one.first_day <= day < one.end_day)
            self._looks_from(person, request_id, micros(day_start(back, self.company.zones[person])))
            return
        route = self.routes.of(request, at)
        if person in {vote.person_id for vote in self._votes.get(request_id, ())}:
            return
        if not may_decide(person, asker_id=request.person_id, deciders=route.deciders, directory=directory):
            return
        click = answers(self._chance, amount_nanos=request.amount_nanos, habit=self._wishes[request_id].habit)
        week = (person, (day + 3) // 7)
        self.year.clicks[week] = self.year.clicks.get(week, 0) + click.clicks
        working = self.routes.work_time(person, request.team_id, at).between(request.created_at, at)
        vote = Vote(person_id=person, for_person_id=route.stands_in.get(person), at=at)
        if not click.approves:
            self._end_request(request, "denied", vote, at, working=working)
            return
        votes = self._votes.setdefault(request_id, [])
        votes.append(vote)
        if tally(route, votes, directory).is_decided:
            self._end_request(request, "approved", vote, at, working=working)

    def _carried(self, request_id: int, at: int) -> BudgetRequest:
        """Moves a request that waited into another period there; its votes don't count any more."""
        request = self.books.requests.by_id[request_id]
        moved = self.routes.carried(request, at)
        if moved is not request:
            self.books.put(moved)
            self._votes.pop(request_id, None)
        return moved

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
        wish, policy = self._wishes[request.id], stored_policy(request.policy)
        assert policy is not None
        self.year.decided.append(
            Decided(
                request=ended,
                limit_nanos=policy.limit_nanos,
                is_auto=vote is None,
                votes=tuple(self._votes.get(request.id, ())) or ((vote,) if vote else ()),
                working_micros=working,
                habit=wish.habit,
                would_pass_alone=self._alone[request.id],
            )
        )
        if state == "denied" and wish.habit == "retries" and wish.tries < _TRIES:
            again = replace(wish, tries=wish.tries + 1)
            self._at(at + HOUR_MICROS, lambda later: self._ask(again, later))
